"""Guia, an open city brain."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from guia.client import OpenCity

__all__ = ["open"]


def open(city: str, data: "str | Path" = "data", *, url: str = "", token: str = "") -> "OpenCity":  # noqa: A001 - guia.open reads like what it does
    """The city as a Python object, beside a running one or without; see `guia.client.OpenCity`.

    `data` is the folder given to `guia up --data`; `url` where the city runs, for what must be asked over HTTP.
    NotFound if the folder knows no such city.
    """
    from guia.client import OpenCity

    return OpenCity(city, data, url=url or "http://127.0.0.1:8600", token=token)
