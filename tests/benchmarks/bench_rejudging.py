"""How long a new send policy takes to reach what waits, beside a bare UPDATE of the same rows."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from approvals import rejudging
from approvals.models import Send
from approvals.rejudging import judge_again, rejudge_waiting
from revenue.models import PolicyKind
from revenue.policies import verdicts
from revenue.policies.conditions import Leaf, PolicyText, Rule
from revenue.policies.vocabulary import Effect, Operator
from tests.benchmarks.filling import PROTOTYPES, fill, settle_down
from tests.benchmarks.table import Row, at_most, times
from tests.benchmarks.timing import stopwatch
from tests.support.rows import publish_text

CHANGING = 100
"""Of so many pending sends one changes: those to its prototypes' contacts abroad."""
AN_HOUR = timedelta(hours=1)


def measure(*, pending: int, prototypes: int = PROTOTYPES) -> list[Row]:
    """Rows for the current, installed and empty database."""
    fill(pending, now=timezone.now(), prototypes=prototypes)
    _give_each_its_verdict(pending)
    changing = _send_some_abroad()
    settle_down(Send)
    bare = stopwatch(_bare_update)
    settle_down(Send)
    publish_text(_tightened(), now=timezone.now())
    first, everything, seen = _rejudge()
    what = f"judge {pending:,} pending again after a tightening"
    missed = changing - seen
    return [
        Row(
            f"{what}: until the last of {changing:,} that change",
            f"{first:,.2f} s",
            target="≤ 1 s",
            verdict=at_most(first, 1) if not missed else f"MISSED {missed}",
        ),
        Row(
            f"{what}: until the last of all",
            f"{everything:,.1f} s",
            f"UPDATE {bare:,.2f} s",
            times(everything / bare),
        ),
    ]


def _rejudge() -> tuple[float, float, int]:
    """Seconds to the last that changes and to the last of all, and how many have changed."""
    policy, began = verdicts.active(PolicyKind.SEND), time.perf_counter()
    ids = rejudging.first_ids(policy)
    for start in range(0, len(ids), rejudging.BATCH):
        chosen = Send.objects.filter(pk__in=ids[start : start + rejudging.BATCH])
        judge_again(chosen, policy=policy, now=timezone.now())
    first = time.perf_counter() - began
    changed = Send.objects.filter(held_by="abroad").count()
    began = time.perf_counter()
    rejudge_waiting(clock=timezone.now, busy_for=AN_HOUR)
    return first, first + time.perf_counter() - began, changed


def _tightened() -> PolicyText:
    """The active policy, which now holds mail abroad."""
    text = verdicts.active(PolicyKind.SEND).text
    rule = Rule(
        id="abroad",
        when=Leaf(fact="contact.region", op=Operator.EQ, value="YT"),
        effect=Effect.HOLD,
        reason="A person looks at these.",
        owner="Founder",
    )
    return text.model_copy(update={"rules": (rule, *text.rules)})


def _give_each_its_verdict(pending: int) -> None:
    """A verdict of its own for each copy, as sends that were opened one by one have."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with given as (
                   insert into revenue_verdict (policy_id, subject, effect, rule, facts, trace,
                                                given_at, given_by)
                   select v.policy_id, 'send:' || s.id, v.effect, v.rule, v.facts, v.trace,
                          v.given_at, v.given_by
                   from approvals_send s join revenue_verdict v on v.id = s.verdict_id
                   where v.subject <> 'send:' || s.id
                   returning id, subject)
               update approvals_send s set verdict_id = given.id from given
               where given.subject = 'send:' || s.id"""
        )


def _send_some_abroad() -> int:
    """Move each hundredth contact, and let the kept facts say so; how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update revenue_contact set region = 'YT', country = 'CA' where mod(id, %s) = 0",
            [CHANGING],
        )
        cursor.execute("set session_replication_role = replica")
        cursor.execute(
            """update revenue_verdict v set facts = v.facts || '{"contact.region": "YT"}'
               from approvals_send s where s.verdict_id = v.id and mod(s.contact_id, %s) = 0""",
            [CHANGING],
        )
        changed = int(cursor.rowcount)
        cursor.execute("reset session_replication_role")
    return changed


def _bare_update() -> None:
    """The same columns of the same rows, with nothing looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            """update approvals_send set verdict_id = verdict_id, policy_id = policy_id,
                   effect = effect, held_by = held_by, risk_marks = risk_marks, risk = risk,
                   score = score
               where state in ('pending', 'snoozed', 'approved')"""
        )
