"""Road network: share of the named streets kept, and of random pairs that route by car both ways."""

from pathlib import Path

import click


@click.command("network")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True,
              help="Facts of Macau, with roads/roads.json.")  # fmt: skip
@click.option("--pack", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path("cities/macau"),
              show_default=True, help="The pack built from them.")  # fmt: skip
@click.option("--pairs", default=5_000, show_default=True, help="Random pairs of points.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The JSON line alone.")
def command(data: Path, pack: Path, pairs: int, seed: int, as_json: bool) -> None:
    """Measure the pack's road network against the original named streets."""
    from guia.benchmarks.result import show

    show(measure(data, pack, pairs, seed), as_json)


def measure(data: Path, folder: Path, pairs: int, seed: int) -> dict[str, float]:
    """The figures: shares of length and pairs, bridges, connectors, seconds to open once modules are imported."""
    from time import perf_counter

    import numpy as np

    from guia.packs import Pack
    from guia.packs.macau.roads import streets_of
    from guia.packs.network import CAR, CONNECTOR
    from guia.packs.routable import bridges_both_ways, kept_share, routed_pairs

    start = perf_counter()
    pack = Pack.open(folder)
    network = pack.network
    opened = perf_counter() - start
    originals = [s for s in streets_of(data) if s.access & CAR]
    rng = np.random.default_rng(seed)
    both, detour = routed_pairs(network, pack.projection, originals, pairs, rng)
    connector = network.source == CONNECTOR
    return {
        "kept_share": kept_share(network, pack.projection, originals),
        "routable_both_ways_share": both,
        "median_detour": detour,
        "bridges_both_ways": bridges_both_ways(network, pack.projection),
        "segments": len(network),
        "nodes": len(network.node_lon),
        "length_km": float(network.length_m.sum() / 1000),
        "connectors": int(connector.sum()),
        "connectors_km": float(network.length_m[connector].sum() / 1000),
        "open_s": opened,
    }
