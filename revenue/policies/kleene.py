"""Kleene's three-valued logic: true, false and ``None`` for unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from revenue.policies.conditions import AllOf, Leaf, Node, Not, children

Truth: TypeAlias = bool | None
_Input = TypeVar("_Input")


def combine(
    condition: Node, compile_one: Callable[[Leaf], Callable[[_Input], Truth]]
) -> Callable[[_Input], Truth]:
    """Kleene's logic over the comparisons of a condition, whatever these are functions of."""
    if isinstance(condition, Leaf):
        return compile_one(condition)
    parts = tuple(combine(child, compile_one) for child in children(condition))
    if isinstance(condition, Not):
        return _negation(parts[0])
    if len(parts) == 1:
        return parts[0]
    return _conjunction(parts) if isinstance(condition, AllOf) else _disjunction(parts)


def _negation(part: Callable[[_Input], Truth]) -> Callable[[_Input], Truth]:
    def run(given: _Input) -> Truth:
        truth = part(given)
        return None if truth is None else not truth

    return run


def _conjunction(parts: tuple[Callable[[_Input], Truth], ...]) -> Callable[[_Input], Truth]:
    def run(given: _Input) -> Truth:
        result: Truth = True
        for part in parts:
            truth = part(given)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result

    return run


def _disjunction(parts: tuple[Callable[[_Input], Truth], ...]) -> Callable[[_Input], Truth]:
    def run(given: _Input) -> Truth:
        result: Truth = False
        for part in parts:
            truth = part(given)
            if truth:
                return True
            if truth is None:
                result = None
        return result

    return run
