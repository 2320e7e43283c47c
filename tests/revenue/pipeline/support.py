"""Imports of small texts, and the state they leave."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from revenue.actors import Actor
from revenue.models import Account, ColumnMapping, ImportIssue, ImportRun, SourceRecord
from revenue.pipeline.importing import BATCH, advance_import, start_import
from revenue.pipeline.mappings import shipped_mappings
from revenue.pipeline.outcomes import COUNTS

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
BY = Actor("person", "1")
LISTS = Path(__file__).parents[3] / "revenue" / "pipeline" / "lists"
LANGLEY = LISTS / "langley_business_licences.csv"
OSM = LISTS / "osm_places.csv"


def add_shipped_mappings() -> None:
    for mapping in shipped_mappings().values():
        spec = mapping.model_dump(mode="json", exclude_defaults=True)
        ColumnMapping.objects.create(
            slug=mapping.slug, title=mapping.title, spec=spec, created_at=NOW, created_by=str(BY)
        )


def add_mapping(slug: str, *, like: str = "accounts", keep_days: int | None = None) -> None:
    """A mapping like a shipped one, with a source of its own."""
    spec = shipped_mappings()[like].model_dump(mode="json", exclude_defaults=True)
    source = {"slug": slug, "name": slug.title()} | ({"keep_days": keep_days} if keep_days else {})
    ColumnMapping.objects.create(
        slug=slug,
        title=slug,
        spec=spec | {"slug": slug, "source": source, "decimal": "."},
        created_at=NOW,
        created_by=str(BY),
    )


def begin(
    data: bytes | str | Path, mapping: str = "accounts", *, dry: bool = False, now: datetime = NOW
) -> ImportRun:
    if isinstance(data, Path):
        data = data.read_bytes()
    return start_import(
        file=io.BytesIO(data.encode() if isinstance(data, str) else data),
        file_name=f"{mapping}.csv",
        mapping=ColumnMapping.objects.get(pk=mapping),
        by=BY,
        now=now,
        dry_run=dry,
    )


def finish(run: ImportRun, *, now: datetime = NOW, batch: int = BATCH) -> ImportRun:
    return advance_import(run=run, deadline=now + timedelta(days=1), clock=lambda: now, batch=batch)


def imported(
    data: bytes | str | Path,
    mapping: str = "accounts",
    *,
    dry: bool = False,
    now: datetime = NOW,
    batch: int = BATCH,
) -> ImportRun:
    """Import to the end."""
    return finish(begin(data, mapping, dry=dry, now=now), now=now, batch=batch)


def counts(run: ImportRun) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: getattr(run, name) for name in COUNTS if getattr(run, name)}


def issues(run: ImportRun) -> list[tuple[int, str, str]]:
    found = ImportIssue.objects.filter(run=run).order_by("line", "id")
    return list(found.values_list("line", "column", "reason"))


def state() -> list[tuple[Any, ...]]:
    """Every record with what it says and the name of its account."""
    return list(
        SourceRecord.objects.order_by("source_id", "record_id").values_list(
            "source_id", "record_id", "fields", "content_hash", "account__name", "match_why"
        )
    )


def account_of(record_id: str) -> Account:
    return SourceRecord.objects.select_related("account").get(record_id=record_id).account
