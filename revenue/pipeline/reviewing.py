"""The founder's look at patterns: what the customer profile made of all accounts, and objections.

Verdicts are never changed: an objection is evidence for the next version of the profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, Count, F, Func, QuerySet, Value

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Account, Verdict, VerdictObjection
from revenue.pipeline.queries import AccountFilter, filtered

SAMPLED = 5000
"""Samples are drawn from so many accounts of a pattern."""
REASON_LIMIT = 500


class ReasonMissingError(ValueError):
    """Say why the verdict is wrong: the reason is what the next version learns from."""


class ObjectedError(Exception):
    """Somebody has marked this verdict as wrong already."""


class WithdrawnError(Exception):
    """This objection was withdrawn already."""


@dataclass(frozen=True, slots=True)
class Group:
    """How many accounts have one verdict and one value: a rule's id, a category, a place."""

    effect: str
    value: str
    number: int


@dataclass(frozen=True, slots=True)
class Groups:
    """All accounts with a verdict, four ways. ``rule`` is empty where no rule decided."""

    rule: tuple[Group, ...]
    category: tuple[Group, ...]
    area: tuple[Group, ...]
    city: tuple[Group, ...]


def groups() -> Groups:
    """Count every account four ways, the largest groups first. One statement over all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS)
        rows = cursor.fetchall()
    found: dict[str, list[Group]] = {"rule": [], "category": [], "area": [], "city": []}
    for way, effect, value, number in rows:
        found[way].append(Group(effect, value, number))
    return Groups(**{way: tuple(members) for way, members in found.items()})


def rules_among(wanted: AccountFilter) -> tuple[Group, ...]:
    """What decided the accounts that fit, the largest groups first. One statement."""
    rows = (
        filtered(wanted)
        .exclude(icp_effect="")
        .values("icp_effect", "icp_rule")
        .annotate(number=Count("pk"))
        .order_by("-number", "icp_effect", "icp_rule")
    )
    return tuple(Group(row["icp_effect"], row["icp_rule"], row["number"]) for row in rows)


# An area or city that is not known makes no group; every account has a rule's id, maybe empty.
_GROUPS = """
    select case when grouping(icp_rule) = 0 then 'rule' when grouping(category) = 0 then 'category'
                when grouping(area) = 0 then 'area' else 'city' end,
           icp_effect, coalesce(icp_rule, category, area, city) as value, count(*) as number
    from revenue_account
    where merged_into_id is null and icp_effect <> ''
    group by grouping sets
        ((icp_effect, icp_rule), (icp_effect, category), (icp_effect, area), (icp_effect, city))
    having grouping(icp_rule) = 0 or coalesce(category, area, city) <> ''
    order by number desc, value, icp_effect
"""


def samples(wanted: AccountFilter, *, draw: int, limit: int) -> list[Account]:
    """A few accounts of a pattern, spread over it; the same ``draw`` gives the same ones.

    They come with brand and verdict. One statement.
    """
    pool = filtered(wanted).order_by().values("pk")[:SAMPLED]
    spread = Func(F("pk"), Value(draw), function="hashint8extended", output_field=BigIntegerField())
    return list(
        Account.objects.filter(pk__in=pool)
        .select_related("brand", "icp_verdict")
        .order_by(spread, "pk")[:limit]
    )


def objections_to(accounts: Sequence[Account]) -> dict[int, VerdictObjection]:
    """What stands against the present verdicts of these accounts, by account. One statement."""
    verdicts = {account.icp_verdict_id: account.pk for account in accounts}
    standing = VerdictObjection.objects.filter(verdict__in=verdicts, withdrawn_at=None)
    return {verdicts[objection.verdict_id]: objection for objection in standing}


def standing_objections() -> QuerySet[VerdictObjection]:
    """Objections that were not withdrawn, the latest first, with their verdicts."""
    return (
        VerdictObjection.objects.filter(withdrawn_at=None)
        .select_related("verdict")
        .defer("verdict__facts", "verdict__trace")
        .order_by("-raised_at", "-id")
    )


@transaction.atomic
def object_to_verdict(
    *, verdict: Verdict, reason: str, by: Actor, now: datetime
) -> VerdictObjection:
    """Mark a verdict as wrong. Raises ReasonMissingError and ObjectedError."""
    reason = " ".join(reason.split())[:REASON_LIMIT]
    if not reason:
        raise ReasonMissingError(ReasonMissingError.__doc__)
    try:
        with transaction.atomic():
            objection = VerdictObjection.objects.create(
                verdict=verdict, reason=reason, raised_at=now, raised_by=str(by)
            )
    except IntegrityError:
        raise ObjectedError(ObjectedError.__doc__) from None
    ledger.append(
        kind="verdict.objected",
        subject=verdict.subject,
        by=by,
        now=now,
        data={
            "verdict": verdict.pk,
            "effect": verdict.effect,
            "rule": verdict.rule,
            "reason": reason,
        },
    )
    return objection


@transaction.atomic
def withdraw_objection(*, objection: VerdictObjection, by: Actor, now: datetime) -> None:
    """Take an objection back; it stays on record. Raises WithdrawnError."""
    standing = VerdictObjection.objects.filter(pk=objection.pk, withdrawn_at=None)
    if not standing.update(withdrawn_at=now, withdrawn_by=str(by)):
        raise WithdrawnError(WithdrawnError.__doc__)
    ledger.append(
        kind="verdict.objection_withdrawn",
        subject=objection.verdict.subject,
        by=by,
        now=now,
        data={"verdict": objection.verdict_id},
    )
