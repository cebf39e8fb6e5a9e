"""The console's files, as built from `ui/` and packaged with Guia."""

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get

from guia.core.errors import NotFound

STATIC = Path(__file__).parents[1] / "static"
MISSING = (
    "<!doctype html><meta charset=utf-8><title>Guia</title><main style='font:16px/1.5 system-ui;margin:15vh auto;"
    "max-width:32rem;padding:0 16px'><h1>The console is not built yet</h1><p>The city is running and its "
    "<a href=/docs>API</a> answers. Run <code>make install</code> to build the console, then reload.</p></main>"
)


def handlers(folder: Path = STATIC) -> list[Any]:
    """Routes of `/`, `/go` and the files beside them."""

    def page(name: str, request: Request[Any, Any, Any]) -> Response[bytes]:
        if not (folder / name).is_file():
            return Response(
                MISSING.encode(), media_type=MediaType.HTML, headers={"cache-control": "no-store"}
            )
        return _file(folder / name, request)

    @get("/", include_in_schema=False, opt={"anyone": True}, sync_to_thread=True)
    def control_room(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The control room."""
        return page("index.html", request)

    @get("/go", include_in_schema=False, opt={"anyone": True}, sync_to_thread=True)
    def phone(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The phone page."""
        return page("go.html", request)

    @get("/{path:path}", include_in_schema=False, opt={"anyone": True}, sync_to_thread=True)
    def file(path: str, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Any other file of the build; nothing outside its folder."""
        wanted = (folder / path.lstrip("/")).resolve()
        if not wanted.is_relative_to(folder.resolve()) or not wanted.is_file():
            raise NotFound(f"there is nothing at {request.url.path}", remedy="the paths are listed at /docs")
        return _file(wanted, request)

    return [control_room, phone, file]


def _file(path: Path, request: Request[Any, Any, Any]) -> Response[bytes]:
    """A file with an ETag; what has a hash in its name may be kept for ever."""
    body = path.read_bytes()
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    keep = "public, max-age=31536000, immutable" if "assets" in path.parts else "no-cache"
    headers = {"etag": tag, "cache-control": keep}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    kind = "font/woff2" if path.suffix == ".woff2" else mimetypes.guess_type(path.name)[0]
    return Response(body, media_type=kind or "application/octet-stream", headers=headers)
