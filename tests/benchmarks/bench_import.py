"""Rows per second of an import beside COPY of the same file into a bare table."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from revenue.models import Account, ColumnMapping
from revenue.pipeline.mappings import shipped_mappings
from tests.benchmarks.bench_ledger import Figure
from tests.benchmarks.places import COLUMNS, write_places
from tests.support import processes

ROWS = 100_000
KNOWN = 100_000
NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)

# The peak belongs to a process, so each import gets one of its own.
IMPORT = """
import json, resource, sys, time
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from revenue.actors import Actor
from revenue.models import ColumnMapping
from revenue.pipeline.importing import advance_import, start_import

def server():
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        with open(f"/proc/{{pid}}/stat") as stat:
            fields = stat.read().rsplit(") ", 1)[1].split()
    except OSError:  # the server is elsewhere
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

with open({path!r}, "rb") as file:
    began, cpu, server_cpu = time.monotonic(), time.process_time(), server()
    run = start_import(
        file=file, file_name="places.csv", mapping=ColumnMapping.objects.get(pk={mapping!r}),
        by=Actor("system", "bench"), now=timezone.now(), dry_run={dry!r},
    )
first = None
while run.state == "running":
    run = advance_import(run=run, deadline=timezone.now() + timedelta(seconds=1))
    first = first or peak()
print(json.dumps({{
    "seconds": time.monotonic() - began, "cpu": time.process_time() - cpu,
    "server_cpu": server() - server_cpu, "grown": peak() - first, "state": run.state,
    "rows": run.rows, "created": run.created, "merged": run.merged, "unchanged": run.unchanged,
    "changed": run.changed, "doubtful": run.doubtful, "refused": run.refused,
}}))
"""


def measure(*, rows: int = ROWS, known: int = KNOWN) -> list[Figure]:
    """Fill the current database with ``known`` accounts, then import ``rows`` of another list, of
    which a fifth are known.
    """
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "first.csv"), Path(folder, "second.csv")
        write_places(first, known, seed=1)
        write_places(second, rows, seed=2, first=known - rows // 5)
        _add_mapping("bench-first")
        _add_mapping("bench-second")
        run_import(first, "bench-first")
        preview = run_import(second, "bench-second", dry=True)
        fresh = run_import(second, "bench-second")
        again = run_import(second, "bench-second")
        copied = rows / _seconds(lambda: copy_bare(second))
    return _figures(rows, known, preview, fresh, again, copied)


def run_import(path: Path, mapping: str, *, dry: bool = False) -> dict[str, Any]:
    """Import a file in a process of its own; seconds, CPU seconds, counts and memory in MB."""
    code = IMPORT.format(path=str(path), mapping=mapping, dry=dry)
    with processes.start(code) as process:
        said, _ = process.communicate(timeout=3600)
    report: dict[str, Any] = json.loads(said)
    if report["state"] != "done":
        raise AssertionError(report)
    return report


def copy_bare(path: Path) -> None:
    """COPY a file into a table of text columns without a key or an index."""
    columns = ", ".join(f"{column} text" for column in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"create temp table bare ({columns})")
        with cursor.copy("copy bare from stdin (format csv, header)") as copy:
            copy.write(path.read_bytes())
        cursor.execute("drop table bare")


def _add_mapping(slug: str) -> None:
    spec = shipped_mappings()["accounts"].model_dump(mode="json", exclude_defaults=True)
    spec |= {"slug": slug, "source": {"slug": slug, "name": slug}, "decimal": "."}
    ColumnMapping.objects.update_or_create(
        slug=slug,
        defaults={"title": slug, "spec": spec, "created_at": NOW, "created_by": "system:bench"},
    )


def _figures(
    rows: int,
    known: int,
    preview: dict[str, Any],
    fresh: dict[str, Any],
    again: dict[str, Any],
    copied: float,
) -> list[Figure]:
    speed = rows / fresh["seconds"]
    return [
        Figure(
            f"import: {rows:,} rows beside {known:,} accounts ({Account.objects.count():,} after)",
            f"{speed:,.0f} rows/s",
            "≥ 5,000",
        ),
        Figure(
            "import: CPU per row, worker and database",
            f"{fresh['cpu'] / rows * 1e6:.0f} + {fresh['server_cpu'] / rows * 1e6:.0f} µs",
        ),
        Figure("import: COPY of the same file into a bare table", f"{copied:,.0f} rows/s"),
        Figure("import: times slower than COPY", f"{copied / speed:,.0f}"),
        Figure("import: the same file again", f"{rows / again['seconds']:,.0f} rows/s"),
        Figure("import: dry run", f"{rows / preview['seconds']:,.0f} rows/s"),
        Figure("import: memory that the whole file takes", f"{fresh['grown']:.1f} MB", "flat"),
        Figure("import: rows matched to known accounts", f"{fresh['merged']:,}"),
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
