"""What time and the world do to sends that wait: they wake, expire, and are overtaken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from approvals.facts import overtaken_by
from approvals.holding import ask_again, lapsed
from approvals.intake import judge, sentence_of
from approvals.models import Send, SendState
from approvals.moving import move
from revenue import ledger
from revenue.actors import Actor
from revenue.models import Contact, Effect, Suppression, SuppressionKind

CONSUMER = "approvals.overtaken"
CLOCK = Actor.system("clock")
BATCH = 200
OF_ACCOUNTS = frozenset({"relationship.noted", "pair.same", "pair.reopened"})
"""What changes the facts of an account that has sends waiting; a merger brings others' along."""
WAITING = (SendState.PENDING, SendState.SNOOZED, SendState.APPROVED)


@transaction.atomic
def wake_snoozed(*, now: datetime) -> int:
    """Bring back what was put away until now."""
    due = (
        Send.objects.select_for_update(skip_locked=True)
        .filter(state=SendState.SNOOZED, snoozed_until__lte=now)
        .order_by("snoozed_until", "id")[:BATCH]
    )
    return _move_all(list(due), to=SendState.PENDING, kind="send.woken", now=now)


@transaction.atomic
def expire_pending(*, now: datetime) -> int:
    """Let go of what nobody decided in time; silence is no rejection."""
    due = (
        Send.objects.select_for_update(skip_locked=True)
        .filter(state=SendState.PENDING, expires_at__lte=now)
        .order_by("expires_at", "id")[:BATCH]
    )
    reason = "Nobody decided in time."
    return _move_all(list(due), to=SendState.EXPIRED, kind="send.expired", now=now, reason=reason)


def _move_all(
    sends: list[Send], *, to: SendState, kind: str, now: datetime, reason: str = ""
) -> int:
    for send in sends:
        move(send, to=to, now=now, reason=reason)
    subjects = [(f"send:{send.pk}", {"reason": reason}) for send in sends]
    ledger.append_many(kind=kind, by=CLOCK, now=now, about=subjects)
    return len(sends)


def react(event: ledger.Event) -> None:
    """Handle one ledger event: what it makes pointless or forbidden is taken out of the way."""
    key = event.subject.partition(":")[2]
    if event.kind == "suppression.added":
        reconsider(_suppressed_by(int(key)), now=event.at)
    elif event.kind == "contact.replied":
        reconsider(Send.objects.filter(contact_id=int(key)), now=event.at)
    elif event.kind in OF_ACCOUNTS:
        reconsider(Send.objects.filter(account_id=int(key)), now=event.at)
    elif event.kind == "send.sent":
        sends = Send.objects.filter(account_id=event.data["account"]).exclude(pk=int(key))
        reconsider(sends, now=event.at)


def _suppressed_by(suppression_id: int) -> QuerySet[Send]:
    """Sends that the entry concerns; one whose plain value is gone already is met at delivery."""
    entry = Suppression.objects.get(pk=suppression_id)
    if entry.value is None:
        return Send.objects.none()
    if entry.kind == SuppressionKind.ACCOUNT:
        return Send.objects.filter(account_id=int(entry.value))
    address = Contact.objects.annotate(address=Lower("email"))
    if entry.kind == SuppressionKind.DOMAIN:
        contacts = address.filter(
            Q(address__endswith=f"@{entry.value}") | Q(address__endswith=f".{entry.value}")
        )
    else:
        contacts = address.filter(address=entry.value)
    return Send.objects.filter(contact__in=contacts)


@transaction.atomic
def reconsider(sends: QuerySet[Send], *, now: datetime) -> int:
    """Judge waiting sends again; return how many were taken out of the way.

    What is now denied, or overtaken, becomes stale, or revoked if it was approved already. What
    the policy had approved and would not let go again waits for a person.
    """
    waiting = list(
        sends.filter(state__in=WAITING)
        .select_for_update(of=("self",))
        .select_related(
            "account", "contact", "draft", "mailbox", "revision", "approval__authority__segment"
        )
        .order_by("id")
    )
    if not waiting:
        return 0
    judge(waiting, now=now)
    ask_where_lapsed(waiting, now=now)
    gone = [send for send in waiting if overtaken_by(send) or send.effect == Effect.DENY]
    for send in gone:
        approved = send.state == SendState.APPROVED
        to = SendState.REVOKED if approved else SendState.STALE
        reason = overtaken_by(send) or sentence_of(send)
        move(send, to=to, now=now, reason=reason)
        ledger.append(
            kind=f"send.{to}",
            subject=f"send:{send.pk}",
            by=CLOCK,
            now=now,
            data={"reason": reason},
        )
    return len(gone)


def ask_where_lapsed(sends: Sequence[Send], *, now: datetime) -> None:
    """Of locked sends that were just judged, ask about those that would not be let go again.

    They carry ``approval__authority__segment``. Denied ones are left to be revoked.
    """
    for send in sends:
        if send.state != SendState.APPROVED or send.effect == Effect.DENY or overtaken_by(send):
            continue
        facts = send.verdict.facts if send.verdict else {}
        doubt = lapsed(send, effect=send.effect, reason=sentence_of(send), facts=facts, now=now)
        if doubt:
            ask_again(send=send, reason=doubt, now=now)
