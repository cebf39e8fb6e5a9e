"""Contexts that the city hosts: stored once under their content's hash, so that a Link header can name them."""

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec

from guia.core.errors import InvalidInput, NotFound
from guia.ngsild.contexts import compiled

PATH = "/ngsi-ld/v1/jsonldContexts/"
MOST = 1000
_ADDRESS = re.compile(r"(?:https?://[^/]+)?/ngsi-ld/v1/jsonldContexts/(?P<id>[0-9a-f]{32})")


class Hosted:
    """The contexts in a folder, one JSON file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, document: Any) -> str:
        """Keep a context document; its id. InvalidInput if it is none."""
        if not isinstance(document, dict) or "@context" not in document:
            raise InvalidInput("the body has no @context", place="@context", remedy='send {"@context": …}')
        compiled(document["@context"], self.find)
        body = msgspec.json.encode({"@context": document["@context"]}, order="deterministic")
        context_id = hashlib.blake2b(body, digest_size=16).hexdigest()
        self._folder.mkdir(parents=True, exist_ok=True)
        if len(self.ids()) >= MOST:
            raise InvalidInput(f"{MOST} contexts are hosted already", remedy="delete some first")
        part = self._folder / f"{context_id}.part"
        part.write_bytes(body)
        part.replace(self._folder / f"{context_id}.jsonld")
        return context_id

    def ids(self) -> list[str]:
        """All ids."""
        return sorted(f.stem for f in self._folder.glob("*.jsonld"))

    def get(self, context_id: str) -> Any:
        """A document by id; NotFound."""
        file = self._file(context_id)
        return msgspec.json.decode(file.read_bytes())

    def remove(self, context_id: str) -> None:
        """Delete a document; NotFound."""
        self._file(context_id).unlink()

    def find(self, url: str) -> Any:
        """The document of one of our own addresses; None for any other."""
        match = _ADDRESS.fullmatch(url)
        try:
            return self.get(match["id"]) if match else None
        except NotFound:
            return None

    def _file(self, context_id: str) -> Path:
        file = self._folder / f"{context_id}.jsonld"
        if not re.fullmatch(r"[0-9a-f]{32}", context_id) or not file.is_file():
            raise NotFound(f"no context {context_id} is hosted here", remedy=f"GET {PATH} lists them")
        return file
