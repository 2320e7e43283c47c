"""A bulk order and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from approvals import bulk as bulks
from approvals.models import Bulk, BulkResult, Choice, RejectReason, SendState
from approvals.presenting.lists import STATE_TABS

DONE = {Choice.APPROVE: "approved", Choice.REJECT: "rejected"}


def shown_bulk(
    bulk: Bulk, *, after: int, size: int, decides: bool, now: datetime
) -> dict[str, Any]:
    """The order with a page of its items; three statements."""
    found = bulks.items_of(bulk, after=after, size=size + 1)
    counts = bulks.tally(bulk)
    total = sum(counts.values())
    waiting = counts.get("waiting", 0)
    undoable = bulks.undoable(bulk, now=now).count() if decides else 0
    more = found[size - 1]["pk"] if len(found) > size else None
    return {
        "bulk": bulk,
        "title": title(bulk, counts),
        "reason": RejectReason(bulk.reason_code).label if bulk.reason_code else "",
        "counts": [
            {"result": result, "label": label, "number": counts[result]}
            for result, label in BulkResult.choices
            if counts.get(result)
        ],
        "total": total,
        "decided": total - waiting,
        "running": waiting > 0,
        "items": [_shown_item(item) for item in found[:size]],
        "more_url": reverse("approvals:bulk_result", args=[bulk.pk], query={"after": more})
        if more
        else "",
        "undoable": undoable,
        "stoppable": decides and (undoable or waiting),
        "first_page": not after,
    }


def title(bulk: Bulk, counts: dict[str, int]) -> str:
    """``12 approved``, and how many were not."""
    done = f"{counts.get(BulkResult.DECIDED, 0):,} {DONE[Choice(bulk.choice)]}"
    others = sum(counts.get(result, 0) for result in BulkResult if result != BulkResult.DECIDED)
    return f"{done}, {others:,} not" if others else done


def _shown_item(item: dict[str, Any]) -> dict[str, Any]:
    result = item["result"]
    return {
        "url": reverse(_page_of(result), args=[item["send_id"]]),
        "business": item["account_name"],
        "who": item["to_name"] or item["to_address"],
        "subject": item["subject"],
        "result": result or "waiting",
        "label": BulkResult(result).label if result else "Waiting its turn",
        "note": item["note"],
        "state": item["state"],
        "state_label": STATE_TABS[SendState(item["state"])],
    }


def _page_of(result: str | None) -> str:
    """What was planted has a page of its own."""
    return "approvals:planted" if result == BulkResult.PLANTED else "approvals:send"
