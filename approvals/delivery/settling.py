"""What becomes of a send after an attempt, and of attempts that nobody finished."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from approvals.delivery.errors import Outcome, WireResult, retry_delay
from approvals.models import Attempt, AttemptOutcome, Send, SendState
from approvals.moving import entering, move
from revenue import ledger
from revenue.actors import Actor
from revenue.conversation.suppression import suppress
from revenue.models import Mailbox, SuppressionKind, SuppressionReason

MAX_ATTEMPTS = 6
RESEND_HOLD = timedelta(seconds=30)
"""A moment to think again before a mail that may have arrived is tried once more."""
RECOVERY_BATCH = 100
UNSETTLED = [SendState.SENDING, SendState.UNCERTAIN]
SENDER = Actor.seat("sender")
"""The seat in whose name mail leaves; which worker carried it stands in the event."""
DELIVERY = Actor.system("delivery")


class NotUncertain(Exception):
    """This send is not waiting for anybody to say what became of it."""


@transaction.atomic(savepoint=False)
def settle(attempt: Attempt, result: WireResult, *, by: Actor, now: datetime) -> None:
    """Record the result of an attempt and move its send.

    A result that comes after the lease ran out still counts: the send waits as uncertain, and
    the truth resolves it unless a person already has.
    """
    if result.outcome == Outcome.ACCEPTED:
        state = SendState.SENT
        settled = _settle_accepted(attempt, result, now=now)
    else:
        Attempt.objects.filter(pk=attempt.pk).update(
            outcome=AttemptOutcome(result.outcome),
            finished_at=now,
            code=code_of(result),
            reply=result.reason[:300],
        )
        send = (
            Send.objects.select_for_update(no_key=True)
            .filter(pk=attempt.send_id, state__in=UNSETTLED)
            .first()
        )
        settled = send is not None and _settle_refused(send, result, now=now)
        state = SendState(send.state) if send else SendState.SENDING
    if settled:
        ledger.append(
            kind="send.deferred" if state == SendState.APPROVED else f"send.{state}",
            subject=f"send:{attempt.send_id}",
            by=SENDER,
            now=now,
            data={
                "worker": by.key,
                "attempt": attempt.number,
                "code": code_of(result),
                "account": attempt.send.account_id,
            },
        )


def _settle_accepted(attempt: Attempt, result: WireResult, *, now: datetime) -> bool:
    """The usual case, attempt and send in one statement; False if the send was settled before."""
    columns = {**entering(SendState.SENT, now=now), "sent_at": now}
    changes = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "with finished as (update approvals_attempt "  # noqa: S608
            "set outcome = %s, finished_at = %s, code = %s, reply = %s where id = %s) "
            f"update approvals_send set {changes} where id = %s and state = any(%s)",
            [
                AttemptOutcome.ACCEPTED, now, code_of(result), result.reason[:300], attempt.pk,
                *columns.values(), attempt.send_id, UNSETTLED,
            ],
        )  # fmt: skip
        return bool(cursor.rowcount)


def _settle_refused(send: Send, result: WireResult, *, now: datetime) -> bool:
    """What follows from anything but acceptance; False if nothing changes."""
    outcome = AttemptOutcome(result.outcome)
    if outcome == AttemptOutcome.UNCERTAIN:
        if send.state == SendState.UNCERTAIN:
            return False
        move(send, to=SendState.UNCERTAIN, now=now, reason=result.reason[:300])
    elif outcome == AttemptOutcome.TEMPORARY:
        _try_again(send, result, now=now)
    else:
        move(send, to=SendState.FAILED, now=now, reason=result.reason[:300])
    if result.pause_mailbox:
        pause_mailbox(send.mailbox_id, reason=result.reason, by=SENDER, now=now)
    if result.suppress:
        suppress(
            kind=SuppressionKind.ADDRESS,
            value=send.to_address,
            reason=SuppressionReason.BOUNCED,
            by=SENDER,
            now=now,
        )
    return True


def code_of(result: WireResult) -> str:
    """Reply code and enhanced code, such as ``550 5.1.1``; empty without an answer."""
    return f"{result.code or ''} {result.enhanced_code}".strip()


def _try_again(send: Send, result: WireResult, *, now: datetime) -> None:
    """Wait longer each time; give up when the approval has had its share of attempts."""
    approval = send.approval
    since = approval.decided_at if approval else send.created_at
    tried = Attempt.objects.filter(send=send, started_at__gte=since).count()
    if tried >= MAX_ATTEMPTS and not result.pause_mailbox:
        reason = f"Gave up after {tried} attempts: {result.reason}"
        move(send, to=SendState.FAILED, now=now, reason=reason[:300])
        return
    delay = retry_delay(tried, seed=str(send.pk))
    waits_for = f"Attempt {tried} was refused for now: {result.reason}"
    move(send, to=SendState.APPROVED, now=now, leaves_at=now + delay, waits_for=waits_for[:300])


def pause_mailbox(mailbox_id: int, *, reason: str, by: Actor, now: datetime) -> None:
    """Stop a mailbox whose own set-up is at fault; a person resumes it."""
    paused = Mailbox.objects.filter(pk=mailbox_id, paused_at__isnull=True).update(
        paused_at=now, paused_by=str(by), pause_reason=reason[:300]
    )
    if paused:
        ledger.append(
            kind="mailbox.paused",
            subject=f"mailbox:{mailbox_id}",
            by=by,
            now=now,
            data={"reason": reason},
        )


@transaction.atomic
def recover_expired(*, by: Actor, now: datetime) -> int:
    """Take back sends whose worker died; return how many.

    Without an open attempt nothing had been handed over: it goes back to waiting. With one,
    nobody knows, and it becomes uncertain.
    """
    expired = list(
        Send.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(state=SendState.SENDING, lease_until__lt=now)
        .order_by("lease_until", "id")[:RECOVERY_BATCH]
    )
    for send in expired:
        lost = send.lease_by
        attempt = Attempt.objects.filter(send=send, finished_at__isnull=True).first()
        if attempt is None:
            move(send, to=SendState.APPROVED, now=now, waits_for="Its worker stopped.")
            kind = "send.taken_back"
        else:
            Attempt.objects.filter(pk=attempt.pk).update(
                outcome=AttemptOutcome.UNCERTAIN,
                finished_at=now,
                reply="The worker stopped before an answer came.",
            )
            reason = "The worker stopped while it was handing the mail over."
            move(send, to=SendState.UNCERTAIN, now=now, reason=reason)
            kind = "send.uncertain"
        ledger.append(
            kind=kind,
            subject=f"send:{send.pk}",
            by=DELIVERY,
            now=now,
            data={"worker": lost, "found_by": by.key},
        )
    return len(expired)


@transaction.atomic
def resolve_uncertain(
    *, send_id: int, delivered: bool, note: str, by: Actor, now: datetime
) -> Send:
    """A person's (or the provider's) word on what became of an uncertain send.

    Not delivered means it is tried again, with the same Message-ID.
    """
    send = Send.objects.select_for_update().get(pk=send_id)
    if send.state != SendState.UNCERTAIN:
        raise NotUncertain(f"It is settled already: {send.get_state_display()}.")
    if delivered:
        move(send, to=SendState.SENT, now=now, sent_at=send.state_at)
    else:
        move(send, to=SendState.APPROVED, now=now, leaves_at=now + RESEND_HOLD)
    ledger.append(
        kind="send.resolved",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={"delivered": delivered, "note": note},
    )
    return send
