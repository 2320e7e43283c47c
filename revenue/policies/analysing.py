"""What is odd about a text by itself: rules that can't be right, or that make no difference.

Each answer is over all inputs. A rule gets the one finding that says most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import z3

from revenue.policies.comparing import compile_leaf
from revenue.policies.conditions import PolicyText, Rule
from revenue.policies.inputs import Bool
from revenue.policies.kleene import Truth, combine
from revenue.policies.solving import (
    Formula,
    Inputs,
    Limit,
    OutOfTime,
    Ruled,
    Solver,
    comparisons,
)
from revenue.policies.vocabulary import Effect, Mode

LIMIT_S: Final = 10.0
_NAMED: Final = 3
_SAMPLES: Final = 24


class Severity(StrEnum):
    FAULT = "fault"
    NOTE = "note"


class FindingKind(StrEnum):
    NEVER = "never"
    ALWAYS = "always"
    DUPLICATE = "duplicate"
    UNREACHABLE = "unreachable"
    IDLE = "idle"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one rule, with the ids of ``others`` that it has to do with."""

    severity: Severity
    kind: FindingKind
    rule: str
    sentence: str
    others: tuple[str, ...] = ()


def analyse(text: PolicyText, *, limit_s: float = LIMIT_S) -> tuple[Finding, ...]:
    """What was found about each rule, in their order. What time ran out for is a note."""
    return tuple(_Analysis(text, limit_s).findings())


class _Analysis:
    def __init__(self, text: PolicyText, limit_s: float) -> None:
        self.limit = Limit(limit_s)
        self.inputs = Inputs(z3.Context(), comparisons((text,)))
        self.rules = [rule for rule in text.rules if rule.mode is not Mode.OFF]
        # every rule as an enforced one, so that those that only mark are looked at as well
        enforced = [rule.model_copy(update={"mode": Mode.ENFORCE}) for rule in self.rules]
        all_ruled = Formula(self.inputs, text.model_copy(update={"rules": tuple(enforced)}), "all")
        self.ruled = dict(zip((rule.id for rule in self.rules), all_ruled.ruled, strict=True))
        self.samples = self._samples()
        self.policy = Formula(self.inputs, text, "policy")
        self.solver: Solver = self.inputs.solver(self.limit)
        self.solver.add(*all_ruled.definitions, *self.policy.definitions)
        self.some_allow = z3.Bool("some rule allows", self.inputs.context)
        allows = [one.true for one in self.policy.allowing]
        self.solver.add(self.some_allow == (z3.Or(allows) if allows else False))

    def _samples(self) -> dict[str, tuple[Truth, ...]]:
        """What each rule comes to at some inputs: rules that differ there are not the same."""
        sorts = {name: one.sorts for name, one in self.inputs.by_fact.items()}
        inputs = [
            {
                name: some[n * step % len(some)].value
                for step, (name, some) in enumerate(sorts.items(), 1)
            }
            for n in range(_SAMPLES)
        ]
        return {
            rule.id: tuple(map(combine(rule.when, compile_leaf), (seen.get for seen in inputs)))
            for rule in self.rules
        }

    def findings(self) -> Iterator[Finding]:
        for position, rule in enumerate(self.rules):
            try:
                finding = self._finding(position, rule)
            except OutOfTime:
                sentence = f"This rule could not be decided in {self.limit.seconds:g} s."
                finding = Finding(Severity.NOTE, FindingKind.UNDECIDED, rule.id, sentence)
            if finding:
                yield finding

    def _finding(self, position: int, rule: Rule) -> Finding | None:
        if finding := self._constant(rule) or self._duplicate(position, rule):
            return finding
        if rule.mode is not Mode.ENFORCE:
            return None
        return self._unreachable(rule) or self._idle(rule)

    def _constant(self, rule: Rule) -> Finding | None:
        one = self.ruled[rule.id]
        if not self.solver.is_possible((one.true,)):
            sentence = "Its condition can never be true: its comparisons contradict one another."
            stops = rule.effect is not Effect.ALLOW and rule.mode is Mode.ENFORCE
            if stops and self.solver.is_possible((z3.Not(one.false),)):
                sentence += " It only holds what can't be judged."
            return Finding(Severity.FAULT, FindingKind.NEVER, rule.id, sentence)
        if not self.solver.is_possible((one.false,)):
            sentence = "Its condition is always true: it tells nothing apart."
            if self.solver.is_possible((z3.Not(one.true),)):
                sentence = "Its condition is true whenever what it asks for is known."
            return Finding(Severity.FAULT, FindingKind.ALWAYS, rule.id, sentence)
        return None

    def _duplicate(self, position: int, rule: Rule) -> Finding | None:
        for earlier in self.rules[:position]:
            if _does(earlier) == _does(rule) and self._is_same(earlier, rule):
                sentence = f"It does the same as “{earlier.name}”: one of the two can go."
                return Finding(
                    Severity.FAULT, FindingKind.DUPLICATE, rule.id, sentence, (earlier.id,)
                )
        return None

    def _is_same(self, first: Rule, second: Rule) -> bool:
        if self.samples[first.id] != self.samples[second.id]:
            return False
        one, other = self.ruled[first.id], self.ruled[second.id]
        return not any(
            self.solver.is_possible((z3.Not(left), right))
            for left, right in (
                (one.true, other.true),
                (other.true, one.true),
                (one.false, other.false),
                (other.false, one.false),
            )
        )

    def _unreachable(self, rule: Rule) -> Finding | None:
        """Found where the rule never gives the verdict, nor makes a delivery wait first."""
        covering: set[str] = set()
        for own, needed in self._ways_to_decide(self._of_policy(rule)):
            if self.solver.is_possible((*own, *needed.values())):
                return None
            covering.update(self._blockers(own, needed))
        speak = "speaks" if len(covering) == 1 else "speak"
        sentence = f"It never decides anything: {self._names(covering)} always {speak} first."
        others = tuple(one.id for one in self.rules if one.id in covering)
        return Finding(Severity.FAULT, FindingKind.UNREACHABLE, rule.id, sentence, others)

    def _ways_to_decide(self, one: Ruled) -> Iterator[tuple[list[Bool], dict[str, Bool]]]:
        """Literals of the rule itself, and by rule those that it needs of the others."""
        policy = self.policy
        if one in policy.timing:
            yield [z3.Not(one.false)], _silent(_before(one, policy.timing))
            return
        if one in policy.allowing:
            earlier = _before(one, policy.allowing)
            yield [one.true], {**_silent(policy.stopping), **_not_true(earlier)}
            return
        if one in policy.denying:
            yield [one.true], _not_true(_before(one, policy.denying))
        no_denial = _not_true(other for other in policy.denying if other is not one)
        silent = _silent(_before(one, policy.stopping))
        yield [z3.Not(one.false), *_unless_denying(one)], {**no_denial, **silent}

    def _blockers(self, own: Sequence[Bool], others: dict[str, Bool]) -> Iterator[str]:
        """The fewest other rules that suffice to keep a rule from deciding."""
        core = self.solver.core()
        needed = {rule: literal for rule, literal in others.items() if literal.get_id() in core}
        for rule in list(needed):
            fewer = {other: literal for other, literal in needed.items() if other != rule}
            if not self.solver.is_possible((*own, *fewer.values())):
                needed = fewer
        yield from needed

    def _idle(self, rule: Rule) -> Finding | None:
        """Found where the policy without the rule decides everything with the same effect."""
        one = self._of_policy(rule)
        if any(self.solver.is_possible(given) for given in self._ways_to_matter(one)):
            return None
        if rule.effect is Effect.HOLD and one in self.policy.stopping:
            sentence = "Without it the same would be held; it only gives the reason."
        else:
            sentence = "Without it everything would come out the same by other rules."
        return Finding(Severity.NOTE, FindingKind.IDLE, rule.id, sentence)

    def _ways_to_matter(self, one: Ruled) -> Iterator[list[Bool]]:
        policy = self.policy
        if one in policy.timing:
            yield [z3.Not(one.false), *_silent(_without(one, policy.timing)).values()]
            return
        silent = [*_silent(_without(one, policy.stopping)).values()]
        if one in policy.allowing:
            yield [one.true, *silent, *_not_true(_without(one, policy.allowing)).values()]
            return
        if one in policy.denying:
            yield [one.true, *_not_true(_without(one, policy.denying)).values()]
        yield [z3.Not(one.false), *silent, self.some_allow]

    def _of_policy(self, rule: Rule) -> Ruled:
        return next(one for one in self.policy.ruled if one.rule.id == rule.id)

    def _names(self, ids: set[str]) -> str:
        names = [f"“{rule.name}”" for rule in self.rules if rule.id in ids]
        if len(names) > _NAMED:
            names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
        return " and ".join(names)


def _does(rule: Rule) -> tuple[object, ...]:
    return rule.effect, rule.stage, rule.mode


def _unless_denying(one: Ruled) -> list[Bool]:
    """A denying rule holds only while it is unknown."""
    return [z3.Not(one.true)] if one.rule.effect is Effect.DENY else []


def _before(one: Ruled, others: Sequence[Ruled]) -> Sequence[Ruled]:
    return others[: others.index(one)]


def _without(one: Ruled, others: Iterable[Ruled]) -> list[Ruled]:
    return [other for other in others if other is not one]


def _silent(some: Iterable[Ruled]) -> dict[str, Bool]:
    return {one.rule.id: one.false for one in some}


def _not_true(some: Iterable[Ruled]) -> dict[str, Bool]:
    return {one.rule.id: z3.Not(one.true) for one in some}
