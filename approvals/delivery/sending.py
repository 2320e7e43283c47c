"""Handing claimed sends to the wire: recorded before it, settled after it.

The result of one mail and the record of the next attempt share a transaction, so a batch costs
one commit a mail and a crash leaves at most one attempt without a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from approvals.delivery.claiming import BATCH, LEASE, SENDER_SEAT, Claimed, claim
from approvals.delivery.errors import Outcome, WireResult, classify
from approvals.delivery.settling import settle
from approvals.models import Attempt, Revision, Send, SendState
from approvals.moving import move
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.seats import send_action
from revenue.connectors.smtp import EmailBackend
from revenue.conversation.outgoing import OutgoingMail, compose_message

log = structlog.get_logger(__name__)

OWN_SMTP = f"{EmailBackend.__module__}.{EmailBackend.__qualname__}"

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt that is recorded and open, and what it is to send."""

    attempt: Attempt
    send: Send
    mail: OutgoingMail


@dataclass(frozen=True, slots=True)
class Done:
    """What happened to a try on the wire."""

    attempt: Attempt
    result: WireResult


def deliver_due(*, by: Actor, clock: Clock, limit: int = BATCH) -> int:
    """Claim and deliver one batch; return how many mails went to the wire."""
    claimed = claim(by=by, now=clock(), limit=limit)
    if claimed is None or not claimed.send_ids:
        return 0
    connection = open_connection()
    try:
        return _deliver(claimed, connection, by=by, clock=clock)
    finally:
        connection.close()


def open_connection() -> BaseEmailBackend:
    """The configured backend; over SMTP it connects at the first mail and stays connected."""
    own_smtp = settings.EMAIL_BACKEND == OWN_SMTP
    return get_connection(**({"keep_open": True} if own_smtp else {}))


def _deliver(claimed: Claimed, connection: BaseEmailBackend, *, by: Actor, clock: Clock) -> int:
    done: Done | None = None
    handed = 0
    for send_id in claimed.send_ids:
        current = _next_try(send_id, done, by=by, clock=clock)
        done = None
        if current is None:
            continue
        done = Done(current.attempt, hand_over(current, connection))
        handed += 1
    if done is not None:
        with transaction.atomic():
            settle(done.attempt, done.result, by=by, now=clock())
    return handed


@transaction.atomic
def _next_try(send_id: int, done: Done | None, *, by: Actor, clock: Clock) -> Try | None:
    """Settle what is done and record the next attempt, in one commit."""
    now = clock()
    if done is not None:
        settle(done.attempt, done.result, by=by, now=now)
    return begin(send_id, by=by, now=now)


@transaction.atomic
def begin(send_id: int, *, by: Actor, now: datetime) -> Try | None:
    """Record an attempt if the claim still holds and nobody has thrown a switch."""
    send = (
        Send.objects.select_for_update(of=("self",), no_key=True)
        .select_related("mailbox", "revision")
        .filter(pk=send_id, state=SendState.SENDING, lease_by=str(by), lease_until__gt=now)
        .first()
    )
    if send is None:
        return None
    if stopped(send):
        move(send, to=SendState.APPROVED, now=now, waits_for="A kill switch is thrown.")
        return None
    assert send.revision is not None  # noqa: S101  # the claim loaded it
    attempt = Attempt.objects.create(
        send=send,
        mailbox_id=send.mailbox_id,
        number=Attempt.objects.filter(send=send).count() + 1,
        revision=send.revision,
        started_at=now,
        started_by=str(by),
    )
    Send.objects.filter(pk=send.pk).update(attempts=send.attempts + 1, lease_until=now + LEASE)
    send.attempts += 1
    return Try(attempt=attempt, send=send, mail=outgoing(send, send.revision, now=now))


def stopped(send: Send) -> bool:
    action = send_action(send.kind)
    return any(
        killswitch.concerns(switch, seat=seat, action=action)
        for switch in killswitch.thrown()
        for seat in (SENDER_SEAT, send.seat_id)
    )


def outgoing(send: Send, revision: Revision, *, now: datetime) -> OutgoingMail:
    """The mail as it leaves; the preview shows the same."""
    mailbox = send.mailbox
    return OutgoingMail(
        message_id=send.message_id or "",
        from_name=revision.from_name,
        from_address=revision.from_address,
        to_name=send.to_name,
        to_address=send.to_address,
        subject=revision.subject,
        body=revision.body,
        footer=revision.footer,
        unsubscribe_url=unsubscribe_url(send.token),
        unsubscribe_mailto=f"{mailbox.address}?subject=unsubscribe",
        sent_at=now,
    )


def unsubscribe_url(token: str) -> str:
    return f"{settings.BASE_URL}/u/{token}"


def hand_over(current: Try, connection: BaseEmailBackend) -> WireResult:
    """Send one mail; never raises for what the wire does, the result says it."""
    try:
        message = compose_message(current.mail)
        message.connection = connection
        message.send()
    except Exception as error:  # whatever it is, the attempt must be settled
        result = classify(error, phase=getattr(connection, "phase", None))
        log.warning(
            "mail_not_accepted",
            send=current.send.pk,
            outcome=result.outcome,
            code=result.code,
            error=type(error).__name__,
        )
        return result
    return WireResult(Outcome.ACCEPTED)
