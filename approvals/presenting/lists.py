"""The list with its tabs and filters, as ``approvals/queue.html`` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from approvals import queries
from approvals.models import RejectReason, Risk, SendState
from approvals.presenting.item import Reader
from approvals.presenting.rows import query_string, shown_rows
from approvals.queries import COUNT_LIMIT, TROUBLE, Filters
from revenue.agents import drafts
from revenue.models import MailKind, PolicyKind, Seat
from revenue.policies import verdicts
from revenue.policies.vocabulary import Effect, Stage

STATE_TABS = {
    SendState.PENDING: "Waiting",
    SendState.SNOOZED: "Snoozed",
    SendState.APPROVED: "Leaving",
    SendState.SENT: "Sent",
    SendState.REJECTED: "Rejected",
    SendState.RETURNED: "Sent back",
    SendState.EXPIRED: "Expired",
    SendState.DENIED: "Denied",
    SendState.STALE: "Overtaken",
    SendState.REVOKED: "Revoked",
    SendState.FAILED: "Failed",
    SendState.UNCERTAIN: "Uncertain",
    SendState.SENDING: "Being sent",
    SendState.SUPERSEDED: "Replaced",
}
DRAFTING = tuple(dict.fromkeys(drafts.SEATS.values()))
ALWAYS = (SendState.PENDING, SendState.SNOOZED, SendState.APPROVED, SendState.SENT)


def shown_list(
    filters: Filters, *, reader: Reader, now: datetime, after: str, chosen: int | None = None
) -> dict[str, Any]:
    """Rows, tabs and filters; four statements, whatever the queue holds."""
    page = queries.page(filters, after=after)
    seats = agent_seats()
    counts = queries.counts_by_state()
    return {
        "filters": filters,
        "query": query_string(filters),
        "rows": shown_rows(page.rows, filters, seats=seats, now=now, zone=reader.zone),
        "more_url": more_url(filters, page.after),
        "first_page": not after,
        "chosen": chosen,
        "pending": filters.state == SendState.PENDING,
        "selects": reader.decides and filters.state == SendState.PENDING,
        "reject_reasons": RejectReason.choices,
        "heading": heading(filters, counts),
        **shown_tabs(filters, counts),
        "groups": filter_groups(filters, seats),
        "active": active_filters(filters, seats),
        "approvals_waiting": say_count(counts[SendState.PENDING]),
    }


def shown_more(filters: Filters, *, reader: Reader, now: datetime, after: str) -> dict[str, Any]:
    """Further rows alone; two statements."""
    page = queries.page(filters, after=after)
    return {
        "rows": shown_rows(page.rows, filters, seats=agent_seats(), now=now, zone=reader.zone),
        "more_url": more_url(filters, page.after),
        "selects": reader.decides and filters.state == SendState.PENDING,
    }


def shown_row(send_id: int, filters: Filters, *, reader: Reader, now: datetime) -> dict[str, Any]:
    """The row of one send; two statements."""
    row = queries.row_of(send_id)
    return shown_rows([row], filters, seats=agent_seats(), now=now, zone=reader.zone)[0]


def shown_tabs_only(filters: Filters) -> dict[str, Any]:
    """The tabs with fresh counts; one statement."""
    counts = queries.counts_by_state()
    return {
        "filters": filters,
        "refreshed": True,
        "heading": heading(filters, counts),
        "approvals_waiting": say_count(counts[SendState.PENDING]),
        **shown_tabs(filters, counts),
    }


def agent_seats() -> dict[str, str]:
    """The seats that agents hold, and who they are."""
    return dict(
        Seat.objects.filter(is_agent=True).order_by("position").values_list("slug", "agent_name")
    )


def shown_tabs(filters: Filters, counts: Mapping[str, int]) -> dict[str, Any]:
    """Tabs of the states where there is anything, and how much trouble delivery has."""
    trouble = sum(counts[state] for state in TROUBLE if state != SendState.STALE)
    return {
        "tabs": [
            {
                "label": label,
                "url": f"{reverse('approvals:queue')}{query_string(replace(filters, state=state))}",
                "here": filters.state == state,
                "count": say_count(counts[state]) or None,
            }
            for state, label in STATE_TABS.items()
            if counts[state] or state in ALWAYS or filters.state == state
        ],
        "trouble": say_count(trouble),
    }


def say_count(number: int) -> str:
    """``412``; ``1,000+`` where counting stopped; nothing for none."""
    if number > COUNT_LIMIT:
        return f"{COUNT_LIMIT:,}+"
    return f"{number:,}" if number else ""


def heading(filters: Filters, counts: Mapping[str, int]) -> str:
    """What the list answers, for one tab and any filters."""
    number = counts[filters.state]
    if filters.state != SendState.PENDING:
        return STATE_TABS[SendState(filters.state)]
    if filters.as_query():
        return "Waiting, filtered"
    if not number:
        return "Nothing waits for you"
    return f"{say_count(number)} {'mail waits' if number == 1 else 'mails wait'} for you"


def more_url(filters: Filters, after: str) -> str:
    if not after:
        return ""
    return reverse("approvals:queue", query={**filters.as_query(), "after": after})


def filter_groups(filters: Filters, seats: Mapping[str, str]) -> list[dict[str, Any]]:
    """Chips by group; choosing a chosen one lets it go."""
    return [
        {
            "label": label,
            "chips": [
                {
                    "label": words,
                    "here": getattr(filters, field) == value,
                    "url": _toggled(filters, field, value),
                    "count": None,
                }
                for value, words in options
            ],
        }
        for field, label, options in _fields(seats)
    ]


def active_filters(filters: Filters, seats: Mapping[str, str]) -> list[dict[str, str]]:
    """The chosen filters, each with the address without it."""
    shown = []
    for field, _, options in _fields(seats):
        value = getattr(filters, field)
        if value:
            label = dict(options).get(value, value)
            shown.append({"label": label, "url": _toggled(filters, field, value)})
    return shown


def _fields(seats: Mapping[str, str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        ("kind", "Kind", list(MailKind.choices)),
        ("seat", "Drafted by", [(slug, seats[slug]) for slug in DRAFTING if slug in seats]),
        ("risk", "Risk", [(str(risk.value), str(risk.label)) for risk in reversed(Risk)]),
        ("held_by", "Held because", list(held_reasons())),
    ]


def held_reasons() -> Iterator[tuple[str, str]]:
    """The rules of the active send policy that can hold a send before a person sees it."""
    try:
        policy = verdicts.active(PolicyKind.SEND)
    except verdicts.NoActivePolicy:
        return
    for rule in policy.text.rules:
        if rule.effect is Effect.HOLD and rule.stage is Stage.CONTENT:
            yield rule.id, rule.name


def _toggled(filters: Filters, field: str, value: str) -> str:
    now = "" if getattr(filters, field) == value else value
    changed = replace(filters, **{field: now})
    return f"{reverse('approvals:queue')}{query_string(changed)}"
