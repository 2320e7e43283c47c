"""Removing what a source's terms no longer let us keep.

What remains is the provider's id, and our own verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import DoubtfulPair, ImportChunk, ImportIssue, ImportRun, ImportState, Source
from revenue.pipeline.accounts import recompose_accounts
from revenue.pipeline.records import lock_matching

PURGER = Actor.system("purge")
BATCH = 1000
DRY_RUN_FILE_DAYS = 7
"""So long the file of a dry run waits for the import to follow."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What one purge removed: values of records, accounts they changed, files of dry runs."""

    records: int
    accounts: int
    files: int


def purge_expired(*, now: datetime, by: Actor = PURGER) -> Purged:
    """Empty every record whose time has run out, in batches of one transaction each."""
    records = accounts = 0
    while True:
        emptied, changed = _purge_batch(now=now, by=by)
        if not emptied:
            break
        records, accounts = records + emptied, accounts + changed
    _purge_reports(now=now)
    return Purged(records, accounts, _purge_files(now=now))


@transaction.atomic
def _purge_batch(*, now: datetime, by: Actor) -> tuple[int, int]:
    lock_matching()
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY, {"now": now, "limit": BATCH})
        rows = cursor.fetchall()
    if not rows:
        return 0, 0
    DoubtfulPair.objects.filter(record_id__in=[row[0] for row in rows], answer=None).delete()
    changed = recompose_accounts({row[1] for row in rows}, now=now)
    sources = [row[2] for row in rows]
    for source in sorted(set(sources)):
        ledger.append(
            kind="records.purged",
            subject=f"source:{source}",
            by=by,
            now=now,
            data={"records": sources.count(source)},
        )
    return len(rows), changed


_EMPTY = """
    update revenue_sourcerecord r
    set fields = null, content_hash = '', name_key = '', phone = '', street_key = '',
        door_key = '', city_key = '', latitude = null, longitude = null, cell = null,
        expires_at = null
    from (select id from revenue_sourcerecord where expires_at <= %(now)s
          order by expires_at limit %(limit)s for update skip locked) due
    where r.id = due.id
    returning r.id, r.account_id, r.source_id
"""


def _purge_reports(*, now: datetime) -> None:
    """Samples and excerpts of imports hold the same values as the records did."""
    for source in Source.objects.filter(keep_days__isnull=False):
        before = now - timedelta(days=source.keep_days or 0)
        runs = ImportRun.objects.filter(
            spec__source__slug=source.slug, finished_at__lte=before
        ).exclude(report={})
        ImportIssue.objects.filter(run__in=runs.values("pk")).update(excerpt="")
        runs.update(report={})


def _purge_files(*, now: datetime) -> int:
    before = now - timedelta(days=DRY_RUN_FILE_DAYS)
    ended = ImportRun.objects.exclude(state=ImportState.RUNNING).filter(finished_at__lte=before)
    return ImportChunk.objects.filter(run__in=ended.values("pk")).delete()[0]
