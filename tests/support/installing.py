"""An installed house without installing it anew for each test.

The first installation of a test database is a real one. What it wrote is kept, and written again
in one statement for later tests that ask for the same in tables that are as empty.
"""
# ruff: noqa: S608 - the names are those of our own tables

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import AutoField, Model

from revenue.installing import install

Rows = dict[type[Model], list[dict[str, Any]]]
"""The rows of each table that has any."""

SHARED = Group
"""There may be some before; nothing of a house points to them."""
OF_THE_WRITER = "xid"
"""The column that holds the writing transaction, which is another each time."""

_kept: dict[tuple[str, datetime, bool], Rows] = {}


def install_or_repeat(*, now: datetime) -> None:
    """Install, or write again what the first installation of this kind wrote."""
    name = str(connection.settings_dict["NAME"])
    key = (name, now, bool(settings.DEMO))
    kept = _kept.get(key)
    if kept is None:
        before = _contents()
        install(now=now)
        after = _contents()
        if all(row in after[model] for model, rows in before.items() for row in rows):
            _kept[key] = {
                model: [row for row in rows if row not in before.get(model, [])]
                for model, rows in after.items()
            }
    elif _empty([model for model in kept if model is not SHARED]):
        _repeat({model: json.dumps(rows) for model, rows in kept.items()})
    else:
        install(now=now)


def _contents() -> Rows:
    """The rows of every table of ours that has any."""
    models: list[type[Model]] = [Group]
    for name in ("revenue", "approvals"):
        models += apps.get_app_config(name).get_models(include_auto_created=True)
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"SELECT to_jsonb(t) FROM {model._meta.db_table} t")
            if rows := [json.loads(row) for (row,) in cursor.fetchall()]:
                found[model] = rows
    return found


def _empty(models: list[type[Model]]) -> bool:
    looks = (f"(SELECT 1 FROM {model._meta.db_table} LIMIT 1)" for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT NOT EXISTS ({' UNION ALL '.join(looks)})")
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _repeat(kept: dict[type[Model], str]) -> None:
    """Insert the rows as they were, past triggers that would rule on them a second time."""
    inserts = "; ".join(_insert(model) for model in kept)
    sequences = "; ".join(_sequence(model) for model in kept if _counts(model))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL session_replication_role = replica; {inserts};"
            f" SET LOCAL session_replication_role = origin; {sequences}",
            list(kept.values()),
        )


def _insert(model: type[Model]) -> str:
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    names = ", ".join(f'"{field.column}"' for field in fields if field.column != OF_THE_WRITER)
    return (
        f"INSERT INTO {table} ({names}) SELECT {names}"
        f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) ON CONFLICT DO NOTHING"
    )


def _counts(model: type[Model]) -> bool:
    return isinstance(model._meta.pk, AutoField)


def _sequence(model: type[Model]) -> str:
    """Keep the counter of a table ahead of its rows, also where a test set it back."""
    table = model._meta.db_table
    return (
        "SELECT setval(s, greatest(nextval(s), last)) FROM (SELECT"
        f" pg_get_serial_sequence('{table}', 'id')::regclass AS s,"
        f" (SELECT max(id) FROM {table}) AS last) AS found"
    )
