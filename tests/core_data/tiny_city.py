"""Series and instants that the tests of the data path share."""

from guia.core.clock import DAY, HOUR
from guia.core.series import Series

NOW = 20_000 * DAY + 12 * HOUR


def speed(n, **more):
    return Series(
        entity=f"urn:ngsi-ld:RoadSegment:tiny:{n}", attribute="speed", unit="KMH", label="synthetic", **more
    )
