"""What the web needs to know of a running city: nothing more than this protocol."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from guia.core.clock import Clock
from guia.core.hub import Hub


class City(Protocol):
    """A running city as its surfaces see it. `guia.core.city.City` is one; so is any test's own."""

    name: str
    """Short name, as in URNs: `macau`."""
    pack: Path
    """Folder of the city pack."""
    data: Path
    """The city's data folder, `data/<city>`."""
    hub: Hub
    clock: Clock

    def stats(self) -> dict[str, Any]:
        """Figures of the brain loop and of what else runs: JSON-ready, may be empty."""
        ...


Handlers = Callable[[City], list[Any]]
"""`domains/<name>/api.py:handlers`: the Litestar route handlers of one domain, with full paths."""
