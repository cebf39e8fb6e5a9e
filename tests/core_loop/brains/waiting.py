"""Waiting for what happens in other threads and processes."""

import time
from collections.abc import Callable


def eventually(true: Callable[[], bool], within_s: float = 15.0) -> None:
    """Wait until something is true; fail when it takes too long."""
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
