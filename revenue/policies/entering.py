"""Values of facts as people type them, such as 17:30 or 3 %, and back again.

What a value is shown as reads back as the same value, of the same JSON type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from enum import StrEnum
from typing import cast

from revenue.policies.type_checks import LISTS, VALUELESS
from revenue.policies.vocabulary import Fact, FactType, Operator, Unit
from revenue.policies.wording import value_words

_NUMBER = re.compile(
    r"(-?\d{1,20}(?:\.\d{1,400})?)\s*(?:%|days?|hours?|words?)?", re.ASCII | re.IGNORECASE
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_EXACT = Context(prec=800)
_HUNDRED = Decimal(100)


class Entry(StrEnum):
    """What a comparison needs from whoever writes it."""

    NOTHING = "nothing"
    ONE = "one"
    RANGE = "range"
    MANY = "many"


class NotReadable(ValueError):
    """What was typed is no value of this fact; the message says what would be."""


def entry_of(op: Operator) -> Entry:
    if op in VALUELESS:
        return Entry.NOTHING
    if op is Operator.BETWEEN:
        return Entry.RANGE
    return Entry.MANY if op in LISTS else Entry.ONE


def typed(fact: Fact, value: object) -> str:
    """One value as it stands in an input."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float):
        return str(value)
    match fact.unit:
        case Unit.SHARE:
            return _plain(value, _EXACT.multiply(Decimal(repr(value)), _HUNDRED))
        case Unit.CLOCK:
            return _clock(value)
        case Unit.WEEKDAY:
            return str(int(value))
        case _:
            return _plain(value, Decimal(repr(value)))


def read_one(fact: Fact, text: str) -> bool | float | str:
    """What was typed into one input. Raises NotReadable."""
    text = text.strip()
    if fact.type is FactType.BOOL:
        return text == "true"
    if not text:
        needed = "Choose one." if fact.choices or fact.unit is Unit.WEEKDAY else "Type a value."
        raise NotReadable(needed)
    if fact.type is FactType.NUMBER:
        return _in_range(fact, _read_number(fact, text))
    return text


def read_many(fact: Fact, texts: Sequence[str]) -> list[str]:
    """What was typed one a line, or ticked. Raises NotReadable."""
    lines = [line.strip() for text in texts for line in text.replace("\r", "\n").split("\n")]
    found = [line for line in lines if line]
    if not found:
        needed = "Choose at least one." if fact.choices else "Type at least one, one a line."
        raise NotReadable(needed)
    return found


def read_range(fact: Fact, low: str, high: str) -> list[bool | float | str]:
    """The two ends of a range. Raises NotReadable."""
    return [read_one(fact, low), read_one(fact, high)]


def _read_number(fact: Fact, text: str) -> float:
    if fact.unit is Unit.CLOCK and (clock := _CLOCK.fullmatch(text)):
        hour, minute = int(clock[1]), int(clock[2])
        if minute < 60:
            return hour + minute / 60 if minute else hour
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise NotReadable(_needed(fact))
    number, has_point = Decimal(found[1]), "." in found[1]
    if fact.unit is Unit.SHARE:
        number = _EXACT.divide(number, _HUNDRED)
    return float(number) if has_point or number % 1 else int(number)


def _needed(fact: Fact) -> str:
    match fact.unit:
        case Unit.CLOCK:
            return "Type a time of day, such as 17:30."
        case Unit.SHARE:
            return "Type a percentage, such as 3 or 0.5."
        case _:
            example = "14" if fact.whole else "14 or 2.5"
            return f"Type a number, such as {example}."


def _in_range(fact: Fact, value: float) -> float:
    if not fact.minimum <= value <= fact.maximum:
        low, high = value_words(fact, fact.minimum), value_words(fact, fact.maximum)
        span = (
            f"is {low} or more"
            if fact.minimum == 0 and value < 0
            else f"lies between {low} and {high}"
        )
        raise NotReadable(f"The {fact.label} {span}.")
    if fact.whole and value != int(value):
        raise NotReadable(f"The {fact.label} is a whole number.")
    return value


def _plain(value: float, shown: Decimal) -> str:
    """All digits; a float that is whole keeps its point, so that it stays one."""
    text = format(shown, "f")
    if isinstance(value, int):
        return text.split(".")[0]
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}.0" if value == int(value) else text


def _clock(value: float) -> str:
    minutes = round(value * 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    exact = minutes // 60 + (minutes % 60) / 60 if minutes % 60 else cast("float", minutes // 60)
    same = exact == value and isinstance(exact, int) is isinstance(value, int)
    return text if same else _plain(value, Decimal(repr(value)))
