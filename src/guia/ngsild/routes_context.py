"""Routes of the contexts that the city hosts."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post

from guia.ngsild.hosted import PATH, Hosted
from guia.ngsild.problems import InvalidRequest


def handlers(hosted: Hosted) -> list[Any]:
    """Add, list, serve and delete."""

    @post("/jsonldContexts", status_code=201)
    async def add(request: Request[Any, Any, Any]) -> Response[None]:
        """Host a context; Location tells its address."""
        try:
            document = msgspec.json.decode(await request.body())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidRequest(f"the body is not JSON: {error}", place="body") from None
        context_id = await asyncio.to_thread(hosted.add, document)
        return Response(None, status_code=201, headers={"location": PATH + context_id})

    @get("/jsonldContexts", sync_to_thread=True)
    def addresses(request: Request[Any, Any, Any]) -> list[str]:
        """Addresses of the hosted contexts."""
        base = f"{request.url.scheme}://{request.url.netloc}"
        return [f"{base}{PATH}{context_id}" for context_id in hosted.ids()]

    @get("/jsonldContexts/{context_id:str}", sync_to_thread=True)
    def document(context_id: str) -> Response[bytes]:
        """A hosted context."""
        return Response(msgspec.json.encode(hosted.get(context_id)), media_type="application/ld+json")

    @delete("/jsonldContexts/{context_id:str}", status_code=204, sync_to_thread=True)
    def remove(context_id: str) -> None:
        """Stop hosting a context."""
        hosted.remove(context_id)

    return [add, addresses, document, remove]
