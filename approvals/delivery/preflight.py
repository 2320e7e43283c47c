"""The last look at the world before a send leaves: may it still go, and may it go now?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from approvals.facts import (
    Facts,
    clocks_of,
    facts_of_clock,
    gather,
    overtaken_by,
    start_of_day,
)
from approvals.holding import lapsed
from approvals.models import Send
from revenue.models import Verdict
from revenue.policies import verdicts
from revenue.policies.due import SILENT, Said, said_of
from revenue.policies.verdicts import Published
from revenue.policies.vocabulary import Effect

LOOK_AHEAD = timedelta(days=8)
STEP = timedelta(minutes=15)
LOOK_AGAIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Ready:
    """It may leave now; ``said`` is what the timing rules came to."""

    said: Said = field(default=SILENT, compare=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: ask again at ``until``."""

    reason: str
    until: datetime
    said: Said = field(default=SILENT, compare=False)


@dataclass(frozen=True, slots=True)
class Revoke:
    """What allowed it does not hold any more."""

    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class Ask:
    """No person has approved it, and what let it go does not hold any more: one decides now."""

    reason: str


Finding = Ready | Wait | Revoke | Ask


def check(
    sends: Sequence[Send], *, policy: Published, now: datetime
) -> Iterator[tuple[Send, Finding]]:
    """A finding for each send, as if those found ready before it had left already."""
    if not sends:
        return
    facts = gather(sends, now=now)
    leaving = 0
    for send in sends:
        finding = examine(send, _after(facts[send.pk], leaving), policy=policy, now=now)
        leaving += isinstance(finding, Ready)
        yield send, finding


def examine(send: Send, facts: Facts, *, policy: Published, now: datetime) -> Finding:
    """Overtaken or denied: revoked. Out of hours or over a cap: waits. Else it may leave.

    What no person approved is asked about as soon as the policy or its authority would not let
    it go again.
    """
    overtaken = overtaken_by(send)
    if overtaken:
        return Revoke(overtaken, "overtaken")
    outcome = policy.compiled.explain(facts, timing=True)
    decision, said = outcome.decision, said_of(policy, outcome)
    if decision.effect is Effect.DENY:
        return Revoke(decision.reason, decision.rule or "")
    if doubt := lapsed(send, effect=decision.effect, reason=decision.reason, facts=facts, now=now):
        return Ask(doubt)
    objection = new_objection(policy, facts, seen=send.approval.verdict if send.approval else None)
    if objection:
        known = decision.reason if decision.rule == objection else ""
        return Revoke(known or policy.text.rule(objection).reason, objection)
    if decision.wait is None:
        return Ready(said)
    until = next_window(send, facts, policy=policy, after=now)
    return Wait(policy.text.rule(decision.wait).reason, until, said.until(until))


def new_objection(policy: Published, facts: Facts, *, seen: Verdict | None) -> str:
    """A rule that holds it now and that the decider had not been shown; "" if there is none.

    A person may approve what a rule only holds, so what was shown then does not count now.
    """
    now_objecting = verdicts.objections(policy, facts)
    if not now_objecting:
        return ""
    shown = (
        verdicts.objections(verdicts.published(seen.policy_id), seen.facts)
        if seen
        else frozenset[str]()
    )
    return min(now_objecting - shown, default="")


def next_window(send: Send, facts: Facts, *, policy: Published, after: datetime) -> datetime:
    """The first quarter of an hour at which the timing rules let it go, in every zone it may be.

    The clock moves and the day's counts start anew; everything else is taken as it is now. If
    nothing opens within ``LOOK_AHEAD``, the send is looked at again soon.
    """
    moment = after.replace(minute=after.minute // 15 * 15, second=0, microsecond=0) + STEP
    today = start_of_day(send.mailbox, now=after)
    while moment < after + LOOK_AHEAD:
        new_day = start_of_day(send.mailbox, now=moment) > today
        fresh = _new_day(facts) if new_day else {}
        clocks = clocks_of(send, at=moment)
        if clocks and all(
            policy.compiled.decide(
                {**facts, **fresh, "contact.time_zone_known": True, **facts_of_clock(clock)},
                timing=True,
            ).wait
            is None
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
