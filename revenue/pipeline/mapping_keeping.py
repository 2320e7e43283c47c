"""Saved mappings: kept by operations, and found again by the columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import ColumnMapping
from revenue.pipeline.mappings import InvalidMappingError, missing_columns, read_mapping


class MappingTakenError(ValueError):
    """There is a mapping of this name; choose another name, or change that one on its own page."""


@transaction.atomic
def add_mapping(*, spec: Mapping[str, Any], by: Actor, now: datetime) -> ColumnMapping:
    """Save a new mapping. Raises InvalidMappingError and MappingTakenError."""
    mapping = read_mapping(spec)
    row, created = ColumnMapping.objects.get_or_create(
        slug=mapping.slug,
        defaults={
            "title": mapping.title,
            "spec": dict(spec),
            "created_at": now,
            "created_by": str(by),
        },
    )
    if not created:
        raise MappingTakenError(MappingTakenError.__doc__)
    _log("mapping.added", row, by=by, now=now)
    return row


@transaction.atomic
def change_mapping(
    *, mapping: ColumnMapping, spec: Mapping[str, Any], by: Actor, now: datetime
) -> bool:
    """Give a mapping another text; False when it is the same. Imports that run keep the old one.

    Raises InvalidMappingError, also when the new text has another slug.
    """
    read = read_mapping(spec)
    if read.slug != mapping.pk:
        raise InvalidMappingError(f"slug: must stay {mapping.pk}, which imports refer to")
    stored = ColumnMapping.objects.select_for_update().get(pk=mapping.pk)
    if stored.spec == dict(spec):
        return False
    stored.title, stored.spec = read.title, dict(spec)
    stored.save(update_fields=["title", "spec"])
    _log("mapping.changed", stored, by=by, now=now)
    return True


def fitting_mapping(columns: Sequence[str]) -> ColumnMapping | None:
    """The saved mapping that these columns were meant for: of those that can read them, the one
    that finds most of its own. None when none can. One statement.
    """
    present = {column.casefold() for column in columns}
    best: tuple[int, ColumnMapping] | None = None
    for row in ColumnMapping.objects.order_by("slug"):
        try:
            mapping = read_mapping(row.spec)
        except InvalidMappingError:
            continue
        if missing_columns(mapping, columns):
            continue
        rules = (mapping.record_id, *mapping.fields.values())
        found = {column.casefold() for rule in rules for column in rule.columns} & present
        if best is None or len(found) > best[0]:
            best = len(found), row
    return best[1] if best else None


def _log(kind: str, row: ColumnMapping, *, by: Actor, now: datetime) -> None:
    ledger.append(kind=kind, subject=f"mapping:{row.pk}", by=by, now=now, data={"spec": row.spec})
