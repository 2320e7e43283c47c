"""Accounts as their source records together describe them, a batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from revenue.models import Account
from revenue.pipeline.composing import compose
from revenue.pipeline.records import copy_rows, stored_fields


def create_accounts(records: Mapping[int, Sequence[Mapping[str, Any]]], *, now: datetime) -> None:
    """Store new accounts by the ids that were taken for them, each from its records' fields."""
    copy_rows(
        Account,
        (
            compose(fields, fallback="") | {"id": account, "created_at": now, "changed_at": now}
            for account, fields in records.items()
        ),
    )


def recompose_accounts(accounts: Iterable[int], *, now: datetime) -> int:
    """Bring accounts in line with their records; return how many changed.

    An account without a record that may be kept is named by the provider's id, and keeps the
    verdict that it has: there is nothing left to judge anew.
    """
    ids = sorted(set(accounts))
    if not ids:
        return 0
    fields = stored_fields(ids)
    fallbacks = _provider_ids([account for account in ids if account not in fields])
    rows = [
        compose(fields.get(account, []), fallback=fallbacks.get(account, f"account {account}"))
        | {"id": account, "known": account in fields}
        for account in ids
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"now": now, "rows": json.dumps(rows)})
        return int(cursor.rowcount)


def _provider_ids(accounts: Sequence[int]) -> dict[int, str]:
    if not accounts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """select distinct on (account_id) account_id, source_id || ' ' || record_id
               from revenue_sourcerecord where account_id = any(%s)
               order by account_id, first_seen_at, id""",
            [list(accounts)],
        )
        return dict(cursor.fetchall())


_TYPES = {
    "latitude": "float",
    "longitude": "float",
    "employees_full_time": "int",
    "employees_part_time": "int",
    "brand_stated": "bool",
}
_COLUMNS = sorted(compose([], fallback="-"))
_UPDATE = f"""
    update revenue_account a
    set ({", ".join(_COLUMNS)}) = ({", ".join(f"v.{column}" for column in _COLUMNS)}),
        changed_at = case when v.known then greatest(%(now)s, a.screened_at + interval '1 us')
                          else a.changed_at end
    from json_to_recordset(%(rows)s) as v (
        id bigint, known bool,
        {", ".join(f"{column} {_TYPES.get(column, 'text')}" for column in _COLUMNS)})
    where a.id = v.id
      and ({", ".join(f"a.{column}" for column in _COLUMNS)})
          is distinct from ({", ".join(f"v.{column}" for column in _COLUMNS)})
"""  # noqa: S608 - our own column names
