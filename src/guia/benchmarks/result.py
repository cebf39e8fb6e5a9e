"""How a benchmark shows what it measured: a table for people, last one flat JSON object for machines."""

import json
from collections.abc import Mapping

import click

Figure = float | int | str | bool | None


def show(figures: Mapping[str, Figure], as_json: bool = False) -> None:
    """Print the figures; the last line is one flat JSON object. Keys name the figure with its unit.

    With `as_json` that line is all. TypeError if a value is no number, text, truth value or None.
    """
    for name, value in figures.items():
        if value is not None and not isinstance(value, int | float | str):
            raise TypeError(f"figure {name!r} is a {type(value).__name__}, not a plain value")
    if not as_json:
        width = max(map(len, figures), default=0)
        for name, value in figures.items():
            click.echo(f"{name:<{width}}  {_readable(value)}")
    click.echo(json.dumps({name: _rounded(value) for name, value in figures.items()}, ensure_ascii=False))


def _rounded(value: Figure) -> Figure:
    """Floats to six significant digits: more would pretend."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _readable(value: Figure) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return f"{_rounded(value):,}" if isinstance(value, int | float) else value
