from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from approvals.forms import (
    BadPost,
    read_decision,
    read_ids,
    read_until,
    read_visible_ms,
    snooze_presets,
)

VANCOUVER = ZoneInfo("America/Vancouver")
FIELDS = ("choice", "revision", "reason", "reason_code", "visible_ms", "until", "preset", "ids")


def form(**fields: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(fields)
    return query


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in Vancouver in November 2026; the 16th is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=VANCOUVER)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(18, 10), ["18 11:00", "18 15:00", "19 08:00", "23 08:00"]),
        (at(18, 14), ["18 15:00", "19 08:00", "23 08:00"]),
        (at(18, 14, 30), ["18 15:30", "19 08:00", "23 08:00"]),
        (at(22, 10), ["22 11:00", "22 15:00", "23 08:00"]),
        (at(16, 7), ["16 08:00", "16 15:00", "17 08:00", "23 08:00"]),
        (at(18, 23), ["19 00:00", "19 08:00", "23 08:00"]),
    ],
)
def test_presets_are_what_people_mean(now: datetime, expected: list[str]) -> None:
    presets = snooze_presets(now=now.astimezone(UTC), zone=VANCOUVER)

    assert [f"{one.until.astimezone(VANCOUVER):%d %H:%M}" for one in presets] == expected


def test_morning_after_the_clocks_change_is_eight_on_the_wall() -> None:
    before_the_change = datetime(2026, 10, 31, 12, tzinfo=VANCOUVER)

    presets = {
        preset.name: preset.until
        for preset in snooze_presets(now=before_the_change, zone=VANCOUVER)
    }

    assert presets["tomorrow"].astimezone(UTC) == datetime(2026, 11, 1, 16, tzinfo=UTC)


@given(
    since_2000=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36_500)),
    zone=st.timezones(),
)
def test_presets_are_to_come_in_order_and_different(since_2000: timedelta, zone: ZoneInfo) -> None:
    now = datetime(2000, 1, 1, tzinfo=UTC) + since_2000

    times = [preset.until.astimezone(UTC) for preset in snooze_presets(now=now, zone=zone)]

    assert times == sorted(set(times))
    assert now + timedelta(minutes=59) < times[0]
    assert times[-1] < now + timedelta(days=9)


def test_time_without_zone_is_meant_in_the_readers() -> None:
    until = read_until(form(until="2026-12-01T08:30"), now=at(18, 10), zone=VANCOUVER)

    assert until == datetime(2026, 12, 1, 16, 30, tzinfo=UTC)


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40)))
def test_any_form_is_read_or_refused(fields: dict[str, str]) -> None:
    post = form(**fields)

    with suppress(BadPost):
        read_decision(post)
    with suppress(BadPost):
        assert read_until(post, now=at(18, 10), zone=VANCOUVER).tzinfo is not None
    seen = read_visible_ms(post)
    assert seen is None or 0 <= seen < 2**31
    assert all(0 <= number < 10**18 for number in read_ids(post, "ids"))


def test_ids_come_one_to_a_field_or_many() -> None:
    assert read_ids(QueryDict("ids=1&ids=2,3,&ids=x"), "ids") == {1, 2, 3}
