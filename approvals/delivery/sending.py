"""Handing claimed sends to the wire: recorded before it, settled after it.

The result of one mail and the record of the next attempt share a transaction, so a batch costs
one commit a mail and a crash leaves at most one attempt without a result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as database
from django.db.models import QuerySet

from approvals.delivery.claiming import BATCH, LEASE, Claimed, claim
from approvals.delivery.errors import WireResult, classify, classify_success
from approvals.delivery.settling import settle
from approvals.models import Attempt, Revision, Send, SendState
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.seats import SENDER_SEAT, send_action
from revenue.connectors.smtp import EmailBackend
from revenue.conversation.outgoing import MailRefused, OutgoingMail, compose_message
from revenue.models import PolicyState

log = structlog.get_logger(__name__)

OWN_SMTP = f"{EmailBackend.__module__}.{EmailBackend.__qualname__}"

PAUSES = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds between looks for a database that went away."""

T = TypeVar("T")
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


def deliver_due(*, by: Actor, clock: Clock, limit: int = BATCH, lease: timedelta = LEASE) -> int:
    """Claim and deliver one batch; return how many mails went to the wire."""
    claimed = claim(by=by, now=clock(), limit=limit, lease=lease)
    if claimed is None or not claimed.sends:
        return 0
    connection = open_connection()
    try:
        return _deliver(claimed, connection, by=by, clock=clock, lease=lease)
    finally:
        connection.close()


def open_connection() -> BaseEmailBackend:
    """The configured backend; over SMTP it connects at the first mail and stays connected."""
    if settings.EMAIL_BACKEND == OWN_SMTP:
        return EmailBackend(keep_open=True)
    return get_connection()


def _deliver(
    claimed: Claimed,
    connection: BaseEmailBackend,
    *,
    by: Actor,
    clock: Clock,
    lease: timedelta,
) -> int:
    done: Done | None = None
    handed = 0
    for send in (*claimed.sends, None):
        current = surely(partial(_next_try, send, done, by=by, now=clock(), lease=lease))
        done = None
        if current is not None:
            done = Done(current.attempt, hand_over(current, connection))
            handed += 1
    return handed


def surely(step: Callable[[], T]) -> T:
    """Run a transaction, again while the database is away: what the wire said isn't forgotten.

    The step may have been committed before the connection broke, so it must bear repetition.
    """
    for pause in PAUSES:
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            log.warning("database_away", error=type(error).__name__, pause=pause)
            database.close()
            time.sleep(pause)
    return step()


@transaction.atomic
def _next_try(
    send: Send | None, done: Done | None, *, by: Actor, now: datetime, lease: timedelta
) -> Try | None:
    """Settle what is done and record the next attempt, in one commit."""
    if done is not None:
        settle(done.attempt, done.result, by=by, now=now)
    return begin(send, by=by, now=now, lease=lease) if send is not None else None


RECORD = """
    with claimed as (
        update approvals_send set attempts = attempts + 1, lease_until = %(until)s
        where id = %(send)s and attempts = %(attempts)s
            and state = 'sending' and lease_by = %(by)s and lease_until > %(now)s
            and not exists (
                select from revenue_killswitch where released_at is null
                and (scope, target) in (('everything', ''), ('seat', %(sender)s),
                                        ('seat', %(seat)s), ('action', %(action)s))
            )
            and exists (
                select from revenue_policyversion
                where id = cleared_under_id and state = 'active' for key share
            )
        returning id, mailbox_id, attempts, cleared_under_id
    )
    insert into approvals_attempt
        (send_id, mailbox_id, number, revision_id, policy_id, started_at, started_by, code, reply)
    select id, mailbox_id, attempts, %(revision)s, cleared_under_id, %(now)s, %(by)s, '', ''
    from claimed
    returning id
"""


@transaction.atomic(savepoint=False)
def begin(send: Send, *, by: Actor, now: datetime, lease: timedelta = LEASE) -> Try | None:
    """Record an attempt if the claim still holds, nobody has thrown a switch, and the policy
    that it was claimed under is still the active one.

    ``send`` is as the claim loaded it, with ``mailbox`` and ``revision``.
    """
    revision = send.revision
    assert revision is not None  # noqa: S101  # no send is claimed without its text
    attempt = _record(send, revision, by=by, now=now, lease=lease)
    if attempt is None:
        attempt = _recorded_before(send, by=by, now=now)
    if attempt is None:
        return None
    return Try(attempt=attempt, send=send, mail=outgoing(send, revision, now=now))


def _record(
    send: Send, revision: Revision, *, by: Actor, now: datetime, lease: timedelta
) -> Attempt | None:
    """One statement, which does nothing where the send may not be begun any more.

    It holds the policy, so that none is published between the question and the record.
    """
    with database.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "send": send.pk,
                "attempts": send.attempts,
                "revision": revision.pk,
                "by": str(by),
                "now": now,
                "until": now + lease,
                "sender": SENDER_SEAT,
                "seat": send.seat_id,
                "action": send_action(send.kind),
            },
        )
        row = cursor.fetchone()
    return Attempt(pk=row[0], send=send, number=send.attempts + 1) if row else None


def _recorded_before(send: Send, *, by: Actor, now: datetime) -> Attempt | None:
    """Let go of a send that may not be begun; else the attempt of a step that is repeated.

    That step was committed before its connection broke, and the wire knows nothing of it yet.
    """
    claimed = Send.objects.filter(
        pk=send.pk, state=SendState.SENDING, lease_by=str(by), lease_until__gt=now
    )
    if stopped(send):
        _let_go(claimed, waits_for="A kill switch is thrown.", now=now)
        return None
    begun = Attempt.objects.filter(
        send=send, number=send.attempts + 1, started_by=str(by), finished_at__isnull=True
    ).first()
    if begun is None:
        past = claimed.exclude(cleared_under__state=PolicyState.ACTIVE)
        _let_go(past, waits_for="The send policy has changed; it is judged again.", now=now)
    return begun if begun is not None and claimed.exists() else None


def _let_go(claimed: QuerySet[Send], *, waits_for: str, now: datetime) -> None:
    """Back to what waits to leave, to be claimed anew; nothing of it was handed over."""
    claimed.update(
        state=SendState.APPROVED,
        state_at=now,
        waits_for=waits_for,
        lease_until=None,
        lease_by=None,
    )


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
    except MailRefused as refused:
        return _note(current, classify(refused, phase=None), refused)
    message.connection = connection
    try:
        message.send()
    except Exception as error:  # whatever it is, the attempt must be settled
        return _note(current, classify(error, phase=getattr(connection, "phase", None)), error)
    return classify_success(message, connection)


def _note(current: Try, result: WireResult, error: Exception) -> WireResult:
    log.warning(
        "mail_not_accepted",
        send=current.send.pk,
        outcome=result.outcome,
        code=result.code,
        error=type(error).__name__,
    )
    return result
