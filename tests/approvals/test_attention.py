"""The rule that takes bulk approval away, and what brings it back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from approvals.attention import ENOUGH, LAST, Attention

OUTCOMES = st.lists(st.booleans(), max_size=LAST).map(tuple)
BARS = st.integers(0, 100).map(lambda percent: percent / 100)


def after(found: Attention, *outcomes: bool) -> Attention:
    """What counts once these have been decided too, the newest first."""
    return Attention((*outcomes, *found.outcomes)[:LAST], found.bar)


@given(OUTCOMES, BARS)
def test_below_is_fewer_than_the_bar_of_enough(outcomes: tuple[bool, ...], bar: float) -> None:
    found = Attention(outcomes, bar)

    few = len(outcomes) < ENOUGH
    too_low = 100 * sum(outcomes) < round(100 * bar) * len(outcomes)
    assert found.is_below is (not few and too_low)
    assert bool(found.refusal) is found.is_below


@given(OUTCOMES, BARS)
def test_so_many_catches_bring_it_back_and_one_fewer_does_not(
    outcomes: tuple[bool, ...], bar: float
) -> None:
    found = Attention(outcomes, bar)

    assert not after(found, *[True] * found.needed).is_below
    if found.needed:
        assert after(found, *[True] * (found.needed - 1)).is_below


@given(OUTCOMES, BARS)
def test_a_catch_never_takes_it_away(outcomes: tuple[bool, ...], bar: float) -> None:
    found = Attention(outcomes, bar)

    if len(outcomes) >= ENOUGH and not found.is_below:
        assert not after(found, True).is_below


def test_refusal_names_the_numbers_and_the_way_back() -> None:
    found = Attention((False, False, True, True, True), 0.7)

    assert found.refusal == (
        "Approving many at once is off: you caught 3 of the last 5 planted faults, and "
        "70\N{NO-BREAK SPACE}% is asked for. It comes back when you catch the next 2."
    )


def test_exactly_the_bar_is_enough() -> None:
    assert not Attention((True,) * 7 + (False,) * 3, 0.7).is_below
    assert Attention((True,) * 69 + (False,) * 31, 0.7).is_below


def test_a_bar_of_nothing_stops_nobody() -> None:
    assert not Attention((False,) * LAST, 0).is_below
