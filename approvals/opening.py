"""What the page of one send reads: the send with what it points to, and its past."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model

from approvals.models import Attempt, Decision, Revision, Send
from revenue.models import Account, Contact, LedgerEvent, Verdict

JOINED: dict[str, type[Model]] = {
    "send": Send,
    "account": Account,
    "contact": Contact,
    "revision": Revision,
    "verdict": Verdict,
}
FROM = """
    from approvals_send send
    join revenue_account account on account.id = send.account_id
    join revenue_contact contact on contact.id = send.contact_id
    left join approvals_revision revision on revision.id = send.revision_id
    left join revenue_verdict verdict on verdict.id = send.verdict_id
    where send.id = %s
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Which columns of the joined row make up one model; ``json`` counts within them."""

    name: str
    model: type[Model]
    attributes: list[str]
    columns: slice
    json: tuple[int, ...]

    def of(self, row: tuple[Any, ...]) -> Any:
        """The object, or None where nothing was joined."""
        values = list(row[self.columns])
        if values[0] is None:
            return None
        for place in self.json:
            values[place] = None if values[place] is None else json.loads(values[place])
        return self.model.from_db(connection.alias, self.attributes, values)


@cache
def statement() -> tuple[str, tuple[Part, ...]]:
    """The statement of ``detail`` and how its row is read, put together once.

    The ORM takes five times as long to put it together as PostgreSQL to answer it.
    """
    columns: list[str] = []
    parts = []
    for name, model in JOINED.items():
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        start = len(columns)
        columns += [f'{name}."{field.column}"' for field in fields]
        json_fields = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]
        attributes = [field.attname for field in fields]
        own = slice(start, len(columns))
        parts.append(Part(name, model, attributes, own, tuple(json_fields)))
    return f"select {', '.join(columns)} {FROM}", tuple(parts)


def detail(send_id: int) -> Send:
    """A send with its account, contact, standing text and verdict; one statement.

    No more is joined: planning a statement of ten tables takes longer than all the rest. Raises
    Send.DoesNotExist.
    """
    sql, parts = statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [send_id])
        row = cursor.fetchone()
    if row is None:
        raise Send.DoesNotExist(f"There is no send {send_id}.")
    send: Send = parts[0].of(row)
    for part in parts[1:]:
        setattr(send, part.name, part.of(row))
    return send


EARLIER = 5
STANDING = 12


@dataclass(frozen=True, slots=True)
class Beside:
    """What the page of a send takes from rows that it only points to.

    ``note``: why the draft before this one was sent back, if this one replaces it. ``earlier``:
    the newest other sends to the same account (id, state, state_at as ISO text, subject).
    ``standing``: the newest relationship facts of the account that hold (id, kind, statement,
    source, confidence, about, valid_from, valid_until, noted_at; times as ISO text).
    """

    agent_name: str
    locations: int | None
    stage: str
    readiness: str
    note: str
    earlier: list[dict[str, Any]]
    standing: list[dict[str, Any]]


def beside(send: Send, *, today: date) -> Beside:
    """One statement of reads by key."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select (select agent_name from revenue_seat where slug = %s),
                      (select locations from revenue_brand where id = %s),
                      d.stage, d.readiness,
                      coalesce((select c.reason from revenue_draft r
                                join approvals_send s on s.draft_id = r.replaces_id
                                join approvals_decision c on c.send_id = s.id
                                where r.id = %s and c.choice = 'return'
                                order by c.id desc limit 1), ''),
                      coalesce((select json_agg(o) from (
                                    select s.id, s.state, s.state_at, v.subject
                                    from approvals_send s
                                    join approvals_revision v on v.id = s.revision_id
                                    where s.account_id = %s and s.id <> %s
                                    order by s.id desc limit %s
                                ) o), '[]'),
                      coalesce((select json_agg(f) from (
                                    select f.id, f.kind, f.statement, f.source, f.confidence,
                                        coalesce(nullif(c.name, ''), c.email, '') as about,
                                        f.valid_from, f.valid_until, f.noted_at
                                    from revenue_relationshipfact f
                                    left join revenue_contact c on c.id = f.contact_id
                                    where f.account_id = %s and f.valid_from <= %s
                                    and (f.valid_until is null or f.valid_until >= %s)
                                    and not exists (select from revenue_relationshipfact newer
                                                    where newer.supersedes_id = f.id)
                                    order by f.noted_at desc, f.id desc limit %s
                                ) f), '[]')
               from revenue_deal d where d.id = %s""",
            [
                send.seat_id,
                send.account.brand_id,
                send.draft_id,
                send.account_id,
                send.pk,
                EARLIER,
                send.account_id,
                today,
                today,
                STANDING,
                send.deal_id,
            ],
        )
        return Beside(*cursor.fetchone())


def history_of(send_id: int) -> list[LedgerEvent]:
    """What the ledger holds of it, oldest first, sealed or not; one statement."""
    return list(LedgerEvent.objects.filter(subject=f"send:{send_id}").order_by("at", "id"))


def decisions_of(send: Send) -> list[Decision]:
    return list(Decision.objects.filter(send=send).select_related("revision").order_by("id"))


def revisions_of(send: Send) -> list[Revision]:
    return list(Revision.objects.filter(send=send).order_by("number"))


def attempts_of(send: Send) -> list[Attempt]:
    return list(Attempt.objects.filter(send=send).order_by("number"))
