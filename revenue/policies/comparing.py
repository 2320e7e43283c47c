"""Turns one comparison into a function of the facts: true, false or ``None`` for unknown."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias, cast

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import Leaf
from revenue.policies.kleene import Truth
from revenue.policies.vocabulary import Fact, FactType, Operator

Get: TypeAlias = Callable[[str], object]
"""How facts are read: ``facts.get`` of the flat dict."""
Test: TypeAlias = Callable[[Get], Truth]

_NEGATIVE = {Operator.NE, Operator.NOT_IN, Operator.HAS_NONE, Operator.LT, Operator.GT}
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def compile_leaf(leaf: Leaf) -> Test:
    """The test of one validated comparison. It never raises for a fact of whatever type."""
    fact = CATALOGUE[leaf.fact]
    if leaf.op is Operator.IS_KNOWN:
        return _known(fact, wanted=True)
    if leaf.op is Operator.IS_UNKNOWN:
        return _known(fact, wanted=False)
    return _COMPILERS[fact.type](fact, leaf)


def ascii_lower(text: str) -> str:
    """Lower case for A to Z only: the same in every database and locale."""
    return text.translate(_ASCII_LOWER)


def number_range(fact: Fact, leaf: Leaf) -> tuple[float, float]:
    """The closed range that the comparison is about; ``lt`` and ``gt`` are negations of one."""
    if leaf.op is Operator.BETWEEN:
        return cast("tuple[float, float]", leaf.value)
    value = cast("float", leaf.value)
    match leaf.op:
        case Operator.GE | Operator.LT:
            return value, fact.maximum
        case Operator.LE | Operator.GT:
            return fact.minimum, value
        case _:
            return value, value


def is_positive(op: Operator) -> bool:
    """Whether the comparison holds inside its range, list or set rather than outside."""
    return op not in _NEGATIVE


def wanted_members(leaf: Leaf) -> frozenset[str]:
    """The texts that a text, choice or set is compared with."""
    value = leaf.value
    return frozenset(cast("tuple[str, ...]", value if isinstance(value, tuple) else (value,)))


def _known(fact: Fact, *, wanted: bool) -> Test:
    probe = _COMPILERS[fact.type](fact, _PROBES[fact.type](fact))

    def test(get: Get) -> Truth:
        return (probe(get) is not None) is wanted

    return test


def _bool(fact: Fact, leaf: Leaf) -> Test:
    name, wanted = fact.name, leaf.value

    def test(get: Get) -> Truth:
        seen = get(name)
        if seen is wanted:
            return True
        return False if seen is True or seen is False else None

    return test


def _number(fact: Fact, leaf: Leaf) -> Test:
    name, minimum, maximum = fact.name, fact.minimum, fact.maximum
    low, high = number_range(fact, leaf)
    inside = is_positive(leaf.op)
    outside = not inside

    def test(get: Get) -> Truth:
        seen = get(name)
        if type(seen) is not int and type(seen) is not float:
            return None
        if low <= seen <= high:
            return inside
        return outside if minimum <= seen <= maximum else None

    return test


def _text(fact: Fact, leaf: Leaf) -> Test:
    if leaf.op is Operator.CONTAINS:
        return _contains(fact, leaf)
    name, members, inside = fact.name, wanted_members(leaf), is_positive(leaf.op)

    def test(get: Get) -> Truth:
        seen = get(name)
        return (seen in members) is inside if isinstance(seen, str) else None

    return test


def _contains(fact: Fact, leaf: Leaf) -> Test:
    name, part = fact.name, ascii_lower(cast("str", leaf.value))

    def test(get: Get) -> Truth:
        seen = get(name)
        return part in ascii_lower(seen) if isinstance(seen, str) else None

    return test


def _choice(fact: Fact, leaf: Leaf) -> Test:
    name, members, inside = fact.name, wanted_members(leaf), is_positive(leaf.op)
    answers = {choice.value: (choice.value in members) is inside for choice in fact.choices}

    def test(get: Get) -> Truth:
        seen = get(name)
        return answers.get(seen) if isinstance(seen, str) else None

    return test


def _set(fact: Fact, leaf: Leaf) -> Test:
    name, members, inside = fact.name, wanted_members(leaf), is_positive(leaf.op)
    is_every = leaf.op is Operator.HAS_ALL

    def test(get: Get) -> Truth:
        seen = get(name)
        if not isinstance(seen, list | tuple | set | frozenset):
            return None
        if not all(isinstance(item, str) for item in seen):
            return None
        hit = members.issubset(seen) if is_every else not members.isdisjoint(seen)
        return hit is inside

    return test


_COMPILERS: dict[FactType, Callable[[Fact, Leaf], Test]] = {
    FactType.BOOL: _bool,
    FactType.NUMBER: _number,
    FactType.TEXT: _text,
    FactType.CHOICE: _choice,
    FactType.SET: _set,
}
_PROBES: dict[FactType, Callable[[Fact], Leaf]] = {
    FactType.BOOL: lambda fact: Leaf(fact=fact.name, op=Operator.IS, value=True),
    FactType.NUMBER: lambda fact: Leaf(fact=fact.name, op=Operator.EQ, value=fact.minimum),
    FactType.TEXT: lambda fact: Leaf(fact=fact.name, op=Operator.EQ, value="-"),
    FactType.CHOICE: lambda fact: Leaf(fact=fact.name, op=Operator.EQ, value="-"),
    FactType.SET: lambda fact: Leaf(fact=fact.name, op=Operator.HAS_ANY, value=("-",)),
}


@cache
def _usable_test(name: str) -> Test:
    return compile_leaf(Leaf(fact=name, op=Operator.IS_KNOWN))


def is_usable(fact: Fact, value: object) -> bool:
    """Whether a value counts as known: of the right type, in range, among the choices."""
    return _usable_test(fact.name)({fact.name: value}.get) is True
