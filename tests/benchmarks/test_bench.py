"""The benchmarks run, on sizes that say nothing, so that they go on running."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connections
from django.utils import timezone

from revenue.access import MATRIX
from revenue.policies import verdicts
from revenue.policies.proofs import proof_of
from tests.benchmarks import (
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
from tests.benchmarks.beside import BESIDE
from tests.benchmarks.filling import fill
from tests.benchmarks.table import Row, at_least, at_most, rendered, times
from tests.revenue.agents.drafting.samples import listed_businesses
from tests.support.rows import installed

pytestmark = [pytest.mark.urls("tests.benchmarks.urls"), pytest.mark.timeout(600)]

PROTOTYPES = 3


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of the addresses that only the benchmarks have, for as long as they are there."""
    for name, rule in BESIDE.items():
        monkeypatch.setitem(MATRIX, name, rule)


@pytest.fixture
def house(django_db_reset_sequences: None) -> None:
    """An installed house whose ids begin at one, as the copied rows expect."""
    verdicts.published.cache_clear()  # it knows other texts by these ids
    installed(now=timezone.now())


def found(rows: Sequence[Row], beginning: str) -> Row:
    """The one row whose name begins so."""
    (row,) = (row for row in rows if row.what.startswith(beginning))
    return row


def test_pages_are_measured_beside_their_references(house: None) -> None:
    fill(80, now=timezone.now(), prototypes=PROTOTYPES)

    rows = bench_queue.measure({80: connections["default"]}, rounds=2)
    rows += bench_reviewers.measure(decisions=9)

    assert found(rows, "of these 9, decided twice").figure == "0"
    assert " SQL" in found(rows, "queue page, 80 pending: p95").reference
    assert found(rows, "decide and get the next item: p95").target == f"≤ {times(4)}"


def test_mails_are_delivered_once_beside_a_bare_loop(house: None) -> None:
    rows = bench_delivery.measure(mails=24, prototypes=PROTOTYPES, workers=1)

    assert found(rows, "of these 24, lost").figure == "0"
    assert "smtplib" in found(rows, "mails delivered by one").reference


def test_judging_again_is_measured_beside_an_update(house: None) -> None:
    rows = bench_rejudging.measure(pending=200, prototypes=PROTOTYPES)

    assert found(rows, "judge 200 pending again after a tightening: until the last of 2")
    assert (
        "UPDATE"
        in found(
            rows, "judge 200 pending again after a tightening: until the last of all"
        ).reference
    )


def test_import_and_ledger_are_measured_in_processes_of_their_own(house: None) -> None:
    rows = bench_import.measure(40, 40) + bench_ledger.measure(events=200)

    assert "COPY" in found(rows, "import 40 rows").reference
    assert found(rows, "ledger: verify").verdict == "met"


def test_verdicts_are_counted_with_and_without_trace(db: None) -> None:
    rows = bench_verdicts.measure(20)

    assert len(rows) == 5
    assert all(row.figure.endswith("/s") for row in rows)


def test_drafts_are_written_beside_templates_that_give_their_text() -> None:
    brief = next(listed_businesses()).brief
    draft = bench_drafts.write(brief)

    (text,) = bench_drafts.fill_in([bench_drafts.bare_template(brief, draft)])
    rows = bench_drafts.measure(4)

    assert text == f"{draft.subject}\n\n{draft.body}"
    assert "string.Template" in found(rows, "drafts composed and checked").reference


def test_looser_check_is_measured_on_texts_that_differ_both_ways() -> None:
    first = bench_proofs.first_send_policy()

    rows = bench_proofs.measure(1)

    assert [row.target for row in rows] == ["≤ 2,000.0 ms", "≤ 2,000.0 ms", ""]
    assert len(first.rules) == len(bench_proofs.tangled(seed=1).rules) == bench_proofs.RULES
    assert proof_of(first, bench_proofs.changed(first))["verdict"] == "both"


def test_table_says_by_how_much_a_target_was_missed() -> None:
    rows = [
        Row("slow", "5 s", "2 s", times(2.5), f"≤ {times(2)}", at_most(2.5, 2)),
        Row("few", "90/s", target="≥ 100/s", verdict=at_least(90, 100)),
        Row("fine", "100/s", target="≥ 100/s", verdict=at_least(100, 100)),
    ]

    lines = rendered(rows).splitlines()

    assert [line.split("  ")[-1].strip() for line in lines[2:]] == [
        "MISSED by 25%",
        "MISSED by 10%",
        "met",
    ]
