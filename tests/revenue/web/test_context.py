"""What every page knows: thrown switches, names of actors; each read once, when asked for."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from revenue.access import Role
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.seats import assign_person, install_seats
from revenue.models import Seat, SwitchScope
from revenue.web.context import actor_names, kill_switches, names_of_actors
from tests.support.rows import NOW, make_user
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")


@pytest.fixture(autouse=True)
def seats(db: None) -> None:
    install_seats(by=Actor.system("test"), now=NOW)


def throw(scope: SwitchScope = SwitchScope.EVERYTHING, target: str = "") -> None:
    killswitch.throw(scope=scope, target=target, reason="A <b>storm</b>", by=BY, now=NOW)


def test_names_tell_agents_people_and_held_seats_apart() -> None:
    person = make_user(first_name="Ana", last_name="Petrov")
    nameless = make_user(username="janine")
    assign_person(seat=Seat.objects.get(pk="closer"), person=person, by=BY, now=NOW)

    names = names_of_actors()

    assert names[f"person:{person.pk}"] == "Ana Petrov"
    assert names[f"person:{nameless.pk}"] == "janine"
    assert names["seat:sender"] == "Pepper"
    assert names["seat:closer"] == ("Ana Petrov", "person")
    assert names["seat:accounting"] == ("Accounting", "person")


def test_names_are_read_when_asked_for_and_once() -> None:
    request = RequestFactory().get("/")

    with statements() as unasked:
        lazy = actor_names(request)["actor_names"]
    with statements() as asked:
        assert lazy["seat:sender"] == lazy["seat:sender"] == "Pepper"  # type: ignore[index]

    assert (len(unasked), len(asked)) == (0, 2)


def test_strangers_learn_nothing_of_switches() -> None:
    throw()
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with statements() as asked:
        assert list(kill_switches(request)["kill_switches"]) == []  # type: ignore[call-overload]

    assert asked == []


def test_a_thrown_switch_stands_on_every_page_escaped() -> None:
    throw()

    page = visit_as(Role.ACCOUNTANT).get("/ledger/").content.decode()

    assert "Everything is stopped." in page
    assert "A &lt;b&gt;storm&lt;/b&gt;" in page


def test_a_page_takes_the_same_statements_with_one_switch_and_three() -> None:
    client = visit_as(Role.ACCOUNTANT)
    throw()
    with statements() as one:
        client.get("/preferences/")
    throw(SwitchScope.SEAT, "sender")
    throw(SwitchScope.ACTION, "send_cold")
    with statements() as three:
        client.get("/preferences/")

    # session, person, roles, switches, names of people and of seats
    assert (len(one), len(three)) == (6, 6)
