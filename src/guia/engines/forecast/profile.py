"""A normal week: the usual value of every series in every slot of the week, learned as the weeks pass."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64
from guia.engines.graph.successors import Mask

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class When:
    """An instant between two slot centres: `share` of the way from slot `low` to slot `high`."""

    low: int
    high: int
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Usual values in (slots, n), and the weight of what they rest on, in visits to the slot."""

    mean: Float32
    weight: Float32


def flat(slots: int, usual: Float64) -> Profile:
    """A profile that expects `usual` (n) at all times, with the weight of one visit."""
    mean = np.tile(usual.astype(np.float32), (slots, 1))
    return Profile(mean, np.ones_like(mean))


def usual(profile: Profile, when: When) -> Float64:
    """Usual values (n) at an instant, linear between slot centres."""
    low, high = profile.mean[when.low], profile.mean[when.high]
    return np.asarray((1 - when.share) * low + when.share * high, np.float64)


def learn(
    profile: Profile, when: When, value: Float64, measured: Mask, dose: float, memory: float = 8.0
) -> Profile:
    """The profile after one more measurement that covers the share `dose` of a visit.

    Exponentially weighted over about `memory` visits; quicker while there have been fewer.
    """
    mean, weight = profile.mean.copy(), profile.weight.copy()
    for slot, part in ((when.low, 1 - when.share), (when.high, when.share)):
        gain = np.where(measured, part * dose, 0.0).astype(np.float32)
        step = gain / (weight[slot] + gain)
        mean[slot] += step * (np.where(measured, value, 0.0).astype(np.float32) - mean[slot])
        weight[slot] = np.minimum(weight[slot] + gain, memory)
    return replace(profile, mean=mean, weight=weight)
