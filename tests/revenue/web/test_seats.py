"""The chart of seats in the browser: what it shows to whom, and its switches."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from revenue.access import Role
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.seats import assign_person, install_seats
from revenue.models import KillSwitch, Seat, SwitchScope
from revenue.web import waiting
from tests.support.rows import NOW, make_account, make_user
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")


@pytest.fixture(autouse=True)
def seats(db: None) -> None:
    install_seats(by=Actor.system("test"), now=NOW)


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def throw(scope: SwitchScope, target: str, reason: str = "") -> KillSwitch:
    return killswitch.throw(scope=scope, target=target, reason=reason, by=BY, now=NOW)


def shown(client: Client, query: str = "") -> str:
    response = client.get(f"/seats/{query}")
    assert response.status_code == 200
    return response.content.decode()


def few_wait() -> dict[str, list[tuple[str, int, str]]]:
    return {"sender": [("mails to look at", 7, "/suppressions/")], "nobody": [("x", 1, "")]}


def very_many_wait() -> dict[str, list[tuple[str, int, str]]]:
    return {"sender": [("mails to look at", 4321, "/no/such/page/")]}


@pytest.fixture
def counters(settings: Settings) -> None:
    settings.WAITING_COUNTERS = [f"{__name__}.few_wait"]


# Looking -----------------------------------------------------------------------------------------


def test_everybody_sees_who_owns_what() -> None:
    page = shown(visit_as(Role.ACCOUNTANT))

    for words in ("Identification", "After the close", "Nick", "Dirk", "Pepper", "Nobody yet"):
        assert words in page


def test_only_deciders_see_switches_and_only_admins_give_seats() -> None:
    pages = {role: shown(visit_as(role)) for role in Role}

    assert {role for role, page in pages.items() if "Stop everything" in page} == {
        Role.FOUNDER,
        Role.ADMIN,
    }
    assert {role for role, page in pages.items() if "Give the seat" in page} == {Role.ADMIN}


def test_the_part_is_the_chart_alone(founder: Client) -> None:
    part = shown(founder, "?part=chart")

    assert part.lstrip().startswith('<div id="seat-chart"')
    assert "<html" not in part


def test_a_switch_that_was_thrown_shows_in_the_next_part(founder: Client) -> None:
    throw(SwitchScope.ACTION, "send_cold", 'Look at "this" <now>')

    part = shown(founder, "?part=chart")

    assert "Send a cold mail" in part
    assert "Look at &quot;this&quot; &lt;now&gt;" in part
    assert "/seats/release/" in part
    assert 'value="action:send_cold"' not in part


def test_a_reader_who_may_not_release_gets_no_form() -> None:
    throw(SwitchScope.EVERYTHING, "")

    assert "/seats/release/" not in shown(visit_as(Role.ACCOUNTANT))


@pytest.mark.usefixtures("counters")
def test_what_waits_opens_for_those_who_may_see_it(founder: Client) -> None:
    link = '<a href="/suppressions/"><span class="num">7</span> mails to look at</a>'

    assert link in shown(founder)
    page = shown(visit_as(Role.ACCOUNTANT))
    assert link not in page
    assert '<span class="num">7</span> mails to look at' in page


def test_a_count_without_a_page_is_no_link(founder: Client, settings: Settings) -> None:
    settings.WAITING_COUNTERS = [f"{__name__}.very_many_wait"]

    page = shown(founder)

    assert '<span class="num">over 1,000</span> mails to look at' in page
    assert "/no/such/page/" not in page


def test_our_own_counter_counts_accounts_without_a_verdict() -> None:
    assert waiting.own() == {}

    make_account(screened_at=None)

    assert waiting.own() == {"prospector": [("accounts to screen", 1, "/accounts/?effect=none")]}


def test_the_page_takes_the_same_statements_with_one_row_and_three(founder: Client) -> None:
    throw(SwitchScope.EVERYTHING, "")
    make_account(screened_at=None)
    with statements() as one:
        shown(founder)
    for action in ("send_cold", "send_reactivation"):
        throw(SwitchScope.ACTION, action)
        make_account(screened_at=None)
    with statements() as three:
        shown(founder)

    # session, person, roles; switches, seats, authorities, four counts; the frame's switches,
    # its count, names of people and of seats
    assert (len(one), len(three)) == (14, 14)


# Throwing and releasing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "scope", "target"),
    [
        ("everything:", "everything", ""),
        ("seat:sender", "seat", "sender"),
        ("action:send_cold", "action", "send_cold"),
    ],
)
def test_one_click_throws_a_switch(founder: Client, button: str, scope: str, target: str) -> None:
    response = founder.post("/seats/stop/", {"switch": button, "reason": "Storm"})

    switch = KillSwitch.objects.get()
    assert (switch.scope, switch.target, switch.reason) == (scope, target, "Storm")
    assert (response.status_code, response.headers["Location"]) == (302, "/seats/")


def test_a_reason_is_not_asked_for(founder: Client) -> None:
    founder.post("/seats/stop/", {"switch": "everything:"})

    assert KillSwitch.objects.get().reason == ""


@pytest.mark.parametrize(
    "button",
    ["", "everything:sender", "seat:", "seat:nobody", "planet:earth", ":", "seat:sender:x"],
)
def test_a_forged_button_throws_nothing_and_says_so(founder: Client, button: str) -> None:
    response = founder.post("/seats/stop/", {"switch": button})

    assert not KillSwitch.objects.exists()
    assert messages_of(response) == ["There is nothing of that name to stop; nothing was changed."]


def test_release_needs_a_reason(founder: Client) -> None:
    switch = throw(SwitchScope.EVERYTHING, "")

    response = founder.post(f"/seats/release/{switch.pk}/", {"reason": " "})

    assert messages_of(response) == ["Releasing a switch needs a reason."]
    assert killswitch.thrown() == [switch]


def test_release_lets_go(founder: Client) -> None:
    switch = throw(SwitchScope.EVERYTHING, "")

    response = founder.post(f"/seats/release/{switch.pk}/", {"reason": "Looked at it"})

    assert messages_of(response) == ["Released. What waited goes on."]
    assert killswitch.thrown() == []


def test_the_second_to_release_is_told(founder: Client) -> None:
    switch = throw(SwitchScope.EVERYTHING, "")
    founder.post(f"/seats/release/{switch.pk}/", {"reason": "First"})

    response = founder.post(f"/seats/release/{switch.pk}/", {"reason": "Second"})

    assert messages_of(response)[-1] == "Somebody released this switch already."


# Owners ------------------------------------------------------------------------------------------


def test_an_admin_gives_a_persons_seat() -> None:
    ana = make_user(Role.FOUNDER, first_name="Ana", last_name="Petrov")

    response = visit_as(Role.ADMIN).post("/seats/closer/owner/", {"person": ana.pk})

    assert Seat.objects.get(pk="closer").person == ana
    assert messages_of(response) == ["Ana Petrov holds the Closer seat now."]


def test_the_seat_of_an_agent_is_not_given_away() -> None:
    response = visit_as(Role.ADMIN).post("/seats/sender/owner/", {"person": make_user().pk})

    assert Seat.objects.get(pk="sender").person is None
    assert messages_of(response) == ["An agent holds this seat; a person can't take it this way."]


@pytest.mark.parametrize("person", ["", "0", "x", "99999999999999999999"])
def test_a_person_that_there_is_not_gets_no_seat(person: str) -> None:
    held = make_user()
    assign_person(seat=Seat.objects.get(pk="closer"), person=held, by=BY, now=NOW)

    response = visit_as(Role.ADMIN).post("/seats/closer/owner/", {"person": person})

    assert Seat.objects.get(pk="closer").person == held
    assert messages_of(response) == ["There is no such person; the seat is as it was."]


def test_somebody_locked_out_gets_no_seat() -> None:
    gone = make_user(is_active=False)

    visit_as(Role.ADMIN).post("/seats/closer/owner/", {"person": gone.pk})

    assert Seat.objects.get(pk="closer").person is None


def test_a_seat_that_there_is_not_has_no_owner() -> None:
    response = visit_as(Role.ADMIN).post("/seats/nobody/owner/", {"person": 1})

    assert response.status_code == 404
