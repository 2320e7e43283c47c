"""What the workers leave behind for whoever asks whether they work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from revenue.heartbeats import Pulse, beat, beats, pulse
from tests.support.rows import NOW

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def test_each_name_keeps_its_last_beat() -> None:
    beat(name="revenue.seal", now=NOW)
    beat(name="approvals.tick", now=NOW)
    beat(name="revenue.seal", now=NOW + SECOND)

    assert beats() == {"revenue.seal": NOW + SECOND, "approvals.tick": NOW}


@pytest.mark.parametrize("later", [0.0, 0.5, 0.999, -30.0])
def test_a_row_is_written_once_a_second_and_never_goes_back(later: float) -> None:
    beat(name="revenue.seal", now=NOW)

    beat(name="revenue.seal", now=NOW + later * SECOND)

    assert beats() == {"revenue.seal": NOW}


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0, Pulse("up", 0)),
        (60, Pulse("up", 60)),
        (61, Pulse("late", 61)),
        (-5, Pulse("up", 0)),
    ],
)
def test_the_newest_beat_counts(age: int, expected: Pulse) -> None:
    beat(name="revenue.purge", now=NOW - timedelta(hours=1))
    beat(name="revenue.seal", now=NOW)

    assert pulse(now=NOW + age * SECOND) == expected


def test_a_house_in_which_nothing_ever_ran_says_so() -> None:
    assert pulse(now=NOW) == Pulse("never", None)
