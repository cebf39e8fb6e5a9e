"""One tree of errors. Each names what happened, where, and what to do; the web edge shows it as RFC 9457."""

from typing import Any


class GuiaError(Exception):
    """Base of everything Guia raises on purpose.

    `place` names where (file, row, field); `remedy` says what to do next. Both are shown to the user.
    """

    status = 500
    code = "internal"
    title = "Something went wrong"

    def __init__(self, detail: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        where = f" (at {self.place})" if self.place else ""
        remedy = f" — {self.remedy}" if self.remedy else ""
        return f"{self.detail}{where}{remedy}"

    def problem(self) -> dict[str, Any]:
        """Problem details (RFC 9457) as a JSON-ready dict; empty members are left out."""
        body: dict[str, Any] = {
            "type": f"urn:guia:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.place:
            body["place"] = self.place
        if self.remedy:
            body["remedy"] = self.remedy
        return body


class InvalidInput(GuiaError):  # noqa: N818 - read as a statement: "raise InvalidInput"
    """The caller's data cannot be understood or breaks a rule."""

    status, code, title = 400, "invalid-input", "The input is not valid"


class Unauthenticated(GuiaError):  # noqa: N818
    """Nobody is logged in, or the token is not known."""

    status, code, title = 401, "unauthenticated", "Please log in"


class Forbidden(GuiaError):  # noqa: N818
    """The actor is known but may not do this."""

    status, code, title = 403, "forbidden", "This is not allowed"


class NotFound(GuiaError):  # noqa: N818
    """The thing asked for does not exist."""

    status, code, title = 404, "not-found", "Not found"


class Conflict(GuiaError):  # noqa: N818
    """The thing exists already, or has moved on to another state."""

    status, code, title = 409, "conflict", "This conflicts with the present state"


class TooBusy(GuiaError):  # noqa: N818
    """A bounded queue is full: try again shortly."""

    status, code, title = 429, "too-busy", "Too busy right now"


class Unsupported(GuiaError):  # noqa: N818
    """A real feature of a standard that Guia does not have (yet); says so instead of guessing."""

    status, code, title = 501, "unsupported", "Not supported"


class Unavailable(GuiaError):  # noqa: N818
    """Something needed is not running."""

    status, code, title = 503, "unavailable", "Not available right now"


class Corrupt(GuiaError):  # noqa: N818
    """Stored data fails its checksum or cannot be read."""

    status, code, title = 500, "corrupt", "Stored data is damaged"
