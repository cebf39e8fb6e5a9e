"""The newest value of each series, against a dictionary."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guia.core.columns import Batch, Quality
from guia.core.latest import Latest

batches = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(0, 99)), max_size=8), max_size=8
)


@given(batches)
def test_newest_by_time_then_by_arrival(sent):
    latest, expected = Latest(), {}
    for rows in sent:
        latest.apply(Batch.of(*(np.array([r[n] for r in rows], np.int64) for n in range(3))))
        for series, observed, value in rows:
            if series not in expected or observed >= expected[series][0]:
                expected[series] = observed, float(value)
    asked = np.array([7, 3, 0, -1, 1, 2, 3, 5000], np.int32)
    found = latest.get(asked)
    assert found.series.tolist() == asked.tolist()
    for n, series in enumerate(asked.tolist()):
        if series in expected:
            assert (found.observed[n], found.value[n]) == expected[series]
            assert found.quality[n] == Quality.OK
        else:
            assert found.observed[n] == 0
            assert np.isnan(found.value[n])
            assert found.quality[n] == Quality.MISSING


def test_an_answer_does_not_change_afterwards():
    latest = Latest()
    latest.apply(Batch.of([0, 1], 5, [1.0, 2.0]))
    found = [latest.get(np.array(series, np.int32)) for series in ([0, 1], [0, 9])]
    latest.apply(Batch.of([0, 1], 6, [3.0, 4.0]))
    assert [f.value[0] for f in found] == [1.0, 1.0]
