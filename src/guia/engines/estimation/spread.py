"""What measured places say about their unmeasured neighbours."""

from typing import Any

import numpy as np

from guia.core.columns import Float64, UInt8
from guia.engines.graph.successors import Mask, Successors


def neighbourhood(arcs: Successors, kind: UInt8, other_kind: float = 0.3, second: float = 0.4) -> Any:
    """Sparse (n,n) weights of neighbours along arcs, both ways, to two steps.

    A neighbour of the same kind (road class) weighs 1, of another kind `other_kind`; the second step weighs
    `second` of the product.
    """
    from scipy.sparse import coo_array, csr_array

    before, after = arcs.pairs()
    weight = np.where(kind[before] == kind[after], 1.0, other_kind)
    n = len(arcs)
    once: Any = coo_array((weight, (before, after)), shape=(n, n)).tocsr()
    once = once + once.T
    twice = once @ once
    twice.setdiag(0)
    total: Any = csr_array(once + second * twice)
    total.eliminate_zeros()
    return total


def spread(
    weights: Any, kind: UInt8, deviation: Float64, measured: Mask, prior: float = 0.5
) -> tuple[Float64, Float64]:
    """Expected deviation of every place and how much evidence it rests on.

    The mean of measured neighbours' deviations by weight, drawn with weight `prior` towards the mean of measured
    places of its kind (which itself is drawn to zero as if ten more places had none).
    """
    known = np.where(measured, deviation, 0.0)
    size = int(kind.max(initial=0)) + 1
    of_kind = np.bincount(kind, known, size) / (np.bincount(kind, measured.astype(np.float64), size) + 10.0)
    evidence = weights @ measured.astype(np.float64) + prior
    return (weights @ known + prior * of_kind[kind]) / evidence, evidence
