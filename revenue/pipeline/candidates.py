"""The stored records that a new record is compared with, found by index for a whole batch."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from typing import Any

from django.db import connection

from revenue.pipeline.addresses import cell_runs
from revenue.pipeline.assigning import STEM, Candidate, block_words
from revenue.pipeline.normalising import MatchKeys
from revenue.pipeline.texts import fold

RIVALS = 50
"""So many records that share one key are looked at: a number that hundreds share proves little."""


def candidates(
    records: Sequence[MatchKeys],
    *,
    source: str,
    preview: int | None = None,
    outdated: Container[int] = (),
) -> list[list[Candidate]]:
    """For each record the stored ones that share its telephone, door, street number, or a word of
    its name within 200 m; not those whose ids are ``outdated``, because they are about to change.
    When ``preview`` names a dry run, also what that met before, in place of what is stored of it;
    the records are then of ``source``.
    """
    found: list[list[Candidate]] = [[] for _ in records]
    parameters = {"probe": _probe(records), "run": preview, "source": source}
    queries = (_QUERY,) if preview is None else (_UNTOUCHED_QUERY, _PREVIEW_QUERY)
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query, parameters)
            for number, candidate in map(_candidate, cursor.fetchall()):
                if candidate.record not in outdated:
                    found[number].append(candidate)
    return found


def _probe(records: Sequence[MatchKeys]) -> str:
    rows = []
    for number, keys in enumerate(records):
        words, stem = block_words(keys.name)
        rows.append(
            {
                "number": number,
                "phone": keys.phone,
                "street": keys.street,
                "door": keys.door,
                "unit": keys.unit,
                "words": list(words),
                "stem": stem,
                "cells": []
                if keys.latitude is None or keys.longitude is None
                else cell_runs(keys.latitude, keys.longitude),
            }
        )
    return json.dumps(rows)


def _candidate(row: Sequence[Any]) -> tuple[int, Candidate]:
    number, record, account, source, name, phone, street, door, city, latitude, longitude = row[:11]
    unit, postcode, area = (value or "" for value in row[11:])
    keys = MatchKeys(
        name=name,
        phone=phone,
        street=street,
        door=door,
        unit=unit,
        postcode=postcode,
        city=city,
        area=fold(area),
        latitude=latitude,
        longitude=longitude,
    )
    return number, Candidate(account, source, keys, record)


def _query(table: str, record: str, account: str, source: str, condition: str) -> str:
    """Each key is looked up by its index; the limit keeps one that hundreds share from hurting.

    The lateral joins hold the planner to the indexes: in the middle of a large import it knows
    nothing yet of the table's size. Only constants of this module go into the text.
    """
    alike = f"""(string_to_array(r.name_key, ' ') && p.words
                 or left(replace(r.name_key, ' ', ''), {STEM}) = p.stem)"""

    def shares(column: str, key: str, also: str = "true") -> str:
        return f"""
            select p.number, found.id from probe p cross join lateral (
                select r.id from {table} r
                where r.{column} = p.{key} and r.{column} <> '' and {condition} and {also}
                limit {RIVALS}) found
            where p.{key} <> ''"""  # noqa: S608

    one_unit = f"(coalesce(r.fields->>'unit', '') = p.unit or {alike})"
    return f"""
        with probe as (
            select * from json_to_recordset(%(probe)s) as p (
                number int, phone text, street text, door text, unit text, words text[],
                stem text, cells bigint[])),
        run as (select number, unnest(cells) as cell from probe),
        hit as (
            {shares("phone", "phone")}
            union {shares("street_key", "street", one_unit)}
            union {shares("door_key", "door", one_unit)}
            union
            select p.number, found.id
            from run join probe p using (number) cross join lateral (
                select r.id from {table} r
                where r.cell between run.cell - 1 and run.cell + 1 and {condition} and {alike}
                limit {RIVALS}) found)
        select h.number, {record}, r.{account}, {source}, r.name_key, r.phone, r.street_key,
               r.door_key, r.city_key, r.latitude, r.longitude,
               r.fields->>'unit', r.fields->>'postcode', r.fields->>'area'
        from hit h cross join lateral (select * from {table} r where r.id = h.id limit 1) r
        order by h.number, r.id
    """  # noqa: S608


_STORED = ("revenue_sourcerecord", "r.id", "account_id", "r.source_id")
_QUERY = _query(*_STORED, "true")
_UNTOUCHED_QUERY = _query(
    *_STORED,
    """not (r.source_id = %(source)s and exists (
        select from revenue_previewrecord v
        where v.run_id = %(run)s and v.record_id = r.record_id and v.fields is not null))""",
)
_PREVIEW_QUERY = _query(
    "revenue_previewrecord", "null::bigint", "account", "%(source)s", "r.run_id = %(run)s"
)
