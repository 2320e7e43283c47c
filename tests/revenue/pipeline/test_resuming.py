"""A worker may be killed at any instant of an import; the next one carries on."""

from __future__ import annotations

import random
import time

import pytest
from django.utils import timezone

from revenue.models import Account, DoubtfulPair, ImportRun, ImportState, SourceRecord
from tests.revenue.pipeline.support import (
    LANGLEY,
    add_shipped_mappings,
    begin,
    counts,
    finish,
    imported,
    state,
)
from tests.support import processes

BATCH = 40
ROWS = 600

# A worker that says when each batch is stored.
WORKER = f"""
from django.utils import timezone
from revenue.models import ImportRun
from revenue.pipeline.importing import advance_import
run = ImportRun.objects.get(state="running")
print("ready")
while run.state == "running":
    run = advance_import(run=run, deadline=timezone.now(), batch={BATCH})
    print(run.rows)
"""


def wipe() -> None:
    DoubtfulPair.objects.all().delete()
    SourceRecord.objects.all().delete()
    Account.objects.all().delete()


def work_and_die(*, lines: int, delay: float) -> None:
    """Start a worker and kill it ``delay`` seconds behind its ``lines``-th word."""
    with processes.start(WORKER) as worker:
        assert worker.stdout is not None
        for _ in range(lines):
            if not worker.stdout.readline():
                break
        time.sleep(delay)
        worker.kill()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_import_whose_workers_are_killed_ends_as_if_nothing_had_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "revenue.settings")
    add_shipped_mappings()
    data = b"".join(LANGLEY.read_bytes().splitlines(keepends=True)[: ROWS + 1])
    whole = imported(data, "langley", batch=BATCH)
    expected, pairs = state(), DoubtfulPair.objects.count()
    wipe()
    run, chance = begin(data, "langley"), random.Random(4)
    stops = []
    for _ in range(8):
        work_and_die(lines=chance.randint(1, 3), delay=chance.choice([0, chance.random() / 10]))
        stops.append(ImportRun.objects.get(pk=run.pk).rows)
    assert stops == sorted(stops)
    assert len(set(stops)) > 3
    assert all(rows % BATCH == 0 for rows in stops)
    limit = time.monotonic() + 30
    # By the workers' clock: of two records the one that was seen first names the account.
    while finish(run, now=timezone.now(), batch=BATCH).state == ImportState.RUNNING:
        assert time.monotonic() < limit  # a killed worker's lock goes with its connection
        time.sleep(0.1)
    run.refresh_from_db()
    assert (state(), DoubtfulPair.objects.count()) == (expected, pairs)
    assert (run.rows, counts(run)) == (ROWS, counts(whole))
