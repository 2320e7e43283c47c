"""Times, money and rates as people say them. Pure: clock and zone are passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from math import sqrt

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SYMBOLS = {"CAD": "CA$", "EUR": "€", "GBP": "£", "USD": "$"}
# ISO 4217 currencies of this house's markets that have no minor unit.
WITHOUT_MINOR_UNIT = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})
TOO_FEW = 5
Z_95 = 1.959964


def say_when(moment: datetime, *, now: datetime, zone: tzinfo) -> str:
    """``5 min ago``, ``today 14:02``, ``Tue 09:00``, ``12 Mar``, ``12 Mar 2025``."""
    distance = abs(now - moment)
    past = moment <= now
    if distance < MINUTE:
        return "just now" if past else "in under a minute"
    if distance < HOUR:
        minutes = distance // MINUTE
        return f"{minutes} min ago" if past else f"in {minutes} min"
    there, here = moment.astimezone(zone), now.astimezone(zone)
    days = (there.date() - here.date()).days
    clock = f"{there:%H:%M}"
    named = {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days)
    if named:
        return f"{named} {clock}"
    if abs(days) < 7:
        return f"{there:%a} {clock}"
    return say_date(there.date(), today=here.date())


def say_date(day: date, *, today: date) -> str:
    """``12 Mar``, with the year where it is not this one."""
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def say_exact(moment: datetime, *, zone: tzinfo) -> str:
    """``Friday 20 November 2026, 14:02:09 PST``."""
    there = moment.astimezone(zone)
    return f"{there:%A} {there.day} {there:%B %Y, %H:%M:%S %Z}"


def say_duration(length: timedelta) -> str:
    """The largest whole unit: ``40 s``, ``12 min``, ``3 h``, ``1 day``, ``9 days``."""
    length = abs(length)
    if length < MINUTE:
        return f"{length.seconds} s"
    if length < HOUR:
        return f"{length // MINUTE} min"
    if length < 2 * DAY:
        return f"{length // HOUR} h"
    return f"{length // DAY} days"


def say_money(minor: int, currency: str) -> str:
    """Minor units as an amount: ``450000, "CAD"`` is ``CA$4,500.00``."""
    sign = "\N{MINUS SIGN}" if minor < 0 else ""
    mark = SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
    whole, rest = divmod(abs(minor), 100)
    if currency in WITHOUT_MINOR_UNIT:
        return f"{sign}{mark}{abs(minor):,}"
    return f"{sign}{mark}{whole:,}.{rest:02}"


def say_bytes(count: int) -> str:
    """``812 B``, ``4.2 KB``, ``1.0 GB``: decimal units, as file managers show them."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % Wilson interval; all three are fractions of one."""

    hits: int
    total: int
    share: float
    low: float
    high: float

    @property
    def too_few(self) -> bool:
        return self.total < TOO_FEW


def rate_of(hits: int, total: int) -> Rate | None:
    """The rate of ``hits`` in ``total`` (Wilson 1927); None where there was nothing to count."""
    if total <= 0:
        return None
    share = hits / total
    weight = Z_95 * Z_95 / total
    middle = (share + weight / 2) / (1 + weight)
    half = Z_95 / (1 + weight) * sqrt(share * (1 - share) / total + weight / (4 * total))
    return Rate(hits, total, share, max(0.0, middle - half), min(1.0, middle + half))


def say_rate(rate: Rate | None) -> str:
    """``24 % (12 of 50; 14-37 %)`` with an en dash; below five it only counts."""
    if rate is None:
        return "none yet"
    if rate.too_few:
        return f"{rate.hits} of {rate.total}, too few to say"
    low, high = round(rate.low * 100), round(rate.high * 100)
    return (
        f"{round(rate.share * 100)} % ({rate.hits:,} of {rate.total:,}; {low}\N{EN DASH}{high} %)"
    )
