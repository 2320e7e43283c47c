"""Values of a fact that stand for all its values, as far as some comparisons can tell.

Two values at which every comparison comes out alike are the same to a policy. So a question over
all inputs ("what would change this?", "is that policy looser?") needs one value of each sort only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, combinations, pairwise

from revenue.policies.comparing import (
    ascii_lower,
    compile_leaf,
    number_range,
    wanted_members,
)
from revenue.policies.conditions import Leaf
from revenue.policies.kleene import Truth
from revenue.policies.vocabulary import Fact, FactType, Operator

_MAX_PARTS = 6
_SEPARATOR = "\x1f"
"""Stands in no value of a policy, so joined texts contain nothing new across their seams."""
_VALUELESS = {Operator.IS_KNOWN, Operator.IS_UNKNOWN}


def representatives(fact: Fact, comparisons: Iterable[Leaf]) -> tuple[object, ...]:
    """Known values of a fact: one for each way in which these comparisons can come out together.

    Exact for bools, numbers, choices and texts. For ``contains`` and for sets exact up to six
    different parts or members on one fact; beyond that a sample (each alone, each list, all).
    """
    compared = [leaf for leaf in comparisons if leaf.op not in _VALUELESS]
    tests = [compile_leaf(leaf) for leaf in compared]
    found: dict[tuple[Truth, ...], object] = {}
    for value in _CANDIDATES[fact.type](fact, compared):
        get = {fact.name: value}.get
        found.setdefault(tuple([test(get) for test in tests]), value)
    return tuple(found.values())


def is_sample(fact: Fact, comparisons: Iterable[Leaf]) -> bool:
    """Whether ``representatives`` of these comparisons leave some sort of value out."""
    return len(parts(fact, comparisons)) > _MAX_PARTS


def parts(fact: Fact, comparisons: Iterable[Leaf]) -> tuple[str, ...]:
    """What a value may have any selection of: members of a set, parts that a text contains."""
    if fact.type is FactType.SET:
        members = (wanted_members(leaf) for leaf in comparisons if leaf.op not in _VALUELESS)
        return tuple(sorted(frozenset[str]().union(*members)))
    texts = (str(leaf.value) for leaf in comparisons if leaf.op is Operator.CONTAINS)
    return tuple(dict.fromkeys(map(ascii_lower, texts)))


def _bools(_fact: Fact, _leaves: Sequence[Leaf]) -> Iterable[object]:
    return (True, False)


def _choices(fact: Fact, _leaves: Sequence[Leaf]) -> Iterable[object]:
    return (choice.value for choice in fact.choices)


def _numbers(fact: Fact, leaves: Sequence[Leaf]) -> Iterable[object]:
    edges = sorted(
        {fact.minimum, fact.maximum}.union(*(number_range(fact, leaf) for leaf in leaves))
    )
    for low, high in pairwise(edges):
        yield _number(fact, low)
        if not fact.whole:
            yield (low + high) / 2
        elif low + 1 < high:
            yield _number(fact, low + 1)
    yield _number(fact, edges[-1])


def _number(fact: Fact, value: float) -> float:
    return int(value) if fact.whole else value


def _texts(fact: Fact, leaves: Sequence[Leaf]) -> Iterable[object]:
    words = dict.fromkeys(
        word
        for leaf in leaves
        if leaf.op is not Operator.CONTAINS
        for word in sorted(wanted_members(leaf))
    )
    yield from words
    for subset in _subsets(parts(fact, leaves)):
        yield joined_text(subset)


def joined_text(parts: Iterable[str]) -> str:
    """A text that contains these parts, what lies within them, and nothing else."""
    return _SEPARATOR.join(parts) + _SEPARATOR


def _sets(fact: Fact, leaves: Sequence[Leaf]) -> Iterable[object]:
    yield from map(list, _subsets(parts(fact, leaves)))
    yield from (sorted(wanted_members(leaf)) for leaf in leaves)


def _subsets(distinct: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """All subsets of a few parts, the empty one first; of many only the single ones and all."""
    if len(distinct) > _MAX_PARTS:
        return [(), *((part,) for part in distinct), distinct]
    return chain.from_iterable(combinations(distinct, size) for size in range(len(distinct) + 1))


_CANDIDATES = {
    FactType.BOOL: _bools,
    FactType.CHOICE: _choices,
    FactType.NUMBER: _numbers,
    FactType.TEXT: _texts,
    FactType.SET: _sets,
}
