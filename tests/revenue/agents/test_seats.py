"""Seats: what is installed, what may be granted, who may hold one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from revenue.access import Role
from revenue.actors import Actor
from revenue.agents.authority import AboveCeiling, Grant, grant
from revenue.agents.seats import HeldByAgent, assign_person, install_seats
from revenue.models import Action, Authority, LedgerEvent, Level, Seat, Side
from tests.support.rows import NOW, make_user

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")


@pytest.fixture(autouse=True)
def seats() -> None:
    install_seats(by=Actor.system("test"), now=NOW)


def given(wanted: Grant) -> Authority:
    return grant(grant=wanted, evidence={}, by=BY, now=NOW)


def level_of(seat: str, action: str) -> int:
    return Authority.objects.get(seat=seat, action=action, ended_at=None).level


def test_every_stage_of_the_design_has_an_action() -> None:
    stages = set(Action.objects.values_list("stage", flat=True))

    assert stages == {
        "identification", "outreach", "follow_up", "qualification", "close", "after_close",
    }  # fmt: skip


def test_what_never_rises_above_two_has_that_ceiling() -> None:
    kept_low = Action.objects.filter(ceiling=2).values_list("slug", flat=True)

    assert set(kept_low) == {
        "answer_objection", "send_agreement", "send_payment_link", "log_outcome",
    }  # fmt: skip


def test_no_discovery_seat_has_a_commitment_action() -> None:
    crossing = Authority.objects.filter(seat__side=Side.DISCOVERY, action__side=Side.COMMITMENT)

    assert not crossing.exists()


def test_sending_belongs_to_one_seat() -> None:
    senders = Authority.objects.filter(action__slug__in=["send_cold", "send_reactivation"])

    assert set(senders.values_list("seat", flat=True)) == {"sender"}


def test_install_again_changes_nothing_that_was_set_since() -> None:
    given(Grant(seat="sender", action="send_cold", level=Level.AUDITED))
    events = LedgerEvent.objects.count()

    install_seats(by=Actor.system("test"), now=NOW + timedelta(days=1))

    assert level_of("sender", "send_cold") == Level.AUDITED
    assert LedgerEvent.objects.count() == events


def test_grant_sets_the_level_and_records_who_did() -> None:
    authority = given(Grant(seat="sender", action="send_cold", level=Level.AUDITED))

    assert (authority.level, authority.granted_by) == (Level.AUDITED, "person:7")
    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.subject, event.actor) == (
        "authority.granted",
        "seat:sender",
        "person:7",
    )
    assert event.data == {
        "authority": authority.pk, "seat": "sender", "action": "send_cold", "segment": "everything",
        "level": 3, "max_value_minor": None, "per_day": None, "valid_until": None,
    }  # fmt: skip


def test_grant_above_the_ceiling_is_refused() -> None:
    with pytest.raises(AboveCeiling, match="never rises above level 2"):
        given(Grant(seat="pipeline", action="answer_objection", level=Level.AUDITED))

    assert level_of("pipeline", "answer_objection") == Level.DRAFT


def test_assign_person_gives_a_free_seat_its_owner() -> None:
    person = make_user(Role.FOUNDER, first_name="Ana", last_name="Petrov")
    seat = Seat.objects.get(pk="closer")
    assert seat.owner_name == "nobody yet"

    assign_person(seat=seat, person=person, by=BY, now=NOW)

    seat.refresh_from_db()
    assert seat.owner_name == "Ana Petrov"
    assert LedgerEvent.objects.latest("id").data == {"person": person.pk}


def test_a_person_can_not_take_the_seat_of_an_agent() -> None:
    seat = Seat.objects.get(pk="sender")
    events = LedgerEvent.objects.count()

    with pytest.raises(HeldByAgent):
        assign_person(seat=seat, person=make_user(), by=BY, now=NOW)

    seat.refresh_from_db()
    assert (seat.owner_name, LedgerEvent.objects.count()) == ("Pepper", events)
