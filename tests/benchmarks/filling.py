"""Sends by the million: a handful that the project has written itself, copied by PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from approvals.intake import open_send
from approvals.models import Decision, Revision, Send
from revenue.agents.drafts import write_for
from revenue.models import Account, Brand, Contact, Deal, Draft, MailKind
from tests.support.rows import make_account, make_contact

PROTOTYPES = 40
"""Each with an account, a contact, a deal, a draft, a revision and a verdict of its own."""
MANY = 50_000
"""From so many rows on, indexes are faster built at the end."""

HOUR = "interval '1 hour'"
SPREAD = "((hashtext(n::text) & 65535) / 65536.0)"
"""A number from 0 to 1 that looks random and is the same each time."""
COPIES: tuple[tuple[type[models.Model], Mapping[str, str]], ...] = (
    (
        Account,
        {
            "name": "'Harbour Physio ' || n",
            "name_key": "'harbour physio ' || n",
            "brand_id": "null",
        },
    ),
    (Contact, {"account_id": "n", "email": "'dana' || n || '@harbour' || n || '.example'"}),
    (Deal, {"account_id": "n", "contact_id": "n", "value_minor": f"(1000000 * {SPREAD})::bigint"}),
    (
        Draft,
        {"account_id": "n", "contact_id": "n", "deal_id": "n", "body": "''", "brief": "'{}'"},
    ),
    (
        Send,
        {
            "draft_id": "n",
            "account_id": "n",
            "contact_id": "n",
            "deal_id": "n",
            "revision_id": "n",
            "to_address": "'dana' || n || '@harbour' || n || '.example'",
            "token": "lpad(n::text, 32, '0')",
            "message_id": "'<' || lpad(n::text, 32, '0') || '@hollow-oak.example>'",
            "risk": "case when mod(n, 10) = 0 then 3 when mod(n, 4) = 0 then 2 else 1 end",
            "value_minor": f"(1000000 * {SPREAD})::bigint",
            "score": f"p.score + 40 * {SPREAD}",
            "due_at": f"p.due_at - 60 * {SPREAD} * {HOUR}",
        },
    ),
    (
        Revision,
        {
            "send_id": "n",
            "footer": "replace(p.footer, (select token from approvals_send where id = p.id),"
            " lpad(n::text, 32, '0'))",
        },
    ),
)  # fmt: skip


def fill(count: int, *, now: datetime, prototypes: int = PROTOTYPES) -> None:
    """Make ``count`` pending sends in an installed database without any; ids count from 1.

    Verdicts are those of the prototypes; everything else is there once for each send.
    """
    with transaction.atomic():
        _write_prototypes(prototypes, now=now)
    if count > prototypes:
        with _unguarded(), _without_indexes(count):
            for model, changes in COPIES:
                _copy(model, changes, prototypes, count)
    settle_down(*(model for model, _ in COPIES))


def approve_all(*, now: datetime) -> None:
    """Approve every pending send by one person, its hold over."""
    with _unguarded(), connection.cursor() as cursor:
        cursor.execute(
            """insert into approvals_decision (send_id, revision_id, round, choice, reason_code,
                                               reason, verdict_id, channel, decided_at, decided_by)
               select id, revision_id, 1, 'approve', '', '', verdict_id, 'page', %s, 'person:1'
               from approvals_send where state = 'pending' order by id""",
            [now],
        )
        cursor.execute(
            """update approvals_send s set state = 'approved', state_at = %s, approval_id = d.id,
                                           leaves_at = %s
               from approvals_decision d where d.send_id = s.id and s.state = 'pending'""",
            [now, now],
        )
    settle_down(Decision, Send)


def settle_down(*tables: type[models.Model]) -> None:
    """Leave no work of the filling for the measurement: counts, visible rows, pages on disk."""
    with connection.cursor() as cursor:
        for table in tables:
            vacuum = "vacuum (analyze)" if table is Send else "analyze"
            cursor.execute(f"{vacuum} {table._meta.db_table}")
        cursor.execute("checkpoint")


def _write_prototypes(count: int, *, now: datetime) -> None:
    brand = Brand.objects.create(key="harbour physio", name="Harbour Physio", locations=3)
    for number in range(1, count + 1):
        account = make_account(
            pk=number, brand=brand, trade="Physiotherapy and massage", employees_full_time=7,
            employees_part_time=2, website="https://harbour.example", created_at=now,
            changed_at=now - timedelta(days=3),
        )  # fmt: skip
        contact = make_contact(account, pk=number, added_at=now - timedelta(days=2))
        draft = write_for(contact=contact, kind=MailKind.COLD, now=now - timedelta(hours=2))
        assert draft is not None
        send = open_send(draft=draft, now=now - timedelta(hours=1))
        assert (draft.deal_id, draft.pk, send.pk, send.revision_id) == (number,) * 4
        assert send.state == "pending"


def _copy(
    model: type[models.Model], changes: Mapping[str, str], prototypes: int, count: int
) -> None:
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = [str(field.column) for field in fields]
    values = [{"id": "n", **changes}.get(column, f'p."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} ({names}) select {', '.join(values)} "  # noqa: S608
            f"from generate_series(%s::bigint, %s) n join {table} p on p.id = mod(n, %s) + 1",
            [prototypes + 1, count, prototypes],
        )
        cursor.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), %s)", [count])


@contextmanager
def _unguarded() -> Iterator[None]:
    """Without triggers and foreign keys: what is copied is known to be sound."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        yield
        cursor.execute("reset session_replication_role")


@contextmanager
def _without_indexes(count: int) -> Iterator[None]:
    """Without the indexes that no constraint needs; they are built again afterwards."""
    tables = [model._meta.db_table for model, _ in COPIES]
    if count < MANY:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
               from pg_index i where i.indrelid = any(%s::text[]::regclass[])
               and not exists (select from pg_constraint c where c.conindid = i.indexrelid)""",
            [tables],
        )
        found: list[tuple[str, Any]] = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"drop index {name}")
        yield
        cursor.execute("set maintenance_work_mem = '512MB'")
        for _, definition in found:
            cursor.execute(definition)
        cursor.execute("reset maintenance_work_mem")
