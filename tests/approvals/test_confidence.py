"""The bound on the share of faults: against scipy, and watched continuously."""

from __future__ import annotations

import random
from math import log, log1p
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import betaln

from approvals.confidence import clean_needed, upper_bound

BAR = 0.01
RUNS, AUDITS = 4_000, 1_500


def oracle(*, clean: int, faults: int) -> float:
    """The same bound by scipy's functions."""

    def evidence(share: float) -> float:
        mixture = betaln(0.5 + faults, 50 + clean) - betaln(0.5, 50)
        return float(mixture - faults * log(share) - clean * log1p(-share) - log(20))

    lowest = max(faults / (clean + faults), 1e-12)
    return float(brentq(evidence, lowest, 1 - 1e-12, xtol=1e-14))


@pytest.mark.parametrize(
    ("clean", "faults"),
    [(1, 0), (2, 0), (9, 0), (66, 0), (408, 0), (409, 0), (5_000, 0), (1, 1), (30, 1), (99, 1),
     (700, 1), (1_485, 15), (1_400, 100), (20, 20), (100_000, 37)],
)  # fmt: skip
def test_bound_is_that_of_scipy(clean: int, faults: int) -> None:
    assert upper_bound(clean=clean, faults=faults) == pytest.approx(
        oracle(clean=clean, faults=faults), abs=1e-9
    )


@given(st.integers(1, 3_000), st.integers(0, 60))
def test_bound_is_that_of_scipy_for_any_counts(clean: int, faults: int) -> None:
    if clean < faults:
        clean, faults = faults, clean
    assert upper_bound(clean=clean, faults=faults) == pytest.approx(
        oracle(clean=clean, faults=faults), abs=1e-9
    )


@given(st.integers(0, 2_000), st.integers(0, 60))
def test_clean_ones_lower_it_and_faults_raise_it(clean: int, faults: int) -> None:
    here = upper_bound(clean=clean, faults=faults)

    assert upper_bound(clean=clean + 1, faults=faults) <= here
    assert upper_bound(clean=clean, faults=faults + 1) >= here
    assert here >= (faults / (clean + faults) if clean + faults else 1.0)


def test_nothing_is_known_without_a_clean_one() -> None:
    assert upper_bound(clean=0, faults=0) == 1.0
    assert upper_bound(clean=0, faults=3) == 1.0


@pytest.mark.parametrize(("bar", "needed"), [(0.05, 67), (0.01, 409)])
def test_so_many_clean_ones_are_needed_at_first(bar: float, needed: int) -> None:
    assert clean_needed(bar, clean=0, faults=0) == needed
    assert upper_bound(clean=needed, faults=0) <= bar < upper_bound(clean=needed - 1, faults=0)


@given(st.floats(0.005, 0.3), st.integers(0, 800), st.integers(0, 20))
def test_needed_is_the_fewest_with_which_the_bound_clears(
    bar: float, clean: int, faults: int
) -> None:
    more = clean_needed(bar, clean=clean, faults=faults)

    assert upper_bound(clean=clean + more, faults=faults) <= bar + 1e-12
    if more:
        assert upper_bound(clean=clean + more - 1, faults=faults) > bar - 1e-12


def certified_after(chance: random.Random, *, share: float, clearing: list[int]) -> int:
    """The audit at which the bound first clears the bar, looked at each time; 0 if it never does.

    After k faults it clears from the ``clearing[k]``-th audit on, so only the last audit before
    each further fault has to be looked at.
    """
    faults, audits = 0, 0
    while audits < AUDITS:
        # How many clean ones until the next fault: geometric.
        gap = int(log(1 - chance.random()) / log1p(-share))
        last = min(audits + gap, AUDITS)
        if last >= clearing[faults]:
            return max(clearing[faults], audits)
        faults, audits = faults + 1, last + 1
    return 0


@pytest.fixture(scope="module")
def clearing() -> list[int]:
    return [k + clean_needed(BAR, clean=0, faults=k) for k in range(AUDITS)]


def test_a_seat_at_the_bar_is_hardly_ever_certified_however_often_somebody_looks(
    clearing: list[int],
) -> None:
    chance = random.Random(20261128)

    ends = [certified_after(chance, share=BAR, clearing=clearing) for _ in range(RUNS)]

    assert 0 < sum(end > 0 for end in ends) / RUNS < 0.05


def test_a_good_seat_is_certified_in_time(clearing: list[int]) -> None:
    chance = random.Random(20261128)

    ends = [certified_after(chance, share=0.002, clearing=clearing) for _ in range(RUNS)]

    assert median(end or AUDITS + 1 for end in ends) <= clearing[1] == 705
