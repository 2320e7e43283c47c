"""The seats, what each may do, and the operations that change it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.agents.authority import Grant, grant
from revenue.agents.segments import install_segments
from revenue.models import Action, Seat, Side, Stage, User

SENDER_SEAT = "sender"
"""The one seat in whose name mail leaves."""

D, C = Side.DISCOVERY, Side.COMMITMENT

# slug, title, stage, side, name of the agent ("" where a person holds the seat)
SEATS = (
    ("prospector", "Prospector", Stage.IDENTIFICATION, D, "Nick"),
    ("pipeline", "Pipeline", Stage.FOLLOW_UP, D, "Dirk"),
    ("sender", "Sender", Stage.OUTREACH, D, "Pepper"),
    ("closer", "Closer", Stage.CLOSE, C, ""),
    ("accounting", "Accounting", Stage.AFTER_CLOSE, C, ""),
)

# slug, label, stage, side, ceiling, only one seat, the seat that has it at first, its level
ACTIONS = (
    ("screen_account", "Screen an account", "identification", D, 4, False, "prospector", 3),
    ("draft_cold", "Draft a cold mail", "outreach", D, 4, False, "prospector", 3),
    ("draft_reactivation", "Draft a reactivation", "outreach", D, 4, False, "pipeline", 3),
    ("send_cold", "Send a cold mail", "outreach", D, 4, True, "sender", 2),
    ("send_reactivation", "Send a reactivation", "outreach", D, 4, True, "sender", 2),
    ("draft_follow_up", "Draft a follow-up", "follow_up", D, 4, False, "pipeline", 1),
    ("send_follow_up", "Send a follow-up", "follow_up", D, 4, True, "sender", 2),
    ("answer_objection", "First answer to an objection", "follow_up", D, 2, False, "pipeline", 1),
    ("advance_stage", "Advance a deal's stage", "qualification", D, 4, False, "pipeline", 1),
    ("offer_handoff", "Offer a handoff", "qualification", D, 4, False, "pipeline", 1),
    ("send_agreement", "Send an agreement", "close", C, 2, True, "closer", 2),
    ("send_payment_link", "Send a payment link", "close", C, 2, True, "closer", 2),
    ("log_outcome", "Log an outcome", "after_close", C, 2, False, "accounting", 2),
)  # fmt: skip


class HeldByAgent(Exception):
    """An agent holds this seat; a person can't take it this way."""


def send_action(kind: str) -> str:
    """The action that a send of this kind is."""
    return f"send_{kind}"


@transaction.atomic
def install_seats(*, by: Actor, now: datetime) -> None:
    """Create the seats, actions and first authorities that are missing; change none that exist."""
    for position, (slug, title, stage, side, agent) in enumerate(SEATS):
        Seat.objects.get_or_create(
            slug=slug,
            defaults={
                "title": title,
                "stage": stage,
                "side": side,
                "agent_name": agent,
                "is_agent": bool(agent),
                "position": position,
            },
        )
    install_segments()
    for slug, label, of_stage, side, ceiling, one_seat, seat, level in ACTIONS:
        action, created = Action.objects.get_or_create(
            slug=slug,
            defaults={
                "label": label,
                "stage": of_stage,
                "side": side,
                "ceiling": ceiling,
                "only_seat": seat if one_seat else "",
            },
        )
        if created:
            first = Grant(seat=seat, action=action.pk, level=level)
            grant(grant=first, evidence={}, by=by, now=now)


@transaction.atomic
def assign_person(*, seat: Seat, person: User, by: Actor, now: datetime) -> None:
    """Give a person's seat its owner; raises HeldByAgent."""
    if not Seat.objects.filter(pk=seat.pk, is_agent=False).update(person=person):
        raise HeldByAgent(HeldByAgent.__doc__)
    ledger.append(
        kind="seat.assigned",
        subject=f"seat:{seat.pk}",
        by=by,
        now=now,
        data={"person": person.pk},
    )
