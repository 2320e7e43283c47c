"""How much is drafted: what was sent back first, then no more than people can decide."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals import drafting
from approvals.deciding import Ruling, decide
from approvals.drafting import order_drafts, rewrite_returned, room
from approvals.models import Choice, Send, SendState
from revenue.agents import killswitch
from revenue.models import Draft, House, LedgerEvent, SwitchScope
from tests.support.rows import FOUNDER, NOW, installed, make_contact, make_pending_sends, make_send

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def allow(open_drafts: int) -> None:
    House.objects.update(open_drafts=open_drafts)


def returned(note: str = "Shorter, please") -> Send:
    send = make_send()
    ruling = Ruling(choice=Choice.RETURN, reason=note)
    return decide(
        send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=FOUNDER, now=NOW
    )


@pytest.mark.parametrize(("limit", "expected"), [(0, 0), (2, 0), (3, 1), (7, 5), (40, 10)])
def test_room_is_what_the_limit_leaves_and_at_most_a_handful(limit: int, expected: int) -> None:
    make_pending_sends(2, now=NOW)
    allow(limit)

    assert room() == expected


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (SendState.PENDING, 4),
        (SendState.SNOOZED, 4),
        (SendState.APPROVED, 5),
        (SendState.SENT, 5),
        (SendState.FAILED, 5),
    ],
)
def test_only_what_waits_for_a_person_takes_room(state: SendState, left: int) -> None:
    make_send(state=state)
    allow(5)

    assert room() == left


def test_drafts_are_written_until_the_room_is_full() -> None:
    make_pending_sends(1, now=NOW)
    for _ in range(4):
        make_contact()
    allow(3)

    assert order_drafts(now=LATER) == 2
    assert Draft.objects.filter(written_at=LATER).count() == 2


def test_no_room_writes_nothing() -> None:
    make_contact()
    allow(0)

    assert order_drafts(now=LATER) == 0
    assert not Draft.objects.exists()


def test_sent_back_draft_is_rewritten_once_and_needs_no_room() -> None:
    send = returned()
    allow(0)

    assert order_drafts(now=LATER) == 1
    assert order_drafts(now=LATER) == 0

    again = Draft.objects.get(replaces=send.draft)
    assert (again.contact_id, again.seat_id) == (send.contact_id, send.seat_id)
    event = LedgerEvent.objects.get(kind="draft.rewritten")
    assert (event.subject, event.data) == (f"draft:{again.pk}", {"note": "Shorter, please"})


def test_so_many_are_rewritten_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "AT_ONCE", 2)
    for _ in range(3):
        returned()

    assert [rewrite_returned(now=LATER) for _ in range(3)] == [2, 1, 0]


def test_stopped_seat_rewrites_only_when_it_is_let_go() -> None:
    returned()
    switch = killswitch.throw(
        scope=SwitchScope.SEAT, target="prospector", reason="", by=FOUNDER, now=NOW
    )

    assert rewrite_returned(now=LATER) == 0
    assert Draft.objects.count() == 1

    killswitch.release(switch_id=switch.pk, reason="All is well", by=FOUNDER, now=NOW)
    assert rewrite_returned(now=LATER) == 1
