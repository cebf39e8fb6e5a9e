"""One junction's signal controller: runs a stored plan second by second and never leaves the safe envelope.

It stands for the box at the roadside. Commands only ask; the box changes plan where that is safe: after the stage
that has the road has had its green, its yellow and its all-red. When commands stop, the timetable goes on.
"""

from dataclasses import dataclass

from guia.core.errors import InvalidInput, NotFound
from guia.packs.signals import Interval, Junction, Plan

MIN_GREEN_S = 6
MAX_GREEN_S = 120
MIN_YELLOW_S = 3
MIN_ALL_RED_S = 1

GREEN, YELLOW, ALL_RED = "green", "yellow", "all-red"


@dataclass
class Controller:
    """The state of one controller; `step` moves it on by a second."""

    junction: Junction
    plan: Plan
    position: int = 0
    """Index of the running interval in the plan."""
    aspect: str = GREEN
    elapsed_s: int = 0
    """Seconds that the aspect has lasted."""
    wanted: Plan | None = None
    """Plan to change to at the next safe point."""
    commanded: bool = False
    """A command chose the plan; the timetable's next change ends that."""
    scheduled: int = -1
    """Number of the plan that the timetable last asked for."""

    @property
    def interval(self) -> Interval:
        """The running interval of the plan."""
        return self.plan.intervals[self.position]

    @property
    def stage(self) -> int:
        """The stage that has the road, or has just given it up."""
        return self.interval.stage

    def command(self, number: int) -> str:
        """Ask for the stored plan `number`; what will happen, as a sentence. NotFound, or InvalidInput if unsafe."""
        plan = find_plan(self.junction, number)
        check_plan(self.junction, plan)
        self.commanded = True
        if plan.number == self.plan.number:
            self.wanted = None
            return f"plan {plan.name} is running already"
        self.wanted = plan
        return f"plan {plan.name} takes over after stage {self.stage + 1}"

    def follow_timetable(self, hour: int) -> None:
        """Want the plan of this hour of the local day, when the timetable changes."""
        plan = self.junction.plan_at(hour)
        if plan.number == self.scheduled:
            return
        self.scheduled, self.commanded = plan.number, False
        self.wanted = None if plan.number == self.plan.number else plan

    def step(self) -> bool:
        """One second passes; whether the lights changed."""
        self.elapsed_s += 1
        lasts = {
            GREEN: self.interval.green_s,
            YELLOW: self.interval.yellow_s,
            ALL_RED: self.interval.all_red_s,
        }
        if self.elapsed_s < lasts[self.aspect]:
            return False
        self.elapsed_s = 0
        if self.aspect == GREEN:
            self.aspect = YELLOW
        elif self.aspect == YELLOW:
            self.aspect = ALL_RED
        else:
            self.aspect = GREEN
            self._next()
        return True

    def _next(self) -> None:
        """The next interval, of the wanted plan if there is one: the one after the stage that just ended."""
        ended = self.stage
        if self.wanted is not None:
            self.plan, self.wanted = self.wanted, None
            stages = [i.stage for i in self.plan.intervals]
            self.position = stages.index(ended) if ended in stages else len(stages) - 1
        self.position = (self.position + 1) % len(self.plan.intervals)


def find_plan(junction: Junction, number: int) -> Plan:
    """The junction's stored plan of that number; NotFound with the numbers that exist."""
    for plan in junction.plans:
        if plan.number == number:
            return plan
    raise NotFound(
        f"junction {junction.id} has no plan {number}",
        place=junction.id,
        remedy="its plans are " + ", ".join(f"{p.number} ({p.name})" for p in junction.plans),
    )


def check_plan(junction: Junction, plan: Plan) -> None:
    """InvalidInput where an interval of the plan lies outside the envelope."""
    for place, interval in enumerate(plan.intervals):
        safe = (
            MIN_GREEN_S <= interval.green_s <= MAX_GREEN_S
            and interval.yellow_s >= MIN_YELLOW_S
            and interval.all_red_s >= MIN_ALL_RED_S
        )
        if not safe or not 0 <= interval.stage < len(junction.stages):
            raise InvalidInput(
                f"plan {plan.number} leaves the safe envelope",
                place=f"junction {junction.id}, plan {plan.number}, interval {place + 1}",
                remedy=f"green {MIN_GREEN_S}-{MAX_GREEN_S} s, yellow from {MIN_YELLOW_S} s, "
                f"all-red from {MIN_ALL_RED_S} s, and a stage that exists",
            )


def start(junction: Junction, hour: int, second: int) -> Controller:
    """A controller under way in the plan of this hour: `second` (any running count) and offset give the place."""
    plan = junction.plan_at(hour)
    check_plan(junction, plan)
    controller = Controller(junction, plan, scheduled=plan.number)
    rest = (second + plan.offset_s) % plan.cycle_s
    for _ in range(rest):
        controller.step()
    return controller
