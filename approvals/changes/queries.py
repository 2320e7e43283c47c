"""Reads of the pages about change requests: each a fixed number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from approvals.models import OPEN_CHANGES, ChangeRequest
from revenue.actors import Actor
from revenue.models import PolicyVersion

PAGE = 50
ROW = (
    "id",
    "kind",
    "title",
    "why",
    "state",
    "proposed_at",
    "proposed_by",
    "takes_effect_at",
    "alone_because",
    "decided_at",
    "decided_by",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and where the next page begins ("" at the end)."""

    rows: list[dict[str, Any]]
    after: str


def open_changes() -> list[dict[str, Any]]:
    """What nobody has decided, the longest waiting first, with ``loosens`` of a policy version."""
    waiting = ChangeRequest.objects.filter(state__in=OPEN_CHANGES).order_by("proposed_at", "id")
    return list(waiting.values(*ROW, loosens=F("policy__loosens")))


def decided_changes(*, after: str = "") -> Page:
    """What was decided or overtaken, newest first."""
    decided = ChangeRequest.objects.exclude(state__in=OPEN_CHANGES)
    if place := _read_place(after):
        at, pk = place
        decided = decided.filter(Q(decided_at__lt=at) | Q(decided_at=at, id__lt=pk))
    rows = list(
        decided.order_by("-decided_at", "-id").values(*ROW, loosens=F("policy__loosens"))[
            : PAGE + 1
        ]
    )
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(rows[:PAGE], f"{last['decided_at'].isoformat()}~{last['id']}" if last else "")


def _read_place(text: str) -> tuple[datetime, int] | None:
    """Where ``decided_changes`` ended; anything else is the first page."""
    value, _, pk = text.partition("~")
    try:
        at, number = datetime.fromisoformat(value), int(pk)
    except ValueError:
        return None
    return (at, number) if at.tzinfo is not None and 0 <= number < 2**63 else None


def whole_change(change_id: int) -> ChangeRequest:
    """One request with its version and the one it was compared with. Raises DoesNotExist."""
    return ChangeRequest.objects.select_related("policy__compared_with").get(pk=change_id)


def open_change_of(version: PolicyVersion) -> ChangeRequest | None:
    """The request about this version that nobody has decided; ``settings.CHANGE_OF_VERSION``."""
    return ChangeRequest.objects.filter(policy=version, state__in=OPEN_CHANGES).first()


def waits_for(by: Actor) -> Q:
    """What this person may decide: open, and proposed by somebody else."""
    return Q(state__in=OPEN_CHANGES) & ~Q(proposed_by=str(by))
