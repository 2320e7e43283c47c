"""Taking what is due for delivery, after one last look at the world."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from approvals.delivery.preflight import Ask, Ready, Revoke, Wait, check
from approvals.holding import ask_again
from approvals.intake import judge
from approvals.models import Decision, Send, SendState
from approvals.moving import move
from revenue import ledger
from revenue.actors import Actor
from revenue.agents import authority, killswitch
from revenue.agents.seats import SENDER_SEAT, send_action
from revenue.models import KillSwitch, Mailbox, MailKind, PolicyKind, SwitchScope
from revenue.policies import verdicts
from revenue.policies.due import Said, keep_said
from revenue.policies.verdicts import Published

LEASE = timedelta(minutes=5)
"""Longer than one mail can take on the wire; renewed at each attempt."""
BATCH = 25


@dataclass(frozen=True, slots=True)
class Claimed:
    """Sends that this worker may hand to the wire until the lease runs out."""

    sends: tuple[Send, ...]
    mailbox_id: int


@transaction.atomic
def claim(
    *, by: Actor, now: datetime, limit: int = BATCH, lease: timedelta = LEASE
) -> Claimed | None:
    """Take due sends of one mailbox that nobody else works on; None when nothing is due.

    A mailbox is locked while its sends are taken, so its cap and pace hold among workers. A
    mailbox with a pace gives one send at a time.
    """
    switches = killswitch.thrown()
    if any(killswitch.concerns(switch, seat=SENDER_SEAT, action="") for switch in switches):
        return None
    due = due_sends(now, switches)
    mailbox = (
        Mailbox.objects.filter(Exists(due.filter(mailbox=OuterRef("pk"))))
        .filter(Q(next_send_at__isnull=True) | Q(next_send_at__lte=now), paused_at__isnull=True)
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("next_send_at", "pk")
        .first()
    )
    if mailbox is None:
        return None
    paced = mailbox.gap_max_s > 0
    sends = _take(due, mailbox, limit=1 if paced else limit)
    policy = verdicts.hold_active(PolicyKind.SEND)
    ready = _settle_checks(sends, policy=policy, by=by, now=now)
    Send.objects.filter(pk__in=[send.pk for send in ready]).update(
        state=SendState.SENDING,
        state_at=now,
        waits_for="",
        lease_until=now + lease,
        lease_by=str(by),
        cleared_under=policy.version_id,
    )
    if ready and paced:
        # Jitter needs no cryptographic randomness.
        gap = random.uniform(mailbox.gap_min_s, mailbox.gap_max_s)  # noqa: S311
        mailbox.next_send_at = now + timedelta(seconds=gap)
        mailbox.save(update_fields=["next_send_at"])
    return Claimed(sends=tuple(ready), mailbox_id=mailbox.pk)


def _take(due: QuerySet[Send], mailbox: Mailbox, *, limit: int) -> list[Send]:
    """Lock the next sends, with all that is looked at before they leave.

    Not all is joined: to plan a statement of nine tables takes longer than to run three.
    """
    sends = (
        due.filter(mailbox=mailbox)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("contact", "revision", "draft")
        .defer("draft__body", "draft__brief", "draft__claims")
        .prefetch_related(
            "account",
            Prefetch("approval", Decision.objects.select_related("verdict", "authority__segment")),
        )
        .order_by("leaves_at", "id")[:limit]
    )
    for send in sends:
        send.mailbox = mailbox
    authority.hold(
        send.approval.authority
        for send in sends
        if send.approval is not None and send.approval.authority is not None
    )
    return list(sends)


def due_sends(now: datetime, switches: Iterable[KillSwitch] = ()) -> QuerySet[Send]:
    """Approved sends whose time has come and that no thrown switch stops."""
    due = Send.objects.filter(state=SendState.APPROVED, leaves_at__lte=now)
    for switch in switches:
        if switch.scope == SwitchScope.SEAT:
            due = due.exclude(seat_id=switch.target)
        elif switch.scope == SwitchScope.ACTION:
            kinds = [kind for kind in MailKind.values if send_action(kind) == switch.target]
            due = due.exclude(kind__in=kinds)
    return due


def _settle_checks(sends: list[Send], *, policy: Published, by: Actor, now: datetime) -> list[Send]:
    """Revoke, postpone or ask about what may not leave now; return what may."""
    ready = []
    said: dict[str, Said] = {}
    for send, finding in check(sends, policy=policy, now=now):
        if isinstance(finding, Ready | Wait):
            said[f"send:{send.pk}"] = finding.said
        if isinstance(finding, Ready):
            ready.append(send)
        elif isinstance(finding, Wait):
            Send.objects.filter(pk=send.pk).update(
                leaves_at=finding.until, waits_for=finding.reason[:300]
            )
        elif isinstance(finding, Revoke):
            revoke(send, reason=finding.reason, rule=finding.rule, now=now)
        elif isinstance(finding, Ask):
            ask_again(send=send, reason=finding.reason, now=now)
            judge([send], now=now)
    keep_said(policy, said, by=by, now=now)
    return ready


def revoke(send: Send, *, reason: str, rule: str, now: datetime) -> None:
    """Withdraw a locked, approved send, visibly."""
    move(send, to=SendState.REVOKED, now=now, reason=reason[:300])
    ledger.append(
        kind="send.revoked",
        subject=f"send:{send.pk}",
        by=Actor.system("delivery"),
        now=now,
        data={"reason": reason, "rule": rule},
    )
