from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from approvals.priority import explain, is_at_risk, score

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
items = st.tuples(
    st.integers(1, 10**9), st.sampled_from([1, 2, 3]), st.integers(-30 * 24 * 60, 30 * 24 * 60)
)


@given(items, items, st.integers(-1000, 1000))
def test_score_orders_as_the_weights_at_any_moment(
    one: tuple[int, int, int], other: tuple[int, int, int], hours: int
) -> None:
    moment = NOW + timedelta(hours=hours)
    scores, weights = [], []
    for value, risk, minutes in (one, other):
        due_at = NOW + timedelta(minutes=minutes)
        scores.append(score(value_minor=value, risk=risk, due_at=due_at))
        seen = explain(value_minor=value, risk=risk, due_at=due_at, now=moment)
        weights.append(seen.value_minor * seen.risk_weight * seen.deadline_weight)
    if abs(scores[0] - scores[1]) > 1e-5:
        assert (scores[0] > scores[1]) == (weights[0] > weights[1])


def test_score_of_twelve_hours_nearer_equals_twice_the_value() -> None:
    near = score(value_minor=1000, risk=1, due_at=NOW + timedelta(hours=12))
    large = score(value_minor=2000, risk=1, due_at=NOW + timedelta(hours=24))

    assert near == large


def test_at_risk_from_four_fifths_of_the_time() -> None:
    due_at = NOW + timedelta(hours=10)

    marks = [
        is_at_risk(created_at=NOW, due_at=due_at, now=NOW + timedelta(minutes=minutes))
        for minutes in (479, 480, 700)
    ]

    assert marks == [False, True, True]
