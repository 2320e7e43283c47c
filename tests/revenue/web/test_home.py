"""The start page of each role, and preferences."""

from __future__ import annotations

import pytest

from revenue.access import Role
from revenue.models import User
from tests.support.visits import messages_of, visit_as

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        ([Role.FOUNDER], "/approvals/"),
        ([Role.FOUNDER, Role.ADMIN], "/approvals/"),
        ([Role.ACCOUNTANT], "/accounts/"),
        ([Role.ADMIN], "/icp/review/"),
    ],
)
def test_the_start_page_is_where_the_role_works(roles: list[Role], page: str) -> None:
    response = visit_as(*roles).get("/")

    assert (response.status_code, response.headers["Location"]) == (302, page)


def test_preferences_are_kept() -> None:
    client = visit_as(Role.FOUNDER, username="ana")

    response = client.post("/preferences/", {"time_zone": "Europe/Paris"})

    ana = User.objects.get(username="ana")
    assert (ana.time_zone, ana.shortcuts) == ("Europe/Paris", False)
    assert (response.headers["Location"], messages_of(response)) == ("/preferences/", ["Saved."])


def test_times_follow_the_zone_that_was_chosen() -> None:
    client = visit_as(Role.FOUNDER, time_zone="Asia/Kathmandu")

    assert 'value="Asia/Kathmandu" selected' in client.get("/preferences/").content.decode()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "<script>", ""])
def test_a_zone_that_there_is_not_is_refused(zone: str) -> None:
    client = visit_as(Role.FOUNDER, username="ana", time_zone="UTC")

    response = client.post("/preferences/", {"time_zone": zone, "shortcuts": "on"})

    assert response.status_code == 422
    assert User.objects.get(username="ana").time_zone == "UTC"


def test_theme_and_rail_are_remembered_by_the_browser_alone() -> None:
    client = visit_as(Role.FOUNDER, username="ana")

    response = client.post(
        "/preferences/", {"theme": "dark"}, headers={"referer": "http://testserver/ledger/?kind=x"}
    )

    assert response.cookies["theme"].value == "dark"
    assert response.headers["Location"] == "http://testserver/ledger/?kind=x"
    assert User.objects.get(username="ana").shortcuts


@pytest.mark.parametrize(
    "referer", ["http://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""]
)
def test_nobody_is_sent_to_another_house(referer: str) -> None:
    response = visit_as(Role.FOUNDER).post(
        "/preferences/", {"rail": "closed"}, headers={"referer": referer}
    )

    assert response.headers["Location"] == "/"
