"""What the policy let go, while it waits to leave: stopped by a person, or asked about again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from approvals.deciding import Ruling, decide, undo
from approvals.delivery.claiming import claim
from approvals.holding import ENDED, in_hold, recall, stop_all
from approvals.models import Audit, Choice, Decision, Send, SendState
from approvals.sweeping import react
from revenue import ledger
from revenue.actors import Actor
from revenue.agents import authority
from revenue.conversation.suppression import suppress
from revenue.models import Contact, Effect, LedgerEvent, SuppressionKind, SuppressionReason
from revenue.policies.conditions import parse_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind
from tests.approvals.granting import granted, opened
from tests.support.hearing import hear
from tests.support.rows import (
    ADMIN,
    FOUNDER,
    NOW,
    installed,
    make_contact,
    make_draft,
    make_send,
    publish_text,
)

pytestmark = pytest.mark.django_db
WORKER = Actor.system("worker")
LEAVES = NOW + timedelta(seconds=600)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def claimed(now: datetime = LEAVES) -> list[int]:
    found = claim(by=WORKER, now=now)
    return [send.pk for send in found.sends] if found else []


def tighten() -> None:
    """Hold every cold mail from now on."""
    text = seed_policy(PolicyKind.SEND).to_json()
    rule = {
        "id": "no-cold", "owner": "admin", "effect": "hold", "reason": "Not this month.",
        "when": {"fact": "send.kind", "op": "eq", "value": "cold"},
    }  # fmt: skip
    publish_text(parse_policy({**text, "rules": [*text["rules"], rule]}))


def asked_again(send: Send) -> str:
    """The reason, for a send that a person decides now."""
    send.refresh_from_db()
    assert (send.state, send.approval_id, send.leaves_at) == (SendState.PENDING, None, None)
    assert send.round == 2
    event = LedgerEvent.objects.get(subject=f"send:{send.pk}", kind="send.pending")
    assert event.data == {"reason": send.state_reason}
    return send.state_reason


# Leaving -----------------------------------------------------------------------------------------


def test_let_go_leaves_after_its_hold_and_not_before() -> None:
    granted(3)
    send = opened()

    assert claimed(LEAVES - timedelta(seconds=1)) == []
    assert claimed() == [send.pk]


def test_ended_authority_asks_a_person() -> None:
    by = granted(3)
    send = opened()
    authority.end(authority_id=by.pk, reason="Enough", by=FOUNDER, now=NOW)

    assert claimed() == []
    assert asked_again(send) == ENDED


def test_authority_that_ran_out_in_the_hold_asks_a_person() -> None:
    granted(3, valid_until=LEAVES)
    send = opened()

    assert claimed() == []
    assert asked_again(send) == ENDED


def test_another_grant_in_its_place_asks_a_person() -> None:
    granted(3)
    send = opened()
    granted(2)

    assert claimed() == []
    assert asked_again(send) == ENDED


def test_policy_that_holds_it_by_now_asks_a_person_who_sees_why() -> None:
    granted(3)
    send = opened()
    tighten()

    assert claimed() == []
    assert asked_again(send) == ("The send policy does not allow it any more. Not this month.")
    assert (send.effect, send.held_by) == (Effect.HOLD, "no-cold")


def test_what_a_person_approved_under_the_same_rule_is_revoked_as_before() -> None:
    send = opened()
    assert send.state == SendState.PENDING
    ruling = Ruling(choice=Choice.APPROVE, visible_ms=5000)
    decide(send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=FOUNDER, now=NOW)
    tighten()

    assert claimed() == []
    send.refresh_from_db()
    assert send.state == SendState.REVOKED


def test_contact_that_left_the_segment_asks_a_person() -> None:
    granted(3, segment="canada")
    send = opened()
    Contact.objects.update(country="US", region="WA", time_zone="America/Los_Angeles")

    assert claimed() == []
    assert "Canada" in asked_again(send)


def test_denied_by_now_is_revoked() -> None:
    granted(3)
    send = opened()
    suppress(
        kind=SuppressionKind.ADDRESS, value=send.to_address, reason=SuppressionReason.ASKED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip

    assert claimed() == []
    send.refresh_from_db()
    assert send.state == SendState.REVOKED


def test_reply_that_is_heard_of_revokes_at_once() -> None:
    granted(3)
    send = opened()
    Contact.objects.update(last_reply_at=NOW + timedelta(minutes=1))
    subject = f"contact:{send.contact_id}"
    ledger.append(kind="contact.replied", subject=subject, by=FOUNDER, now=NOW)

    hear(react)

    send.refresh_from_db()
    assert send.state == SendState.REVOKED


def test_touch_that_only_holds_asks_a_person_at_once() -> None:
    granted(3)
    send = opened()
    other = make_send(make_draft(make_contact(send.account)))
    data = {"account": send.account_id}
    ledger.append(kind="send.sent", subject=f"send:{other.pk}", by=WORKER, now=NOW, data=data)

    hear(react)

    assert asked_again(send).startswith("The send policy does not allow it any more.")
    assert send.held_by == "other-message-open"


def test_whoever_is_asked_has_as_long_as_for_a_new_one() -> None:
    granted(3, valid_until=LEAVES)
    send = opened()
    late = send.expires_at + timedelta(days=2)

    claimed(late)

    asked_again(send)
    assert send.expires_at == late + timedelta(hours=72)


def test_what_was_asked_about_is_never_let_go_again() -> None:
    granted(3, valid_until=LEAVES)
    send = opened()
    claimed()
    granted(4)

    assert claimed(LEAVES + timedelta(hours=1)) == []
    send.refresh_from_db()
    assert send.state == SendState.PENDING
    assert not Audit.objects.exists()


# Stopping ----------------------------------------------------------------------------------------


def test_person_stops_one_and_decides_it() -> None:
    granted(3)
    send = opened()

    undo(send_id=send.pk, by=FOUNDER, now=send.expires_at)

    send.refresh_from_db()
    assert (send.state, send.round) == (SendState.PENDING, 2)
    assert send.expires_at == NOW + timedelta(hours=24 + 48 + 72)
    assert Decision.objects.filter(send=send, choice=Choice.UNDO).get().decided_by == str(FOUNDER)


def test_all_in_the_hold_are_stopped_at_once_and_nothing_else() -> None:
    granted(3)
    sends = [opened() for _ in range(3)]
    by_person = make_send(state=SendState.APPROVED)

    assert stop_all(by=ADMIN, now=NOW) == 3

    by_person.refresh_from_db()
    assert by_person.state == SendState.APPROVED
    assert not in_hold().exists()
    for send in sends:
        send.refresh_from_db()
        assert (send.state, send.approval_id, send.round) == (SendState.PENDING, None, 2)
    undone = Decision.objects.filter(choice=Choice.UNDO)
    assert set(undone.values_list("send", "decided_by")) == {(s.pk, str(ADMIN)) for s in sends}
    assert LedgerEvent.objects.filter(kind="send.undone", actor=str(ADMIN)).count() == 3


def test_what_is_on_its_way_is_not_stopped() -> None:
    granted(3)
    send = opened()
    claimed()

    assert stop_all(by=FOUNDER, now=LEAVES) == 0
    send.refresh_from_db()
    assert send.state == SendState.SENDING


def test_recall_asks_about_what_these_authorities_let_go() -> None:
    first = granted(3)
    mine = opened()
    granted(3)
    other = opened()

    assert recall(authority_ids=[first.pk], reason="It was lowered.", now=NOW) == 1

    assert asked_again(mine) == "It was lowered."
    other.refresh_from_db()
    assert other.state == SendState.APPROVED
