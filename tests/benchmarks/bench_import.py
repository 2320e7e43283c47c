"""Rows per second of an import beside COPY of the same file into a bare table."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from revenue.models import ColumnMapping
from revenue.pipeline.mappings import shipped_mappings
from tests.benchmarks.places import COLUMNS, write_places
from tests.benchmarks.table import Row, at_least, at_most, times
from tests.benchmarks.timing import stopwatch
from tests.support import processes

FLAT = 24
"""Megabytes that memory may grow after the first second of an import."""
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


def measure(rows: int, known: int) -> list[Row]:
    """Fill the current database with ``known`` accounts, then import ``rows`` of another list, of
    which a fifth are known.
    """
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "first.csv"), Path(folder, "second.csv")
        write_places(first, known, seed=1)
        write_places(second, rows, seed=2, first=known - rows // 5)
        add_mapping("bench-first")
        add_mapping("bench-second")
        run_import(first, "bench-first")
        preview = run_import(second, "bench-second", dry=True)
        copied = rows / stopwatch(lambda: copy_bare(second))
        fresh = run_import(second, "bench-second")
        again = run_import(second, "bench-second")
    return _rows(rows, known, copied, preview, fresh, again)


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


def add_mapping(slug: str) -> None:
    spec = shipped_mappings()["accounts"].model_dump(mode="json", exclude_defaults=True)
    spec |= {"slug": slug, "source": {"slug": slug, "name": slug}, "decimal": "."}
    ColumnMapping.objects.update_or_create(
        slug=slug,
        defaults={"title": slug, "spec": spec, "created_at": NOW, "created_by": "system:bench"},
    )


def _rows(
    rows: int,
    known: int,
    copied: float,
    preview: dict[str, Any],
    fresh: dict[str, Any],
    again: dict[str, Any],
) -> list[Row]:
    speed = rows / fresh["seconds"]
    worker, server = fresh["cpu"] / rows * 1e6, fresh["server_cpu"] / rows * 1e6
    return [
        Row(
            f"import {rows:,} rows beside {known:,} accounts",
            f"{speed:,.0f} rows/s",
            f"COPY {copied:,.0f} rows/s",
            times(speed / copied),
            "≥ 5,000 rows/s",
            at_least(speed, 5000),
        ),
        Row(
            "import: memory that the file takes",
            f"{fresh['grown']:.1f} MB",
            target="flat",
            verdict=at_most(fresh["grown"], FLAT),
        ),
        Row("import: processor time per row", f"{worker:.0f} + {server:.0f} µs (database)"),
        Row("import: the same file again", f"{rows / again['seconds']:,.0f} rows/s"),
        Row("import: dry run", f"{rows / preview['seconds']:,.0f} rows/s"),
    ]
