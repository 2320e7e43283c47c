"""What the timing rules said of mails that were due to leave: kept where any of them spoke.

They are asked at delivery, beside no verdict. One row says how many mails were asked about, so
that the asking itself is seen; only mails of which a rule did not say no have a row of their own.
Rows are only added: workers never wait for one another here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from revenue.actors import Actor
from revenue.models import DueBatch, PolicyKind, TimingVerdict
from revenue.policies.counting import bounds, utc_day
from revenue.policies.evaluation import Outcome
from revenue.policies.verdicts import Published

PAGE = 50


@dataclass(frozen=True, slots=True)
class Said:
    """What the timing rules came to: ids of those that fired and of those that can't be told.

    ``rule`` is the first that makes the mail wait, until ``asked_again_at``.
    """

    fired: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    rule: str = ""
    asked_again_at: datetime | None = None

    def until(self, moment: datetime) -> Said:
        return replace(self, asked_again_at=moment)


SILENT = Said()


@dataclass(frozen=True, slots=True)
class Waited:
    """A mail of which a rule spoke; ``rule`` made it wait, which may be another."""

    id: int
    subject: str
    asked_at: datetime
    rule: str
    asked_again_at: datetime | None


def said_of(policy: Published, outcome: Outcome) -> Said:
    """What the timing rules said; ``outcome`` was asked for with ``timing``."""
    program = policy.compiled.program(timing=True)
    came = [(program.rules[i].id, outcome.trace.rules[i]) for i in program.of_the_hour]
    return Said(
        fired=tuple(rule for rule, truth in came if truth),
        unknown=tuple(rule for rule, truth in came if truth is None),
        rule=outcome.decision.wait or "",
    )


@transaction.atomic(savepoint=False)
def keep_said(policy: Published, said: Mapping[str, Said], *, by: Actor, now: datetime) -> None:
    """Keep what was said of each subject that was asked about: two statements at most."""
    if not said:
        return
    batch = DueBatch.objects.create(
        policy_id=policy.version_id, mails=len(said), asked_at=now, asked_by=str(by)
    )
    TimingVerdict.objects.bulk_create(
        TimingVerdict(
            batch=batch,
            subject=subject,
            fired=list(one.fired),
            unknown=list(one.unknown),
            rule=one.rule,
            asked_again_at=one.asked_again_at,
        )
        for subject, one in said.items()
        if one.fired or one.unknown
    )


def spoken_by(
    kind: PolicyKind, rule: str, *, days: int, now: datetime, before: int | None = None
) -> tuple[list[Waited], int | None]:
    """A page of the mails of the last days for which a timing rule fired, newest first.

    And where the next one begins. One statement.
    """
    since, _ = bounds(utc_day(now) - timedelta(days=days - 1))
    rows = TimingVerdict.objects.filter(
        batch__asked_at__gte=since, batch__policy__kind=kind, fired__contains=[rule]
    )
    if before is not None:
        rows = rows.filter(pk__lt=before)
    columns = ("id", "subject", "batch__asked_at", "rule", "asked_again_at")
    found = [Waited(*row) for row in rows.order_by("-id").values_list(*columns)[: PAGE + 1]]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
