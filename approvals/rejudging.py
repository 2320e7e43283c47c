"""A new send policy reaches what waits: each send is judged again, what changes first.

Delivery obeys a new version at once (``delivery.sending``); this makes it visible, and takes out
of the way what no longer passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from approvals.delivery.preflight import new_objection
from approvals.facts import overtaken_by
from approvals.holding import ask_again, lapsed
from approvals.intake import judge, sentence_of
from approvals.models import Channel, Send, SendState
from approvals.moving import move
from approvals.sweeping import WAITING
from revenue import ledger
from revenue.actors import Actor
from revenue.models import Effect, PolicyKind
from revenue.policies import verdicts
from revenue.policies.sql import source_sql, verdict_sql
from revenue.policies.verdicts import Published

POLICY = Actor.system("policy")
BATCH = 500
COUNT_LIMIT = 1000
STATES = [str(state) for state in WAITING]


@dataclass(frozen=True, slots=True)
class Judging:
    """How many sends wait to be judged again, up to ``COUNT_LIMIT`` + 1, and by which version."""

    waiting: int
    number: int


def judging() -> Judging:
    """What is left to do; one statement. Each count follows the index, or it would scan."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select p.number,
                   (select count(*) from (
                       select from approvals_send where state = any(%(states)s)
                       and policy_id < p.id order by policy_id, id limit %(limit)s) below)
                 + (select count(*) from (
                       select from approvals_send where state = any(%(states)s)
                       and policy_id > p.id order by policy_id, id limit %(limit)s) above)
               from revenue_policyversion p where p.kind = 'send' and p.state = 'active'""",
            {"states": STATES, "limit": COUNT_LIMIT + 1},
        )
        row = cursor.fetchone()
    return Judging(waiting=min(row[1], COUNT_LIMIT + 1), number=row[0]) if row else Judging(0, 0)


def rejudge_waiting(*, clock: Callable[[], datetime], busy_for: timedelta) -> int:
    """Judge again what was judged by another version, until nothing is left or the time is up.

    Return how many were. What another process works on is left to it, or to the next sweep.
    """
    try:
        policy = verdicts.active(PolicyKind.SEND)
    except verdicts.NoActivePolicy:
        return 0
    judged, until = 0, clock() + busy_for
    for sends in batches(policy):
        found = judge_again(sends, policy=policy, now=clock())
        if found is None:
            return judged
        judged += found
        if clock() >= until:
            return judged
    return judged


@transaction.atomic
def judge_again(sends: QuerySet[Send], *, policy: Published, now: datetime) -> int | None:
    """Judge one batch by this version and settle what no longer passes; return how many.

    None where the version is not the active one any more.
    """
    if verdicts.hold_active(PolicyKind.SEND).version_id != policy.version_id:
        return None
    waiting = list(
        sends.filter(state__in=WAITING)
        .exclude(policy=policy.version_id)
        .select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related(
            "contact", "draft", "revision", "approval__verdict", "approval__authority__segment"
        )
        .defer("draft__body", "draft__brief", "draft__claims")
        .prefetch_related("account", "mailbox")
    )
    if not waiting:
        return 0
    judge(waiting, now=now)
    moved = [moved for send in waiting if (moved := _settle(send, policy=policy, now=now))]
    for kind in sorted({kind for kind, *_ in moved}):
        about = [(subject, data) for name, subject, data in moved if name == kind]
        ledger.append_many(kind=kind, by=POLICY, now=now, about=about)
    ledger.append(
        kind="sends.judged_again",
        subject=f"policy:{policy.kind}:{policy.number}",
        by=POLICY,
        now=now,
        data={"sends": len(waiting), "moved": len(moved)},
    )
    return len(waiting)


def _settle(
    send: Send, *, policy: Published, now: datetime
) -> tuple[str, str, dict[str, object]] | None:
    """Take out of the way what may not go on; the ledger's kind, subject and data if it may not.

    A person's approval stands against what that person was shown, a policy's only while it would
    be given again; what is not, is asked about.
    """
    reason = _objection(send, policy)
    if not reason:
        facts = send.verdict.facts if send.verdict else {}
        doubt = lapsed(send, effect=send.effect, reason=sentence_of(send), facts=facts, now=now)
        if doubt:
            ask_again(send=send, reason=doubt, now=now)
        return None
    to = SendState.REVOKED if send.state == SendState.APPROVED else SendState.STALE
    reason = reason[:300]
    move(send, to=to, now=now, reason=reason)
    data = {"reason": reason, "rule": send.held_by, "policy": policy.version_id}
    return f"send.{to}", f"send:{send.pk}", data


def _objection(send: Send, policy: Published) -> str:
    """Why it may not go on, nor be asked about; "" where it may."""
    if overtaken := overtaken_by(send):
        return overtaken
    changed = f"Version {policy.number} of the send policy: "
    if send.effect == Effect.DENY:
        return changed + sentence_of(send)
    approval = send.approval
    by_person = approval is not None and approval.channel != Channel.POLICY
    if send.state != SendState.APPROVED or not by_person or send.verdict is None:
        return ""
    rule = new_objection(policy, send.verdict.facts, seen=approval.verdict if approval else None)
    return changed + policy.text.rule(rule).reason if rule else ""


def batches(policy: Published) -> Iterator[QuerySet[Send]]:
    """What waits and was judged otherwise: what changes and what is about to leave first."""
    if next(_past_versions(policy.version_id), None) is None:
        return
    first = first_ids(policy)
    for start in range(0, len(first), BATCH):
        yield Send.objects.filter(pk__in=first[start : start + BATCH])
    for version_id in _past_versions(policy.version_id):
        yield from _by_version(version_id)


def _by_version(version_id: int) -> Iterator[QuerySet[Send]]:
    """What was judged by one version, in order; what is found locked is not come back to."""
    judged_by_it = Send.objects.filter(state__in=WAITING, policy=version_id).order_by("pk")
    last = 0
    while ids := list(judged_by_it.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = ids[-1]
        yield Send.objects.filter(pk__in=ids)


def _past_versions(version_id: int) -> Iterator[int]:
    """The other versions by which waiting sends were judged; each is one look into the index."""
    waiting = Send.objects.filter(state__in=WAITING).order_by("policy", "pk")
    for others in (waiting.filter(policy__lt=version_id), waiting.filter(policy__gt=version_id)):
        found = others.values_list("policy", flat=True).first()
        while found is not None:
            yield found
            found = others.filter(policy__gt=found).values_list("policy", flat=True).first()


def first_ids(policy: Published) -> Sequence[int]:
    """What the version judges otherwise by the facts that are stored, and what is approved.

    The facts are as old as the last verdict; each send is judged by fresh ones afterwards.
    """
    names = policy.compiled.program(timing=False).facts
    source, verdict = source_sql(names, column="v.facts"), verdict_sql(policy.text, source="fact")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select id from (
                    select s.id, s.state, s.score,
                           {verdict.sql} is distinct from s.effect as differs
                    from approvals_send s
                    join revenue_verdict v on v.id = s.verdict_id
                    cross join {source.sql}
                    where s.state = any(%s) and s.policy_id <> %s
                ) asked
                where differs or state = 'approved'
                order by differs desc, state = 'approved' desc, score desc, id""",  # noqa: S608
            [*verdict.params, *source.params, STATES, policy.version_id],
        )
        return [row[0] for row in cursor.fetchall()]
