"""Congestion alerts: slow stretches, one alert for each street and direction, from when they begin to when they end."""

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

import msgspec
import numpy as np

from guia.core.alert import Alert
from guia.core.clock import MINUTE
from guia.core.columns import Float64, Int32
from guia.core.ids import sortable, urn
from guia.domains.traffic import words
from guia.domains.traffic.model import HORIZONS_MIN, Jam, RoadState
from guia.domains.traffic.rules import delay_s
from guia.domains.traffic.streets import Names, Streets
from guia.engines.graph.groups import connected
from guia.engines.graph.successors import Mask, Successors
from guia.packs.network import RoadNetwork

BEGINS, ENDS = 0.40, 0.55
"""Shares of free speed below which a segment becomes slow, and above which it no longer is."""
STEPS = 3
"""Steps in a row before it becomes so, either way."""
DELAY_BEGINS_S, DELAY_ENDS_S = 60.0, 30.0
MEASURED_WITHIN = 10 * MINUTE
"""A jam must rest on a measurement this fresh somewhere along it."""
REPEAT = 10 * MINUTE
"""A jam that hardly changes is told anew this often."""
SEVERITY_MIN = ((15.0, "extreme"), (8.0, "severe"), (3.0, "moderate"), (0.0, "minor"))


@dataclass(frozen=True, slots=True)
class Ground:
    """What alerts need to know of the city."""

    city: str
    label: str
    zone: tzinfo
    network: RoadNetwork
    arcs: Successors
    streets: Streets
    car: Mask


def mark_slow(state: RoadState, ground: Ground) -> RoadState:
    """Which segments are slow, with hysteresis in value and in time."""
    against = np.where(state.slow, state.ratio > ENDS, state.ratio < BEGINS) & ground.car
    streak = np.where(against, state.streak + 1, 0)
    turned = streak >= STEPS
    return replace(state, slow=state.slow ^ turned, streak=np.where(turned, 0, streak).astype(np.int32))


def jams(
    state: RoadState, known: list[Alert], ground: Ground, rng: np.random.Generator
) -> tuple[RoadState, list[Alert]]:
    """The jams of now, and alerts for those that began, changed or ended.

    `known` are the open alerts; one that the state does not know (it was lost) is ended.
    """
    state = mark_slow(state, ground)
    now: list[Jam] = []
    alerts: list[Alert] = []
    for stretch in _stretches(state, ground):
        old = _same(stretch, [j for j in state.jams if all(j.id != n.id for n in now)])
        jam = _jam(stretch, old, state, ground, rng)
        if jam is None:
            continue
        if old and not _changed(old, jam):
            jam = replace(old, segments=jam.segments)
        else:
            alerts.append(_alert(jam, state, ground))
        now.append(jam)
    still = {j.id for j in now}
    open_alerts = {a.id: a for a in known if a.kind == "congestion"}
    told = {j.id: _alert(j, state, ground) for j in state.jams} | open_alerts
    alerts += [msgspec.structs.replace(a, ended=state.now, updated=state.now, until=None)
               for i, a in sorted(told.items()) if i not in still]  # fmt: skip
    return replace(state, jams=now), alerts


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slow segments of one street in one direction, in driving order."""

    street: int
    towards: Names
    segments: Int32


def _jam(
    stretch: Stretch, old: Jam | None, state: RoadState, ground: Ground, rng: np.random.Generator
) -> Jam | None:
    """The jam on a stretch; None if it is too small to tell, or rests on no measurement."""
    segments = stretch.segments
    lost_s = delay_s(segments, state.ratio, ground.network.length_m, ground.network.free_speed_kmh)
    fresh = bool((state.now - state.seen[segments] <= MEASURED_WITHIN).any())
    if lost_s < (DELAY_ENDS_S if old else DELAY_BEGINS_S) or not (fresh or old):
        return None
    return Jam(
        id=old.id if old else sortable("jam", state.now, rng),
        street=stretch.street,
        towards=old.towards if old else stretch.towards,
        segments=segments,
        since=old.since if old else state.now - (STEPS - 1) * MINUTE,
        updated=state.now,
        delay_min=lost_s / 60,
        until=_until(state, ground, segments),
    )


def _same(stretch: Stretch, jams: list[Jam]) -> Jam | None:
    """The jam that a stretch continues: of the same street, sharing segments or at least the goal."""
    own = [j for j in jams if j.street == stretch.street]
    for jam in own:
        if np.intersect1d(jam.segments, stretch.segments).size:
            return jam
    return next((j for j in own if j.towards == stretch.towards), None)


def _stretches(state: RoadState, ground: Ground) -> list[Stretch]:
    """Slow stretches by street; those of a street with the same goal are one."""
    street = ground.streets.street
    group = connected(ground.arcs, state.slow & (street >= 0), street)
    found: dict[tuple[int, str], Stretch] = {}
    for number in range(int(group.max(initial=-1)) + 1):
        members = _in_order(np.flatnonzero(group == number).astype(np.int32), ground.arcs)
        towards = ground.streets.towards(members)
        key = (int(street[members[0]]), towards.get("en", ""))
        if key in found:
            members = np.concatenate([found[key].segments, members])
        found[key] = Stretch(key[0], towards, members)
    return [found[key] for key in sorted(found)]


def _in_order(members: Int32, arcs: Successors) -> Int32:
    """Connected segments from first to last: each after those that lead to it, as far as they do not go round."""
    left = set(members.tolist())
    fed = {int(n) for m in members for n in arcs.of(m) if int(n) in left}
    order: list[int] = []
    waiting = sorted(left - fed, reverse=True) or [int(members[0])]
    while left:
        segment = waiting.pop() if waiting else min(left)
        if segment not in left:
            continue
        left.discard(segment)
        order.append(segment)
        waiting += sorted((int(n) for n in arcs.of(segment) if int(n) in left), reverse=True)
    return np.array(order, np.int32)


def _until(state: RoadState, ground: Ground, segments: Int32) -> int:
    """When, by the last forecast, the delay falls below what ends an alert; 0 if not within its hour."""
    ring = state.drift
    if ring.issued.max() < 0:
        return 0
    place = int(np.argmax(ring.issued))
    issued = int(ring.issued[place]) * 5 * MINUTE
    for step, minutes in enumerate(HORIZONS_MIN):
        target = issued + minutes * MINUTE
        ahead: Float64 = ring.median[place, step].astype(np.float64)
        lost_s = delay_s(segments, ahead, ground.network.length_m, ground.network.free_speed_kmh)
        if target > state.now and (lost_s < DELAY_ENDS_S or (ahead[segments] > ENDS).all()):
            return target
    return 0


def _changed(old: Jam, new: Jam) -> bool:
    """Whether people should be told again."""
    return (
        abs(new.delay_min - old.delay_min) >= max(1.0, 0.25 * old.delay_min)
        or abs(new.until - old.until) >= 10 * MINUTE
        or new.updated - old.updated >= REPEAT
    )


def _alert(jam: Jam, state: RoadState, ground: Ground) -> Alert:
    first = int(jam.segments[0])
    standing = bool((state.ratio[jam.segments] < 0.10).mean() > 0.5)
    network = ground.network
    return Alert(
        id=jam.id,
        domain="traffic",
        kind="congestion",
        severity=next(word for least, word in SEVERITY_MIN if jam.delay_min >= least),
        title=words.congestion(
            ground.streets.names(first),
            jam.towards,
            standing,
            jam.since,
            jam.until,
            jam.delay_min,
            ground.zone,
        ),
        entities=tuple(urn("RoadSegment", ground.city, str(network.id[s])) for s in jam.segments),
        geometry=_lines(network, jam.segments),
        since=jam.since,
        updated=state.now,
        until=jam.until or None,
        measure=round(jam.delay_min, 1),
        measure_unit="MIN",
        label=ground.label,
    )


def _lines(network: RoadNetwork, segments: Int32) -> dict[str, Any]:
    lines = [np.round(network.line(int(s)), 6).tolist() for s in segments]
    return {"type": "MultiLineString", "coordinates": lines}
