"""The ledger at a million events: append, seal, verify."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from django.db import connection

from revenue import ledger
from revenue.actors import Actor
from revenue.models import LedgerEvent
from tests.benchmarks.table import Row, at_most
from tests.benchmarks.timing import stopwatch
from tests.support import processes

APPENDS = 2_000
"""One append for so many events."""
FLAT = 8
"""Megabytes that memory may grow between a tenth and the whole."""
NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)

FILL = """
    insert into revenue_ledgerevent (at, kind, subject, actor, data)
    select now(), 'send.approved', 'send:' || number, 'person:3',
           jsonb_build_object('revision', number, 'choice', 'approve', 'reason', 'as it should be')
    from generate_series(1, %s) number
"""
# The peak belongs to a process, so each check gets one of its own.
VERIFY = """
import json, resource, time
from revenue import ledger
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, began = peak(), time.monotonic()
found = ledger.verify()
print(json.dumps({"seconds": time.monotonic() - began, "grown": peak() - before,
                  "checked": found.checked, "problem": found.problem}))
"""


def measure(*, events: int) -> list[Row]:
    """Fill an empty ledger of the current database and measure it."""
    tenth = events // 10
    before = LedgerEvent.objects.count()
    _fill(tenth)
    ledger.seal_all()
    small = _verify_alone(before + tenth)
    _fill(events - tenth)
    sealing = stopwatch(ledger.seal_all)
    large = _verify_alone(before + events)
    appends = max(events // APPENDS, 1)
    appending = stopwatch(lambda: _append_one_by_one(appends))
    return [
        Row(
            f"ledger: verify {events:,} events",
            f"{large['seconds']:.1f} s",
            target="< 20 s",
            verdict=at_most(large["seconds"], 20),
        ),
        Row(
            f"ledger: memory to verify {events:,} events",
            f"{large['grown']:.1f} MB",
            f"{tenth:,} events {small['grown']:.1f} MB",
            target="flat",
            verdict=at_most(large["grown"] - small["grown"], FLAT),
        ),
        Row("ledger: seal", f"{(events - tenth) / sealing:,.0f}/s"),
        Row("ledger: append, each in a transaction", f"{appends / appending:,.0f}/s"),
    ]


def _fill(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [count])


def _append_one_by_one(appends: int) -> None:
    for number in range(appends):
        ledger.append(
            kind="send.approved", subject=f"send:{number}", by=Actor("person", "3"), now=NOW
        )


def _verify_alone(events: int) -> dict[str, float]:
    report: dict[str, float] = json.loads(processes.run(VERIFY))
    if report["checked"] != events or report["problem"]:
        raise AssertionError(report)
    return report
