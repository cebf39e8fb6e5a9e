"""What `guia up` shows while a city runs: where to look, how to get in, what is synthetic, how it goes."""

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from guia.cli.compose import RunningCity


def welcome(running: RunningCity, console: Console) -> None:
    """Print where to look and how to get in."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", justify="right")
    rows.add_column()
    rows.add_row("control room", f"[bold]{running.url}/[/]")
    rows.add_row("phone page", f"{running.url}/go")
    rows.add_row("API", f"{running.url}/docs")
    access = running.access
    if access.password:
        rows.add_row(
            "log in", f"[bold]{access.account}[/]  password [bold]{access.password}[/]  (shown once)"
        )
    if access.token:
        rows.add_row("token", f"{access.token}  (until this run ends)")
    rows.add_row("data", str(running.city.data))
    synthetic = [feed.id for feed in running.pack.feeds if feed.label == "synthetic"]
    if synthetic:
        rows.add_row("synthetic", f"{', '.join(synthetic)}: no sensor of the real city sends here")
    titles = [running.pack.title[k] for k in ("en", "zh", "pt") if k in running.pack.title]
    console.print(Panel(rows, title=" · ".join(titles), title_align="left", border_style="dim", expand=False))
    console.print("[dim]Ctrl-C stops it; nothing is lost.[/]")


def line(running: RunningCity) -> str:
    """One line on how the city goes."""
    city = running.city
    stats = city.stats()
    brains = ", ".join(
        f"{name} {figures['steps']} steps"
        + (f" ({figures['step_p50_ms']:g} ms)" if figures["step_p50_ms"] else "")
        for name, figures in stats["brains"].items()
    )
    waiting = len(city.hub.decisions(states=("proposed",)))
    told = f"{brains or 'no brain yet'} · {len(city.hub.alerts())} alerts open · {waiting} decisions to take"
    return " · ".join([told, *stats["complaints"], *running.notes[-1:]])
