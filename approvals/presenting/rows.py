"""Rows of the list, plain enough that fifty of them cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from approvals.models import Risk, SendState
from approvals.presenting.mail import first_words
from approvals.priority import is_at_risk
from approvals.queries import Filters
from revenue.templatetags.ui import state
from revenue.web import words
from revenue.web.drawing import actor_mark

RISK_LOOKS = {Risk.MEDIUM: ("wait", "flag"), Risk.HIGH: ("stop", "triangle-alert")}


def shown_rows(
    rows: Iterable[Mapping[str, Any]],
    filters: Filters,
    *,
    seats: Mapping[str, str],
    now: datetime,
    zone: tzinfo,
) -> list[dict[str, Any]]:
    """What ``approvals/rows.html`` takes; ``seats`` gives the name of each seat's owner."""
    query, queue = query_string(filters), reverse("approvals:queue")
    return [
        {
            "id": str(row["id"]),  # a template takes long to write a number
            "url": f"{queue}{row['id']}/{query}",
            "mark": seat_mark(seats.get(row["seat_id"], row["seat_id"])),
            "business": row["account_name"],
            "who": row["to_name"] or row["to_address"],
            "subject": row["subject"],
            "words": first_words(row["head"] or ""),
            "why": row["state_reason"] or row["why_now"],
            "risk": risk_words(row["risk"]) if row["state"] == SendState.PENDING else "",
            **(
                due_words(row["created_at"], row["due_at"], now=now)
                if row["state"] == SendState.PENDING
                else {"when": words.say_when(row["state_at"], now=now, zone=zone), "late": ""}
            ),
        }
        for row in rows
    ]


def query_string(filters: Filters) -> str:
    """The filters as the end of an address, or nothing."""
    chosen = filters.as_query()
    return f"?{urlencode(chosen)}" if chosen else ""


@lru_cache(maxsize=64)
def seat_mark(name: str) -> SafeString:
    return actor_mark(name, kind="agent")


@lru_cache(maxsize=8)
def risk_words(risk: int) -> SafeString | str:
    """The risk with its mark; nothing for a low one."""
    look = RISK_LOOKS.get(Risk(risk))
    return state(look[0], f"{Risk(risk).label} risk", look[1]) if look else ""


def due_words(created_at: datetime, due_at: datetime, *, now: datetime) -> dict[str, str]:
    """``when``: how long until it is due, or how late; ``late``: the state to mark it with."""
    left = due_at - now
    if left < timedelta():
        return {"when": f"{words.say_duration(left)} late", "late": "stop"}
    at_risk = is_at_risk(created_at=created_at, due_at=due_at, now=now)
    return {"when": f"due in {words.say_duration(left)}", "late": "wait" if at_risk else ""}
