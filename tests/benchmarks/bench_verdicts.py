"""Verdicts per second on one core, with and without trace, and in PostgreSQL."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.evaluation import compile_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.sql import source_sql, verdict_sql
from revenue.policies.vocabulary import PolicyKind
from tests.benchmarks.table import Row, at_least
from tests.revenue.policies.samples import ALLOWED

Cursor = Any
ROUNDS = 5

TWENTY: tuple[tuple[Any, ...], ...] = (
    ("suppressed", "deny", ("contact.suppressed", "is", True)),
    ("unsubscribed", "deny", ("contact.unsubscribed", "is", True)),
    ("no-address", "deny", ("send.has_postal_address", "is", False)),
    ("no-footer", "deny", ("send.has_footer", "is", False)),
    ("europe", "deny", ("contact.country", "in", ["DE", "FR", "IT", "ES", "NL"]),
     ("contact.consent", "ne", "express")),
    ("canada", "deny", ("contact.country", "eq", "CA"),
     ("contact.consent", "not_in", ["express", "existing_business"]),
     ("contact.published_evidence", "is", False)),
    ("claims", "hold", ("send.unsupported_claims", "gt", 0)),
    ("copy", "hold", ("send.copy_blockers", "gt", 0)),
    ("touched", "hold", ("account.touches_90d", "gt", 0),
     ("account.days_since_touch", "lt", 10)),
    ("open", "hold", ("account.open_sends", "gt", 0)),
    ("long", "hold", ("send.word_count", "gt", 130)),
    ("old", "hold", ("send.age_hours", "gt", 336)),
    ("cold", "allow", ("send.kind", "in", ["cold", "reactivation"]),
     ("contact.country", "in", ["US", "CA"]), ("send.has_unsubscribe", "is", True),
     ("account.icp_verdict", "eq", "allow")),
)  # fmt: skip
"""Rules by name and effect, each with the conditions that must hold all."""


def twenty_conditions() -> PolicyText:
    """A send policy of 13 rules with 20 comparisons."""
    rules = [
        {
            "id": name,
            "effect": effect,
            "when": _all_of(conditions),
            "reason": "A benchmark.",
            "owner": "nobody",
        }
        for name, effect, *conditions in TWENTY
    ]
    kind = PolicyKind.SEND.value
    return parse_policy({"kind": kind, "title": "Twenty conditions", "rules": rules})


def decisions_per_second(text: PolicyText, count: int) -> float:
    """Verdicts without trace, of facts that no rule stops: every rule is looked at."""
    return _best_rate(compile_policy(text).decide, count)


def explanations_per_second(text: PolicyText, count: int) -> float:
    """The same verdicts with the full trace."""
    return _best_rate(compile_policy(text).explain, count)


def sql_verdicts_per_second(cursor: Cursor, text: PolicyText, rows: int) -> float:
    """Verdicts by one compiled statement over a table of stored facts, by wall clock."""
    cursor.execute("CREATE UNLOGGED TABLE bench_facts (facts jsonb NOT NULL)")
    cursor.execute(
        "INSERT INTO bench_facts"
        " SELECT %s::jsonb || jsonb_build_object('send.word_count', n %% 200)"
        " FROM generate_series(1, %s) AS n",
        [json.dumps(ALLOWED), rows],
    )
    cursor.execute("ANALYZE bench_facts")
    verdict = verdict_sql(text, source="fact")
    source = source_sql(compile_policy(text).program(timing=False).facts)
    query = (
        f"SELECT {verdict.sql} AS effect, count(*) FROM bench_facts"  # noqa: S608
        f" CROSS JOIN {source.sql} GROUP BY 1"
    )
    best = 0.0
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        cursor.execute(query, verdict.params)
        counted = sum(count for _, count in cursor.fetchall())
        best = max(best, counted / (time.perf_counter() - begin))
    cursor.execute("DROP TABLE bench_facts")
    return best


def measure(count: int) -> list[Row]:
    """Verdicts a second of processor time on one core, and by one SQL statement."""
    twenty, send = twenty_conditions(), seed_policy(PolicyKind.SEND)
    rows = []
    for name, text in (("20 conditions", twenty), (f"first send policy, {_size(send)}", send)):
        plain, traced = decisions_per_second(text, count), explanations_per_second(text, count // 2)
        target = text is twenty
        rows += [_row(f"verdicts, {name}", plain, 300_000 if target else None)]
        rows += [_row(f"verdicts with trace, {name}", traced, 100_000 if target else None)]
    with connection.cursor() as cursor:
        in_sql = sql_verdicts_per_second(cursor, send, count)
    return [*rows, _row("verdicts in PostgreSQL, first send policy", in_sql, None)]


def _row(what: str, rate: float, target: int | None) -> Row:
    if target is None:
        return Row(what, f"{rate:,.0f}/s")
    return Row(what, f"{rate:,.0f}/s", target=f"≥ {target:,}/s", verdict=at_least(rate, target))


def _best_rate(judge: Callable[[dict[str, Any]], object], count: int) -> float:
    """Calls per second of processor time, the best round: others may be using the machine."""
    best = 0.0
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _ in range(count):
            judge(ALLOWED)
        best = max(best, count / (time.process_time() - begin))
    return best


def _size(text: PolicyText) -> str:
    program = compile_policy(text).program(timing=False)
    return f"{len(program.rules)} rules, {len(program.leaves)} distinct conditions"


def _all_of(conditions: list[tuple[str, str, Any]]) -> dict[str, Any]:
    leaves = [{"fact": fact, "op": op, "value": value} for fact, op, value in conditions]
    return leaves[0] if len(leaves) == 1 else {"all": leaves}
