"""From a draft to an item that waits, or to one that the policy denies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.deciding import Ruling, decide
from approvals.drafting import rewrite_returned
from approvals.hashing import content_hash
from approvals.intake import open_send, take_in
from approvals.models import Choice, EditClass, Revision, Risk, Send, SendState
from revenue import ledger
from revenue.conversation.suppression import suppress
from revenue.models import Contact, Draft, Effect, LedgerEvent, SuppressionKind, SuppressionReason
from tests.support.hearing import hear
from tests.support.rows import FOUNDER, NOW, installed, make_contact, make_draft, make_send

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
SUPPORTED = {
    "start": 0,
    "end": 10,
    "sentence": "Hi Dana, you have three places.",
    "fact": "account.locations",
    "value": "3",
    "source": "account:1",
    "field": "locations",
    "as_of": "2026-10-01",
    "supported": True,
    "reason": "",
}
UNSUPPORTED = {**SUPPORTED, "supported": False}


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def ask_not_to_write(contact: Contact) -> None:
    suppress(
        kind=SuppressionKind.ADDRESS, value=contact.email, reason=SuppressionReason.ASKED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip


def events_of(send: Send) -> list[str]:
    found = LedgerEvent.objects.filter(subject=f"send:{send.pk}").order_by("id")
    return list(found.values_list("kind", flat=True))


# What the policy says ----------------------------------------------------------------------------


def test_allowed_draft_waits_with_its_verdict_and_the_whole_text() -> None:
    draft = make_draft()

    send = open_send(draft=draft, now=NOW)

    send.refresh_from_db()
    revision = Revision.objects.get(send=send)
    assert (send.state, send.effect, send.held_by) == (
        SendState.PENDING,
        Effect.ALLOW,
        "canada-allowed",
    )
    assert (send.to_address, send.to_name) == (draft.contact.email, draft.contact.name)
    assert (send.due_at, send.expires_at) == (NOW + timedelta(hours=24), NOW + timedelta(hours=72))
    assert (send.revision_id, revision.number, revision.edit_class) == (
        revision.pk,
        1,
        EditClass.NONE,
    )
    assert (revision.subject, revision.body, revision.written_by) == (
        draft.subject,
        draft.body,
        "seat:prospector",
    )
    assert draft.mailbox.postal_address in revision.footer
    assert f"/u/{send.token}" in revision.footer
    assert revision.content_hash == content_hash(
        draft.mailbox.address, send.to_address, draft.subject, draft.body, revision.footer
    )
    assert send.verdict is not None
    assert (send.verdict.subject, send.verdict.rule) == (f"send:{send.pk}", "canada-allowed")
    assert events_of(send) == ["send.opened"]


def test_held_draft_waits_and_names_the_rule() -> None:
    contact = make_contact(country="MX", region="")

    send = open_send(draft=make_draft(contact), now=NOW)

    assert (send.state, send.effect, send.held_by) == (
        SendState.PENDING,
        Effect.HOLD,
        "other-countries",
    )
    assert send.risk == Risk.MEDIUM


def test_denied_draft_ends_with_the_reason() -> None:
    contact = make_contact()
    ask_not_to_write(contact)

    send = open_send(draft=make_draft(contact), now=NOW)

    send.refresh_from_db()
    assert (send.state, send.effect, send.held_by) == (
        SendState.DENIED,
        Effect.DENY,
        "suppressed",
    )
    assert send.state_reason.startswith("Denied")
    assert LedgerEvent.objects.get(kind="send.opened").data["state"] == "denied"


@pytest.mark.parametrize(
    ("claims", "risk", "mark"),
    [([SUPPORTED], Risk.LOW, []), ([UNSUPPORTED], Risk.HIGH, ["unsupported_claim"])],
)
def test_claim_without_evidence_holds_and_is_marked(
    claims: list[dict[str, object]], risk: Risk, mark: list[str]
) -> None:
    send = open_send(draft=make_draft(claims=claims), now=NOW)

    assert (send.risk, send.risk_marks) == (risk, mark)
    assert send.effect == (Effect.HOLD if mark else Effect.ALLOW)


def test_riskier_send_stands_before_the_others() -> None:
    plain = open_send(draft=make_draft(), now=NOW)
    risky = open_send(draft=make_draft(claims=[UNSUPPORTED]), now=NOW)

    assert list(Send.objects.order_by("-score", "-id")) == [risky, plain]


# Once, and one at a time -------------------------------------------------------------------------


def test_draft_is_opened_once() -> None:
    draft = make_draft()

    first, again = open_send(draft=draft, now=NOW), open_send(draft=draft, now=LATER)

    assert first == again
    assert Revision.objects.filter(send=first).count() == 1
    assert events_of(first) == ["send.opened"]


def test_ledger_tells_of_drafts_once_and_other_events_are_let_pass() -> None:
    draft = make_draft()
    for kind in ("draft.written", "draft.rewritten", "draft.written"):
        ledger.append(kind=kind, subject=f"draft:{draft.pk}", by=FOUNDER, now=LATER)

    hear(take_in)

    send = Send.objects.get()
    assert (send.draft_id, send.created_at) == (draft.pk, LATER)


@pytest.mark.parametrize("state", [SendState.PENDING, SendState.SNOOZED])
def test_newer_draft_takes_the_place_of_one_that_waits(state: SendState) -> None:
    older = make_send(state=state)

    newer = open_send(draft=make_draft(older.contact), now=LATER)

    older.refresh_from_db()
    assert (older.state, older.state_reason, older.snoozed_until) == (
        SendState.SUPERSEDED,
        "A newer draft took its place.",
        None,
    )
    assert events_of(older) == ["send.superseded"]
    assert newer.state == SendState.PENDING


@pytest.mark.parametrize("state", [SendState.APPROVED, SendState.SENDING, SendState.UNCERTAIN])
def test_newer_draft_is_refused_while_another_is_on_its_way(state: SendState) -> None:
    leaving = make_send(state=state)

    newer = open_send(draft=make_draft(leaving.contact), now=LATER)

    leaving.refresh_from_db()
    assert leaving.state == state
    assert (newer.state, newer.state_reason) == (
        SendState.DENIED,
        "Another mail to this contact is on its way.",
    )


@pytest.mark.parametrize("state", [SendState.SENT, SendState.FAILED, SendState.REVOKED])
def test_what_is_over_stays_as_it_is(state: SendState) -> None:
    over = make_send(state=state)

    newer = open_send(draft=make_draft(over.contact), now=LATER)

    over.refresh_from_db()
    assert (over.state, newer.state) == (state, SendState.PENDING)


def test_mail_to_another_contact_of_the_account_is_left_alone() -> None:
    other = make_send()

    newer = open_send(draft=make_draft(make_contact(other.account)), now=LATER)

    other.refresh_from_db()
    assert other.state == SendState.PENDING
    assert (newer.state, newer.held_by) == (SendState.PENDING, "other-message-open")


# Sent back ---------------------------------------------------------------------------------------


def test_sent_back_draft_is_written_anew_and_the_old_one_replaced() -> None:
    send = open_send(draft=make_draft(), now=NOW)
    decide(
        send_id=send.pk,
        revision_id=send.revision_id or 0,
        ruling=Ruling(choice=Choice.RETURN, reason="Shorter, please"),
        by=FOUNDER,
        now=NOW,
    )

    assert rewrite_returned(now=LATER) == 1
    hear(take_in)

    again = Draft.objects.get(replaces=send.draft)
    send.refresh_from_db()
    newer = Send.objects.get(draft=again)
    assert (send.state, newer.state) == (SendState.SUPERSEDED, SendState.PENDING)
    assert again.body != send.draft.body
    assert LedgerEvent.objects.get(kind="draft.rewritten").data == {"note": "Shorter, please"}


def test_draft_that_replaces_nothing_leaves_a_returned_one() -> None:
    send = make_send()
    Send.objects.filter(pk=send.pk).update(state=SendState.RETURNED)

    open_send(draft=make_draft(send.contact), now=LATER)

    send.refresh_from_db()
    assert send.state == SendState.RETURNED
