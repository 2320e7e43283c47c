"""The hold: what the policy let go and has not left yet. A person may stop it, and the world too.

Whatever comes back from the hold waits for a person, with the reason; the policy never lets it
go a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals.models import Channel, Choice, Decision, Send, SendState
from approvals.moving import move
from revenue import ledger
from revenue.actors import Actor
from revenue.agents.authority import has_run_out
from revenue.agents.segments import is_in
from revenue.models import Effect, House

WATCH = Actor.system("watch")
ENDED = "The authority under which it was approved has ended."
OTHER_SEGMENT = "It is not surely in “{label}” any more, for which the authority was given."
HELD = "The send policy does not allow it any more. {reason}"


def in_hold() -> QuerySet[Send]:
    """Approved by the policy, and not on its way yet."""
    return Send.objects.filter(state=SendState.APPROVED, approval__channel=Channel.POLICY)


def lapsed(send: Send, *, effect: str, reason: str, facts: Mapping[str, Any], now: datetime) -> str:
    """Why what let this send go does not hold any more; "" while it does.

    Also "" for what a person approved. ``effect`` and ``reason`` are what the active policy says
    of these facts now.
    """
    approval = send.approval
    if approval is None or approval.channel != Channel.POLICY or approval.authority is None:
        return ""
    found = approval.authority
    if found.ended_at is not None or has_run_out(found, now=now):
        return ENDED
    if not is_in(found.segment, facts):
        return OTHER_SEGMENT.format(label=found.segment.label)
    if effect != Effect.ALLOW:
        return HELD.format(reason=reason).strip()
    return ""


@transaction.atomic
def ask_again(*, send: Send, reason: str, now: datetime) -> None:
    """Let a person decide about a locked send that the policy had approved."""
    _back_to_pending(send, until=time_to_decide(now=now), reason=reason, now=now)
    ledger.append(
        kind="send.pending",
        subject=f"send:{send.pk}",
        by=WATCH,
        now=now,
        data={"reason": reason},
    )


def time_to_decide(*, now: datetime) -> datetime:
    """Until when whoever is asked now may decide: as long as for a new one."""
    hours = House.objects.values_list("expire_hours", flat=True).get(pk=1)
    return now + timedelta(hours=hours)


def _back_to_pending(send: Send, *, until: datetime, now: datetime, reason: str = "") -> None:
    move(
        send,
        to=SendState.PENDING,
        now=now,
        reason=reason[:300],
        approval=None,
        leaves_at=None,
        round=send.round + 1,
        expires_at=max(send.expires_at, until),
    )


@transaction.atomic
def recall(*, authority_ids: list[int], reason: str, now: datetime) -> int:
    """Ask a person about everything in the hold that these authorities let go; how many."""
    waiting = in_hold().filter(approval__authority__in=authority_ids)
    sends = list(waiting.select_for_update(of=("self",)).order_by("id"))
    for send in sends:
        ask_again(send=send, reason=reason, now=now)
    return len(sends)


@transaction.atomic
def stop_all(*, by: Actor, now: datetime) -> int:
    """Take back everything in the hold at once, as a person; each waits for a decision."""
    sends = list(in_hold().filter(attempts=0).select_for_update(of=("self",)).order_by("id"))
    Decision.objects.bulk_create(
        Decision(
            send=send,
            revision_id=send.revision_id or 0,
            round=send.round,
            choice=Choice.UNDO,
            channel=Channel.PAGE,
            decided_at=now,
            decided_by=str(by),
        )
        for send in sends
    )
    about = [
        (f"send:{send.pk}", {"decision": send.approval_id, "round": send.round}) for send in sends
    ]
    until = time_to_decide(now=now)
    for send in sends:
        _back_to_pending(send, until=until, now=now)
    ledger.append_many(kind="send.undone", by=by, now=now, about=about)
    return len(sends)
