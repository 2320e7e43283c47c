"""Reads of the approvals pages: each a fixed number of statements, whatever the queue holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Left
from django.http import QueryDict
from django.urls import reverse

from approvals.models import Attempt, Decision, Revision, Risk, Send, SendState
from revenue.actors import Actor
from revenue.models import MailKind, Verdict

PAGE = 50
COUNT_LIMIT = 1000
"""Counts stop here: a larger number changes nothing for the reader and costs a scan."""
RESERVED_FOR = timedelta(minutes=3)
HEAD = 120

RISK_MARKS = {
    "unsupported_claim": "A claim without evidence",
    "copy_fault": "A fault in the copy",
    "copy_warning": "Copy worth a look",
    "no_consent": "No consent on record",
    "earlier_contact": "We wrote to them before",
    "large": "Large deal",
}

WAITING = (SendState.PENDING, SendState.SNOOZED)
LEAVING = (SendState.APPROVED, SendState.SENDING)
TROUBLE = (SendState.UNCERTAIN, SendState.FAILED, SendState.REVOKED, SendState.STALE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the sends is looked at; empty fields leave all in."""

    state: str = SendState.PENDING
    kind: str = ""
    seat: str = ""
    risk: str = ""
    held_by: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read from an address; what can't be right is dropped."""
        allowed: dict[str, Any] = {
            "state": set(SendState.values),
            "kind": set(MailKind.values),
            "risk": {str(risk) for risk in Risk.values},
        }
        given = {}
        for field in fields(cls):
            value = query.get(field.name, "")[:64]
            if value and value in allowed.get(field.name, {value}):
                given[field.name] = value
        return cls(**given)

    def as_query(self) -> dict[str, str]:
        """The fields that differ from their default, for addresses and for the record."""
        return {
            name: value
            for name, value in asdict(self).items()
            if value and not (name == "state" and value == SendState.PENDING)
        }

    def narrow(self) -> Q:
        wanted = Q(state=self.state)
        if self.kind:
            wanted &= Q(kind=self.kind)
        if self.seat:
            wanted &= Q(seat=self.seat)
        if self.risk:
            wanted &= Q(risk=int(self.risk))
        if self.held_by:
            wanted &= Q(held_by=self.held_by)
        return wanted


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and where the next page begins ("" at the end)."""

    rows: list[dict[str, Any]]
    after: str


ROW = (
    "id",
    "seat_id",
    "kind",
    "state",
    "state_at",
    "state_reason",
    "to_name",
    "to_address",
    "why_now",
    "risk",
    "effect",
    "held_by",
    "score",
    "created_at",
    "due_at",
    "expires_at",
    "leaves_at",
    "revision_id",
)


def page(filters: Filters, *, after: str = "", size: int = PAGE) -> Page:
    """A page of the list: pending ones by priority, others newest first; one statement."""
    by_priority = filters.state == SendState.PENDING
    column = "score" if by_priority else "state_at"
    sends = Send.objects.filter(filters.narrow())
    if cursor := read_cursor(after, by_priority=by_priority):
        value, pk = cursor
        sends = sends.filter(Q(**{f"{column}__lt": value}) | Q(**{column: value, "pk__lt": pk}))
    rows = list(
        sends.order_by(f"-{column}", "-id").values(
            *ROW,
            account_name=F("account__name"),
            subject=F("revision__subject"),
            head=Left("revision__body", HEAD),
        )[: size + 1]
    )
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], write_cursor(last[column], last["id"]) if last else "")


def write_cursor(value: float | datetime, pk: int) -> str:
    text = value.isoformat() if isinstance(value, datetime) else repr(value)
    return f"{text}~{pk}"


def read_cursor(text: str, *, by_priority: bool) -> tuple[float | datetime, int] | None:
    """What ``write_cursor`` wrote; anything else is the first page."""
    value, _, pk = text.partition("~")
    try:
        return (float(value) if by_priority else datetime.fromisoformat(value)), int(pk)
    except ValueError:
        return None


def counts_by_state() -> dict[str, int]:
    """How many sends are in each state, up to ``COUNT_LIMIT`` + 1; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select s.state, (
                   select count(*) from (
                       select 1 from approvals_send where state = s.state limit %s
                   ) some
               ) from unnest(%s::text[]) as s(state)""",
            [COUNT_LIMIT + 1, list(SendState.values)],
        )
        return dict(cursor.fetchall())


def count(filters: Filters) -> int:
    """How many sends match, up to ``COUNT_LIMIT`` + 1."""
    return Send.objects.filter(filters.narrow())[: COUNT_LIMIT + 1].count()


@transaction.atomic
def next_pending(filters: Filters, *, by: Actor, now: datetime) -> Send | None:
    """The most pressing send that no other reviewer has open, reserved for this one for a while.

    A reservation only keeps reviewers out of each other's way; it decides nothing.
    """
    send = (
        Send.objects.filter(filters.narrow(), state=SendState.PENDING)
        .filter(Q(reserved_until__isnull=True) | Q(reserved_until__lt=now) | Q(reserved_by=str(by)))
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("-score", "-id")
        .first()
    )
    if send is not None:
        Send.objects.filter(pk=send.pk).update(
            reserved_until=now + RESERVED_FOR, reserved_by=str(by)
        )
    return send


def detail(send_id: int) -> Send:
    """A send with everything its page shows of the rows that it points to; one statement."""
    return Send.objects.select_related(
        "account__brand", "contact", "mailbox", "seat", "draft", "deal", "revision", "verdict"
    ).get(pk=send_id)


def decisions_of(send: Send) -> list[Decision]:
    return list(Decision.objects.filter(send=send).select_related("revision").order_by("id"))


def revisions_of(send: Send) -> list[Revision]:
    return list(Revision.objects.filter(send=send).order_by("number"))


def attempts_of(send: Send) -> list[Attempt]:
    return list(Attempt.objects.filter(send=send).order_by("number"))


def earlier_contact(send: Send, *, limit: int = 5) -> list[dict[str, Any]]:
    """The newest other sends to the same account that were sent or are under way."""
    return list(
        Send.objects.filter(account_id=send.account_id)
        .exclude(pk=send.pk)
        .order_by("-id")
        .values(
            "id", "to_name", "to_address", "kind", "state", "state_at",
            subject=F("revision__subject"),
        )[:limit]
    )  # fmt: skip


def troubles(*, limit: int = 200) -> QuerySet[Send]:
    """What needs a person because of how its delivery went: uncertain first, newest first."""
    order = Case(
        *[When(state=state, then=Value(place)) for place, state in enumerate(TROUBLE)],
        default=Value(len(TROUBLE)),
    )
    return (
        Send.objects.filter(state__in=TROUBLE)
        .select_related("account", "mailbox", "revision")
        .defer("revision__body", "revision__footer", "revision__claims", "revision__faults")
        .order_by(order, "-state_at", "-id")[:limit]
    )


def waiting_by_seat() -> dict[str, list[tuple[str, int, str]]]:
    """For the chart of seats: (label, how many up to ``COUNT_LIMIT``, address), by seat."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select s.slug, (
                   select count(*) from (
                       select 1 from approvals_send
                       where state = 'pending' and seat_id = s.slug limit %s
                   ) some
               ) from revenue_seat s""",
            [COUNT_LIMIT + 1],
        )
        drafts = dict(cursor.fetchall())
    queue = reverse("approvals:queue")
    waiting = {
        seat: [("waiting for approval", n, f"{queue}?seat={seat}")]
        for seat, n in drafts.items()
        if n
    }
    leaving = Send.objects.filter(state__in=LEAVING)[: COUNT_LIMIT + 1].count()
    if leaving:
        entry = ("approved, waiting to leave", leaving, f"{queue}?state=approved")
        waiting.setdefault("sender", []).append(entry)
    return waiting


def pending_count() -> int:
    return count(Filters())


def verdicts_of(send: Send) -> QuerySet[Verdict]:
    """Every verdict on it, newest first."""
    return Verdict.objects.filter(subject=f"send:{send.pk}").order_by("-id")
