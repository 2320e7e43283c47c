"""A person's decisions about a send. Each locks the row first and checks it then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from approvals.holding import time_to_decide
from approvals.intake import judge, sentence_of
from approvals.models import Channel, Choice, Decision, SeededDefect, Send, SendState
from approvals.moving import move
from approvals.seeding import tell
from revenue import ledger
from revenue.actors import Actor
from revenue.conversation.suppression import is_suppressed
from revenue.models import Effect, House

LONGEST_SNOOZE = timedelta(days=3653)
REOPENABLE = (SendState.REVOKED, SendState.FAILED, SendState.STALE, SendState.EXPIRED)


class CannotDecide(Exception):
    """The send can't be decided now; the message says why, for the person who tried."""


class AlreadyDecided(CannotDecide):
    """Somebody was first."""

    def __init__(self, send: Send, decision: Decision) -> None:
        super().__init__(f"{decision.get_choice_display()} already.")
        self.send, self.decision = send, decision


class NotPending(CannotDecide):
    """It isn't waiting for a decision any more."""

    def __init__(self, send: Send) -> None:
        because = f": {send.state_reason}" if send.state_reason else ""
        super().__init__(f"It is no longer waiting. {send.get_state_display()}{because}")
        self.send = send


class TextChanged(CannotDecide):
    """The text is not the one that was seen."""

    def __init__(self, send: Send) -> None:
        super().__init__("The text has changed since you opened it. Read it again, then decide.")
        self.send = send


class Suppressed(CannotDecide):
    """The recipient may not be written to."""


class Denied(CannotDecide):
    """The send policy denies it; a person can't approve past a denial."""


class CannotUndo(CannotDecide):
    """It is too late to take this back."""


PLANTED = (
    "That text carried a planted fault. Nothing was decided about the mail itself, so there is "
    "nothing to take back."
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person chose, and how they came to it. ``visible_ms``: milliseconds on screen."""

    choice: Choice
    reason_code: str = ""
    reason: str = ""
    visible_ms: int | None = None
    channel: Channel = Channel.PAGE


@transaction.atomic
def decide(*, send_id: int, revision_id: int, ruling: Ruling, by: Actor, now: datetime) -> Send:
    """Record the choice about exactly the revision that was seen, and move the send.

    A decision about a planted fault moves nothing: the send stays pending, now with its real text.
    Raises CannotDecide: AlreadyDecided, NotPending, TextChanged, Suppressed or Denied.
    """
    send = lock_pending(send_id, revision_id)
    if ruling.choice == Choice.APPROVE:
        _require_allowed(send)
    decision = Decision.objects.create(
        send=send,
        revision_id=revision_id,
        round=send.round,
        choice=ruling.choice,
        reason_code=ruling.reason_code,
        reason=ruling.reason,
        # No verdict was given about a planted text.
        verdict_id=None if send.revision_planted else send.verdict_id,
        visible_ms=ruling.visible_ms,
        channel=ruling.channel,
        decided_at=now,
        decided_by=str(by),
    )
    if send.revision_planted:
        caught = ruling.choice != Choice.APPROVE
        tell(
            send=send,
            caught=caught,
            by=by,
            now=now,
            visible_ms=ruling.visible_ms,
            decision=decision,
        )
        return send
    _follow(send, ruling, decision, by=by, now=now)
    return send


def _follow(send: Send, ruling: Ruling, decision: Decision, *, by: Actor, now: datetime) -> None:
    """Move the send as was decided, and let the ledger tell of it."""
    if ruling.choice == Choice.APPROVE:
        hold = timedelta(seconds=hold_seconds())
        move(send, to=SendState.APPROVED, now=now, approval=decision, leaves_at=now + hold)
    else:
        to = SendState.REJECTED if ruling.choice == Choice.REJECT else SendState.RETURNED
        move(send, to=to, now=now, reason=ruling.reason[:300])
    ledger.append(
        kind=f"send.{send.state}",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={
            "revision": decision.revision_id,
            "decision": decision.pk,
            "round": decision.round,
            "reason_code": ruling.reason_code,
            "channel": ruling.channel,
        },
    )


def lock_pending(send_id: int, revision_id: int) -> Send:
    """Lock the send for this transaction, and see that the seen revision may be decided.

    Raises Send.DoesNotExist. Written out: to put it together takes the ORM twice as long as all
    else about it.
    """
    found = Send.objects.raw("select * from approvals_send where id = %s for update", [send_id])
    send = next(iter(found), None)
    if send is None:
        raise Send.DoesNotExist(f"There is no send {send_id}.")
    if send.state != SendState.PENDING:
        raise _not_pending(send)
    if send.revision_id != revision_id:
        raise TextChanged(send)
    return send


def _not_pending(send: Send) -> CannotDecide:
    decision = Decision.objects.filter(send=send, round=send.round).order_by("-id").first()
    return AlreadyDecided(send, decision) if decision else NotPending(send)


def _require_allowed(send: Send) -> None:
    if send.effect == Effect.DENY:
        raise Denied("The send policy denies this mail.")
    if is_suppressed(
        address=send.to_address, account_id=send.account_id, key=settings.SUPPRESSION_KEY
    ):
        raise Suppressed("This recipient is on the suppression list.")


def hold_seconds() -> int:
    return House.objects.values_list("hold_seconds", flat=True).get(pk=1)


@transaction.atomic
def undo(*, send_id: int, by: Actor, now: datetime) -> Send:
    """Take the last decision back while that is possible; the send waits for a new one.

    An approval until the mail is claimed for delivery; a rejection or a return for as long as
    the hold of an approval would last; a snooze at any time. Raises CannotUndo.
    """
    send = Send.objects.select_for_update().get(pk=send_id)
    if send.state == SendState.SNOOZED:
        return _wake(send, by=by, now=now)
    decision = Decision.objects.filter(send=send, round=send.round).order_by("-id").first()
    if decision is None and SeededDefect.objects.filter(send=send, caught__isnull=False).exists():
        raise CannotUndo(PLANTED)
    if decision is None or not can_undo(send, now=now):
        raise CannotUndo(f"Too late to undo. {send.get_state_display()}.")
    Decision.objects.create(
        send=send,
        revision_id=decision.revision_id,
        round=decision.round,
        choice=Choice.UNDO,
        channel=Channel.PAGE,
        decided_at=now,
        decided_by=str(by),
    )
    changes: dict[str, Any] = {"approval": None, "leaves_at": None, "round": send.round + 1}
    if decision.channel == Channel.POLICY:  # nobody had it in hand until now
        changes["expires_at"] = max(send.expires_at, time_to_decide(now=now))
    with _only_open_one(CannotUndo):
        move(send, to=SendState.PENDING, now=now, **changes)
    ledger.append(
        kind="send.undone",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={"decision": decision.pk, "round": decision.round},
    )
    return send


def can_undo(send: Send, *, now: datetime) -> bool:
    if send.state == SendState.APPROVED:
        return send.attempts == 0
    if send.state in (SendState.REJECTED, SendState.RETURNED):
        return now < send.state_at + timedelta(seconds=hold_seconds())
    return send.state == SendState.SNOOZED


def _wake(send: Send, *, by: Actor, now: datetime) -> Send:
    """Bring a snoozed send back before its time, and its deadlines with it."""
    assert send.snoozed_until is not None  # noqa: S101  # a constraint holds it
    early = max(send.snoozed_until - now, timedelta())
    move(
        send,
        to=SendState.PENDING,
        now=now,
        due_at=send.due_at - early,
        expires_at=send.expires_at - early,
    )
    ledger.append(kind="send.woken", subject=f"send:{send.pk}", by=by, now=now)
    return send


@contextmanager
def _only_open_one(refusal: type[CannotDecide]) -> Iterator[None]:
    """Refuse to bring back a send whose contact has another open one by now."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise refusal("Another mail to this person is under way by now.") from error


@transaction.atomic
def snooze(*, send_id: int, revision_id: int, until: datetime, by: Actor, now: datetime) -> Send:
    """Put it away until a time; its deadlines move on by as long as it was away."""
    if until <= now:
        raise CannotDecide("Choose a time that is still to come.")
    if until > now + LONGEST_SNOOZE:
        raise CannotDecide("Choose a time within the next ten years.")
    send = lock_pending(send_id, revision_id)
    away = until - now
    move(
        send,
        to=SendState.SNOOZED,
        now=now,
        snoozed_until=until,
        due_at=send.due_at + away,
        expires_at=send.expires_at + away,
    )
    ledger.append(
        kind="send.snoozed",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={"until": until.isoformat()},
    )
    return send


@transaction.atomic
def reopen(*, send_id: int, reason: str, by: Actor, now: datetime) -> Send:
    """Bring a revoked, failed, stale or expired send back for a new decision, judged anew.

    Raises CannotDecide: Denied where the policy denies it now.
    """
    send = (
        Send.objects.select_for_update(of=("self",))
        .select_related("account", "contact", "mailbox", "revision")
        .get(pk=send_id)
    )
    if send.state not in REOPENABLE:
        raise CannotDecide(f"Nothing to bring back. {send.get_state_display()}.")
    house = House.objects.get(pk=1)
    with _only_open_one(CannotDecide):
        move(
            send,
            to=SendState.PENDING,
            now=now,
            approval=None,
            leaves_at=None,
            round=send.round + 1,
            due_at=now + timedelta(hours=house.due_hours),
            expires_at=now + timedelta(hours=house.expire_hours),
        )
    judge([send], now=now)
    if send.effect == Effect.DENY:
        raise Denied(sentence_of(send))
    ledger.append(
        kind="send.reopened",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={"reason": reason},
    )
    return send
