"""A policy as a formula that z3 decides over all inputs.

What a comparison comes to is not said again here: each fact is cut into the sorts of value that the
comparisons on it can tell apart, not known among them, and each comparison is asked about each
sort. Only where a set or a text may have any selection of many parts, one Bool stands for each.
Facts are taken as independent of one another. Imported where it is needed only: z3 is 60 MB.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import AllOf, Leaf, Node, Not, PolicyText, Rule, children, leaves
from revenue.policies.inputs import Bool, Input, Kleene, all_of, any_of, input_of
from revenue.policies.vocabulary import Effect, Mode, Stage


class OutOfTime(Exception):
    """The solver did not decide it within the limit."""


class Inputs:
    """All facts that some comparisons read, and the comparisons as formulas over them."""

    def __init__(self, context: Any, comparisons: Iterable[Leaf]) -> None:
        self.context = context
        by_fact: dict[str, list[Leaf]] = {}
        for leaf in dict.fromkeys(comparisons):
            by_fact.setdefault(leaf.fact, []).append(leaf)
        self.by_fact: dict[str, Input] = {
            name: input_of(context, CATALOGUE[name], by_fact[name])
            for name in CATALOGUE
            if name in by_fact
        }
        self._known: dict[Node, Kleene] = {
            leaf: self.by_fact[name].when(leaf) for name, some in by_fact.items() for leaf in some
        }

    def when(self, condition: Node) -> Kleene:
        """Kleene's logic over the comparisons, as ``kleene.combine`` has it."""
        found = self._known.get(condition)
        if found is None:
            found = self._known[condition] = self._combined(condition)
        return found

    def _combined(self, condition: Node) -> Kleene:
        inside = [self.when(child) for child in children(condition)]
        true, false = [part.true for part in inside], [part.false for part in inside]
        if isinstance(condition, Not):
            return Kleene(false[0], true[0])
        if isinstance(condition, AllOf):
            return Kleene(all_of(self.context, true), any_of(self.context, false))
        return Kleene(any_of(self.context, true), all_of(self.context, false))

    def size(self) -> int:
        """How many inputs there are, as far as the comparisons can tell them apart."""
        product = 1
        for given in self.by_fact.values():
            product *= given.size
        return product

    def solver(self, limit: Limit) -> Solver:
        """A solver that knows what values the facts can have."""
        return Solver(self.context, limit, [r for one in self.by_fact.values() for r in one.rules])


class Limit:
    """A point in time after which nothing more is asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began = time.monotonic()

    @property
    def ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)

    @property
    def left_ms(self) -> int:
        return round(self.seconds * 1000) - self.ms


class Solver:
    """z3 for finite domains, with one limit on all questions together."""

    def __init__(self, context: Any, limit: Limit, rules: Iterable[Bool]) -> None:
        self._solver = z3.SolverFor("QF_FD", ctx=context)
        self._limit = limit
        self._solver.add(*rules)

    def add(self, *rules: Bool) -> None:
        self._solver.add(*rules)

    def is_possible(self, given: Sequence[Bool] = ()) -> bool:
        """Whether some input agrees with all of this. Raises OutOfTime."""
        left = self._limit.left_ms
        if left <= 0:
            raise OutOfTime(OutOfTime.__doc__)
        self._solver.set("timeout", left)
        answer = self._solver.check(*given)
        if answer == z3.unknown:
            raise OutOfTime(OutOfTime.__doc__)
        return bool(answer == z3.sat)

    def model(self) -> Any:
        """The input found last."""
        return self._solver.model()

    def core(self) -> frozenset[int]:
        """Ids of the given literals that were impossible together."""
        return frozenset(literal.get_id() for literal in self._solver.unsat_core())


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """An enforced rule, with literals for when its condition is true and when it is false."""

    rule: Rule
    true: Bool
    false: Bool


class Formula:
    """When a policy denies, holds and allows, and when a delivery waits."""

    def __init__(self, inputs: Inputs, text: PolicyText, name: str) -> None:
        self.inputs = inputs
        self.definitions: list[Bool] = []
        self.ruled = tuple(
            self._ruled(rule, f"{name}/{rule.id}")
            for rule in text.rules
            if rule.mode is Mode.ENFORCE
        )
        content = [one for one in self.ruled if one.rule.stage is Stage.CONTENT]
        self.denying = tuple(one for one in content if one.rule.effect is Effect.DENY)
        self.stopping = tuple(one for one in content if one.rule.effect is not Effect.ALLOW)
        self.allowing = tuple(one for one in content if one.rule.effect is Effect.ALLOW)
        self.timing = tuple(one for one in self.ruled if one.rule.stage is Stage.TIMING)
        define = self._defined
        self.denies = define(f"{name} denies", self._any(one.true for one in self.denying))
        stops = self._any(z3.Not(one.false) for one in self.stopping)
        any_allows = self._any(one.true for one in self.allowing)
        self.allows = define(f"{name} allows", z3.And(any_allows, z3.Not(stops)))
        self.waits = define(f"{name} waits", self._any(z3.Not(one.false) for one in self.timing))

    def _ruled(self, rule: Rule, name: str) -> Ruled:
        when = self.inputs.when(rule.when)
        true = self._defined(f"{name} true", when.true)
        return Ruled(rule, true, self._defined(f"{name} false", when.false))

    def _defined(self, name: str, formula: Bool) -> Bool:
        literal = z3.Bool(name, self.inputs.context)
        self.definitions.append(literal == formula)
        return literal

    def _any(self, some: Iterable[Bool]) -> Bool:
        return any_of(self.inputs.context, some)


def comparisons(texts: Iterable[PolicyText]) -> Iterable[Leaf]:
    """Every comparison of every rule that is not switched off."""
    for text in texts:
        for rule in text.rules:
            if rule.mode is not Mode.OFF:
                yield from leaves(rule.when)
