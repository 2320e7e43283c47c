"""A planted text never reaches the wire, by whatever way somebody tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from approvals.bulk import carry_out, order_bulk
from approvals.deciding import CannotDecide, Ruling, decide, reopen, snooze, undo
from approvals.delivery.sending import deliver_due
from approvals.intake import open_send
from approvals.models import Attempt, Choice, Decision, Send, SendState
from approvals.revising import revise
from approvals.sweeping import expire_pending, wake_snoozed
from revenue.actors import Actor
from tests.approvals.planted import named_send, plant_all, planted_send, real_of, standing
from tests.support.rows import FOUNDER, NOW, make_draft
from tests.support.smtp_server import SmtpServer

WORKER = Actor.system("delivery-test")
APPROVE = Ruling(choice=Choice.APPROVE)
DAY = timedelta(days=1)


def approve(send: Send, revision: int | None = None) -> None:
    seen = revision or standing(send).pk
    decide(send_id=send.pk, revision_id=seen, ruling=APPROVE, by=FOUNDER, now=NOW)


def edit(send: Send, body: str) -> None:
    text = standing(send)
    revise(
        send_id=send.pk, revision_id=text.pk, subject=text.subject, body=body, by=FOUNDER, now=NOW
    )


def approve_twice(send: Send) -> None:
    planted = standing(send).pk
    approve(send)
    with pytest.raises(CannotDecide):
        approve(send, planted)


def approve_in_bulk(send: Send) -> None:
    for _ in range(2):
        bulk = order_bulk(
            sends=Send.objects.filter(state=SendState.PENDING), excluded=(), ruling=APPROVE,
            filters={}, by=FOUNDER, now=NOW,
        )  # fmt: skip
        carry_out(bulk=bulk, now=NOW)


def edit_around_it(send: Send) -> None:
    edit(send, standing(send).body.replace("the calls", "those calls"))


def mend_half_of_it(send: Send) -> None:
    edit(send, standing(send).body.replace("Marcus", "Marcus or Dana"))


def type_it_elsewhere(send: Send) -> None:
    edit(send, standing(send).body.replace("Hi Marcus", "Hi").replace("Ana Petrov", "For Marcus"))


def snooze_and_wake(send: Send) -> None:
    until = NOW + timedelta(hours=1)
    snooze(send_id=send.pk, revision_id=standing(send).pk, until=until, by=FOUNDER, now=NOW)
    wake_snoozed(now=until)
    approve(send)


def expire_and_reopen(send: Send) -> None:
    expire_pending(now=NOW + 4 * DAY)
    reopen(send_id=send.pk, reason="", by=FOUNDER, now=NOW)
    approve(send)


def undo_the_telling(send: Send) -> None:
    approve(send)
    with pytest.raises(CannotDecide):
        undo(send_id=send.pk, by=FOUNDER, now=NOW)


WAYS: list[Callable[[Send], None]] = [
    approve,
    approve_twice,
    approve_in_bulk,
    edit_around_it,
    mend_half_of_it,
    type_it_elsewhere,
    snooze_and_wake,
    expire_and_reopen,
    undo_the_telling,
]


@pytest.mark.parametrize("way", WAYS)
def test_no_way_brings_a_planted_text_to_the_wire(
    way: Callable[[Send], None], server: SmtpServer
) -> None:
    send = named_send()

    way(send)
    if standing(send) and send.state == SendState.PENDING:
        approve(send)
    deliver_due(by=WORKER, clock=lambda: NOW + DAY)

    texts = [str(kept.message.get_body(("plain",))) for kept in server.kept]
    assert [("Dana" in text or "For" in text, "Hi Marcus" in text) for text in texts] == [
        (True, False)
    ]
    send.refresh_from_db()
    assert (send.state, standing(send).planted) == (SendState.SENT, False)


def test_bulk_of_planted_ones_sends_the_others_and_then_the_real_texts(
    server: SmtpServer,
) -> None:
    plant_all(0)
    plain = [open_send(draft=make_draft(), now=NOW) for _ in range(3)]
    planted = [planted_send() for _ in range(3)]
    counts = []
    for _ in range(2):
        approve_in_bulk_once()
        deliver_due(by=WORKER, clock=lambda: NOW + DAY)
        counts.append(len(server.kept))

    assert counts == [len(plain), len(plain) + len(planted)]
    sent = {kept.message_id: str(kept.message.get_body(("plain",))) for kept in server.kept}
    for send in planted:
        send.refresh_from_db()
        assert send.revision == real_of(send)
        assert " ".join(send.draft.body.split()[:8]) in " ".join(sent[str(send.message_id)].split())


def approve_in_bulk_once() -> None:
    bulk = order_bulk(
        sends=Send.objects.filter(state=SendState.PENDING), excluded=(), ruling=APPROVE,
        filters={}, by=FOUNDER, now=NOW,
    )  # fmt: skip
    carry_out(bulk=bulk, now=NOW)


def forge_an_approval(send: Send) -> None:
    decision = Decision.objects.create(
        send=send, revision_id=send.revision_id or 0, round=send.round, choice=Choice.APPROVE,
        channel="page", decided_at=NOW, decided_by=str(FOUNDER),
    )  # fmt: skip
    Send.objects.filter(pk=send.pk).update(
        state=SendState.APPROVED, approval=decision, leaves_at=NOW
    )


def forge_the_mark(send: Send) -> None:
    Send.objects.filter(pk=send.pk).update(revision_planted=False)


def forge_an_attempt(send: Send) -> None:
    Attempt.objects.create(
        send=send, mailbox=send.mailbox, number=1, revision_id=send.revision_id or 0,
        started_at=NOW, started_by=str(WORKER),
    )  # fmt: skip


def put_it_back_after_the_approval(send: Send) -> None:
    planted = send.revision_id
    approve(send)
    approve(send)
    Send.objects.filter(pk=send.pk).update(revision=planted, revision_planted=True)


@pytest.mark.parametrize(
    "forge",
    [forge_an_approval, forge_the_mark, forge_an_attempt, put_it_back_after_the_approval],
)
def test_nobody_forges_it_past_the_database(
    forge: Callable[[Send], None], server: SmtpServer
) -> None:
    send = named_send()

    with pytest.raises(IntegrityError), transaction.atomic():
        forge(send)

    assert deliver_due(by=WORKER, clock=lambda: NOW + DAY) == 0
    assert server.kept == []
