"""The thrown kill switches with the words that a page needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from revenue.models import Action, KillSwitch, Seat, SwitchScope


@dataclass(frozen=True, slots=True)
class ThrownSwitch:
    """``label`` names the seat or action in words; ``thrown_by`` is an actor as text."""

    id: int
    scope: str
    target: str
    label: str
    reason: str
    thrown_at: datetime
    thrown_by: str


def thrown_switches() -> list[ThrownSwitch]:
    """Those that are thrown now, the one for everything first; one statement."""
    seat = Seat.objects.filter(pk=OuterRef("target")).values("title")
    action = Action.objects.filter(pk=OuterRef("target")).values("label")
    rows = (
        KillSwitch.objects.filter(released_at=None)
        .annotate(label=Coalesce(Subquery(seat), Subquery(action), "target"))
        .order_by("thrown_at", "id")
        .values_list("id", "scope", "target", "label", "reason", "thrown_at", "thrown_by")
    )
    switches = [ThrownSwitch(*row) for row in rows]
    return sorted(switches, key=lambda switch: switch.scope != SwitchScope.EVERYTHING)
