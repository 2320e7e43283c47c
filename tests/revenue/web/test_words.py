from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.web import words

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)  # Friday, 10:00 in Vancouver
VANCOUVER = ZoneInfo("America/Vancouver")


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-59), "in under a minute"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(minutes=-59), "in 59 min"),
        (timedelta(hours=3), "today 07:00"),
        (timedelta(hours=-3), "today 13:00"),
        (timedelta(hours=11), "yesterday 23:00"),
        (timedelta(hours=-20), "tomorrow 06:00"),
        (timedelta(days=3), "Tue 10:00"),
        (timedelta(days=7), "13 Nov"),
        (timedelta(days=400), "16 Oct 2025"),
    ],
)
def test_say_when_speaks_in_the_readers_zone(ago: timedelta, said: str) -> None:
    assert words.say_when(NOW - ago, now=NOW, zone=VANCOUVER) == said


@given(st.timedeltas(min_value=timedelta(days=-9000), max_value=timedelta(days=9000)))
def test_say_when_has_words_for_every_distance(distance: timedelta) -> None:
    said = words.say_when(NOW + distance, now=NOW, zone=VANCOUVER)
    assert said == said.strip() != ""
    assert ("ago" in said) <= (distance <= timedelta(0))


def test_say_exact_names_the_zone() -> None:
    assert words.say_exact(NOW, zone=VANCOUVER) == "Friday 20 November 2026, 10:00:00 PST"


def test_say_date_of_another_year_has_the_year() -> None:
    today = date(2026, 11, 20)
    assert words.say_date(date(2026, 3, 12), today=today) == "12 Mar"
    assert words.say_date(date(2025, 3, 12), today=today) == "12 Mar 2025"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=-12), "12 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_say_duration_gives_one_unit(length: timedelta, said: str) -> None:
    assert words.say_duration(length) == said


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (450_000, "CAD", "CA$4,500.00"),
        (-5, "USD", "\N{MINUS SIGN}$0.05"),
        (1200, "JPY", "JPY\N{NO-BREAK SPACE}1,200"),
        (1200, "CHF", "CHF\N{NO-BREAK SPACE}12.00"),
    ],
)
def test_say_money_keeps_sign_and_minor_units(minor: int, currency: str, said: str) -> None:
    assert words.say_money(minor, currency) == said


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_say_money_loses_no_cent(minor: int) -> None:
    said = words.say_money(minor, "USD")
    digits = int("".join(letter for letter in said if letter.isdigit()))
    assert digits * (-1 if said.startswith("\N{MINUS SIGN}") else 1) == minor


@pytest.mark.parametrize(
    ("count", "said"), [(812, "812 B"), (4_200_000, "4.2 MB"), (5 * 10**12, "5000.0 GB")]
)
def test_say_bytes_uses_decimal_units(count: int, said: str) -> None:
    assert words.say_bytes(count) == said


def test_say_rate_gives_n_and_interval() -> None:
    assert words.say_rate(words.rate_of(16, 20)) == "80 % (16 of 20; 58\N{EN DASH}92 %)"


def test_say_rate_of_few_only_counts() -> None:
    assert words.say_rate(words.rate_of(2, 4)) == "2 of 4, too few to say"


def test_say_rate_of_nothing_says_so() -> None:
    assert words.say_rate(words.rate_of(0, 0)) == "none yet"


@given(st.integers(min_value=1, max_value=10**6), st.data())
def test_rate_of_lies_in_its_interval(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(min_value=0, max_value=total))
    rate = words.rate_of(hits, total)
    assert rate is not None
    assert 0 <= rate.low <= rate.share + 1e-12
    assert rate.share - 1e-12 <= rate.high <= 1
