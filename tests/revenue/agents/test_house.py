"""Changing the house and its mailboxes: what is set, what is refused, what is recorded."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest
from django.core.exceptions import ValidationError

from revenue.actors import Actor
from revenue.agents import house
from revenue.agents.house import HouseChanges, MailboxChanges, NotPossible, ReasonMissing
from revenue.models import House, LedgerEvent, Mailbox
from tests.support.rows import NOW, make_mailbox

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")


def last_event() -> LedgerEvent:
    return LedgerEvent.objects.latest("id")


@pytest.fixture
def row() -> House:
    return House.objects.create(pk=1, banned_phrases=["synergy", "touch base"])


def change(**changes: Any) -> list[str]:
    return house.change_house(changes=cast("HouseChanges", changes), by=BY, now=NOW)


def test_change_house_sets_what_differs_and_records_old_and_new(row: House) -> None:
    changed = change(label="5C", hold_seconds=30, open_drafts=10)

    row.refresh_from_db()
    assert (changed, row.label, row.open_drafts) == (["label", "open_drafts"], "5C", 10)
    assert (last_event().kind, last_event().subject) == ("house.changed", "house")
    assert last_event().data == {"label": ["4C", "5C"], "open_drafts": [40, 10]}


def test_change_house_records_phrases_that_came_and_went(row: House) -> None:
    change(banned_phrases=["synergy", "circle back"])

    assert last_event().data == {
        "banned_phrases": {"added": ["circle back"], "removed": ["touch base"]}
    }


def test_change_house_without_a_difference_records_nothing(row: House) -> None:
    assert change(label="4C") == []
    assert not LedgerEvent.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"due_hours": 80, "expire_hours": 72},
        {"due_hours": 73},
        {"hold_seconds": 3601},
        {"due_hours": 0},
        {"label": ""},
        {"label": "x" * 41},
    ],
)
def test_change_house_refuses_what_can_not_be(row: House, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        change(**changes)

    row.refresh_from_db()
    assert (row.label, row.due_hours, row.hold_seconds) == ("4C", 24, 30)
    assert not LedgerEvent.objects.exists()


def fields(**changes: Any) -> MailboxChanges:
    given = {
        "address": "ana@house.example",
        "sender_name": "Ana",
        "company": "House",
        "warmup_started_on": date(2026, 11, 1),
        **changes,
    }
    return cast("MailboxChanges", given)


def test_add_mailbox_records_that_there_is_one_more() -> None:
    mailbox = house.add_mailbox(fields=fields(), by=BY, now=NOW)

    assert Mailbox.objects.get().address == "ana@house.example"
    assert (last_event().kind, last_event().subject) == ("mailbox.added", f"mailbox:{mailbox.pk}")


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "no address"},
        {"address": "ana@house.example\nBcc: x@y.example"},
        {"gap_min_s": 300, "gap_max_s": 60},
        {"sender_name": ""},
        {"sender_name": "Ana\nBcc: x@y.example"},
        {"company": "House\r"},
        {"postal_address": "1 Street\u2028Town"},
    ],
)
def test_add_mailbox_refuses_what_can_not_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        house.add_mailbox(fields=fields(**changes), by=BY, now=NOW)

    assert not Mailbox.objects.exists()


def test_add_mailbox_refuses_an_address_that_is_there() -> None:
    house.add_mailbox(fields=fields(), by=BY, now=NOW)

    with pytest.raises(ValidationError, match="already exists"):
        house.add_mailbox(fields=fields(), by=BY, now=NOW)


def test_change_mailbox_keeps_the_names_of_people_out_of_the_ledger() -> None:
    mailbox = make_mailbox()

    house.change_mailbox(
        mailbox_id=mailbox.pk,
        changes=MailboxChanges(sender_name="Beatriz", gap_max_s=90, authenticated=False),
        by=BY,
        now=NOW,
    )

    mailbox.refresh_from_db()
    assert (mailbox.sender_name, mailbox.gap_max_s) == ("Beatriz", 90)
    assert last_event().data == {
        "sender_name": "changed",
        "gap_max_s": [0, 90],
        "authenticated": [True, False],
    }


def test_pause_and_resume_say_who_and_why() -> None:
    mailbox = make_mailbox()

    house.pause_mailbox(mailbox_id=mailbox.pk, reason=" Bounces ", by=BY, now=NOW)
    mailbox.refresh_from_db()
    paused = (mailbox.paused_at, mailbox.paused_by, mailbox.pause_reason)
    house.resume_mailbox(mailbox_id=mailbox.pk, by=BY, now=NOW)
    mailbox.refresh_from_db()

    assert paused == (NOW, "person:7", "Bounces")
    assert (mailbox.paused_at, mailbox.paused_by, mailbox.pause_reason) == (None, None, None)
    kinds = LedgerEvent.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["mailbox.paused", "mailbox.resumed"]


def test_pause_without_a_reason_is_refused() -> None:
    with pytest.raises(ReasonMissing):
        house.pause_mailbox(mailbox_id=make_mailbox().pk, reason=" ", by=BY, now=NOW)


def test_pause_and_resume_are_refused_where_somebody_was_first() -> None:
    mailbox = make_mailbox()

    with pytest.raises(NotPossible):
        house.resume_mailbox(mailbox_id=mailbox.pk, by=BY, now=NOW)
    house.pause_mailbox(mailbox_id=mailbox.pk, reason="First", by=BY, now=NOW)
    with pytest.raises(NotPossible):
        house.pause_mailbox(mailbox_id=mailbox.pk, reason="Second", by=BY, now=NOW)

    mailbox.refresh_from_db()
    assert mailbox.pause_reason == "First"
