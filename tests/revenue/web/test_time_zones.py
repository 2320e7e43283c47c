"""Times in the reader's zone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from revenue.models import User
from revenue.web.time_zones import TimeZoneMiddleware, zone_names, zone_of


@pytest.mark.parametrize("name", ["America/Vancouver", "UTC", "Asia/Kathmandu"])
def test_a_zone_is_found_by_name(name: str) -> None:
    assert str(zone_of(name)) == name


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "America", "../../etc/passwd", "GMT+5", "\0"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert str(zone_of(name)) == "UTC"


def test_the_zones_to_choose_are_cities_and_utc() -> None:
    names = zone_names()

    assert (names[0], "Europe/Paris" in names, "Etc/GMT+5" in names) == ("UTC", True, False)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (User(time_zone="Europe/Paris"), "Europe/Paris"),
        (User(time_zone="nowhere"), "UTC"),
        (AnonymousUser(), "UTC"),
    ],
)
def test_the_request_runs_in_the_zone_of_its_reader(
    user: User | AnonymousUser, expected: str
) -> None:
    seen: list[str] = []
    request = RequestFactory().get("/")
    request.user = user
    before = timezone.get_current_timezone_name()

    def respond(_: object) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse()

    TimeZoneMiddleware(respond)(request)

    assert (seen, timezone.get_current_timezone_name()) == ([expected], before)
