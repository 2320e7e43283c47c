"""Reads of the approvals pages: each a fixed number of statements, whatever the queue holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.db.models import F, Q
from django.http import QueryDict
from django.urls import reverse

from approvals.models import Risk, Send, SendState
from revenue.actors import Actor
from revenue.models import MailKind

PAGE = 50
COUNT_LIMIT = 1000
"""Counts stop here: a larger number changes nothing for the reader and costs a scan."""
RESERVED_FOR = timedelta(minutes=3)
HEAD = 200
LARGEST_ID = 2**63

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
HOLD = "hold"
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
            if value.isprintable() and value in allowed.get(field.name, {value}):
                given[field.name] = value
        return cls(**given)

    def as_query(self) -> dict[str, str]:
        """The fields that differ from their default, for addresses and for the record."""
        return {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) and value != field.default
        }

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the state is asked for."""
        return bool(self.kind or self.seat or self.risk or self.held_by)

    def chosen(self) -> dict[str, str | int]:
        """What columns must hold."""
        wanted: dict[str, str | int] = {
            "state": self.state,
            "kind": self.kind,
            "seat_id": self.seat,
            "risk": int(self.risk or 0),
            "held_by": self.held_by,
        }
        return {column: value for column, value in wanted.items() if value}

    def narrow(self) -> Q:
        return Q(**self.chosen())


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and where the next page begins ("" at the end)."""

    rows: list[dict[str, Any]]
    after: str


ROWS = f"""
    select s.id, s.seat_id, s.state, s.state_at, s.state_reason, s.to_name, s.to_address, s.why_now,
           s.risk, s.score, s.created_at, s.due_at, s.held_by, a.name as account_name,
           r.subject, left(r.body, {HEAD}) as head
    from approvals_send s
    join revenue_account a on a.id = s.account_id
    left join approvals_revision r on r.id = s.revision_id
"""  # noqa: S608 - only the constant above goes in
"""Written out: the ORM takes longer to put it together than PostgreSQL to answer it."""

TROUBLE_ROW = (
    "id",
    "state",
    "state_at",
    "state_reason",
    "to_name",
    "to_address",
    "attempts",
    "message_id",
    "mailbox_id",
)


def page(filters: Filters, *, after: str = "", size: int = PAGE) -> Page:
    """A page of the list: pending ones by priority, others newest first; one statement."""
    by_priority = filters.state == SendState.PENDING
    column = "score" if by_priority else "state_at"
    where = " and ".join(f"s.{name} = %s" for name in filters.chosen())
    values: list[Any] = [*filters.chosen().values()]
    if cursor := read_cursor(after, by_priority=by_priority):
        where += f" and (s.{column}, s.id) < (%s, %s)"
        values += cursor
    rows = _rows(f"where {where} order by s.{column} desc, s.id desc limit %s", [*values, size + 1])
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], write_cursor(last[column], last["id"]) if last else "")


def write_cursor(value: float | datetime, pk: int) -> str:
    text = value.isoformat() if isinstance(value, datetime) else repr(value)
    return f"{text}~{pk}"


def place_of(send: Send) -> str:
    """The cursor of a send that waits, or waited until now."""
    return write_cursor(send.score, send.pk)


def row_of(send_id: int) -> dict[str, Any]:
    """One row of the list, as ``page`` gives it."""
    return _rows("where s.id = %s", [send_id])[0]


def rows_of(ids: Sequence[int]) -> list[dict[str, Any]]:
    """Some rows of the list by priority, as ``page`` gives them; one statement."""
    return _rows("where s.id = any(%s) order by s.score desc, s.id desc", [list(ids)])


def _rows(which: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{ROWS} {which}", values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_cursor(text: str, *, by_priority: bool) -> tuple[float | datetime, int] | None:
    """What ``write_cursor`` wrote; anything else is the first page."""
    value, _, pk = text.partition("~")
    try:
        place = float(value) if by_priority else datetime.fromisoformat(value)
        number = int(pk)
    except ValueError:
        return None
    aware = not isinstance(place, datetime) or place.tzinfo is not None
    return (place, number) if aware and 0 <= number < LARGEST_ID else None


def counts_by_state() -> dict[str, int]:
    """How many sends are in each state, up to ``COUNT_LIMIT`` + 1; one statement.

    ``HOLD`` counts those among the approved ones that the policy let go.

    The order is that of an index: without it PostgreSQL reads the table for each empty state.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """select s.state, (
                   select count(*) from (
                       select 1 from approvals_send where state = s.state
                       order by state_at desc, id desc limit %s
                   ) counted
               ) from unnest(%s::text[]) as s(state)
               union all select %s, (
                   select count(*) from (
                       select 1 from approvals_send s
                       join approvals_decision d on d.id = s.approval_id
                       where s.state = 'approved' and d.channel = 'policy' limit %s
                   ) counted
               )""",
            [COUNT_LIMIT + 1, list(SendState.values), HOLD, COUNT_LIMIT + 1],
        )
        return dict(cursor.fetchall())


def count(filters: Filters) -> int:
    """How many sends match, up to ``COUNT_LIMIT`` + 1."""
    column = "-score" if filters.state == SendState.PENDING else "-state_at"
    matching = Send.objects.filter(filters.narrow()).order_by(column, "-id")
    return matching.values("pk")[: COUNT_LIMIT + 1].count()


def next_pending(filters: Filters, *, by: Actor, now: datetime, after: str = "") -> int | None:
    """The id of the most pressing send that no other reviewer has open, reserved for a while.

    With ``after``, a cursor of ``page``, the one that follows there, or else the first of all. A
    reservation only keeps reviewers out of each other's way; it decides nothing. One statement,
    or two at the end of the list.
    """
    wanted = {**filters.chosen(), "state": SendState.PENDING}
    where = " and ".join(f"{column} = %s" for column in wanted)
    free = f"{where} and (reserved_until is null or reserved_until < %s or reserved_by = %s)"
    values = [*wanted.values(), now, str(by)]
    cursor = read_cursor(after, by_priority=True)
    found = None
    if cursor:
        found = _reserve(f"{free} and (score, id) < (%s, %s)", [*values, *cursor], by=by, now=now)
    return found or _reserve(free, values, by=by, now=now)


def _reserve(where: str, values: Sequence[Any], *, by: Actor, now: datetime) -> int | None:
    """Mark the first of these that nobody else is just taking, and return its id.

    Written out, since putting it together anew takes longer than running it. Its commit does not
    wait for the disk: a reservation that a crash undoes does no harm.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update approvals_send set reserved_until = %s, reserved_by = %s "  # noqa: S608
            f"where id = (select id from approvals_send where {where} "
            "order by score desc, id desc limit 1 for no key update skip locked) "
            "returning id, set_config('synchronous_commit', 'off', true)",
            [now + RESERVED_FOR, str(by), *values],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def troubles(*, each: int = 20) -> dict[str, list[dict[str, Any]]]:
    """What needs a person because of how its delivery went, by state: the newest of each.

    One more than ``each`` comes where there are more. One statement.
    """
    newest = [
        Send.objects.filter(state=state)
        .order_by("-state_at", "-id")
        .values(*TROUBLE_ROW, account_name=F("account__name"), subject=F("revision__subject"))[
            : each + 1
        ]
        for state in TROUBLE
    ]
    found: dict[str, list[dict[str, Any]]] = {str(state): [] for state in TROUBLE}
    for row in newest[0].union(*newest[1:], all=True):
        found[row["state"]].append(row)
    return found


def waiting_by_seat() -> dict[str, list[tuple[str, int, str]]]:
    """For the chart of seats: (label, how many up to ``COUNT_LIMIT``, address), by seat."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select s.slug, (
                   select count(*) from (
                       select 1 from approvals_send
                       where state = 'pending' and seat_id = s.slug
                       order by score desc, id desc limit %s
                   ) counted
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """What needs a decision: mails, up to ``COUNT_LIMIT`` + 1, and changes that a person may
    decide."""

    sends: int
    changes: int


def waiting(*, by: Actor) -> Waiting:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select (select count(*) from (
                           select 1 from approvals_send where state = 'pending'
                           order by score desc, id desc limit %s
                       ) counted),
                      (select count(*) from approvals_changerequest
                       where state in ('waiting', 'scheduled') and proposed_by <> %s)""",
            [COUNT_LIMIT + 1, str(by)],
        )
        return Waiting(*cursor.fetchone())
