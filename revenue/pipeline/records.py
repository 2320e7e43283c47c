"""Source records in the database, a batch at a time: a fixed number of statements each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from revenue.actors import Actor
from revenue.models import SourceRecord
from revenue.pipeline.matching import MatchDecision
from revenue.pipeline.normalising import AccountRecord

_MATCHING_LOCK = 0x1A9C0
"""Advisory lock of the one transaction that may put records to accounts."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored record. ``run`` is the import that saw it last."""

    id: int
    account: int
    content_hash: bytes
    run: int | None


@dataclass(frozen=True, slots=True)
class StoredAs:
    """A record to store with its id; ``decision`` says why it goes to a known account."""

    id: int
    record: AccountRecord
    account: int
    decision: MatchDecision | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """An import that sees records of one source; ``expires_at`` where the terms set a limit."""

    run: int
    source: str
    at: datetime
    expires_at: datetime | None
    by: Actor


def lock_matching() -> None:
    """Let one transaction at a time put records to accounts; held until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_MATCHING_LOCK])


def known_records(source: str, record_ids: Sequence[str]) -> dict[str, Known]:
    """The stored records of one source by record id."""
    rows = _rows(
        """select record_id, id, account_id, content_hash, seen_in_run from revenue_sourcerecord
           where source_id = %s and record_id = any(%s)""",
        [source, list(record_ids)],
    )
    return {row[0]: Known(row[1], row[2], bytes(row[3]), row[4]) for row in rows}


def previewed(run_id: int, record_ids: Sequence[str]) -> set[str]:
    """The record ids that a dry run has met before."""
    rows = _rows(
        "select record_id from revenue_previewrecord where run_id = %s and record_id = any(%s)",
        [run_id, list(record_ids)],
    )
    return {row[0] for row in rows}


def fields_of(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What stored records say, by id; nothing for one whose time ran out."""
    rows = _rows("select id, fields from revenue_sourcerecord where id = any(%s)", [list(ids)])
    return {row[0]: json.loads(row[1]) if row[1] else {} for row in rows}


def _rows(query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    # Not a queryset: a list of thousands as one array, where `__in` makes thousands of parameters.
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Take ids from the model's sequence, so that rows can point at one another before they are
    stored.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """with named as materialized (select pg_get_serial_sequence(%s, 'id')::regclass as id)
               select nextval(named.id) from named, generate_series(1, %s)""",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Store many rows by COPY. Columns that a row leaves out get the model's default."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    defaults: dict[str, Any] = {
        str(field.column): None if field.primary_key else field.get_default() for field in fields
    }
    columns = ", ".join(f'"{column}"' for column in defaults)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'copy "{model._meta.db_table}" ({columns}) from stdin') as copy,
    ):
        for row in rows:
            copy.write_row(list({**defaults, **row}.values()))


def record_columns(record: AccountRecord) -> dict[str, Any]:
    """The columns that a source record and a dry run's record share."""
    keys = record.keys
    return {
        "record_id": record.record_id,
        "fields": record.json,
        "name_key": keys.name,
        "phone": keys.phone,
        "street_key": keys.street,
        "door_key": keys.door,
        "city_key": keys.city,
        "latitude": keys.latitude,
        "longitude": keys.longitude,
        "cell": keys.cell,
    }


def touch_records(ids: Sequence[int], seen: Sighting) -> None:
    """Note that records were seen unchanged."""
    with connection.cursor() as cursor:
        cursor.execute(
            """update revenue_sourcerecord set last_seen_at = %s, seen_in_run = %s, expires_at = %s
               where id = any(%s)""",
            [seen.at, seen.run, seen.expires_at, list(ids)],
        )


def update_records(changed: Iterable[StoredAs], seen: Sighting) -> None:
    """Store what changed in records. ``decision`` says why one went to another account."""
    rows = [
        record_columns(new.record)
        | {
            "id": new.id,
            "content_hash": new.record.content_hash.hex(),
            "account_id": new.account,
            "match_why": new.decision and new.decision.why,
            "match_score": new.decision and new.decision.score,
        }
        for new in changed
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [seen.run, seen.at, seen.expires_at, json.dumps(rows)])


def insert_records(records: Iterable[StoredAs], seen: Sighting) -> None:
    """Store new records."""
    shared = {
        "source_id": seen.source,
        "first_seen_at": seen.at,
        "last_seen_at": seen.at,
        "seen_in_run": seen.run,
        "expires_at": seen.expires_at,
    }
    copy_rows(
        SourceRecord,
        (
            record_columns(new.record)
            | shared
            | {
                "id": new.id,
                "account_id": new.account,
                "content_hash": new.record.content_hash,
                "match_why": new.decision.why if new.decision else "",
                "match_score": new.decision.score if new.decision else None,
            }
            for new in records
        ),
    )


_UPDATE = """
    update revenue_sourcerecord r
    set fields = v.fields::jsonb, content_hash = decode(v.content_hash, 'hex'),
        name_key = v.name_key, phone = v.phone, street_key = v.street_key, door_key = v.door_key,
        city_key = v.city_key, latitude = v.latitude, longitude = v.longitude, cell = v.cell,
        account_id = v.account_id, match_why = coalesce(v.match_why, r.match_why),
        match_score = coalesce(v.match_score, r.match_score),
        seen_in_run = %s, last_seen_at = %s, expires_at = %s
    from json_to_recordset(%s) as v (
        id bigint, fields text, content_hash text, name_key text, phone text, street_key text,
        door_key text, city_key text, latitude float, longitude float, cell bigint,
        account_id bigint, match_why text, match_score float)
    where r.id = v.id
"""


def stored_fields(accounts: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """The fields of each account's records in order of precedence, what may be kept of them."""
    rows = _rows(
        """select account_id, fields from revenue_sourcerecord
           where account_id = any(%s) and fields is not null
           order by account_id, first_seen_at, id""",
        [list(accounts)],
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for account, fields in rows:
        found.setdefault(account, []).append(json.loads(fields))
    return found
