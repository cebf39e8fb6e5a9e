"""Sessions: random server-side tokens behind a cookie, and the brake on guessing passwords."""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable

from guia.core.errors import TooBusy

COOKIE = "guia_session"
LIFETIME_S = 12 * 3600
CAPACITY = 10_000
FREE_TRIES = 5
MAX_WAIT_S = 300.0


class Sessions:
    """Who is logged in. They live in memory: a restart logs everybody out."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """`seconds` is the machine's monotonic clock."""
        self._seconds = seconds
        self._open: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, account: str) -> str:
        """A new session's token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._open[_key(token)] = (self._seconds() + LIFETIME_S, account)
            while len(self._open) > CAPACITY:
                self._open.popitem(last=False)
        return token

    def account(self, token: str) -> str:
        """Name of the account that the session belongs to; empty when it has ended or never was."""
        with self._lock:
            ends, account = self._open.get(_key(token), (0.0, ""))
            if account and ends <= self._seconds():
                del self._open[_key(token)]
                return ""
            return account

    def close(self, token: str) -> None:
        """End a session; nothing happens if there is none."""
        with self._lock:
            self._open.pop(_key(token), None)


class Throttle:
    """Slows down password guessing: after five failures each further one doubles the wait, up to five minutes."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, *keys: str) -> None:
        """TooBusy while any of `keys` (account, address) must wait."""
        with self._lock:
            until = max(self._failures.get(key, (0, 0.0))[1] for key in keys)
        wait = until - self._seconds()
        if wait > 0:
            raise TooBusy("too many failed log-ins", remedy=f"wait {int(wait) + 1} seconds, then try again")

    def failed(self, *keys: str) -> None:
        """Count a failure for each key."""
        with self._lock:
            for key in keys:
                count = self._failures.pop(key, (0, 0.0))[0] + 1
                wait = 0.0 if count < FREE_TRIES else min(MAX_WAIT_S, 2.0 ** (count - FREE_TRIES))
                self._failures[key] = (count, self._seconds() + wait)
            while len(self._failures) > CAPACITY:
                self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of each key."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
