"""What stood in the way of a decision, told to the person who tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from approvals.deciding import AlreadyDecided, CannotUndo, Denied, Suppressed, TextChanged
from approvals.models import Choice

VERBS = {
    Choice.APPROVE: "approved this",
    Choice.REJECT: "rejected this",
    Choice.RETURN: "sent this back",
    Choice.UNDO: "took the last decision back",
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """``by``, ``did`` and ``at`` name who was first; ``typed`` is what would have been lost."""

    title: str
    text: str = ""
    by: str = ""
    did: str = ""
    at: datetime | None = None
    typed: str = ""
    tone: str = "wait"


def conflict_of(error: Exception, *, typed: str) -> Conflict:
    """In words, with the typed text."""
    match error:
        case AlreadyDecided():
            decision = error.decision
            return Conflict(
                title="Somebody was first",
                by=decision.decided_by,
                did=VERBS[Choice(decision.choice)],
                at=decision.decided_at,
                text=decision.reason,
                typed=typed,
            )
        case TextChanged():
            return Conflict(title="The text has changed", text=str(error), typed=typed)
        case Denied() | Suppressed():
            return Conflict(title="It can't be approved", text=str(error), typed=typed, tone="stop")
        case CannotUndo():
            return Conflict(title="Too late", text=str(error), typed=typed)
    return Conflict(title="Nothing was decided", text=str(error), typed=typed, tone="stop")
