"""A backtest of a million verdicts by two workers, beside a plain scan of the same table."""

from __future__ import annotations

import json
import random
import threading
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from revenue.actors import Actor
from revenue.models import Backtest, PolicyKind, PolicyVersion
from revenue.policies import verdicts
from revenue.policies.backtesting import advance, order_backtest
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.findings import findings_of
from revenue.policies.versions import write_version
from tests.benchmarks.databases import in_use, session_of
from tests.benchmarks.table import Row, at_most, times
from tests.benchmarks.timing import stopwatch
from tests.revenue.policies.samples import ALLOWED

BY = Actor.system("bench")
WORKERS = 2
LIMIT = 5.0
PATTERNS = 2_000
"""So many verdicts are judged in Python; the rows are copies with a draft's age of their own."""
FILL = """
    insert into revenue_verdict
        (policy_id, subject, effect, rule, facts, trace, given_at, given_by)
    select %s, 'send:' || number, p.effect, p.rule,
           p.facts || jsonb_build_object('send.age_hours', round((random() * 330)::numeric, 3)),
           p.trace, now() - number * interval '2 minutes', 'system:bench'
    from generate_series(1, %s) number
    join jsonb_to_recordset(%s) as p(n int, effect text, rule text, facts jsonb, trace jsonb)
        on p.n = number %% %s
    order by number"""


def measure(*, count: int) -> list[Row]:
    """Fill the current database and ask about all of it: a few rules changed, then all of them."""
    policy = verdicts.active(PolicyKind.SEND)
    _fill(policy, count)
    few, whole = _few_changed(policy.text), _all_changed(policy.text)
    scan = _scan()
    changed, rewritten = _asked(few), _asked(whole)
    return [
        Row(
            f"backtest of {count:,} verdicts, {WORKERS} workers",
            f"{changed:.1f} s",
            f"count(*) by a scan {scan:.2f} s",
            times(changed / scan),
            target=f"< {LIMIT:.0f} s",
            verdict=at_most(changed, LIMIT),
        ),
        Row(f"backtest of {count:,} verdicts, every rule another", f"{rewritten:.1f} s"),
    ]


def _few_changed(text: PolicyText) -> PolicyText:
    """One bound moved, one rule gone and one new, as an edit usually is."""
    rules = [rule for rule in text.to_json()["rules"] if rule["id"] != "other-message-open"]
    for rule in rules:
        if rule["id"] == "draft-too-old":
            rule["when"]["value"] = 168
    new = {"fact": "contact.days_since_touch", "op": "lt", "value": 30}
    told = {"effect": "hold", "reason": "A benchmark.", "owner": "nobody"}
    return parse_policy({**text.to_json(), "rules": [*rules, {"id": "new", "when": new, **told}]})


def _all_changed(text: PolicyText) -> PolicyText:
    """Every condition said in another way, so that nothing that was kept helps."""
    rules = [{**rule, "when": {"not": {"not": rule["when"]}}} for rule in text.to_json()["rules"]]
    return parse_policy({**text.to_json(), "rules": rules})


def _asked(text: PolicyText) -> float:
    """Seconds from the order to the end."""
    version = write_version(text=text, by=BY, now=timezone.now())
    began = timezone.now()
    backtest = order_backtest(version=version, by=BY, now=began)
    name = str(connection.settings_dict["NAME"])
    workers = [threading.Thread(target=_work, args=(backtest, name)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    backtest.refresh_from_db()
    found = findings_of(backtest)
    if backtest.finished_at is None or found.asked < backtest.last_id // 2:
        raise AssertionError(f"it ended with {found}")
    return (backtest.finished_at - began).total_seconds()


def _work(backtest: Backtest, name: str) -> None:
    session = session_of(name)
    with in_use(session):
        advance(backtest=backtest, deadline=timezone.now() + timedelta(minutes=10))
    session.close()


def _scan() -> float:
    """The same rows read and counted, without an index to spare it the reading."""
    with connection.cursor() as cursor:
        cursor.execute("set enable_indexonlyscan = off; set enable_indexscan = off")
        seconds = min(
            stopwatch(lambda: cursor.execute("select count(*) from revenue_verdict"))
            for _ in range(3)
        )
        cursor.execute("reset enable_indexonlyscan; reset enable_indexscan")
    return seconds


def _fill(policy: verdicts.Published, count: int) -> None:
    subjects = {f"send:{number}": _facts(random.Random(number)) for number in range(PATTERNS)}
    verdicts.record(policy, subjects, by=BY, now=timezone.now())
    judged = PolicyVersion.objects.get(pk=policy.version_id).verdicts.order_by("id")
    rows = judged.values("effect", "rule", "facts", "trace")
    patterns = [{"n": number, **row} for number, row in enumerate(rows)]
    with connection.cursor() as cursor:
        cursor.execute(FILL, [policy.version_id, count - PATTERNS, json.dumps(patterns), PATTERNS])
        cursor.execute("vacuum analyze revenue_verdict")


def _facts(draw: random.Random) -> dict[str, Any]:
    """About 35 facts, as drafts have them; none is too old, so that ages can be drawn anew."""
    facts = ALLOWED | {
        "send.kind": draw.choice(["cold", "cold", "reactivation", "follow_up", "reply"]),
        "send.word_count": draw.randrange(40, 160),
        "send.copy_warnings": draw.choice([0, 0, 1, 3]),
        "contact.country": draw.choice(["CA", "CA", "CA", "US", "US", "GB", "DE"]),
        "account.open_sends": draw.choice([0, 0, 0, 0, 1]),
        "account.touches_90d": draw.choice([0, 0, 1, 5]),
    }
    if facts["account.touches_90d"]:
        facts["account.days_since_touch"] = round(draw.random() * 60, 3)
        facts["contact.days_since_touch"] = round(draw.random() * 90, 3)
    if draw.random() < 0.3:
        facts["contact.days_since_reply"] = round(draw.random() * 90, 3)
    return facts
