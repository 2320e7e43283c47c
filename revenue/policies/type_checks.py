"""Checks a comparison against the catalogue: is there such a fact, do operator and value fit?"""

from __future__ import annotations

from collections.abc import Callable

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.vocabulary import NUMBER_LIMIT, Fact, FactType, Operator, PolicyKind

_MAX_LIST = 500
LISTS = {Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.HAS_NONE, Operator.HAS_ALL}
VALUELESS = {Operator.IS_KNOWN, Operator.IS_UNKNOWN}


def leaf_fault(name: str, op: Operator, value: object, kind: PolicyKind) -> tuple[str, str] | None:
    """The first thing wrong with a comparison as (field, reason); None when it is sound."""
    fact = CATALOGUE.get(name)
    if fact is None:
        return "fact", f"There is no fact named {name!r}."
    if kind not in fact.kinds:
        return "fact", f"A policy of the kind {kind} can't read {name}."
    if op not in fact.operators:
        words = ", ".join(fact.operators)
        return "op", f"{name} is a {fact.type}, which can be compared with: {words}."
    reason = _value_fault(fact, op, value)
    return ("value", reason) if reason else None


def _value_fault(fact: Fact, op: Operator, value: object) -> str | None:
    if op in VALUELESS:
        return None if value is None else f"{op} takes no value."
    if value is None:
        return "This is missing."
    if op is Operator.BETWEEN:
        return _between_fault(fact, value)
    check = _CHECKS[fact.type]
    if op not in LISTS:
        return check(fact, value)
    if not isinstance(value, tuple):
        return "A list is needed."
    if not 1 <= len(value) <= _MAX_LIST:
        return f"A list of 1 to {_MAX_LIST} entries is needed."
    if len(set(value)) < len(value):
        return "An entry stands twice in this list."
    return next((fault for item in value if (fault := check(fact, item))), None)


def _between_fault(fact: Fact, value: object) -> str | None:
    if not isinstance(value, tuple) or len(value) != 2:
        return "A list of two numbers is needed: the lowest and the highest."
    low, high = value
    if fault := _number_fault(fact, low) or _number_fault(fact, high):
        return fault
    return None if low <= high else "The first number must not be above the second."


def _bool_fault(_fact: Fact, value: object) -> str | None:
    return None if isinstance(value, bool) else "true or false is needed."


def _number_fault(fact: Fact, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "A number is needed."
    if not fact.minimum <= value <= fact.maximum:
        if fact.maximum >= NUMBER_LIMIT:
            return f"{fact.name} is {fact.minimum:g} or more, at most {NUMBER_LIMIT:g}."
        return f"{fact.name} lies between {fact.minimum:g} and {fact.maximum:g}."
    if fact.whole and value != int(value):
        return f"{fact.name} is a whole number."
    return None


def _text_fault(_fact: Fact, value: object) -> str | None:
    return None if isinstance(value, str) else "A text is needed."


def _choice_fault(fact: Fact, value: object) -> str | None:
    values = [choice.value for choice in fact.choices]
    if isinstance(value, str) and value in values:
        return None
    return f"{fact.name} is one of: {', '.join(values)}."


def _member_fault(fact: Fact, value: object) -> str | None:
    return _choice_fault(fact, value) if fact.choices else _text_fault(fact, value)


_CHECKS: dict[FactType, Callable[[Fact, object], str | None]] = {
    FactType.BOOL: _bool_fault,
    FactType.NUMBER: _number_fault,
    FactType.TEXT: _text_fault,
    FactType.CHOICE: _choice_fault,
    FactType.SET: _member_fault,
}
