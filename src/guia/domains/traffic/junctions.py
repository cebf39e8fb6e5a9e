"""Junctions as arrays: what each stored plan gives to each movement, and what is known of the flow on each arm."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from heapq import heappop, heappush

import numpy as np

from guia.core.clock import HOUR, SECOND
from guia.core.columns import Float64, Int32
from guia.engines.graph.successors import Mask, Successors
from guia.engines.signals.delay import SATURATION_PER_LANE_H, junction_delay_h
from guia.packs.network import RoadNetwork
from guia.packs.signals import Junction, Plan

LOST_S = 4.0
"""Start-up and clearance time lost in each stage (HCM 2000, exhibit 16-9 default)."""
UPSTREAM_M = 400.0
"""A detector this far upstream of an arm still tells of its flow, less what turns off in between."""
LEAST_PART = 0.25
"""A detector of whose flow less than this reaches the arm does not tell of it."""
KNOWN_SHARE = 0.5
"""Share of a junction's arms whose flow must be known."""
DIRECT, UPSTREAM, ASSUMED = 0.15, 0.30, 0.50
"""Spread of an arm's flow (share of it) by how it is known."""


@dataclass(frozen=True)
class Arms:
    """One junction's M movements on its A arms, and P stored plans."""

    junction: Junction
    arm: Int32
    """Segment of each arm."""
    arm_of_movement: Int32
    saturation_h: Float64
    """(M) share of the arm's saturation flow."""
    green_s: Float64
    """(P,M) effective green in a cycle."""
    cycle_s: Float64
    """(P)"""
    source: Int32
    """(A) segment whose detector tells the arm's flow; -1 none."""
    share: Float64
    """(A) part of the source's flow that reaches the arm."""
    spread: Float64
    """(A) standard deviation of the flow over the flow."""

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """The stored plans, in the order of the rows."""
        return self.junction.plans

    def flow_h(self, counted_h: Float64, lanes: Float64) -> Float64:
        """(A) flow on each arm from the flows counted (n); arms without a source as the others, by lane."""
        known = self.source >= 0
        flow = np.where(known, counted_h[self.source] * self.share, np.nan)
        per_lane = np.nanmean(flow / lanes[self.arm]) if np.isfinite(flow).any() else np.nan
        return np.where(np.isnan(flow), per_lane * lanes[self.arm], flow)

    def capacity_h(self, plan: int) -> Float64:
        """(A) vehicles an hour that the green of a plan (row) lets through on each arm."""
        through = self.saturation_h * self.green_s[plan] / self.cycle_s[plan]
        return np.bincount(self.arm_of_movement, through, len(self.arm))

    def delay_h(self, flow_h: Float64) -> Float64:
        """(…,P) vehicle-hours of delay per hour under each plan, of flows (…,A)."""
        per_movement = np.bincount(self.arm_of_movement, minlength=len(self.arm))
        flow = (flow_h / per_movement)[..., self.arm_of_movement]
        return junction_delay_h(flow[..., None, :], self.saturation_h, self.green_s, self.cycle_s)


def next_change(junction: Junction, instant: int, zone: tzinfo) -> int:
    """Instant at which the junction's own timetable next turns to another plan; a day ahead if it never does."""
    local = datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone)
    hour = local.replace(minute=0, second=0)
    running = junction.plan_at(local.hour)
    ahead = (hour + timedelta(hours=k) for k in range(1, 24))
    change = next((h for h in ahead if junction.plan_at(h.hour) != running), None)
    return int(change.timestamp()) * SECOND if change else instant + 24 * HOUR


def arms(junctions: list[Junction], network: RoadNetwork, approach: Successors, counted: Mask) -> list[Arms]:
    """The junctions with at least two plans and enough arms whose flow is known; `counted` marks detectors."""
    before, after = approach.pairs()
    order = np.argsort(after, kind="stable")
    feeders = Successors(
        np.searchsorted(after[order], np.arange(len(network) + 1)).astype(np.int32), before[order]
    )
    made = [_arms(junction, network, approach, feeders, counted) for junction in junctions]
    return [a for a in made if a is not None and len(a.plans) > 1 and (a.source >= 0).mean() >= KNOWN_SHARE]


def _arms(
    junction: Junction, network: RoadNetwork, approach: Successors, feeders: Successors, counted: Mask
) -> Arms | None:
    rows = [network.row.get(start, -1) for start, _ in junction.movements]
    if not rows or min(rows) < 0:
        return None
    arm, arm_of_movement = np.unique(np.array(rows, np.int32), return_inverse=True)
    per_arm = np.bincount(arm_of_movement)
    lanes = np.maximum(network.lanes[arm], 1)
    known = [_source(int(a), network, approach, feeders, counted) for a in arm]
    return Arms(
        junction=junction,
        arm=arm,
        arm_of_movement=arm_of_movement.astype(np.int32),
        saturation_h=(SATURATION_PER_LANE_H * lanes / per_arm)[arm_of_movement],
        green_s=np.array([_green(junction, plan) for plan in junction.plans]),
        cycle_s=np.array([float(plan.cycle_s) for plan in junction.plans]),
        source=np.array([k[0] for k in known], np.int32),
        share=np.array([k[1] for k in known]),
        spread=np.array([k[2] for k in known]),
    )


def _green(junction: Junction, plan: Plan) -> Float64:
    """(M) effective green of each movement in one cycle of a plan."""
    green = np.zeros(len(junction.movements))
    for interval in plan.intervals:
        served = list(junction.stages[interval.stage].movements)
        green[served] += max(interval.green_s + interval.yellow_s + interval.all_red_s - LOST_S, 1.0)
    return green


def _source(
    arm: int, network: RoadNetwork, approach: Successors, feeders: Successors, counted: Mask
) -> tuple[int, float, float]:
    """The nearest counted segment on the way to an arm, the share of its flow that gets there, and the spread.

    At every crossing in between the flow divides evenly by lanes among the ways on.
    """
    waiting = [(0.0, arm, 1.0)]
    seen = set()
    while waiting:
        away, segment, share = heappop(waiting)
        if segment in seen:
            continue
        seen.add(segment)
        if counted[segment]:
            return segment, share, DIRECT if segment == arm else UPSTREAM
        for feeder in feeders.of(segment).tolist():
            reach = away + float(network.length_m[feeder])
            if reach <= UPSTREAM_M:
                onward = network.lanes[approach.of(feeder)]
                heappush(
                    waiting, (reach, feeder, share * float(network.lanes[segment] / max(onward.sum(), 1)))
                )
    return -1, 0.0, ASSUMED
