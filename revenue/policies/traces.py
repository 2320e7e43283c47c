"""Outcomes as small JSON beside the facts they were made of, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revenue.policies.evaluation import Cause, CompiledPolicy, Outcome, outcome_of
from revenue.policies.kleene import Truth

FORMAT = 1
_LETTERS: dict[Truth, str] = {True: "t", False: "f", None: "u"}
_TRUTHS: dict[str, Truth] = {letter: truth for truth, letter in _LETTERS.items()}


class TraceMismatch(ValueError):
    """The stored trace does not belong to this policy text."""


def trace_to_json(policy: CompiledPolicy, outcome: Outcome) -> dict[str, Any]:
    """The outcome without the values it saw, which are stored once, as the verdict's facts.

    ``fired`` and ``unknown`` list rules by id, so that SQL can count them; ``leaves`` has one
    letter (t, f, u) for each distinct comparison in order of first use.
    """
    program = policy.program(timing=outcome.timing)
    ids = [rule.id for rule in program.rules]
    rules = outcome.trace.rules
    data: dict[str, Any] = {
        "format": FORMAT,
        "timing": outcome.timing,
        "effect": str(outcome.decision.effect),
        "rule": outcome.decision.rule,
        "cause": str(outcome.decision.cause),
        "fired": [rule for rule, truth in zip(ids, rules, strict=True) if truth],
        "unknown": [rule for rule, truth in zip(ids, rules, strict=True) if truth is None],
        "waits": list(outcome.waits),
        "warnings": list(outcome.warnings),
        "leaves": "".join(_LETTERS[truth] for truth in outcome.trace.leaves),
    }
    if outcome.trace.errors:
        data["errors"] = dict(outcome.trace.errors)
    return data


def trace_from_json(
    policy: CompiledPolicy, data: Mapping[str, Any], facts: Mapping[str, object]
) -> Outcome:
    """The outcome that ``trace_to_json`` wrote, with the values from the stored facts.

    Raises ``TraceMismatch`` when the policy would not have come to this from these comparisons.
    """
    if data.get("format") != FORMAT:
        raise TraceMismatch(f"unknown format {data.get('format')!r}")
    timing = data["timing"]
    program = policy.program(timing=timing)
    letters = data["leaves"]
    if len(letters) != len(program.leaves) or not set(letters) <= set(_TRUTHS):
        raise TraceMismatch(f"{len(letters)} comparisons, the text has {len(program.leaves)}")
    outcome = outcome_of(
        program,
        tuple(_TRUTHS[letter] for letter in letters),
        tuple(facts.get(name) for name in program.facts),
        data.get("errors", {}),
        timing=timing,
    )
    decision = outcome.decision
    stored = (data["effect"], data["rule"], data["cause"])
    if (decision.effect, decision.rule, Cause(decision.cause)) != stored:
        raise TraceMismatch(f"the text gives {decision.effect} by {decision.rule}, not {stored}")
    return outcome
