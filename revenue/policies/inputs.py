"""One fact of a policy as z3 sees it: which sorts of value it can have, and which it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import z3

from revenue.policies.boundaries import is_sample, parts
from revenue.policies.comparing import compile_leaf, wanted_members
from revenue.policies.conditions import Leaf
from revenue.policies.kleene import Truth
from revenue.policies.plausible import sorts, text_with
from revenue.policies.vocabulary import Fact, FactType, Operator

Bool: TypeAlias = Any
"""A z3 Bool; z3 has no types."""
Literals: TypeAlias = tuple[Bool, ...]
UNKNOWN = None


@dataclass(frozen=True, slots=True)
class Kleene:
    """When a condition is true and when it is false; otherwise it is unknown."""

    true: Bool
    false: Bool


@dataclass(frozen=True, slots=True)
class Sort:
    """A value of a fact, ``None`` for not known, and the literals that say so."""

    value: object
    says: Literals


class Input(Protocol):
    """One fact as the solver sees it."""

    rules: tuple[Bool, ...]
    """What always holds of it."""
    sorts: tuple[Sort, ...]
    """Some sorts of value, ordinary ones first and unknown last; all where there are few."""
    size: int
    """How many sorts of value there are."""

    def when(self, leaf: Leaf) -> Kleene: ...

    def seen(self, model: Any) -> Sort: ...


def input_of(context: Any, fact: Fact, asked: Sequence[Leaf]) -> Input:
    """The fact as far as these comparisons can tell its values apart."""
    if not is_sample(fact, asked):
        return _FewSorts(context, fact, asked)
    if fact.type is FactType.SET:
        return _Members(context, fact, asked)
    return _Parts(context, fact, asked)


def any_of(context: Any, some: Iterable[Bool]) -> Bool:
    return _joined(z3.Z3_mk_or, context, list(some))


def all_of(context: Any, some: Iterable[Bool]) -> Bool:
    return _joined(z3.Z3_mk_and, context, list(some))


def exactly_one(context: Any, some: Sequence[Bool]) -> tuple[Bool, ...]:
    return any_of(context, some), _joined(z3.Z3_mk_atmost, context, some, 1)


def _joined(make: Callable[..., Any], context: Any, some: Sequence[Bool], *more: int) -> Bool:
    """What ``z3.Or`` does, without looking at the type of each part: far faster.

    What z3 makes is freed by the next call to it unless it is wrapped at once.
    """
    array = (z3.Ast * len(some))(*[one.as_ast() for one in some])
    return z3.BoolRef(make(context.ref(), len(some), array, *more), context)


class _FewSorts:
    """One Bool for each sort of value and one for unknown; exactly one of them is true."""

    def __init__(self, context: Any, fact: Fact, asked: Sequence[Leaf]) -> None:
        self.fact = fact
        self._context = context
        values = (*sorts(fact, asked), UNKNOWN)
        self._literals = [z3.Bool(f"{fact.name}#{n}", context) for n in range(len(values))]
        self.sorts = tuple(
            Sort(value, (literal,)) for value, literal in zip(values, self._literals, strict=True)
        )
        self.size = len(values)
        self.rules = exactly_one(context, self._literals)

    def when(self, leaf: Leaf) -> Kleene:
        return Kleene(self._where(leaf, came_to=True), self._where(leaf, came_to=False))

    def _where(self, leaf: Leaf, *, came_to: Truth) -> Bool:
        test = compile_leaf(leaf)
        here = [s.says[0] for s in self.sorts if test({self.fact.name: s.value}.get) is came_to]
        return any_of(self._context, here)

    def seen(self, model: Any) -> Sort:
        return next(sort for sort in self.sorts if z3.is_true(model[sort.says[0]]))


class _Members:
    """A set of which any selection is possible: one Bool for each member that is asked for."""

    def __init__(self, context: Any, fact: Fact, asked: Sequence[Leaf]) -> None:
        self.fact = fact
        self.rules: tuple[Bool, ...] = ()
        members = parts(fact, asked)
        self._is_unknown = z3.Bool(f"{fact.name}#unknown", context)
        self._has = {one: z3.Bool(f"{fact.name}#{n}", context) for n, one in enumerate(members)}
        self.size = 2 ** len(members) + 1
        self.sorts: tuple[Sort, ...] = (self._with(frozenset()), Sort(UNKNOWN, (self._is_unknown,)))

    def when(self, leaf: Leaf) -> Kleene:
        known = z3.Not(self._is_unknown)
        if leaf.op in _KNOWLEDGE:
            return _knowledge(leaf.op, known)
        has = [self._has[member] for member in sorted(wanted_members(leaf))]
        hit = z3.And(has) if leaf.op is Operator.HAS_ALL else z3.Or(has)
        if leaf.op is Operator.HAS_NONE:
            hit = z3.Not(hit)
        return Kleene(z3.And(known, hit), z3.And(known, z3.Not(hit)))

    def seen(self, model: Any) -> Sort:
        if z3.is_true(model[self._is_unknown]):
            return self.sorts[-1]
        return self._with(
            frozenset(one for one, has in self._has.items() if z3.is_true(model[has]))
        )

    def _with(self, members: frozenset[str]) -> Sort:
        says = [has if one in members else z3.Not(has) for one, has in self._has.items()]
        return Sort(sorted(members), (z3.Not(self._is_unknown), *says))


class _Parts:
    """A text that is one of some words, or any other that contains any selection of some parts."""

    def __init__(self, context: Any, fact: Fact, asked: Sequence[Leaf]) -> None:
        self.fact = fact
        self._asked = asked
        exact = [leaf for leaf in asked if leaf.op is not Operator.CONTAINS]
        words = sorted(
            frozenset[str]().union(*(wanted_members(x) for x in exact if x.op not in _KNOWLEDGE))
        )
        self._is = {word: z3.Bool(f"{fact.name}#={n}", context) for n, word in enumerate(words)}
        self._is_unknown = z3.Bool(f"{fact.name}#unknown", context)
        self._is_other = z3.Bool(f"{fact.name}#other", context)
        self._has = {
            part: z3.Bool(f"{fact.name}#{n}", context) for n, part in enumerate(parts(fact, asked))
        }
        kinds = [*self._is.values(), self._is_other, self._is_unknown]
        self.rules = (*exactly_one(context, kinds), *self._implied())
        self.size = len(words) + 1 + 2 ** len(self._has)
        self.sorts: tuple[Sort, ...] = (
            *(Sort(word, (literal,)) for word, literal in self._is.items()),
            self._other(()),
            Sort(UNKNOWN, (self._is_unknown,)),
        )

    def _implied(self) -> list[Bool]:
        """What a word contains, and what a part contains of the others."""
        found = []
        for word, literal in self._is.items():
            for part, has in self._has.items():
                contains = compile_leaf(Leaf(fact=self.fact.name, op=Operator.CONTAINS, value=part))
                inside = contains({self.fact.name: word}.get)
                found.append(z3.Implies(literal, has if inside else z3.Not(has)))
        for part, has in self._has.items():
            found += [
                z3.Implies(has, self._has[other])
                for other in self._has
                if other != part and other in part
            ]
        return found

    def when(self, leaf: Leaf) -> Kleene:
        known = z3.Not(self._is_unknown)
        if leaf.op in _KNOWLEDGE:
            return _knowledge(leaf.op, known)
        if leaf.op is Operator.CONTAINS:
            (part,) = parts(self.fact, (leaf,))
            hit = self._has[part]
        else:
            hit = z3.Or([self._is[word] for word in sorted(wanted_members(leaf))])
        if leaf.op in {Operator.NE, Operator.NOT_IN}:
            hit = z3.Not(hit)
        return Kleene(z3.And(known, hit), z3.And(known, z3.Not(hit)))

    def seen(self, model: Any) -> Sort:
        if z3.is_true(model[self._is_unknown]):
            return self.sorts[-1]
        for sort in self.sorts[: len(self._is)]:
            if z3.is_true(model[sort.says[0]]):
                return sort
        return self._other([part for part, has in self._has.items() if z3.is_true(model[has])])

    def _other(self, inside: Sequence[str]) -> Sort:
        says = [has if part in inside else z3.Not(has) for part, has in self._has.items()]
        return Sort(text_with(inside, self._asked, self.fact), (self._is_other, *says))


_KNOWLEDGE = {Operator.IS_KNOWN, Operator.IS_UNKNOWN}


def _knowledge(op: Operator, known: Bool) -> Kleene:
    unknown = z3.Not(known)
    return Kleene(known, unknown) if op is Operator.IS_KNOWN else Kleene(unknown, known)
