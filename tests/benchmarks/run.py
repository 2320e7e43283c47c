"""All benchmarks in one go, and their table."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from django.core.management import call_command
from django.utils import timezone

from tests.benchmarks import (
    bench_backtest,
    bench_delivery,
    bench_drafts,
    bench_import,
    bench_ledger,
    bench_proofs,
    bench_queue,
    bench_rejudging,
    bench_reviewers,
    bench_verdicts,
)
from tests.benchmarks.databases import fresh, in_use, make_template
from tests.benchmarks.filling import fill
from tests.benchmarks.sizes import FULL, QUICK, Sizes
from tests.benchmarks.table import Row, rendered

NOTE = """\
Pages by WSGI in one process, database on a unix socket with fsync on; the bare views and the admin
run behind the same middleware on the same data, and are measured in turns with ours."""


def main() -> None:
    """Print the table; what is missed is told in it and is no failure."""
    quick = "--quick" in sys.argv[1:] or os.environ.get("BENCH") == "quick"
    began = time.monotonic()
    rows = all_rows(QUICK if quick else FULL)
    print(f"\n{rendered(rows)}\n\n{NOTE}")
    missed = sum(row.verdict.startswith("MISSED") for row in rows)
    print(f"{missed} missed; {time.monotonic() - began:,.0f} s in all.")


def all_rows(sizes: Sizes) -> list[Row]:
    """Measure everything on databases of its own."""
    with told("setting up"):
        call_command("collectstatic", interactive=False, verbosity=0)
        make_template()
    rows = _of_the_queue(sizes)
    parts: list[tuple[str, Callable[[], list[Row]]]] = [
        ("importing", lambda: bench_import.measure(sizes.import_rows, sizes.import_known)),
        ("delivering", lambda: bench_delivery.measure(mails=sizes.mails)),
        ("judging again", lambda: bench_rejudging.measure(pending=sizes.rejudged)),
        ("verifying the ledger", lambda: bench_ledger.measure(events=sizes.events)),
        ("backtesting", lambda: bench_backtest.measure(count=sizes.kept_verdicts)),
    ]
    for name, measure in parts:
        with told(name), fresh("bench_part") as session, in_use(session):
            rows += measure()
    with told("judging"):
        rows += bench_verdicts.measure(sizes.verdicts)
    with told("writing drafts"):
        rows += bench_drafts.measure(sizes.drafts)
    with told("proving"):
        rows += bench_proofs.measure(sizes.proofs)
    return rows


def _of_the_queue(sizes: Sizes) -> list[Row]:
    with ExitStack() as stack:
        sessions = {}
        for size in sizes.queues:
            with told(f"filling a queue with {size:,}"):
                sessions[size] = stack.enter_context(fresh(f"bench_{size}"))
                with in_use(sessions[size]):
                    fill(size, now=timezone.now())
        with told("looking at the queue"):
            rows = bench_queue.measure(sessions, rounds=sizes.rounds)
        with told("deciding with eight reviewers"), in_use(sessions[sizes.crowded_queue]):
            rows += bench_reviewers.measure(decisions=sizes.decisions)
    return rows


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say on stderr what goes on, and how long it took."""
    sys.stderr.write(f"{what} … ")
    sys.stderr.flush()
    began = time.monotonic()
    yield
    sys.stderr.write(f"{time.monotonic() - began:,.1f} s\n")
