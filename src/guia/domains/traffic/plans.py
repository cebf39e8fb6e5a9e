"""The decision which of a junction's stored plans to run: proposed with its effect, withdrawn, measured."""

from dataclasses import dataclass, replace

import numpy as np

from guia.core.brain import View
from guia.core.clock import HOUR, MINUTE
from guia.core.columns import Float64
from guia.core.decision import Decision, Effect, Evidence, Option, move
from guia.core.ids import sortable, urn
from guia.domains.traffic import words
from guia.domains.traffic.congestion import Ground
from guia.domains.traffic.junctions import Arms, next_change
from guia.domains.traffic.model import RoadState
from guia.engines.graph.successors import Mask
from guia.engines.signals.delay import control_delay_s

ACTION = "signals.run-plan"
MODEL = "hcm-delay/1"
UNIT = "vehicle-hours per hour"
DRAWS = 200
LEAST_H, LEAST_SHARE = 1.0, 0.10
"""A proposal must save at least so many vehicle-hours an hour, and this share of the delay."""
LOOKS = 2
"""Looks in a row, five minutes apart, in which the other plan must be better."""
OPEN_AT_ONCE = 3
EXPIRES = 15 * MINUTE
QUIET = {
    "rejected": 2 * HOUR,
    "expired": HOUR,
    "failed": HOUR,
    "withdrawn": 30 * MINUTE,
    "measured": 30 * MINUTE,
}
"""How long a junction is left alone after a proposal ended so."""
SETTLE, MEASURE = 5 * MINUTE, 30 * MINUTE
DECIDES = 5 * MINUTE
"""A person has at least so long to decide; with what follows it must end before the timetable changes plan itself."""
BLOCKED_SHARE = 0.5
"""An arm that queues though it passes less than this share of what its green allows is blocked from ahead."""
KEPT_MIN = 75
LEAST_SAMPLES = 15


@dataclass(frozen=True, slots=True)
class Gain:
    """What another plan would change at a junction, against the running one."""

    arms: Arms
    running: int
    better: int
    """Rows of the plans."""
    delay_h: Float64
    """(DRAWS,P)"""
    flow_h: Float64
    """(A) expected in the next hour."""
    queues: Mask
    """(A) arms that queue: their flow is what their green lets through, or more."""
    until: int
    """When the junction's timetable turns to another plan by itself."""

    def change(self, plan: int) -> Effect:
        """Change of delay with its 80 % interval; negative is less waiting."""
        low, middle, high = np.quantile(
            self.delay_h[:, plan] - self.delay_h[:, self.running], (0.1, 0.5, 0.9)
        )
        return Effect(
            metric="delay", unit=UNIT, value=round(float(middle), 2),
            low=round(float(low), 2), high=round(float(high), 2),
            method="HCM 2000 uniform and overflow delay on the flows expected in the next hour",
        )  # fmt: skip

    def worthwhile(self) -> bool:
        """Whether it saves enough, and does in nine cases of ten."""
        effect = self.change(self.better)
        before = float(np.median(self.delay_h[:, self.running]))
        return effect.high < 0 and -effect.value >= max(LEAST_H, LEAST_SHARE * before)


def note_waiting(state: RoadState, junctions: list[Arms], ground: Ground) -> RoadState:
    """Keep the measured delay of every junction's arms for this minute."""
    net = ground.network
    lost_h = net.length_m / (net.free_speed_kmh * 1000) * (1 / np.maximum(state.ratio, 0.02) - 1)
    now = np.full(len(junctions), np.nan)
    for k, arms in enumerate(junctions):
        flow = arms.flow_h(state.flow_h, net.lanes)
        now[k] = (flow * np.maximum(lost_h[arms.arm], 0.0)).sum()
    ring = state.waiting if state.waiting.shape[1:] == (len(junctions),) else np.empty((0, len(junctions)))
    return replace(state, waiting=np.concatenate([ring[-(KEPT_MIN - 1) :], now[None]]))


def review(
    state: RoadState, view: View, junctions: list[Arms], city: str
) -> tuple[RoadState, list[Decision]]:
    """Each minute: remember how proposals ended, and measure what was applied."""
    quiet = {k: until for k, until in state.quiet.items() if until > state.now}
    moved = []
    for decision in view.decisions():
        if decision.action != ACTION:
            continue
        junction = str(decision.parameters["junction"])
        if decision.state in QUIET:
            ended = decision.measured_at or decision.applied_at or decision.decided_at or decision.expires
            quiet[junction] = max(quiet.get(junction, 0), min(ended, state.now) + QUIET[decision.state])
        elif decision.state == "applied":
            moved += _measure(decision, state, junctions, _running(view, city, junction))
    return replace(state, quiet=quiet | _rest(moved, state.now)), moved


def _rest(moved: list[Decision], now: int) -> dict[str, int]:
    """Until when the junctions of decisions that end now are left alone."""
    return {str(d.parameters["junction"]): now + QUIET[d.state] for d in moved}


def _measure(decision: Decision, state: RoadState, junctions: list[Arms], running: float) -> list[Decision]:
    """The decision moved to `measured` once its half hour is over, nothing before; withdrawn if that cannot be.

    `running` is the plan that the junction says it runs.
    """
    applied = decision.applied_at or decision.proposed
    if state.now < applied + SETTLE:
        return []
    if running != decision.parameters["plan"]:
        return [
            move(decision, "withdrawn", reason="the junction did not keep to the plan until it was measured")
        ]
    if state.now < applied + SETTLE + MEASURE:
        return []
    place = [str(a.junction.id) for a in junctions].index(str(decision.parameters["junction"]))
    instants = state.now - np.arange(len(state.waiting))[::-1] * MINUTE
    waiting = state.waiting[:, place]
    before = waiting[(instants >= applied - MEASURE) & (instants < applied)]
    after = waiting[(instants >= applied + SETTLE) & (instants <= applied + SETTLE + MEASURE)]
    before, after = before[~np.isnan(before)], after[~np.isnan(after)]
    if min(len(before), len(after)) < LEAST_SAMPLES:
        return [
            move(decision, "withdrawn", reason="too few measurements before and after to tell the effect")
        ]
    change = float(after.mean() - before.mean())
    margin = 1.2816 * float(np.hypot(_error(before), _error(after)))
    effect = Effect(
        metric="delay", unit=UNIT, value=round(change, 2),
        low=round(change - margin, 2), high=round(change + margin, 2),
        method="before/after: 30 minutes each on the junction's arms; a change of demand is not taken out",
    )  # fmt: skip
    return [move(decision, "measured", measured=effect, measured_at=state.now)]


def _error(samples: Float64) -> float:
    """Standard error of the mean of minutes, by blocks of five: neighbours are alike."""
    blocks = np.array([b.mean() for b in np.array_split(samples, max(2, len(samples) // 5))])
    return float(blocks.std(ddof=1) / np.sqrt(len(blocks)))


def propose(
    state: RoadState,
    view: View,
    junctions: list[Arms],
    trend: Float64,
    level: str,
    ground: Ground,
    rng: np.random.Generator,
) -> tuple[RoadState, list[Decision]]:
    """Every five minutes: withdraw what no longer pays, propose what has paid twice in a row.

    `trend` (n) is the flow expected in the next hour over the flow now.
    """
    waiting = [d for d in view.decisions() if d.action == ACTION]
    busy = {str(d.parameters["junction"]) for d in waiting if d.state in ("proposed", "approved", "applied")}
    gains = [
        g
        for g in (_gain(k, a, view, trend, state, ground, rng) for k, a in enumerate(junctions))
        if g is not None
    ]
    worth = {g.arms.junction.id: g for g in gains if g.worthwhile()}
    withdrawn = [
        move(d, "withdrawn", reason="the other plan no longer promises less waiting")
        for d in waiting
        if d.state == "proposed" and d.parameters["junction"] not in worth
    ]
    better = {
        f"{j}/{g.better}": state.better.get(f"{j}/{g.better}", 0) + 1
        for j, g in worth.items()
        if j not in busy and j not in state.quiet
    }
    ready = [worth[key.split("/")[0]] for key, looks in better.items() if looks >= LOOKS]
    ready.sort(key=lambda g: (g.change(g.better).value, g.arms.junction.id))
    room = OPEN_AT_ONCE - sum(d.state == "proposed" for d in waiting) + len(withdrawn)
    proposed = [_decision(g, state, view, level, ground, rng) for g in ready[: max(room, 0)]]
    quiet = state.quiet | _rest(withdrawn, state.now)
    return replace(state, better=better, quiet=quiet), withdrawn + proposed


def _gain(
    place: int,
    arms: Arms,
    view: View,
    trend: Float64,
    state: RoadState,
    ground: Ground,
    rng: np.random.Generator,
) -> Gain | None:
    """The best stored plan against the running one.

    None where flows or the running plan are not known, where too little was measured to compare with afterwards,
    where an arm is blocked from ahead (no plan of this junction helps), and shortly before the timetable changes.

    The flow counted on an arm that queues is what gets through, not what comes: it is taken as the capacity at least.
    """
    if (~np.isnan(state.waiting[-(MEASURE // MINUTE) :, place])).sum() < LEAST_SAMPLES:
        return None
    until = next_change(arms.junction, state.now, ground.zone)
    if until - state.now < DECIDES + SETTLE + MEASURE:
        return None
    told = _running(view, ground.city, arms.junction.id)
    numbers = [p.number for p in arms.plans]
    flow = arms.flow_h(state.flow_h * trend, ground.network.lanes)
    if np.isnan(told) or int(told) not in numbers or np.isnan(flow).any():
        return None
    running = numbers.index(int(told))
    capacity, queues = arms.capacity_h(running), state.slow[arms.arm]
    if (queues & (flow < BLOCKED_SHARE * capacity)).any():
        return None
    flow = np.where(queues, np.maximum(flow, capacity), flow)
    scale = np.sqrt(np.log1p(arms.spread**2))
    draws = flow * np.exp(rng.normal(-(scale**2) / 2, scale, (DRAWS, len(flow))))
    delay = arms.delay_h(draws)
    middle = np.median(delay, axis=0)
    return Gain(arms, running, int(np.argmin(middle)), delay, flow, queues, until)


def _running(view: View, city: str, junction: str) -> float:
    """Number of the plan that a junction says it runs; NaN where it says nothing."""
    return float(view.latest(view.ids([f"{urn('TrafficLight', city, junction)}|plan"])).value[0])


def _decision(
    gain: Gain, state: RoadState, view: View, level: str, ground: Ground, rng: np.random.Generator
) -> Decision:
    arms, junction = gain.arms, gain.arms.junction
    new, old = arms.plans[gain.better], arms.plans[gain.running]
    effect = gain.change(gain.better)
    return Decision(
        id=sortable("plan", state.now, rng),
        domain="traffic",
        action=ACTION,
        parameters={"junction": junction.id, "plan": new.number},
        entities=(urn("TrafficLight", ground.city, junction.id),),
        title=words.run_plan(junction.names, new, old, words.hour(gain.until, ground.zone), effect),
        cost=words.plan_cost(*_worst(gain, ground), new.cycle_s - old.cycle_s),
        level=level,
        proposed=state.now,
        known_at=view.position,
        expires=min(state.now + EXPIRES, gain.until - SETTLE - MEASURE),
        evidence=tuple(_evidence(gain, state, ground)),
        alternatives=tuple(
            Option(name=words.plan_name(p.name), parameters={"plan": p.number}, predicted=gain.change(k))
            for k, p in enumerate(arms.plans)
            if k not in (gain.better, gain.running)
        ),
        predicted=effect,
        geometry={"type": "Point", "coordinates": [junction.lon, junction.lat]},
        label=ground.label,
        model=MODEL,
    )


def _worst(gain: Gain, ground: Ground) -> tuple[dict[str, str], float]:
    """The arm that loses most, and how many seconds longer a vehicle waits there (0 if none loses)."""
    arms = gain.arms
    per_movement = np.bincount(arms.arm_of_movement)
    flow = (gain.flow_h / per_movement)[arms.arm_of_movement]
    delay = control_delay_s(flow, arms.saturation_h, arms.green_s, arms.cycle_s[:, None])
    longer = delay[gain.better] - delay[gain.running]
    worst = int(np.argmax(longer))
    return ground.streets.names(int(arms.arm[arms.arm_of_movement[worst]])), max(0.0, float(longer[worst]))


def _evidence(gain: Gain, state: RoadState, ground: Ground) -> list[Evidence]:
    """Flow of every arm, and how it is known."""
    found = []
    for k, arm in enumerate(gain.arms.arm.tolist()):
        source = int(gain.arms.source[k])
        how = "assumed" if source < 0 else "counted" if source == arm else "upstream"
        how = "queue" if gain.queues[k] else how
        found.append(
            Evidence(
                note=words.arm_flow(ground.streets.names(arm), float(gain.flow_h[k]), how),
                series=f"{urn('RoadSegment', ground.city, str(ground.network.id[source]))}|flow"
                if source >= 0
                else "",
                observed=int(state.seen[source]) if source >= 0 else None,
                value=round(float(gain.flow_h[k])),
                unit="vehicles per hour",
            )
        )
    return found
