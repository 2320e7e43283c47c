"""What the policy let go and has not left yet, soonest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.urls import reverse

from approvals.holding import in_hold
from approvals.models import SendState
from approvals.presenting.lists import say_count
from approvals.queries import COUNT_LIMIT, read_cursor, write_cursor
from revenue.models import Level

PAGE = 50
ROW = ("id", "to_name", "to_address", "leaves_at", "waits_for", "attempts")


def shown_hold(*, after: str, decides: bool) -> dict[str, Any]:
    """Rows for ``approvals/hold.html``, and how many there are in all; two statements."""
    rows = list(_rows(after)[: PAGE + 1])
    number = in_hold()[: COUNT_LIMIT + 1].count()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return {
        "rows": [_shown(row) for row in rows[:PAGE]],
        "number": say_count(number),
        "decides": decides,
        "stoppable": decides and any(not row["attempts"] for row in rows),
        "more_url": _more(last["leaves_at"], last["id"]) if last else "",
    }


def _rows(after: str) -> Any:
    rows = in_hold().order_by("leaves_at", "id")
    if cursor := read_cursor(after, by_priority=False):
        leaves_at, pk = cursor
        rows = rows.filter(Q(leaves_at__gt=leaves_at) | Q(leaves_at=leaves_at, id__gt=pk))
    return rows.values(
        *ROW,
        business=F("account__name"),
        subject=F("revision__subject"),
        level=F("approval__authority_level"),
        segment=F("approval__authority__segment__label"),
    )


def _more(leaves_at: datetime, pk: int) -> str:
    return reverse("approvals:hold", query={"after": write_cursor(leaves_at, pk)})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    query = {"state": SendState.APPROVED}
    return {
        **row,
        "url": reverse("approvals:send", args=[row["id"]], query=query),
        "who": row["to_name"] or row["to_address"],
        "level_words": Level(row["level"]).label,
        "stops": not row["attempts"],
    }
