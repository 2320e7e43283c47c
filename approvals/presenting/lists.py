"""The list with its tabs and filters, as ``approvals/queue.html`` takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from approvals import attention, queries, rejudging
from approvals.models import Risk, SendState
from approvals.presenting.attention import line
from approvals.presenting.item import Reader
from approvals.presenting.panels import reason_buttons
from approvals.presenting.rows import query_string, shown_rows
from approvals.queries import COUNT_LIMIT, HOLD, TROUBLE, Filters
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
    """Rows, tabs and filters; five statements, one more with filters, whatever the queue holds.

    One more for who decides what waits: how closely they read.
    """
    page = queries.page(filters, after=after)
    seats = agent_seats()
    counts = queries.counts_by_state()
    fields = filter_fields(seats)
    number = queries.count(filters) if filters.is_narrowed else counts[filters.state]
    selects = reader.decides and filters.state == SendState.PENDING
    return {
        "filters": filters,
        "query": query_string(filters),
        "rows": shown_rows(page.rows, filters, seats=seats, now=now, zone=reader.zone),
        "more_url": more_url(filters, page.after),
        "first_page": not after,
        "chosen": str(chosen or ""),
        "pending": filters.state == SendState.PENDING,
        "selects": selects,
        **(shown_reading(reader) if selects and page.rows else {}),
        "reason_buttons": reason_buttons("Reject the selected"),
        "heading": heading(filters, number),
        "number": say_count(number),
        **shown_tabs(filters, counts),
        "groups": filter_groups(filters, fields),
        "active": active_filters(filters, fields),
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
    """The tabs with fresh counts; two statements, or three with filters."""
    counts = queries.counts_by_state()
    return {
        "filters": filters,
        "refreshed": True,
        "heading": heading(
            filters, queries.count(filters) if filters.is_narrowed else counts[filters.state]
        ),
        "approvals_waiting": say_count(counts[SendState.PENDING]),
        **shown_tabs(filters, counts),
    }


def shown_reading(reader: Reader) -> dict[str, str]:
    """How closely the reader reads, and why they may not approve many at once, if so."""
    found = attention.of(reader.actor)
    return {"attention_line": line(found), "bulk_refusal": found.refusal}


def agent_seats() -> dict[str, str]:
    """The seats that agents hold, and who they are."""
    return dict(
        Seat.objects.filter(is_agent=True).order_by("position").values_list("slug", "agent_name")
    )


def shown_tabs(filters: Filters, counts: Mapping[str, int]) -> dict[str, Any]:
    """Tabs of the states that hold anything; what went wrong with delivery has its own page.

    One statement, about what is being judged again.
    """
    trouble = sum(counts[state] for state in TROUBLE if state != SendState.STALE)
    queue = reverse("approvals:queue")
    judging = rejudging.judging()
    verb = "mail is" if judging.waiting == 1 else "mails are"
    return {
        "tabs": [
            {
                "label": label,
                "url": queue + query_string(replace(filters, state=state)),
                "here": filters.state == state,
                "count": say_count(counts[state]) or None,
            }
            for state, label in STATE_TABS.items()
            if filters.state == state or state in ALWAYS or (counts[state] and state not in TROUBLE)
        ],
        "trouble": say_count(trouble),
        "judging": judging,
        "judging_words": f"{say_count(judging.waiting)} {verb} being",
        "held": say_count(counts[HOLD]),
    }


def say_count(number: int) -> str:
    """``412``; ``1,000+`` where counting stopped; nothing for none."""
    if number > COUNT_LIMIT:
        return f"{COUNT_LIMIT:,}+"
    return f"{number:,}" if number else ""


def heading(filters: Filters, number: int) -> str:
    """What the list answers, for one tab and any filters."""
    if filters.is_narrowed:
        return f"{say_count(number) or 'None'} that match"
    if filters.state != SendState.PENDING:
        return STATE_TABS[SendState(filters.state)]
    if not number:
        return "Nothing waits for you"
    return f"{say_count(number)} {'mail waits' if number == 1 else 'mails wait'} for you"


def more_url(filters: Filters, after: str) -> str:
    if not after:
        return ""
    return reverse("approvals:queue", query={**filters.as_query(), "after": after})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of ``Filters`` with the values that it can be narrowed to."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


def filter_fields(seats: Mapping[str, str]) -> tuple[Field, ...]:
    drafting = tuple((slug, seats[slug]) for slug in DRAFTING if slug in seats)
    risks = tuple((str(risk.value), str(risk.label)) for risk in reversed(Risk))
    return (
        Field("kind", "Kind", tuple(MailKind.choices)),
        Field("seat", "Drafted by", drafting),
        Field("risk", "Risk", risks),
        Field("held_by", "Held because", held_reasons()),
    )


def filter_groups(filters: Filters, fields: Iterable[Field]) -> list[dict[str, Any]]:
    """Chips by group; choosing a chosen one lets it go."""
    queue = reverse("approvals:queue")
    return [
        {
            "label": field.label,
            "chips": [
                {
                    "label": words,
                    "here": getattr(filters, field.name) == value,
                    "url": queue + _toggled(filters, field.name, value),
                    "count": None,
                }
                for value, words in field.options
            ],
        }
        for field in fields
    ]


def active_filters(filters: Filters, fields: Iterable[Field]) -> list[dict[str, str]]:
    """The chosen filters, each with the address without it."""
    chosen = [(field, getattr(filters, field.name)) for field in fields]
    return [
        {
            "label": dict(field.options).get(value, value),
            "url": reverse("approvals:queue") + _toggled(filters, field.name, value),
        }
        for field, value in chosen
        if value
    ]


def held_reasons() -> tuple[tuple[str, str], ...]:
    """The rules of the active send policy that can hold a send before a person sees it."""
    try:
        policy = verdicts.active(PolicyKind.SEND)
    except verdicts.NoActivePolicy:
        return ()
    return tuple(
        (rule.id, rule.name)
        for rule in policy.text.rules
        if rule.effect is Effect.HOLD and rule.stage is Stage.CONTENT
    )


def _toggled(filters: Filters, field: str, value: str) -> str:
    now = "" if getattr(filters, field) == value else value
    changed: Any = {field: now}
    return query_string(replace(filters, **changed))
