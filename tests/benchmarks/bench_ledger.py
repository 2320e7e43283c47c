"""The ledger at a million events: append, seal, verify."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from revenue import ledger
from revenue.actors import Actor
from tests.support import processes

EVENTS = 1_000_000
APPENDS = 2_000
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


class Figure(NamedTuple):
    """One line of the table; ``target`` is empty where none was set."""

    what: str
    value: str
    target: str = ""


def measure(*, events: int = EVENTS) -> list[Figure]:
    """Fill an empty ledger of the current database and measure it."""
    tenth = events // 10
    _fill(tenth)
    ledger.seal_all()
    small = _verify_alone(tenth)
    _fill(events - tenth)
    sealing = _seconds(lambda: ledger.seal_all())
    large = _verify_alone(events)
    appending = _seconds(_append_one_by_one)
    return [
        Figure("ledger: append, each in its own transaction", f"{APPENDS / appending:,.0f}/s"),
        Figure("ledger: seal", f"{(events - tenth) / sealing:,.0f}/s"),
        Figure(f"ledger: verify {events:,} events", f"{large['seconds']:.1f} s", "< 20 s"),
        Figure(
            f"ledger: memory that verifying {tenth:,} and {events:,} takes",
            f"{small['grown']:.1f} MB, {large['grown']:.1f} MB",
            "flat",
        ),
    ]


def _fill(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [count])


def _append_one_by_one() -> None:
    for number in range(APPENDS):
        ledger.append(
            kind="send.approved", subject=f"send:{number}", by=Actor("person", "3"), now=NOW
        )


def _verify_alone(events: int) -> dict[str, float]:
    report: dict[str, float] = json.loads(processes.run(VERIFY))
    if report["checked"] != events or report["problem"]:
        raise AssertionError(report)
    return report


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
