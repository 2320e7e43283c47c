"""What people type for a value, and what it is read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.entering import NotReadable, read_many, read_one, read_range, typed
from revenue.policies.vocabulary import NUMBER_LIMIT, FactType, Unit

NUMBERS = [fact for fact in CATALOGUE.values() if fact.type is FactType.NUMBER]
CLOCK = CATALOGUE["contact.local_hour"]
SHARE = CATALOGUE["mailbox.bounce_rate_30d"]
DAYS = CATALOGUE["contact.days_since_touch"]
WHOLE = CATALOGUE["account.locations"]


@given(data=st.data(), fact=st.sampled_from(NUMBERS))
def test_a_number_is_shown_as_what_reads_back_as_the_same(
    data: st.DataObject, fact: object
) -> None:
    assert isinstance(fact, type(CLOCK))
    low, high = max(fact.minimum, -NUMBER_LIMIT), min(fact.maximum, NUMBER_LIMIT)
    whole = st.integers(int(low), int(high))
    values = whole if fact.whole else whole | st.floats(low, high, allow_nan=False)
    value = data.draw(values)

    again = read_one(fact, typed(fact, value))

    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("contact.local_hour", "17:30", 17.5),
        ("contact.local_hour", "9:00", 9),
        ("contact.local_hour", "17.25", 17.25),
        ("mailbox.bounce_rate_30d", "3 %", 0.03),
        ("mailbox.bounce_rate_30d", "0.5", 0.005),
        ("mailbox.bounce_rate_30d", "100", 1),
        ("contact.days_since_touch", " 14 days ", 14),
        ("contact.days_since_touch", "2.5", 2.5),
        ("contact.local_weekday", "5", 5),
        ("account.country", " CA ", "CA"),
    ],
)
def test_values_are_read_as_people_write_them(name: str, text: str, value: object) -> None:
    assert read_one(CATALOGUE[name], text) == value


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("contact.local_hour", "17:75", "Type a time of day, such as 17:30."),
        ("contact.local_hour", "25:00", "The local time lies between 00:00 and 24:00."),
        ("mailbox.bounce_rate_30d", "101", "The bounce rate lies between 0 % and 100 %."),
        ("mailbox.bounce_rate_30d", "few", "Type a percentage, such as 3 or 0.5."),
        ("contact.days_since_touch", "1,500", "Type a number, such as 14 or 2.5."),
        ("contact.days_since_touch", "9" * 5000, "Type a number, such as 14 or 2.5."),
        ("contact.days_since_touch", "nan", "Type a number, such as 14 or 2.5."),
        ("account.locations", "2.5", "The number of locations is a whole number."),
        ("account.locations", "-1", "The number of locations is 0 or more."),
        ("account.country", "  ", "Type a value."),
        ("account.category_group", "", "Choose one."),
    ],
)
def test_what_is_no_value_is_told_in_words(name: str, text: str, reason: str) -> None:
    with pytest.raises(NotReadable, match="^" + reason.replace(".", r"\.").replace("?", r"\?")):
        read_one(CATALOGUE[name], text)


def test_a_list_has_one_entry_a_line() -> None:
    assert read_many(CATALOGUE["account.country"], [" CA \r\n\r\nUS\n"]) == ["CA", "US"]


def test_an_empty_list_is_told() -> None:
    with pytest.raises(NotReadable, match="one a line"):
        read_many(CATALOGUE["account.country"], ["\n \n"])


def test_a_range_has_two_ends() -> None:
    assert read_range(CLOCK, "9:00", "17:30") == [9, 17.5]


def test_units_that_people_write_are_those_of_the_catalogue() -> None:
    assert {fact.unit for fact in (CLOCK, SHARE, DAYS, WHOLE)} == {
        Unit.CLOCK, Unit.SHARE, Unit.DAYS, Unit.PLAIN,
    }  # fmt: skip
