"""Which sends leave without a click, and which of those a person sees all the same."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from approvals.deciding import undo
from approvals.facts import start_of_day
from approvals.intake import open_send, take_in
from approvals.models import Audit, Decision, Send, SendState
from revenue import ledger
from revenue.agents import authority, killswitch
from revenue.conversation.suppression import suppress
from revenue.models import (
    Consent,
    Effect,
    LedgerEvent,
    MailKind,
    SuppressionKind,
    SuppressionReason,
    SwitchScope,
)
from tests.approvals.granting import AUDITED, SPARED, granted, opened
from tests.support.hearing import hear
from tests.support.rows import (
    FOUNDER,
    NOW,
    installed,
    make_account,
    make_contact,
    make_draft,
    make_mailbox,
    make_send,
)

pytestmark = pytest.mark.django_db
UNSUPPORTED = {
    "start": 0, "end": 2, "sentence": "Hi Dana", "supported": False, "fact": None, "value": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def audit_of(send: Send) -> Audit | None:
    return Audit.objects.filter(send=send).first()


# Levels and the draw -----------------------------------------------------------------------------


def test_spared_send_is_approved_by_the_seat_and_waits_in_the_hold() -> None:
    by = granted(3)

    send = opened()

    decision = Decision.objects.get(send=send)
    assert send.state == SendState.APPROVED
    assert send.approval == decision
    assert send.leaves_at == NOW + timedelta(seconds=600)
    assert (decision.choice, decision.channel, decision.decided_by) == (
        "approve",
        "policy",
        "seat:sender",
    )
    assert (decision.authority, decision.authority_level) == (by, 3)
    assert (decision.revision_id, decision.verdict_id) == (send.revision_id, send.verdict_id)
    assert audit_of(send) is None
    event = LedgerEvent.objects.get(kind="send.approved")
    assert event.actor == "seat:sender"
    assert event.data["authority"] == by.pk
    assert event.data["channel"] == "policy"


@pytest.mark.parametrize(
    ("level", "draw", "rate"),
    [
        (3, 0.0, 0.10), (3, AUDITED, 0.10), (3, SPARED, None),
        (4, 0.0199, 0.02), (4, 0.02, None),
        (0, 0.9999, 1.0), (1, 0.9999, 1.0), (2, 0.0, 1.0), (2, 0.9999, 1.0),
    ],
)  # fmt: skip
def test_draw_below_the_rate_leaves_it_to_a_person(
    level: int, draw: float, rate: float | None
) -> None:
    granted(level)

    send = opened(draw=draw)

    audit = audit_of(send)
    if rate is None:
        assert (send.state, audit) == (SendState.APPROVED, None)
    else:
        assert (send.state, send.approval_id) == (SendState.PENDING, None)
        assert audit is not None
        assert (audit.rate, audit.level, audit.finding) == (rate, level, None)
        assert (audit.seat_id, audit.action_id, audit.segment_id) == (
            "sender",
            "send_cold",
            "everything",
        )


def test_audit_leaves_no_trace_in_the_ledger() -> None:
    granted(3)

    opened(draw=AUDITED)

    assert not LedgerEvent.objects.filter(subject__startswith="send:").exists()


def test_intake_draws_by_chance_before_it_looks() -> None:
    granted(3)

    sends = [open_send(draft=make_draft(), now=NOW) for _ in range(8)]

    assert len({send.draw for send in sends}) == 8
    for send in sends:
        audited = send.draw < 0.10
        assert (audit_of(send) is not None, send.state) == (
            (True, SendState.PENDING) if audited else (False, SendState.APPROVED)
        )


def test_hold_counts_from_when_the_draft_was_heard_of() -> None:
    granted(4)
    draft = make_draft()
    ledger.append(kind="draft.written", subject=f"draft:{draft.pk}", by=FOUNDER, now=NOW)

    hear(take_in)

    send = Send.objects.get()
    assert send.created_at == NOW
    if send.state == SendState.APPROVED:
        decision = Decision.objects.get()
        assert decision.decided_at > NOW
        assert send.leaves_at == decision.decided_at + timedelta(seconds=600)


# What stays with a person ------------------------------------------------------------------------


def test_what_the_policy_holds_or_denies_is_neither_let_go_nor_audited() -> None:
    granted(4)

    held = open_send(draft=make_draft(claims=[UNSUPPORTED]), now=NOW)
    contact = make_contact()
    suppress(
        kind=SuppressionKind.ADDRESS, value=contact.email, reason=SuppressionReason.ASKED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip
    denied = open_send(draft=make_draft(contact), now=NOW)

    assert (held.effect, held.state) == (Effect.HOLD, SendState.PENDING)
    assert (denied.effect, denied.state) == (Effect.DENY, SendState.DENIED)
    assert not Audit.objects.exists()


def test_authority_for_another_action_lets_nothing_go() -> None:
    granted(4, action="send_reactivation")

    send = opened()

    audit = audit_of(send)
    assert send.state == SendState.PENDING
    assert audit is not None
    assert audit.level == 2


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        (SwitchScope.EVERYTHING, ""),
        (SwitchScope.SEAT, "sender"),
        (SwitchScope.SEAT, "prospector"),
        (SwitchScope.ACTION, "send_cold"),
    ],
)
def test_kill_switch_leaves_it_to_a_person(scope: SwitchScope, target: str) -> None:
    granted(3)
    killswitch.throw(scope=scope, target=target, reason="", by=FOUNDER, now=NOW)

    send = opened()

    assert (send.state, audit_of(send)) == (SendState.PENDING, None)


def test_switch_for_something_else_stops_nothing() -> None:
    granted(3)
    killswitch.throw(
        scope=SwitchScope.ACTION, target="send_reactivation", reason="", by=FOUNDER, now=NOW
    )

    assert opened().state == SendState.APPROVED


@pytest.mark.parametrize(("limit", "state"), [(480_000, "approved"), (479_999, "pending")])
def test_value_above_the_limit_is_left_to_a_person(limit: int, state: str) -> None:
    granted(3, max_value_minor=limit)

    assert opened().state == state


@pytest.mark.parametrize(("after", "state"), [(0, "pending"), (1, "approved")])
def test_authority_that_has_run_out_lets_nothing_go(after: int, state: str) -> None:
    granted(3, valid_until=NOW + timedelta(seconds=after))

    assert opened().state == state


def test_ended_authority_lets_nothing_go() -> None:
    by = granted(3)
    authority.end(authority_id=by.pk, reason="Enough", by=FOUNDER, now=NOW)

    send = opened()

    assert (send.state, audit_of(send)) == (SendState.PENDING, None)


# Segments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "state"), [("CA", "approved"), ("US", "pending"), ("", "pending")]
)
def test_segment_that_surely_holds_lets_go(country: str, state: str) -> None:
    granted(3, segment="canada")
    contact = make_contact(make_account(country=country), country=country)

    assert opened(make_draft(contact)).state == state


def test_highest_level_counts_whatever_its_segment() -> None:
    granted(3)
    granted(2, segment="canada")

    send = opened()

    assert send.approval is not None
    assert send.approval.authority is not None
    assert send.approval.authority.segment_id == "everything"


def test_of_two_equals_the_narrower_gets_the_evidence() -> None:
    granted(2, segment="canada")

    audit = audit_of(opened())

    assert audit is not None
    assert audit.segment_id == "canada"


# Per day -----------------------------------------------------------------------------------------


def test_per_day_counts_from_midnight_at_the_mailbox() -> None:
    granted(3, per_day=2)
    midnight = start_of_day(make_mailbox(), now=NOW)

    states = [
        opened(now=at).state
        for at in (
            midnight - timedelta(seconds=1),
            midnight,
            NOW,
            NOW,
            midnight + timedelta(hours=23),
            midnight + timedelta(hours=25),
        )
    ]

    assert states == ["approved", "approved", "approved", "pending", "pending", "approved"]


def test_what_is_full_gives_way_to_what_has_room() -> None:
    granted(3, per_day=0)
    granted(3, segment="canada")

    send = opened()

    assert send.approval is not None
    assert send.approval.authority is not None
    assert send.approval.authority.segment_id == "canada"


def test_stopped_sends_still_count_for_the_day() -> None:
    granted(3, per_day=1)
    undo(send_id=opened().pk, by=FOUNDER, now=NOW)

    assert opened().state == SendState.PENDING


@pytest.mark.django_db(transaction=True)
def test_never_more_than_per_day_whoever_opens_at_once() -> None:
    granted(4, per_day=3)
    drafts = [make_draft() for _ in range(12)]
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def open_all(mine: list[Any]) -> None:
        try:
            start.wait(timeout=20)
            for draft in mine:
                open_send(draft=draft, now=NOW)
        except BaseException as error:  # told in the main thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_all, args=(drafts[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Send.objects.count() == 12
    spared = Send.objects.filter(draw__gte=0.02).count()
    assert Send.objects.filter(state=SendState.APPROVED).count() == min(3, spared)
    assert Decision.objects.count() == min(3, spared)


# Others ------------------------------------------------------------------------------------------


def test_draft_written_anew_waits_for_who_sent_the_first_one_back() -> None:
    granted(3)
    first = make_draft()

    send = opened(make_draft(first.contact, replaces=first))

    assert (send.state, audit_of(send)) == (SendState.PENDING, None)


def test_blocked_send_is_not_let_go() -> None:
    granted(4)
    leaving = make_send(state=SendState.APPROVED)

    send = open_send(draft=make_draft(leaving.contact), now=NOW)

    assert (send.state, audit_of(send)) == (SendState.DENIED, None)


def test_each_kind_is_its_own_action() -> None:
    granted(3, action="send_reactivation")

    cold = opened()
    again = opened(
        make_draft(make_contact(consent=Consent.EXISTING_BUSINESS), kind=MailKind.REACTIVATION)
    )

    assert cold.state == SendState.PENDING
    assert (again.effect, again.state) == (Effect.ALLOW, SendState.APPROVED)
