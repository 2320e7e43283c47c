"""What time and the world do to sends that wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals import sweeping
from approvals.deciding import snooze
from approvals.intake import open_send
from approvals.models import Decision, Send, SendState
from approvals.sweeping import expire_pending, react, wake_snoozed
from approvals.views.unsubscribing import stop_writing
from revenue import ledger
from revenue.conversation.replies import record_reply
from revenue.conversation.suppression import forget, lift, suppress
from revenue.models import (
    Account,
    Confidence,
    DoubtfulPair,
    Effect,
    LedgerEvent,
    RelationshipKind,
    Source,
    SourceRecord,
    Suppression,
    SuppressionKind,
    SuppressionReason,
)
from revenue.pipeline.answering import answer_pair, undo_answer
from revenue.pipeline.relationships import note_fact
from tests.approvals.fresh import looks_first
from tests.support.hearing import hear
from tests.support.rows import (
    FOUNDER,
    NOW,
    installed,
    make_account,
    make_contact,
    make_draft,
    make_send,
    publish_text,
)

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def kinds_of(send: Send) -> list[str]:
    found = LedgerEvent.objects.filter(subject=f"send:{send.pk}").order_by("id")
    return list(found.values_list("kind", flat=True))


def suppress_value(kind: SuppressionKind, value: str) -> Suppression:
    return suppress(
        kind=kind, value=value, reason=SuppressionReason.ASKED, by=FOUNDER, now=NOW + HOUR
    )


# Time --------------------------------------------------------------------------------------------


def test_snoozed_send_wakes_at_its_time_and_not_before() -> None:
    send = make_send()
    until = NOW + 3 * HOUR
    snooze(send_id=send.pk, revision_id=send.revision_id or 0, until=until, by=FOUNDER, now=NOW)

    assert wake_snoozed(now=until - timedelta(seconds=1)) == 0
    assert wake_snoozed(now=until) == 1

    woken = Send.objects.get(pk=send.pk)
    assert (woken.state, woken.state_at, woken.snoozed_until) == (SendState.PENDING, until, None)
    assert woken.due_at == send.due_at + 3 * HOUR
    assert kinds_of(send) == ["send.snoozed", "send.woken"]
    assert wake_snoozed(now=until) == 0


def test_undecided_send_expires_into_a_state_of_its_own() -> None:
    send = make_send()

    assert expire_pending(now=send.expires_at - timedelta(seconds=1)) == 0
    assert expire_pending(now=send.expires_at) == 1

    send.refresh_from_db()
    assert (send.state, send.state_reason) == (SendState.EXPIRED, "Nobody decided in time.")
    assert not Decision.objects.exists()
    assert LedgerEvent.objects.get(kind="send.expired").data == {
        "reason": "Nobody decided in time."
    }


@pytest.mark.parametrize("state", [SendState.SNOOZED, SendState.APPROVED, SendState.UNCERTAIN])
def test_only_what_waits_for_a_decision_expires(state: SendState) -> None:
    send = make_send(state=state)

    assert expire_pending(now=send.expires_at + DAY) == 0


def test_more_than_a_batch_expires_in_several_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    late = max(make_send().expires_at for _ in range(3))

    assert [expire_pending(now=late) for _ in range(3)] == [2, 1, 0]


# The world ---------------------------------------------------------------------------------------

OVERTAKEN = [
    (SendState.PENDING, SendState.STALE),
    (SendState.SNOOZED, SendState.STALE),
    (SendState.APPROVED, SendState.REVOKED),
]
WORLD: dict[str, Callable[[Send], object]] = {
    "address": lambda send: suppress_value(SuppressionKind.ADDRESS, send.to_address.upper()),
    "domain": lambda send: suppress_value(
        SuppressionKind.DOMAIN, send.to_address.partition("@")[2]
    ),
    "account": lambda send: suppress_value(SuppressionKind.ACCOUNT, str(send.account_id)),
    "unsubscription": stop_writing,
    "reply": lambda send: record_reply(
        contact=send.contact, at=NOW + HOUR, by=FOUNDER, now=NOW + HOUR
    ),
}


@pytest.mark.parametrize(("state", "end"), OVERTAKEN)
@pytest.mark.parametrize("name", WORLD)
def test_waiting_send_turns_stale_and_an_approved_one_is_revoked(
    name: str, state: SendState, end: SendState
) -> None:
    send, other = make_send(state=state), make_send()

    WORLD[name](send)
    hear(react)

    send.refresh_from_db()
    other.refresh_from_db()
    assert (send.state, other.state) == (end, SendState.PENDING)
    assert send.state_reason != ""
    told = LedgerEvent.objects.get(kind=f"send.{end}")
    assert (told.subject, told.actor, told.data["reason"]) == (
        f"send:{send.pk}",
        "system:clock",
        send.state_reason,
    )


def test_reply_is_named_as_the_reason() -> None:
    send = make_send()

    WORLD["reply"](send)
    hear(react)

    send.refresh_from_db()
    assert send.state_reason == "They replied after this was drafted."


def test_reply_from_before_the_draft_overtakes_nothing() -> None:
    send = make_send()

    record_reply(contact=send.contact, at=NOW - 100 * DAY, by=FOUNDER, now=NOW + HOUR)
    hear(react)

    send.refresh_from_db()
    assert send.state == SendState.PENDING


@pytest.mark.parametrize(
    "state", [SendState.SENDING, SendState.SENT, SendState.FAILED, SendState.UNCERTAIN]
)
def test_what_is_beyond_recall_stays_as_it_is(state: SendState) -> None:
    send = make_send(state=state)

    suppress_value(SuppressionKind.ADDRESS, send.to_address)
    hear(react)

    send.refresh_from_db()
    assert send.state == state


def test_suppressed_domain_covers_its_subdomains_and_no_look_alikes() -> None:
    below = make_send(make_draft(make_contact(email="a@mail.harbour.example")))
    alike = make_send(make_draft(make_contact(email="a@notharbour.example")))

    suppress_value(SuppressionKind.DOMAIN, "harbour.example")
    hear(react)

    states = dict(Send.objects.values_list("pk", "state"))
    assert states == {below.pk: SendState.STALE, alike.pk: SendState.PENDING}


def test_value_that_was_deleted_meanwhile_stops_nobody_here() -> None:
    send = make_send()
    suppress_value(SuppressionKind.ADDRESS, send.to_address)
    forget(kind=SuppressionKind.ADDRESS, value=send.to_address, by=FOUNDER, now=NOW)

    hear(react)

    send.refresh_from_db()
    assert send.state == SendState.PENDING


def test_suppression_that_was_lifted_before_it_was_heard_of_stops_nothing() -> None:
    send = make_send()
    entry = suppress_value(SuppressionKind.ADDRESS, send.to_address)
    lift(suppression_id=entry.pk, reason="A mistake", by=FOUNDER, now=NOW + HOUR)

    hear(react)

    send.refresh_from_db()
    assert send.state == SendState.PENDING


def test_mail_to_a_colleague_holds_what_waits_for_the_same_account() -> None:
    waiting = make_send()
    touched = make_send(make_draft(make_contact(waiting.account)), state=SendState.SENT)
    ledger.append(
        kind="send.sent",
        subject=f"send:{touched.pk}",
        by=FOUNDER,
        now=NOW + HOUR,
        data={"account": touched.account_id},
    )

    hear(react)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.effect, waiting.held_by) == (
        SendState.PENDING,
        Effect.HOLD,
        "account-touched-lately",
    )


# What is noted about the relationship -------------------------------------------------------------


def note(account: Account) -> None:
    note_fact(
        account=account, contact=None, kind=RelationshipKind.LEFT_OVER_PRICE,
        statement="Left over the price.", source="The owner", confidence=Confidence.CERTAIN,
        valid_from=NOW.date(), valid_until=None, supersedes=None, by=FOUNDER, now=NOW + HOUR,
    )  # fmt: skip


def test_what_is_noted_reaches_the_verdict_of_a_send_that_waits() -> None:
    publish_text(looks_first())
    send, other = open_send(draft=make_draft(), now=NOW), open_send(draft=make_draft(), now=NOW)
    assert (send.effect, other.effect) == (Effect.ALLOW, Effect.ALLOW)

    note(send.account)
    hear(react)

    for found in (send, other):
        found.refresh_from_db()
    assert (send.state, send.effect, send.held_by) == (
        SendState.PENDING, Effect.HOLD, "fresh-relationship",
    )  # fmt: skip
    assert other.effect == Effect.ALLOW


def test_a_merger_brings_what_was_noted_to_the_sends_of_the_account_that_stays() -> None:
    publish_text(looks_first())
    send = open_send(draft=make_draft(), now=NOW)
    goes = make_account()
    record = SourceRecord.objects.create(
        source=Source.objects.order_by("slug")[0], account=goes, record_id="1", content_hash=b"x",
        fields={}, first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    pair = DoubtfulPair.objects.create(
        record=record, account=send.account, why="same address", score=0.6, found_at=NOW
    )
    note(goes)

    given = answer_pair(pair=pair, same=True, by=FOUNDER, now=NOW + HOUR)
    hear(react)
    send.refresh_from_db()
    merged = send.effect
    undo_answer(answered=given, by=FOUNDER, now=NOW + HOUR)
    hear(react)
    send.refresh_from_db()

    assert (given.stays, merged, send.effect) == (send.account_id, Effect.HOLD, Effect.ALLOW)
