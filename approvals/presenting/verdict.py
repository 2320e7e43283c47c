"""Why the send policy says what it says, rendered once for all sends that it met alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from revenue.models import Verdict
from revenue.policies import verdicts
from revenue.policies.explaining import Answer, RuleView
from revenue.policies.vocabulary import Effect

SPEAKING = frozenset({Answer.YES, Answer.UNKNOWN})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a verdict's words depend on: the version, how each comparison came out, on what."""

    policy_id: int
    leaves: str
    values: tuple[object, ...]
    verdict: Verdict = field(compare=False)


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """``html``: the verdict with the rules that spoke; ``resting``: how many others there are."""

    html: SafeString
    sentence: str
    resting: int


def shown_verdict(verdict: Verdict) -> ShownVerdict:
    """The verdict for the side of the page; the same words are made once."""
    program = verdicts.published(verdict.policy_id).compiled.program(timing=verdict.trace["timing"])
    seen: dict[str, Any] = verdict.facts
    return _rendered(
        _Asked(
            policy_id=verdict.policy_id,
            leaves=verdict.trace["leaves"],
            values=tuple(_hashable(seen.get(name)) for name in program.facts),
            verdict=verdict,
        )
    )


@lru_cache(maxsize=512)
def _rendered(asked: _Asked) -> ShownVerdict:
    explained = verdicts.explained(asked.verdict)
    speaking = tuple(rule for rule in explained.view.rules if _speaks(rule))
    if explained.view.effect is Effect.ALLOW:
        # Nothing to weigh: what allowed it stays folded until somebody asks.
        speaking = tuple(replace(rule, is_deciding=False) for rule in speaking)
    shown = replace(explained, view=replace(explained.view, rules=speaking))
    return ShownVerdict(
        html=render_to_string("components/verdict.html", {"explained": shown}),
        sentence=explained.view.sentence,
        resting=len(explained.view.rules) - len(speaking),
    )


def resting_rules(verdict: Verdict) -> list[RuleView]:
    """The rules that did not speak, each with what it saw."""
    return [rule for rule in verdicts.explained(verdict).view.rules if not _speaks(rule)]


def _speaks(rule: RuleView) -> bool:
    return rule.is_deciding or rule.answer in SPEAKING


def _hashable(value: object) -> object:
    """A fact's value; type and all, since 1 and true are equal and read differently."""
    return (type(value), repr(value))
