"""Shows times in the zone of whoever reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

UTC = ZoneInfo("UTC")


@cache
def zone_names() -> tuple[str, ...]:
    """Every zone this machine knows by region and city, and UTC, in order."""
    cities = (name for name in available_timezones() if name.partition("/")[0] in REGIONS)
    return ("UTC", *sorted(cities))


REGIONS = frozenset(
    {
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
        "Indian", "Pacific",
    }
)  # fmt: skip


def zone_of(name: str) -> ZoneInfo:
    """The zone, or UTC where there is none of that name."""
    return ZoneInfo(name) if name in zone_names() else UTC


class TimeZoneMiddleware:
    """Activates the reader's zone for the request; UTC for whoever is not known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        zone = zone_of(user.time_zone) if user.is_authenticated else UTC
        with timezone.override(zone):
            return self.get_response(request)
