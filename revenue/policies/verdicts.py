"""Published policies at work: the active version of a kind, and verdicts kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction

from revenue.actors import Actor
from revenue.models import PolicyKind, PolicyState, PolicyVersion, ShadowVerdict, Verdict
from revenue.policies.catalogue import facts_to_json
from revenue.policies.changing import what_would_change
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.evaluation import CompiledPolicy, compile_policy
from revenue.policies.explaining import VerdictView, change_sentence, verdict_sentence, view
from revenue.policies.traces import trace_from_json, trace_to_json
from revenue.policies.vocabulary import Effect
from revenue.policies.vocabulary import PolicyKind as Kind

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Published:
    """A version as it can be asked; ``kind`` and ``number`` name it for people."""

    version_id: int
    kind: str
    number: int
    text: PolicyText
    compiled: CompiledPolicy


class NoActivePolicy(Exception):
    """No version of this kind is active, so nothing can be judged."""


def active(kind: PolicyKind) -> Published:
    """The active version; one query. Raises NoActivePolicy."""
    version_id = (
        PolicyVersion.objects.filter(kind=kind, state=PolicyState.ACTIVE)
        .values_list("pk", flat=True)
        .first()
    )
    if version_id is None:
        raise NoActivePolicy(f"No {kind} policy is active.")
    return published(version_id)


def hold_active(kind: PolicyKind) -> Published:
    """The active version, which nobody can replace before this transaction ends.

    Any number may hold it at once; ``versions.publish`` waits for them. A statement that waited
    for a publication finds the old version retired and does not see the new one, so it is asked
    again. Raises NoActivePolicy.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "select id from revenue_policyversion "
                "where kind = %s and state = 'active' for share",
                [kind],
            )
            row = cursor.fetchone()
        if row is not None:
            return published(row[0])
        active(kind)


@lru_cache(maxsize=64)
def published(version_id: int) -> Published:
    """A version by its id, compiled once: its text never changes."""
    version = PolicyVersion.objects.get(pk=version_id)
    text = parse_policy(version.text)
    return Published(version.pk, version.kind, version.number, text, compile_policy(text))


def objections(policy: Published, facts: Facts) -> frozenset[str]:
    """The content rules that deny or hold these facts, or might: what a decider was shown."""
    program = policy.compiled.program(timing=False)
    rules = policy.compiled.explain(facts).trace.rules
    return frozenset(
        program.rules[position].id for position in program.stopping if rules[position] is not False
    )


def record(
    policy: Published, facts: Mapping[str, Facts], *, by: Actor, now: datetime
) -> list[Verdict]:
    """Judge each subject by its facts and keep the verdicts, in the order given.

    A version of the kind that is in shadow is asked about the same facts, and its answers are
    kept beside, where nothing acts on them.
    """
    with transaction.atomic(savepoint=False):
        judged = Verdict.objects.bulk_create(
            [_verdict(policy, subject, seen, by=by, now=now) for subject, seen in facts.items()],
            batch_size=1000,
        )
        _record_in_shadow(policy, judged, list(facts.values()))
    return judged


def _record_in_shadow(policy: Published, judged: list[Verdict], facts: list[Facts]) -> None:
    standing = PolicyVersion.objects.filter(kind=policy.kind, state=PolicyState.SHADOW)
    version_id = standing.values_list("pk", flat=True).first()
    if version_id is None:
        return
    shadow = published(version_id).compiled
    outcomes = [shadow.explain(seen) for seen in facts]
    ShadowVerdict.objects.bulk_create(
        [
            ShadowVerdict(
                policy_id=version_id,
                verdict=verdict,
                effect=outcome.decision.effect.value,
                rule=outcome.decision.rule or "",
                trace=trace_to_json(shadow, outcome),
            )
            for verdict, outcome in zip(judged, outcomes, strict=True)
        ],
        batch_size=1000,
    )


def _verdict(policy: Published, subject: str, facts: Facts, *, by: Actor, now: datetime) -> Verdict:
    outcome = policy.compiled.explain(facts)
    return Verdict(
        policy_id=policy.version_id,
        subject=subject,
        effect=outcome.decision.effect.value,
        rule=outcome.decision.rule or "",
        facts=facts_to_json(facts, Kind(policy.kind)),
        trace=trace_to_json(policy.compiled, outcome),
        given_at=now,
        given_by=str(by),
    )


@dataclass(frozen=True, slots=True)
class Explained:
    """A kept verdict in words.

    ``change`` says what would have let it go, or for an allowed subject what would have stopped
    it: the fewest facts; empty where no small change does it.
    """

    view: VerdictView
    change: str


def explained(verdict: Verdict) -> Explained:
    """What a kept verdict said, rule by rule, and what would have changed it."""
    policy = published(verdict.policy_id).compiled
    outcome = trace_from_json(policy, verdict.trace, verdict.facts)
    towards = None if outcome.decision.effect is Effect.ALLOW else Effect.ALLOW
    change = what_would_change(policy, outcome, towards=towards)
    return Explained(view=view(policy, outcome), change=change_sentence(change) if change else "")


def sentence(verdict: Verdict) -> str:
    """A kept verdict in one sentence."""
    policy = published(verdict.policy_id).compiled
    outcome = trace_from_json(policy, verdict.trace, verdict.facts)
    return verdict_sentence(policy, outcome)
