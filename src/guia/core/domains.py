"""Which domains are installed: they are found by entry points, so one can live in another package."""

from importlib.metadata import entry_points
from importlib.util import find_spec


def domain_brains() -> dict[str, str]:
    """Module of each installed domain's brain by domain; domains without one are left out."""
    found = {}
    for point in entry_points(group="guia.domains"):
        if find_spec(f"{point.value}.brain") is not None:
            found[point.name] = f"{point.value}.brain"
    return found
