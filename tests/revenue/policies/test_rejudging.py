"""What SQL finds that other versions say of kept verdicts is what asking them says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.actors import Actor
from revenue.models import PolicyVersion, Verdict
from revenue.policies import verdicts
from revenue.policies.conditions import PolicyText
from revenue.policies.evaluation import Cause, compile_policy
from revenue.policies.rejudging import rejudging
from revenue.policies.sql import rows_sql
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import Effect
from tests.revenue.policies.strategies import facts, policies
from tests.support.rows import NOW

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
FEW = (
    "account.category",
    "account.is_national_chain",
    "account.locations",
    "account.trade",
    "account.source_names",
)


@st.composite
def relatives(draw: st.DrawFn) -> tuple[PolicyText, PolicyText, PolicyText]:
    """Three texts that share most of their rules, as versions of one policy do."""
    pool = draw(policies(FEW, max_rules=8)).rules
    texts = []
    for title in ("Given", "Against", "Candidate"):
        chosen = [rule for rule in pool if draw(st.sampled_from([True, True, False]))]
        texts.append(PolicyText(kind="icp", title=title, rules=tuple(chosen)))  # type: ignore[arg-type]
    return texts[0], texts[1], texts[2]


def kept(text: PolicyText, seen: list[Mapping[str, Any]]) -> PolicyVersion:
    version = write_version(text=text, by=BY, now=NOW)
    subjects = {f"account:{number}": one for number, one in enumerate(seen)}
    verdicts.record(verdicts.published(version.pk), subjects, by=BY, now=NOW)
    return version


def by_sql(
    version: PolicyVersion, given: PolicyText | None, against: PolicyText, candidate: PolicyText
) -> list[tuple[str, str, bool]]:
    found = rejudging(given=given, against=against, candidate=candidate)
    rows = rows_sql(
        found.facts,
        rows="revenue_verdict AS v WHERE v.policy_id = %s",
        columns=("id", "effect", "rule", "trace", "facts"),
        alias="v",
    )
    query = f"""
        select before, after, after = 'hold' and before <> 'hold' and unrecorded from (
            select v.id, {found.before.sql} as before, {found.after.sql} as after,
                   {found.unrecorded.sql} as unrecorded
            from {rows}) said
        order by id"""  # noqa: S608
    params = [*found.before.params, *found.after.params, *found.unrecorded.params]
    with connection.cursor() as cursor:
        cursor.execute(query, [*params, version.pk])
        return [(before, after, unrecorded) for before, after, unrecorded in cursor.fetchall()]


def by_python(
    against: PolicyText, candidate: PolicyText, seen: list[Mapping[str, Any]]
) -> list[tuple[str, str, bool]]:
    older, newer = compile_policy(against), compile_policy(candidate)
    return [
        (
            older.decide(one).effect.value,
            newer.decide(one).effect.value,
            newer.decide(one).effect is Effect.HOLD
            and older.decide(one).effect is not Effect.HOLD
            and is_for_want_of_knowledge(candidate, one),
        )
        for one in seen
    ]


def is_for_want_of_knowledge(text: PolicyText, seen: Mapping[str, Any]) -> bool:
    """Nothing stops it for certain, and some rule could not be told that would have mattered."""
    compiled = compile_policy(text)
    program = compiled.program(timing=False)
    outcome = compiled.explain(seen)
    rules = outcome.trace.rules
    if any(rules[position] for position in program.stopping):
        return False
    return outcome.decision.cause is Cause.UNKNOWN or any(
        rules[position] is None for position in program.allowing
    )


in_database = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_database
@given(relatives(), st.lists(facts(FEW), min_size=1, max_size=12))
def test_what_other_versions_say_is_what_asking_them_says(
    texts: tuple[PolicyText, PolicyText, PolicyText], seen: list[Mapping[str, Any]]
) -> None:
    given_by, against, candidate = texts
    version = kept(given_by, seen)

    expected = by_python(against, candidate, seen)
    assert by_sql(version, given_by, against, candidate) == expected
    assert by_sql(version, None, against, candidate) == expected


@in_database
@given(relatives(), st.lists(facts(FEW), min_size=1, max_size=12))
def test_verdicts_of_the_version_that_it_is_compared_with_stand_as_they_were_given(
    texts: tuple[PolicyText, PolicyText, PolicyText], seen: list[Mapping[str, Any]]
) -> None:
    _, against, candidate = texts
    version = kept(against, seen)

    rows = by_sql(version, against, against, candidate)

    assert rows == by_python(against, candidate, seen)
    assert [row[0] for row in rows] == list(
        Verdict.objects.filter(policy=version).order_by("id").values_list("effect", flat=True)
    )


def test_only_what_differs_is_read() -> None:
    rule = {"effect": "hold", "reason": "For a test.", "owner": "admin"}
    chain = {
        "id": "chain",
        "when": {"fact": "account.is_national_chain", "op": "is", "value": True},
    }
    old = {"id": "old", "when": {"fact": "account.days_since_seen", "op": "gt", "value": 90}}
    against = PolicyText.model_validate(
        {"kind": "icp", "title": "Old", "rules": [{**chain, **rule}]}
    )
    renamed = {**chain, **rule, "id": "renamed", "reason": "In other words."}
    candidate = PolicyText.model_validate(
        {"kind": "icp", "title": "New", "rules": [{**old, **rule}, renamed]}
    )

    assert rejudging(given=against, against=against, candidate=candidate).facts == (
        "account.days_since_seen",
    )
