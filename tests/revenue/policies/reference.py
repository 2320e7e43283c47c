"""The semantics once more, written as plainly as possible, to hold the fast code against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import AllOf, AnyOf, Leaf, Node, Not, PolicyText
from revenue.policies.vocabulary import FactType


def is_known(name: str, value: Any) -> bool:
    fact = CATALOGUE[name]
    match fact.type:
        case FactType.BOOL:
            return isinstance(value, bool)
        case FactType.NUMBER:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number and fact.minimum <= value <= fact.maximum
        case FactType.TEXT:
            return isinstance(value, str)
        case FactType.CHOICE:
            return isinstance(value, str) and value in {c.value for c in fact.choices}
        case FactType.SET:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)


def compared(leaf: Leaf, seen: Any) -> bool:
    wanted: Any = leaf.value
    match leaf.op:
        case "is" | "eq":
            return bool(seen == wanted)
        case "ne":
            return bool(seen != wanted)
        case "lt":
            return bool(seen < wanted)
        case "le":
            return bool(seen <= wanted)
        case "gt":
            return bool(seen > wanted)
        case "ge":
            return bool(seen >= wanted)
        case "between":
            return bool(wanted[0] <= seen <= wanted[1])
        case "in":
            return seen in wanted
        case "not_in":
            return seen not in wanted
        case "contains":
            return lowered(wanted) in lowered(seen)
        case "has_any":
            return any(item in seen for item in wanted)
        case "has_none":
            return not any(item in seen for item in wanted)
        case "has_all":
            return all(item in seen for item in wanted)
    raise AssertionError(leaf.op)


def lowered(text: str) -> str:
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def truth(condition: Node, facts: Mapping[str, Any]) -> bool | None:
    match condition:
        case Leaf():
            seen = facts.get(condition.fact)
            known = is_known(condition.fact, seen)
            if condition.op in {"is_known", "is_unknown"}:
                return known is (condition.op == "is_known")
            return compared(condition, seen) if known else None
        case Not():
            inner = truth(condition.not_, facts)
            return None if inner is None else not inner
        case AllOf():
            parts = [truth(part, facts) for part in condition.all]
            return False if False in parts else None if None in parts else True
        case AnyOf():
            parts = [truth(part, facts) for part in condition.any]
            return True if True in parts else None if None in parts else False


def verdict(text: PolicyText, facts: Mapping[str, Any]) -> tuple[str, str | None]:
    """Effect and deciding rule."""
    rules = [
        (rule.id, rule.effect, truth(rule.when, facts))
        for rule in text.rules
        if rule.mode == "enforce" and rule.stage == "content"
    ]
    denying = [rule for rule, effect, came_to in rules if effect == "deny" and came_to is True]
    if denying:
        return "deny", denying[0]
    holding = [
        rule for rule, effect, came_to in rules if effect != "allow" and came_to is not False
    ]
    if holding:
        return "hold", holding[0]
    allowing = [rule for rule, effect, came_to in rules if effect == "allow" and came_to is True]
    return ("allow", allowing[0]) if allowing else ("hold", None)


def waits(text: PolicyText, facts: Mapping[str, Any]) -> list[str]:
    return [
        rule.id
        for rule in text.rules
        if rule.mode == "enforce"
        and rule.stage == "timing"
        and truth(rule.when, facts) is not False
    ]
