"""A version in shadow beside the active one and beside people: where they agree, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from revenue.actors import Actor
from revenue.models import Effect, PolicyState, PolicyVersion, ShadowVerdict, Verdict
from revenue.policies import versions
from revenue.policies.evidence import Decided, decisions_on

LATEST = 100_000
"""So many verdicts in shadow are counted, the latest first."""
PAGE = 50
LET_GO = frozenset({Decided.APPROVED, Decided.COSMETIC})
"""What a person let go as it was, or with other words only."""


class Side(StrEnum):
    """One number of the page, and so one list."""

    AGREED = "agreed"
    DIFFERED = "differed"
    PERSON_AGREED = "person-agreed"
    PERSON_DIFFERED = "person-differed"


@dataclass(slots=True)
class Agreement:
    """How often one rule decided in shadow, and how often others came to the same.

    ``decided`` counts what a person decided where the shadow allowed or denied: a hold asks a
    person and foretells nothing.
    """

    rule: str
    asked: int = 0
    agreed: int = 0
    decided: int = 0
    person_agreed: int = 0

    @property
    def differed(self) -> int:
        return self.asked - self.agreed

    @property
    def person_differed(self) -> int:
        return self.decided - self.person_agreed

    def add(self, other: Agreement) -> None:
        self.asked += other.asked
        self.agreed += other.agreed
        self.decided += other.decided
        self.person_agreed += other.person_agreed


@dataclass(frozen=True, slots=True)
class Agreements:
    """By rule that decided in shadow ("" where none spoke), the most frequent first, and in all."""

    rules: list[Agreement]
    total: Agreement


def start_shadow(*, version: PolicyVersion, by: Actor, now: datetime) -> None:
    """Judge every new subject by it too; whichever version was in shadow leaves. WrongState."""
    with transaction.atomic():
        standing = PolicyVersion.objects.select_for_update().filter(
            kind=version.kind, state=PolicyState.SHADOW
        )
        for other in standing.exclude(pk=version.pk):
            stop_shadow(version=other, by=by, now=now)
        versions.step(version=version, to=PolicyState.SHADOW, by=by, now=now)


@transaction.atomic
def stop_shadow(*, version: PolicyVersion, by: Actor, now: datetime) -> None:
    """Judge by it no longer; what it said is kept. Raises WrongState."""
    if not PolicyVersion.objects.filter(pk=version.pk, state=PolicyState.SHADOW).exists():
        raise versions.WrongState(versions.WrongState.__doc__)
    was_backtested = version.backtests.filter(finished_at__isnull=False).exists()
    back = PolicyState.BACKTESTED if was_backtested else PolicyState.VALIDATED
    versions.step(version=version, to=back, by=by, now=now)


def agreements_of(version: PolicyVersion) -> Agreements:
    """What a version said in shadow beside what counted; one statement and those of evidence."""
    rules: dict[str, Agreement] = {}
    for active, shadow, rule, number in _counted(version):
        found = rules.setdefault(rule, Agreement(rule))
        found.asked += number
        found.agreed += number if active == shadow else 0
    for rule, agrees in _compared(version).values():
        found = rules.setdefault(rule, Agreement(rule))
        found.decided += 1
        found.person_agreed += agrees
    total = Agreement("")
    for found in rules.values():
        total.add(found)
    return Agreements(sorted(rules.values(), key=lambda one: (-one.asked, one.rule)), total)


def _counted(version: PolicyVersion) -> list[tuple[str, str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select v.effect, s.effect, s.rule, count(*)
               from (select verdict_id, effect, rule from revenue_shadowverdict
                     where policy_id = %s order by verdict_id desc limit %s) s
               join revenue_verdict v on v.id = s.verdict_id
               group by v.effect, s.effect, s.rule""",
            [version.pk, LATEST],
        )
        return list(cursor.fetchall())


def _compared(version: PolicyVersion) -> Mapping[int, tuple[str, bool]]:
    """The deciding rule, and whether a person came to the same, by verdict."""
    telling = ShadowVerdict.objects.filter(policy=version).exclude(effect=Effect.HOLD)
    decided = decisions_on(Verdict.objects.filter(pk__in=telling.values("verdict")))
    rows = telling.filter(verdict__in=decided.keys()).values_list("verdict", "effect", "rule")
    return {
        verdict: (rule, (effect == Effect.ALLOW) is (decided[verdict] in LET_GO))
        for verdict, effect, rule in rows
    }


@dataclass(frozen=True, slots=True)
class Beside:
    """One verdict and what the shadow said of the same facts."""

    id: int
    subject: str
    given_at: datetime
    before: str
    before_rule: str
    after: str
    after_rule: str


def beside(
    version: PolicyVersion, side: Side, *, rule: str | None = None, before: int | None = None
) -> tuple[list[Beside], int | None]:
    """A page of verdicts of one side, newest first, and where the next one begins."""
    rows = _of_side(version, side)
    if rule is not None:
        rows = rows.filter(rule=rule)
    if before is not None:
        rows = rows.filter(verdict__lt=before)
    found = [
        Beside(*row)
        for row in rows.order_by("-verdict").values_list(
            "verdict", "verdict__subject", "verdict__given_at", "verdict__effect",
            "verdict__rule", "effect", "rule",
        )[: PAGE + 1]
    ]  # fmt: skip
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _of_side(version: PolicyVersion, side: Side) -> QuerySet[ShadowVerdict]:
    rows = ShadowVerdict.objects.filter(policy=version)
    same_effect = Q(effect=F("verdict__effect"))
    if side is Side.AGREED:
        return rows.filter(same_effect)
    if side is Side.DIFFERED:
        return rows.exclude(same_effect)
    wanted = side is Side.PERSON_AGREED
    compared = _compared(version)
    return rows.filter(
        verdict__in=[key for key, (_, agrees) in compared.items() if agrees is wanted]
    )
