"""One send with all that a decider needs, as ``approvals/item.html`` takes it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from approvals import facts, opening
from approvals.deciding import REOPENABLE, can_undo, hold_seconds
from approvals.models import Risk, Send, SendState, SevereKind
from approvals.opening import Beside
from approvals.presenting.history import Past
from approvals.presenting.mail import claims_of, recipient, shown_mail
from approvals.presenting.rows import due_words, query_string
from approvals.presenting.verdict import shown_verdict
from approvals.priority import explain
from approvals.queries import RISK_MARKS, Filters
from revenue.actors import Actor
from revenue.models import Consent, DealStage, Effect, Readiness
from revenue.pipeline.relationships import prominence
from revenue.policies.categories import CATEGORIES
from revenue.templatetags.ui import when
from revenue.web import words
from revenue.web.bonds import ShownFact, confidence_words, kind_words

LAST_QUARTER = 0.75
"""The share of its life after which the page of a send says when it expires."""
SOON = 5
WATCHED_FOR = 600
"""Seconds; what leaves later than this is not watched."""
FAULT_TONES = {"block": "stop", "warn": "wait"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, in which zone, and whether they may decide."""

    actor: Actor
    zone: tzinfo
    decides: bool


def shown_item(
    send: Send, filters: Filters, *, reader: Reader, now: datetime, hold: int | None = None
) -> dict[str, Any]:
    """The item for its template; ``send`` comes from ``opening.detail``.

    ``hold``: the seconds between approval and sending, where they are known already. Two statements
    for a send that waits and whose text is the agent's; more where there is more to tell.
    """
    revision = send.revision
    if revision is None:
        raise ValueError(f"send {send.pk} has no text")
    pending, sent = send.state == SendState.PENDING, send.state == SendState.SENT
    # A history that is only its drafting is read when somebody opens it.
    # So is that of a planted text, which must look like any other.
    untouched = revision.number == 1 or revision.planted
    past = None if pending and untouched else Past.of(send, zone=reader.zone)
    today = now.astimezone(reader.zone).date()
    beside = opening.beside(send, today=today)
    return {
        "send": send,
        "revision": revision,
        "query": query_string(filters),
        "urls": addresses(send.pk, query_string(filters)),
        "list_url": f"{reverse('approvals:queue')}{query_string(filters)}",
        "recipient": recipient(send.to_name, send.to_address),
        "mail": shown_mail(send, revision),
        "claims": claims_of(revision, today=today),
        "faults": shown_faults(revision.faults),
        "verdict": shown_verdict(send.verdict) if send.verdict else None,
        "marks": [RISK_MARKS.get(mark, mark) for mark in send.risk_marks],
        "factors": factors(send, now=now) if pending else (),
        "due": due_words(send.created_at, send.due_at, now=now) if pending else None,
        "expires_soon": pending and expires_soon(send, now=now),
        "elsewhere": pending and is_elsewhere(send, reader, now=now),
        "earlier": [shown_earlier(other) for other in beside.earlier],
        "recipient_facts": recipient_facts(send, now=now),
        "account_facts": account_facts(send, beside),
        "standing": shown_standing(beside.standing),
        "note": beside.note,
        "history": past.story() if past else (),
        "edit": past.edit() if past else None,
        "owner": beside.agent_name or send.seat_id,
        "hold": hold_seconds() if hold is None else hold,
        "denied": send.effect == Effect.DENY,
        "decides": reader.decides and pending,
        "looks_only": pending and not reader.decides,
        "look_again": look_again(send, now=now),
        "may_undo": reader.decides and can_undo(send, now=now),
        "harm_kinds": SevereKind.choices if reader.decides and sent else (),
        "may_reopen": reader.decides and send.state in REOPENABLE,
    }


def addresses(send_id: int, query: str) -> dict[str, str]:
    """Where the buttons of an item lead, by name; each of these routes ends in its own name."""
    own = reverse("approvals:send", args=[send_id])
    names = ("decide", "edit", "snooze", "undo", "reopen", "rules", "history", "harm")
    return {"send": f"{own}{query}"} | {name: f"{own}{name}{query}" for name in names}


def shown_earlier(other: Mapping[str, Any]) -> dict[str, Any]:
    """Another send to the same business."""
    state = SendState(other["state"])
    return {
        "state": state,
        "state_label": state.label,
        "state_at": datetime.fromisoformat(other["state_at"]),
        "subject": other["subject"],
        "url": reverse("approvals:send", args=[other["id"]], query={"state": state}),
    }


def shown_standing(facts: Iterable[Mapping[str, Any]]) -> list[ShownFact]:
    """What holds between us and the business, sensitivities first.

    Who noted it stands on the page of the account: names of people are another statement.
    """
    shown = [
        ShownFact(
            pk=fact["id"],
            kind=fact["kind"],
            kind_words=kind_words(fact["kind"]),
            statement=fact["statement"],
            source=fact["source"],
            confidence=confidence_words(fact["confidence"]),
            about=fact["about"],
            since=date.fromisoformat(fact["valid_from"]),
            until=date.fromisoformat(fact["valid_until"]) if fact["valid_until"] else None,
            noted_at=datetime.fromisoformat(fact["noted_at"]),
        )
        for fact in facts
    ]
    return sorted(shown, key=lambda fact: prominence(fact.kind))


def shown_faults(faults: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What the copy checks found, the gravest first."""
    shown = [
        {"tone": FAULT_TONES.get(fault["severity"], "plain"), "text": fault["message"]}
        for fault in faults
    ]
    return sorted(shown, key=lambda fault: ("stop", "wait", "plain").index(fault["tone"]))


def factors(send: Send, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Value, risk and deadline as the reader meets them now; their product is the place."""
    found = explain(value_minor=send.value_minor, risk=send.risk, due_at=send.due_at, now=now)
    hours = f"{abs(found.hours_left):.0f} h {'left' if found.hours_left >= 0 else 'late'}"
    return (
        (words.say_money(send.value_minor, send.currency), "expected value of the deal"),
        (f"{found.risk_weight:g}", f"{Risk(send.risk).label.lower()} risk"),
        (f"{found.deadline_weight:.2g}", f"{hours}; doubles every 12 h"),
    )


def expires_soon(send: Send, *, now: datetime) -> bool:
    lifetime = send.expires_at - send.created_at
    return now - send.created_at > LAST_QUARTER * lifetime


def look_again(send: Send, *, now: datetime) -> int:
    """Seconds after which the page asks what became of a send that is about to leave; 0 if not."""
    if send.state == SendState.SENDING:
        return SOON
    if send.state != SendState.APPROVED or send.leaves_at is None:
        return 0
    left = math.ceil((send.leaves_at - now).total_seconds())
    return max(left + 2, SOON) if left <= WATCHED_FOR else 0


def is_elsewhere(send: Send, reader: Reader, *, now: datetime) -> bool:
    """Whether another reviewer was given it a moment ago."""
    return (
        send.reserved_until is not None
        and send.reserved_until > now
        and send.reserved_by != str(reader.actor)
    )


def recipient_facts(send: Send, *, now: datetime) -> list[tuple[str, Any]]:
    """Names and values of the person, without those that nobody knows."""
    contact = send.contact
    country, region = facts.place_of(send)
    published = format_html(
        "{}, seen {}", linked(contact.published_url), when(contact.published_on)
    )
    known = [
        ("Role", contact.role),
        ("Place", ", ".join(part for part in (region, country) if part)),
        ("Time there", local_time(send, now=now)),
        ("Consent", Consent(contact.consent).label),
        ("Published", published if contact.published_url else ""),
        ("Last reply", when(contact.last_reply_at)),
    ]
    return [(name, value) for name, value in known if value]


def linked(address: str) -> str:
    """A web address to look at; anything else stays plain text."""
    if not address.startswith(("https://", "http://")):
        return address
    shown = address.partition("://")[2].removeprefix("www.").rstrip("/")
    return format_html(
        '<a href="{}" rel="noreferrer noopener" target="_blank">{}</a>', address, shown
    )


def local_time(send: Send, *, now: datetime) -> str:
    """The clock on the recipient's wall, or that it could be one of several."""
    clocks = facts.clocks_of(send, at=now)
    if not clocks:
        return "not known"
    shown = [f"{int(clock.hour):02}:{int(clock.hour % 1 * 60):02}" for clock in clocks]
    if len(clocks) > 1:
        return f"{min(shown)} to {max(shown)}, by region"
    return f"{shown[0]}, {clocks[0].zone.replace('_', ' ')}"


def account_facts(send: Send, beside: Beside) -> list[tuple[str, Any]]:
    """Names and values of the business, without those that nobody knows."""
    account = send.account
    category = CATEGORIES.get(account.category)
    people = (account.employees_full_time or 0) + (account.employees_part_time or 0)
    known = [
        (
            "Category",
            category.label if category else account.category.replace("_", " ").capitalize(),
        ),
        ("They say", account.trade),
        ("Where", ", ".join(part for part in (account.area, account.city) if part)),
        ("Locations", beside.locations if (beside.locations or 0) > 1 else None),
        ("People", people),
        ("Website", linked(account.website)),
        ("Deal", f"{DealStage(beside.stage).label}, {Readiness(beside.readiness).label.lower()}"),
    ]
    return [(name, value) for name, value in known if value]
