"""The one place where a send changes its state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from approvals.models import Send, SendState
from approvals.priority import score

MOVES: dict[SendState, frozenset[SendState]] = {
    SendState.PENDING: frozenset(
        {
            SendState.APPROVED,
            SendState.REJECTED,
            SendState.RETURNED,
            SendState.SNOOZED,
            SendState.EXPIRED,
            SendState.STALE,
            SendState.SUPERSEDED,
            SendState.DENIED,
        }
    ),
    SendState.SNOOZED: frozenset({SendState.PENDING, SendState.STALE, SendState.SUPERSEDED}),
    SendState.APPROVED: frozenset({SendState.PENDING, SendState.SENDING, SendState.REVOKED}),
    SendState.SENDING: frozenset(
        {
            SendState.SENT,
            SendState.APPROVED,
            SendState.FAILED,
            SendState.UNCERTAIN,
            SendState.REVOKED,
        }
    ),
    SendState.UNCERTAIN: frozenset({SendState.SENT, SendState.APPROVED, SendState.REVOKED}),
    SendState.RETURNED: frozenset({SendState.PENDING, SendState.SUPERSEDED}),
    SendState.REJECTED: frozenset({SendState.PENDING}),
    SendState.EXPIRED: frozenset({SendState.PENDING, SendState.SUPERSEDED}),
    SendState.STALE: frozenset({SendState.PENDING, SendState.SUPERSEDED}),
    SendState.REVOKED: frozenset({SendState.PENDING, SendState.SUPERSEDED}),
    SendState.FAILED: frozenset({SendState.PENDING, SendState.SUPERSEDED}),
    SendState.DENIED: frozenset({SendState.PENDING, SendState.SUPERSEDED}),
    SendState.SENT: frozenset(),
    SendState.SUPERSEDED: frozenset(),
}


class ImpossibleMove(Exception):
    """A send can't go from this state to that one."""


def move(send: Send, *, to: SendState, now: datetime, reason: str = "", **changes: Any) -> None:
    """Change the state of a locked send, with what belongs to it, in one UPDATE.

    What only makes sense in the old state (lease, snooze, reservation) is cleared.
    """
    origin = SendState(send.state)
    if to not in MOVES[origin]:
        raise ImpossibleMove(f"send {send.pk}: {origin} -> {to}")
    fields = {**entering(to, now=now), "state_reason": reason, **changes}
    if "due_at" in changes or "risk" in changes:
        fields["score"] = score(
            value_minor=send.value_minor,
            risk=changes.get("risk", send.risk),
            due_at=changes.get("due_at", send.due_at),
        )
    for name, value in fields.items():
        setattr(send, name, value)
    send.save(update_fields=list(fields))


def entering(state: SendState, *, now: datetime) -> dict[str, Any]:
    """The columns that any change to this state sets: what belonged to the old one is cleared."""
    return {
        "state": state,
        "state_at": now,
        "state_reason": "",
        "snoozed_until": None,
        "reserved_until": None,
        "reserved_by": None,
        "lease_until": None,
        "lease_by": None,
        "waits_for": "",
    }
