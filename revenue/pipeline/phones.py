"""Telephone numbers to E.164, by Google's ``phonenumbers``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

_NORTH_AMERICAN = re.compile(
    r"(\+?1[ .-]?)?(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[ .-]?)([2-9]\d\d)[ .-]?(\d{4})"
)
_NORTH_AMERICA = frozenset({"CA", "US"})
_SEPARATORS = re.compile(r"[;/|]| or ")
_LOCAL = re.compile(r"\d{3}[ .-]?\d{4}")
_COMMENT = re.compile(r"\(.*[^\d\s].*\)|\boption\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phone:
    """``e164`` is empty when nothing could be read; ``note`` says what was lost or why."""

    e164: str
    note: str


_NONE = Phone("", "")


def read_phone(text: str, country: str) -> Phone:
    """Read a number as people write it, local ones as of ``country`` (two letters).

    Several numbers in one cell give the first that is valid. What is no number at all ("still to
    come") is left out with a note: a business without a telephone is not an error.
    """
    if not text:
        return _NONE
    if country in _NORTH_AMERICA and (match := _NORTH_AMERICAN.fullmatch(text)):
        area, exchange, line = match[2] or match[3], match[4], match[5]
        if _is_plain_area(area):
            return Phone(f"+1{area}{exchange}{line}", "")
    return _read(text, country)


@lru_cache(maxsize=8192)
def _read(text: str, country: str) -> Phone:
    if country in _NORTH_AMERICA and _LOCAL.fullmatch(text):
        return Phone("", "has no area code")
    problem = ""
    for part in _SEPARATORS.split(_COMMENT.sub("", text)):
        try:
            number = phonenumbers.parse(part, country or None)
        except NumberParseException:
            problem = problem or "is no telephone number"
            continue
        if not phonenumbers.is_valid_number(number):
            problem = "is no valid telephone number"
            continue
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        note = f"extension {number.extension} left out" if number.extension else ""
        return Phone(e164, note)
    return Phone("", problem)


@lru_cache(maxsize=1000)
def _is_plain_area(area: str) -> bool:
    """Whether each number of this area code is valid whose exchange begins with 2 to 9.

    True for all area codes in use but some two dozen that are valid in part only; none of those
    is valid with both of these exchanges.
    """
    return all(
        phonenumbers.is_valid_number(
            PhoneNumber(country_code=1, national_number=int(f"{area}{exchange}0100"))
        )
        for exchange in ("600", "911")
    )
