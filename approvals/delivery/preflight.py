"""The last look at the world before a send leaves: may it still go, and may it go now?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.facts import Facts, clocks_of, facts_of_clock, gather
from approvals.models import Send
from revenue.models import PolicyKind, Verdict
from revenue.policies import verdicts
from revenue.policies.evaluation import Outcome
from revenue.policies.verdicts import Active
from revenue.policies.vocabulary import Effect, Stage

LOOK_AHEAD = timedelta(days=8)
STEP = timedelta(minutes=15)
LOOK_AGAIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Ready:
    """It may leave now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: ask again at ``until``."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Revoke:
    """What allowed it does not hold any more."""

    reason: str
    rule: str


Finding = Ready | Wait | Revoke


def check(sends: Sequence[Send], *, now: datetime) -> Iterator[tuple[Send, Finding]]:
    """A finding for each send, as if those found ready before it had left already."""
    if not sends:
        return
    policy = verdicts.active(PolicyKind.SEND)
    facts = gather(sends, now=now)
    leaving = 0
    for send in sends:
        finding = examine(send, _after(facts[send.pk], leaving), policy=policy, now=now)
        leaving += isinstance(finding, Ready)
        yield send, finding


def examine(send: Send, facts: Facts, *, policy: Active, now: datetime) -> Finding:
    """Overtaken or denied: revoked. Out of hours or over a cap: waits. Else it may leave."""
    overtaken = overtaken_by(send)
    if overtaken:
        return Revoke(overtaken, "overtaken")
    content = policy.compiled.explain(facts, stage=Stage.CONTENT)
    objection = new_objection(content, seen=send.approval.verdict if send.approval else None)
    if objection:
        return Revoke(verdicts.sentence(policy, content), objection)
    timing = policy.compiled.explain(facts, stage=Stage.TIMING)
    if timing.effect == Effect.ALLOW:
        return Ready()
    return Wait(
        verdicts.sentence(policy, timing), next_window(send, facts, policy=policy, after=now)
    )


def overtaken_by(send: Send) -> str:
    """What happened since the draft that makes it pointless, or nothing."""
    replied = send.contact.last_reply_at
    if replied is not None and replied > send.draft.written_at:
        return "They replied after this was drafted."
    return ""


def new_objection(content: Outcome, *, seen: Verdict | None) -> str:
    """The rule that stops it now and that the decider had not been shown; "" if none.

    A person may approve what a rule only holds. A denial stands above any approval.
    """
    if content.effect == Effect.DENY:
        return content.rule
    known = verdicts.objections_in(seen.trace) if seen else frozenset[str]()
    return next((rule for rule in content.objections if rule not in known), "")


def next_window(send: Send, facts: Facts, *, policy: Active, after: datetime) -> datetime:
    """The first quarter of an hour at which the timing rules let it go, in every zone it may be.

    The clock moves and the day's counts start anew; everything else is taken as it is now. If
    nothing opens within ``LOOK_AHEAD``, the send is looked at again soon.
    """
    moment = after.replace(minute=after.minute // 15 * 15, second=0, microsecond=0) + STEP
    today = after.date()
    while moment < after + LOOK_AHEAD:
        fresh: dict[str, Any] = {} if moment.date() == today else _new_day(facts)
        clocks = clocks_of(send, at=moment)
        if clocks and all(
            policy.compiled.decide({**facts, **fresh, **facts_of_clock(clock)}, stage=Stage.TIMING)
            == Effect.ALLOW
            for clock in clocks
        ):
            return moment
        moment += STEP
    return after + LOOK_AGAIN


def _new_day(facts: Facts) -> Facts:
    return {"mailbox.sent_today": 0, "mailbox.cap_left": facts["mailbox.cap_today"]}


def _after(facts: Facts, leaving: int) -> Facts:
    return {
        **facts,
        "mailbox.sent_today": facts["mailbox.sent_today"] + leaving,
        "mailbox.cap_left": max(facts["mailbox.cap_left"] - leaving, 0),
    }
