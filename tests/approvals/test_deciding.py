from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from approvals.deciding import (
    AlreadyDecided,
    CannotDecide,
    CannotUndo,
    Denied,
    NotPending,
    Ruling,
    Suppressed,
    TextChanged,
    decide,
    reopen,
    snooze,
    undo,
)
from approvals.models import Choice, Decision, Revision, Send, SendState
from revenue.actors import Actor
from revenue.conversation.suppression import suppress
from revenue.models import Effect, LedgerEvent, SuppressionKind, SuppressionReason
from tests.approvals.granting import granted
from tests.support.rows import FOUNDER, NOW, installed, make_draft, make_send

pytestmark = pytest.mark.django_db

APPROVE = Ruling(choice=Choice.APPROVE, visible_ms=4200)
REJECT = Ruling(choice=Choice.REJECT, reason_code="tone", reason="Too familiar")
OTHER = Actor("person", "2")


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def rule(send: Send, ruling: Ruling, **changes: Any) -> Send:
    given = {"revision_id": send.revision_id, "by": FOUNDER, "now": NOW, **changes}
    return decide(send_id=send.pk, ruling=ruling, **given)


def test_approve_holds_the_send_and_names_the_decision() -> None:
    send = make_send()

    rule(send, APPROVE)

    send.refresh_from_db()
    decision = Decision.objects.get(send=send)
    assert (send.state, send.leaves_at) == (SendState.APPROVED, NOW + timedelta(seconds=30))
    assert (send.approval_id, decision.revision_id) == (decision.pk, send.revision_id)
    assert (decision.visible_ms, decision.decided_by) == (4200, str(FOUNDER))
    assert LedgerEvent.objects.filter(subject=f"send:{send.pk}").get().kind == "send.approved"


def test_reject_keeps_reason() -> None:
    send = rule(make_send(), REJECT)

    decision = Decision.objects.get(send=send)
    assert (send.state, decision.reason_code, decision.reason) == (
        SendState.REJECTED,
        "tone",
        "Too familiar",
    )


def test_reject_without_reason_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="decision_reject_has_reason"):
        rule(make_send(), Ruling(choice=Choice.REJECT))


def test_return_without_note_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="decision_return_has_note"):
        rule(make_send(), Ruling(choice=Choice.RETURN))


def test_second_decision_is_told_of_the_first() -> None:
    send = make_send()
    rule(send, APPROVE)

    with pytest.raises(AlreadyDecided) as caught:
        rule(send, REJECT, by=OTHER)

    assert caught.value.decision.decided_by == str(FOUNDER)
    assert Decision.objects.filter(send=send).count() == 1


def test_other_revision_than_the_standing_one_is_refused() -> None:
    send = make_send()
    newer = Revision.objects.create(
        send=send, number=2, subject="Other", body="Other", footer="f", from_name="A",
        from_address="a@b.example", claims=[], faults=[], content_hash="1" * 64,
        written_at=NOW, written_by=str(OTHER),
    )  # fmt: skip
    Send.objects.filter(pk=send.pk).update(revision=newer)

    with pytest.raises(TextChanged):
        rule(send, APPROVE)


def test_revision_of_another_send_is_refused() -> None:
    send, other = make_send(), make_send()

    with pytest.raises(TextChanged):
        rule(send, APPROVE, revision_id=other.revision_id)


def test_approve_of_suppressed_recipient_is_refused() -> None:
    send = make_send()
    suppress(
        kind=SuppressionKind.ADDRESS, value=send.to_address, reason=SuppressionReason.ASKED,
        by=OTHER, now=NOW,
    )  # fmt: skip

    with pytest.raises(Suppressed):
        rule(send, APPROVE)

    send.refresh_from_db()
    assert send.state == SendState.PENDING


def test_approve_past_a_denial_is_refused() -> None:
    send = make_send(effect=Effect.DENY)

    with pytest.raises(Denied):
        rule(send, APPROVE)


def test_expired_send_can_not_be_decided() -> None:
    send = make_send()
    Send.objects.filter(pk=send.pk).update(state=SendState.EXPIRED)

    with pytest.raises(NotPending):
        rule(send, APPROVE)


def test_undo_brings_it_back_for_another_round() -> None:
    send = make_send()
    rule(send, APPROVE)

    undo(send_id=send.pk, by=FOUNDER, now=NOW + timedelta(seconds=10))
    rule(send, REJECT, now=NOW + timedelta(seconds=20))

    send.refresh_from_db()
    choices = list(Decision.objects.order_by("id").values_list("round", "choice"))
    assert choices == [(1, "approve"), (1, "undo"), (2, "reject")]
    assert (send.state, send.approval_id) == (SendState.REJECTED, None)


def test_undo_of_rejection_after_the_hold_is_too_late() -> None:
    send = make_send()
    rule(send, REJECT)

    with pytest.raises(CannotUndo):
        undo(send_id=send.pk, by=FOUNDER, now=NOW + timedelta(seconds=31))


@pytest.mark.parametrize("state", [SendState.SENDING, SendState.SENT, SendState.PENDING])
def test_undo_is_refused_in_state(state: SendState) -> None:
    send = make_send(state=state)

    with pytest.raises(CannotUndo):
        undo(send_id=send.pk, by=FOUNDER, now=NOW)


def test_snooze_moves_the_deadlines_along() -> None:
    send = make_send()
    due_at = send.due_at

    snooze(
        send_id=send.pk, revision_id=send.revision_id or 0, until=NOW + timedelta(hours=3),
        by=FOUNDER, now=NOW,
    )  # fmt: skip

    send.refresh_from_db()
    assert (send.state, send.due_at) == (SendState.SNOOZED, due_at + timedelta(hours=3))


def test_snooze_until_the_past_is_refused() -> None:
    send = make_send()

    with pytest.raises(CannotDecide):
        snooze(send_id=send.pk, revision_id=send.revision_id or 0, until=NOW, by=FOUNDER, now=NOW)


def test_reopen_gives_a_revoked_send_a_new_round_without_its_approval() -> None:
    send = make_send(state=SendState.REVOKED)

    reopen(send_id=send.pk, reason="It was a mistake", by=FOUNDER, now=NOW)

    send.refresh_from_db()
    assert (send.state, send.round, send.approval_id) == (SendState.PENDING, 2, None)


# The database itself refuses what the operations never do ----------------------------------------


def test_database_refuses_allowed_state_without_approval() -> None:
    send = make_send()

    with pytest.raises(IntegrityError, match="send_allowed_by_decision"), transaction.atomic():
        Send.objects.filter(pk=send.pk).update(state=SendState.APPROVED, leaves_at=NOW)


def test_database_refuses_approval_of_another_revision() -> None:
    send = make_send()
    rule(send, APPROVE)
    newer = Revision.objects.create(
        send=send, number=2, subject="Other", body="Other", footer="f", from_name="A",
        from_address="a@b.example", claims=[], faults=[], content_hash="1" * 64,
        written_at=NOW, written_by=str(OTHER),
    )  # fmt: skip

    with pytest.raises(IntegrityError, match="send_approval_of_revision"), transaction.atomic():
        Send.objects.filter(pk=send.pk).update(revision=newer)


def test_database_refuses_a_rejection_as_approval() -> None:
    send = make_send()
    rule(send, REJECT)
    rejection = Decision.objects.get(send=send)

    with pytest.raises(IntegrityError, match="send_approval_of_revision"), transaction.atomic():
        Send.objects.filter(pk=send.pk).update(
            state=SendState.APPROVED, approval=rejection, leaves_at=NOW
        )


def test_database_refuses_a_second_decision_in_a_round() -> None:
    send = rule(make_send(), REJECT)
    first = Decision.objects.get(send=send)

    with pytest.raises(IntegrityError, match="decision_first_wins"), transaction.atomic():
        Decision.objects.create(
            send=send, revision_id=first.revision_id, round=1, choice=Choice.APPROVE,
            channel="page", decided_at=NOW, decided_by=str(OTHER),
        )  # fmt: skip


def test_database_refuses_a_decision_by_a_seat_without_verdict() -> None:
    send = make_send()
    assert send.revision is not None

    with (
        pytest.raises(IntegrityError, match="decision_by_seat_needs_verdict"),
        transaction.atomic(),
    ):
        Decision.objects.create(
            send=send, revision=send.revision, round=1, choice=Choice.APPROVE,
            authority=granted(3), authority_level=3,
            channel="policy", decided_at=NOW, decided_by="seat:sender",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (Decision, {"reason": "rewritten"}),
        (Revision, {"body": "rewritten"}),
    ],
)
def test_database_refuses_to_rewrite_history(table: Any, change: dict[str, str]) -> None:
    rule(make_send(), APPROVE)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        table.objects.update(**change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        table.objects.all()._raw_delete(using="default")


@pytest.mark.parametrize("field", ["to_address", "token"])
def test_database_refuses_another_recipient(field: str) -> None:
    send = make_send()

    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Send.objects.filter(pk=send.pk).update(**{field: "other@other.example"})


def test_database_refuses_another_message_id() -> None:
    send = make_send()

    with pytest.raises(IntegrityError, match="Message-ID"), transaction.atomic():
        Send.objects.filter(pk=send.pk).update(message_id="<other@other.example>")


def test_database_refuses_two_open_sends_to_one_contact() -> None:
    send = make_send()

    with pytest.raises(IntegrityError, match="send_one_open_per_contact"), transaction.atomic():
        make_send(make_draft(send.contact))
