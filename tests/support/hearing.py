"""Events for consumers, in tests that run in one transaction, which nothing can be sealed from."""

from __future__ import annotations

from collections.abc import Callable

from revenue.ledger import Event
from revenue.models import LedgerEvent


def hear(handle: Callable[[Event], None]) -> None:
    """Hand over every event that was written, in order; those that this brings about too."""
    last = 0
    while row := LedgerEvent.objects.filter(pk__gt=last).order_by("id").first():
        last = row.pk
        handle(
            Event(
                seq=row.pk, at=row.at, kind=row.kind, subject=row.subject, actor=row.actor,
                data=row.data,
            )
        )  # fmt: skip
