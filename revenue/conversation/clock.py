"""The recipient's clock: which zones a contact may be in, and what time it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

import holidays

# Regions that lie in one zone for all practical purposes, in countries that have several.
REGION_ZONES = {
    ("CA", "BC"): "America/Vancouver",
    ("CA", "AB"): "America/Edmonton",
    ("CA", "SK"): "America/Regina",
    ("CA", "MB"): "America/Winnipeg",
    ("CA", "ON"): "America/Toronto",
    ("CA", "QC"): "America/Toronto",
    ("CA", "NB"): "America/Moncton",
    ("CA", "NS"): "America/Halifax",
    ("CA", "PE"): "America/Halifax",
    ("CA", "NL"): "America/St_Johns",
    ("CA", "YT"): "America/Whitehorse",
    ("US", "CA"): "America/Los_Angeles",
    ("US", "WA"): "America/Los_Angeles",
    ("US", "NV"): "America/Los_Angeles",
    ("US", "CO"): "America/Denver",
    ("US", "UT"): "America/Denver",
    ("US", "AZ"): "America/Phoenix",
    ("US", "IL"): "America/Chicago",
    ("US", "MN"): "America/Chicago",
    ("US", "NY"): "America/New_York",
    ("US", "NJ"): "America/New_York",
    ("US", "MA"): "America/New_York",
    ("US", "PA"): "America/New_York",
    ("US", "GA"): "America/New_York",
    ("US", "NC"): "America/New_York",
}


@dataclass(frozen=True, slots=True)
class LocalClock:
    """``hour`` is fractional, 0 to 24; ``weekday`` is 1 (Monday) to 7."""

    zone: str
    hour: float
    weekday: int
    holiday: bool | None


def zones_for(*, time_zone: str, country: str, region: str) -> tuple[str, ...]:
    """The zones the place may lie in: one if it is known, every zone of the country otherwise.

    Nothing is returned where not even the country is known.
    """
    if time_zone in known_zones():
        return (time_zone,)
    single = REGION_ZONES.get((country, region))
    if single:
        return (single,)
    return zones_of_country(country)


def local_clock(*, at: datetime, zone: str, country: str, region: str) -> LocalClock:
    """What the clock and the calendar say there at this instant."""
    local = at.astimezone(ZoneInfo(zone))
    return LocalClock(
        zone=zone,
        hour=round(local.hour + local.minute / 60 + local.second / 3600, 4),
        weekday=local.isoweekday(),
        holiday=is_holiday(local.date(), country, region),
    )


@cache
def known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def zones_of_country(country: str) -> tuple[str, ...]:
    """All zones of a country by its two-letter code, from the tz database's own table."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line[:1] != "#")
    return tuple(sorted(row[2] for row in rows if country and row[0] == country))


def is_holiday(day: date, country: str, region: str) -> bool | None:
    """Whether it is a public holiday there; None where the calendar isn't known."""
    calendar = _calendar(country, region)
    return None if calendar is None else day in calendar


@cache
def _calendar(country: str, region: str) -> holidays.HolidayBase | None:
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return None
    return holidays.country_holidays(country, subdiv=region if region in known[country] else None)
