"""Whether one policy is looser than another, over all inputs, with examples that show it.

Looser is what lets more through: not denied where it was, allowed where it was not, or not made to
wait where it was and nothing denies it. Every example is asked of the policies themselves before it
is returned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import z3

from revenue.policies.conditions import Node, PolicyText, Rule, leaves
from revenue.policies.evaluation import CompiledPolicy, Decision, compile_policy
from revenue.policies.inputs import Bool, Literals, Sort, all_of, any_of
from revenue.policies.solving import Formula, Inputs, Limit, OutOfTime, Ruled, Solver, comparisons
from revenue.policies.vocabulary import Effect, Stage

LIMIT_S: Final = 10.0
MAX_EXAMPLES: Final = 5
_TRIED_SORTS: Final = 12
_RANK = {Effect.DENY: 0, Effect.HOLD: 1, Effect.ALLOW: 2}


class Direction(StrEnum):
    LOOSER = "looser"
    TIGHTER = "tighter"


class SolverDisagrees(Exception):
    """The solver found an input at which the policies themselves do not differ that way."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input at which two policies differ.

    ``facts`` are those that make the difference: with them as they are it shows wherever no rule
    that both have in common speaks up. ``others`` are the rest of one such input. ``None`` is not
    known.
    """

    facts: Mapping[str, object]
    others: Mapping[str, object]
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class Found:
    """Examples of one direction, in the order found.

    ``is_cut_short`` where time ran out; without an example nothing is decided then.
    """

    examples: tuple[Counterexample, ...]
    is_cut_short: bool

    @property
    def is_decided(self) -> bool:
        return bool(self.examples) or not self.is_cut_short


@dataclass(frozen=True, slots=True)
class Comparison:
    """``facts`` are how many facts are read, ``sorts`` how many inputs can be told apart."""

    looser: Found
    tighter: Found
    facts: int
    sorts: int
    limit_s: float

    @property
    def loosens(self) -> bool:
        """Whether it lets anything more through, or that could not be ruled out."""
        return bool(self.looser.examples) or not self.looser.is_decided

    @property
    def tightens(self) -> bool:
        return bool(self.tighter.examples)


def compare(old: PolicyText, new: PolicyText, *, limit_s: float = LIMIT_S) -> Comparison:
    """Up to five examples each way, within a time limit. Raises SolverDisagrees on a defect."""
    question = _Question(old, new, Limit(limit_s))
    found = {direction: question.examples(direction) for direction in Direction}
    return Comparison(
        looser=found[Direction.LOOSER],
        tighter=found[Direction.TIGHTER],
        facts=len(question.inputs.by_fact),
        sorts=question.inputs.size(),
        limit_s=limit_s,
    )


def differs(before: Decision, after: Decision, direction: Direction) -> bool:
    """Whether the second verdict is looser, or tighter, than the first."""
    if direction is Direction.TIGHTER:
        before, after = after, before
    if _RANK[after.effect] > _RANK[before.effect]:
        return True
    waits_no_more = before.wait is not None and after.wait is None
    return waits_no_more and after.effect is not Effect.DENY


_RuleKey = tuple[Effect, Stage, Node]


class _Question:
    """Two policies over the same inputs, and the search for inputs at which they differ."""

    def __init__(self, old: PolicyText, new: PolicyText, limit: Limit) -> None:
        self.limit = limit
        self.inputs = Inputs(z3.Context(), comparisons((old, new)))
        self.old = Formula(self.inputs, old, "old")
        self.new = Formula(self.inputs, new, "new")
        self.compiled = compile_policy(old), compile_policy(new)
        self.changed = _facts_of_changed(old, new)
        self.shared = {_key(one.rule) for one in self.old.ruled} & {
            _key(one.rule) for one in self.new.ruled
        }
        stopping = (*self.old.stopping, *self.old.timing)
        self.common = [one for one in stopping if _key(one.rule) in self.shared]

    def examples(self, direction: Direction) -> Found:
        search = _Search(self, direction)
        found: list[Counterexample] = []
        try:
            while len(found) < MAX_EXAMPLES and (example := search.next_example()):
                found.append(example)
        except OutOfTime:
            return Found(tuple(found), is_cut_short=True)
        return Found(tuple(found), is_cut_short=False)

    def goal(self, direction: Direction) -> Bool:
        before, after = self.old, self.new
        if direction is Direction.TIGHTER:
            before, after = after, before
        no_more = z3.And(before.waits, z3.Not(after.waits))
        return z3.Or(
            z3.And(before.denies, z3.Not(after.denies)),
            z3.And(z3.Not(before.allows), after.allows),
            z3.And(no_more, z3.Not(after.denies)),
        )

    def solver(self, goal: Bool) -> Solver:
        solver = self.inputs.solver(self.limit)
        solver.add(*self.old.definitions, *self.new.definitions, goal)
        return solver


class _Search:
    """Finds one example after another in one direction, each of another kind while there are."""

    def __init__(self, question: _Question, direction: Direction) -> None:
        self.question = question
        self.direction = direction
        self.order = _fixed_first(question)
        goal = question.goal(direction)
        self.finder = question.solver(goal)
        self.refuter = question.solver(z3.Not(goal))
        context = question.inputs.context
        self.by_new_change = z3.Bool("by a changed rule not seen yet", context)
        self.by_new_rules = z3.Bool("by rules not seen together yet", context)

    def next_example(self) -> Counterexample | None:
        """The next one, by another changed rule if possible; None when there is no more."""
        for given in ((self.by_new_change,), (self.by_new_rules,), ()):
            if self.finder.is_possible(given):
                return self._example(given)
        return None

    def _example(self, given: Literals) -> Counterexample:
        chosen = self._most_ordinary(given)
        matter = self._needed(chosen)
        values = {name: sort.value for name, sort in chosen.items()}
        before, after = (_decided(policy, values) for policy in self.question.compiled)
        if not differs(before, after, self.direction):
            raise SolverDisagrees(
                f"{self.direction}: {before.effect} by {before.rule}, then {after.effect} by "
                f"{after.rule}, at {values}"
            )
        self._block(chosen, matter, before, after)
        return Counterexample(
            facts={name: values[name] for name in matter},
            others={name: value for name, value in values.items() if name not in matter},
            before=before,
            after=after,
        )

    def _most_ordinary(self, given: Literals) -> dict[str, Sort]:
        """An input that shows the difference with as many ordinary values as can be."""
        usual = {name: one.sorts[0] for name, one in self.question.inputs.by_fact.items()}
        dropped: list[str] = []
        kept = dict(usual)
        while not self.finder.is_possible((*given, *_literals(kept))):
            core = self.finder.core()
            name = next(n for n in self.order if n in kept and _is_in(kept[n], core))
            dropped.append(name)
            del kept[name]
        for name in dropped:
            kept[name] = self._first_possible(name, (*given, *_literals(kept)))
        return {name: kept[name] for name in usual}

    def _first_possible(self, name: str, given: Literals) -> Sort:
        """The most ordinary value of a fact that agrees with the rest."""
        one = self.question.inputs.by_fact[name]
        for sort in one.sorts[:_TRIED_SORTS]:
            if self.finder.is_possible((*given, *sort.says)):
                return sort
        self.finder.is_possible(given)
        return one.seen(self.finder.model())

    def _needed(self, chosen: Mapping[str, Sort]) -> tuple[str, ...]:
        """The facts without which the difference need not show.

        Taken for granted is that what stops nothing here in both policies goes on stopping nothing:
        "and nothing else stands in the way" goes without saying.
        """
        silent = self._silent(chosen)
        kept = dict(chosen)
        if not self.refuter.is_possible((*silent, *_literals(kept))):
            core = self.refuter.core()
            kept = {name: sort for name, sort in kept.items() if _is_in(sort, core)}
        for name in reversed(list(kept)):
            fewer = {other: sort for other, sort in kept.items() if other != name}
            if not self.refuter.is_possible((*silent, *_literals(fewer))):
                kept = fewer
        return tuple(kept)

    def _silent(self, chosen: Mapping[str, Sort]) -> Literals:
        """That the rules in common which stop nothing at this input go on stopping nothing."""
        self.finder.is_possible(_literals(chosen))
        model = self.finder.model()
        return tuple(one.false for one in self.question.common if z3.is_true(model[one.false]))

    def _block(
        self, chosen: Mapping[str, Sort], matter: Sequence[str], before: Decision, after: Decision
    ) -> None:
        """Ask for something else next: other facts, and first of all other rules."""
        literals = [literal for name in matter for literal in chosen[name].says]
        context = self.question.inputs.context
        self.finder.add(any_of(context, map(z3.Not, literals)))
        spoken = [*_spoken(self.question.old, before), *_spoken(self.question.new, after)]
        rules = [says for _, says in spoken]
        changed = [says for one, says in spoken if _key(one.rule) not in self.question.shared]
        self.finder.add(
            z3.Implies(self.by_new_rules, any_of(context, map(z3.Not, rules))),
            z3.Implies(self.by_new_change, all_of(context, map(z3.Not, changed or rules))),
        )


def _spoken(formula: Formula, decision: Decision) -> Iterator[tuple[Ruled, Bool]]:
    """The rules that made this decision, each with the literal for its speaking."""
    for one in formula.ruled:
        if one.rule.id in {decision.rule, decision.wait}:
            yield one, one.true if one.rule.effect is Effect.ALLOW else z3.Not(one.false)


def _decided(policy: CompiledPolicy, values: Mapping[str, object]) -> Decision:
    known = {name: value for name, value in values.items() if value is not None}
    return policy.decide(known, timing=True)


def _literals(chosen: Mapping[str, Sort]) -> Literals:
    return tuple(literal for sort in chosen.values() for literal in sort.says)


def _is_in(sort: Sort, core: frozenset[int]) -> bool:
    return any(literal.get_id() in core for literal in sort.says)


def _key(rule: Rule) -> _RuleKey:
    return rule.effect, rule.stage, rule.when


def _facts_of_changed(old: PolicyText, new: PolicyText) -> frozenset[str]:
    """Facts that rules read which only one of the policies has."""
    before, after = (Counter((_key(rule), rule.mode) for rule in text.rules) for text in (old, new))
    changed = (before - after) + (after - before)
    return frozenset(leaf.fact for (key, _), _n in changed.items() for leaf in leaves(key[2]))


def _fixed_first(question: _Question) -> tuple[str, ...]:
    """The order in which facts give up their ordinary value: those of changed rules first."""
    return tuple(sorted(question.inputs.by_fact, key=lambda name: name not in question.changed))
