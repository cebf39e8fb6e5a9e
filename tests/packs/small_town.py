"""Streets on a metre grid for tests."""

import numpy as np

from guia.core.place import LocalProjection
from guia.packs.streets import Street

HERE = LocalProjection(10.0, 20.0)


def street(
    *corners: tuple[float, float], kind: str = "tertiary", lanes: int = 1, back: int = 1, **more
) -> Street:
    """A street through corners in metres, equal corners at equal coordinates."""
    x, y = np.array(corners, float).T
    lonlat = np.round(np.column_stack(HERE.to_lonlat(x, y)), 7)
    return Street(lonlat, kind, lanes, back, **more)
