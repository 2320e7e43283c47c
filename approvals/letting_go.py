"""Letting go: what the policy allows and a seat may do alone is approved without a click.

A share of it, drawn by chance before anybody reads it, waits for a person like any other mail: a
blind audit. Nothing that a decider sees may tell which, so the ledger hears nothing of it either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from approvals.certificates import basis_of
from approvals.facts import start_of_day
from approvals.models import Audit, Channel, Choice, Decision, Send, SendState
from approvals.moving import move
from approvals.seeding import seed
from revenue import ledger
from revenue.actors import Actor
from revenue.agents import authority as authorities
from revenue.agents import killswitch
from revenue.agents.seats import SENDER_SEAT, send_action
from revenue.agents.segments import holding
from revenue.models import Authority, Effect, House, Level

AUDIT_RATES: Mapping[int, float] = {Level.AUDITED: 0.10, Level.TRUSTED: 0.02}
"""The share that a person decides all the same, by level."""
SENDER = Actor.seat(SENDER_SEAT)


@transaction.atomic
def let_go(*, send: Send, seeded_share: float, now: datetime) -> None:
    """Approve a send that was just opened and judged, if the sending seat may do so alone.

    Where a person decides all the same, what they find will count as evidence, but for the share
    of ``seeding`` that carries a planted fault.
    """
    for found in _authorities(send, now=now):
        rate = AUDIT_RATES.get(found.level, 1.0)
        if send.draw < rate:
            if seed(send=send, share=seeded_share, now=now) is None:
                _audit(send, found, rate=rate, now=now)
            return
        if _has_room(found, send, now=now):
            _approve(send, found, now=now)
            return
    if send.state == SendState.PENDING:
        seed(send=send, share=seeded_share, now=now)


def _authorities(send: Send, *, now: datetime) -> list[Authority]:
    """What the sending seat has for exactly this send, the highest level first.

    Of two with the same level the narrower one counts, so that its evidence is its own.
    """
    verdict = send.verdict
    if verdict is None or send.effect != Effect.ALLOW or send.state != SendState.PENDING:
        return []
    # Somebody sent the draft before it back with a note, and looks whether it was heeded.
    if send.draft.replaces_id is not None:
        return []
    # Nobody approves past a suppression, whatever the policy says of it.
    if verdict.facts.get("contact.suppressed") is not False:
        return []
    action = send_action(send.kind)
    seats = (SENDER_SEAT, send.seat_id)
    switches = killswitch.thrown()
    if any(
        killswitch.concerns(one, seat=seat, action=action) for one in switches for seat in seats
    ):
        return []
    valid = authorities.valid(now=now).filter(
        seat=SENDER_SEAT, action=action, segment__in=holding(verdict.facts)
    )
    return [
        found
        for found in valid.order_by("-level", "-segment__position", "id")
        if found.max_value_minor is None or send.value_minor <= found.max_value_minor
    ]


def _audit(send: Send, found: Authority, *, rate: float, now: datetime) -> None:
    assert send.policy_id is not None  # noqa: S101  # it was judged
    Audit.objects.create(
        send=send,
        seat_id=found.seat_id,
        action_id=found.action_id,
        segment_id=str(found.segment_id),
        level=found.level,
        rate=rate,
        basis=basis_of(send.kind, send.policy_id),
        drawn_at=now,
    )


def _has_room(found: Authority, send: Send, *, now: datetime) -> bool:
    """Whether it may let one more go today; the lock keeps others from counting meanwhile."""
    if found.per_day is None:
        return True
    standing = authorities.standing().select_for_update(no_key=True).filter(pk=found.pk)
    if standing.first() is None:
        return False
    today = start_of_day(send.mailbox, now=now)
    gone = Decision.objects.filter(authority=found, decided_at__gte=today).count()
    return gone < found.per_day


def _approve(send: Send, found: Authority, *, now: datetime) -> None:
    hold = House.objects.values_list("policy_hold_seconds", flat=True).get(pk=1)
    assert send.revision_id is not None  # noqa: S101  # it was judged
    decision = Decision.objects.create(
        send=send,
        revision_id=send.revision_id,
        round=send.round,
        choice=Choice.APPROVE,
        verdict=send.verdict,
        authority=found,
        authority_level=found.level,
        channel=Channel.POLICY,
        decided_at=now,
        decided_by=str(SENDER),
    )
    leaves_at = now + timedelta(seconds=hold)
    move(send, to=SendState.APPROVED, now=now, approval=decision, leaves_at=leaves_at)
    ledger.append(
        kind="send.approved",
        subject=f"send:{send.pk}",
        by=SENDER,
        now=now,
        data={
            "revision": send.revision_id,
            "decision": decision.pk,
            "round": decision.round,
            "channel": Channel.POLICY,
            "authority": found.pk,
            "level": found.level,
            "segment": found.segment_id,
        },
    )
