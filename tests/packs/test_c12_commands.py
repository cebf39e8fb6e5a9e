"""C12: `guia city` and the network benchmark's measures."""

import json
import shutil
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from small_town import HERE, street

from guia.cli.city import commands
from guia.packs.assemble import assemble
from guia.packs.routable import kept_share, routed_pairs

TINY = Path(__file__).parents[2] / "cities" / "tiny"


def test_check_of_a_whole_pack_exits_with_0():
    result = CliRunner().invoke(commands, ["check", str(TINY)])
    assert result.exit_code == 0
    assert "whole" in result.output


def test_check_as_json_and_exit_1_on_errors(tmp_path):
    folder = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    (folder / "transit" / "gtfs.zip").write_bytes(b"PK")
    result = CliRunner().invoke(commands, ["check", str(folder), "--json"])
    assert result.exit_code == 1
    body = json.loads(result.output)
    assert body["errors"] == 1
    assert "truncated" in body["findings"][0]["remedy"]


def test_build_writes_a_pack(tmp_path):
    result = CliRunner().invoke(commands, ["build", "tiny", "--out", str(tmp_path / "tiny")])
    assert result.exit_code == 0, result.output
    assert CliRunner().invoke(commands, ["check", str(tmp_path / "tiny")]).exit_code == 0


def test_what_is_kept_is_measured_by_direction():
    both, one = street((0, 0), (1000, 0)), street((0, 0), (1000, 0), back=0)
    assert kept_share(assemble([both], HERE), HERE, [both]) == 1.0
    assert kept_share(assemble([one], HERE), HERE, [both]) == 0.0
    assert kept_share(assemble([both], HERE), HERE, [one]) == 1.0
    half = street((0, 0), (500, 0))
    assert 0.49 <= kept_share(assemble([half], HERE), HERE, [both]) <= 0.51


def test_pairs_route_both_ways_only_where_streets_do():
    ring = [street((0, 0), (300, 0), (300, 300), (0, 300), (0, 0), back=0)]
    share, detour = routed_pairs(assemble(ring, HERE), HERE, ring, 200, np.random.default_rng(1))
    assert share == 1.0
    assert detour > 1
    apart = [street((0, 0), (300, 0)), street((0, 900), (300, 900))]
    share, _ = routed_pairs(assemble(apart, HERE), HERE, apart, 2000, np.random.default_rng(1))
    assert 0.45 < share < 0.55
