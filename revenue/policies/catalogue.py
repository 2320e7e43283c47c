"""The fact catalogue: every input that a policy may read, in one place.

Facts reach a policy as one flat ``dict[str, object]`` of JSON values; a missing key, ``None`` and
a value of the wrong type all mean unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from revenue.policies.catalogue_accounts import ACCOUNT_FACTS
from revenue.policies.catalogue_sends import SEND_FACTS
from revenue.policies.vocabulary import Fact, FactType, PolicyKind

CATALOGUE: Mapping[str, Fact] = MappingProxyType(
    {fact.name: fact for fact in (*ACCOUNT_FACTS, *SEND_FACTS)}
)


def facts_for(kind: PolicyKind) -> dict[str, Fact]:
    """The facts that policies of this kind may read, in the order in which they are shown."""
    return {name: fact for name, fact in CATALOGUE.items() if kind in fact.kinds}


def facts_to_json(facts: Mapping[str, object], kind: PolicyKind) -> dict[str, object]:
    """The known facts of one kind as JSON values, to be stored with a verdict.

    Sets become sorted lists. A value that JSON can't hold becomes ``{"unusable": type}``, which
    reads as unknown again.
    """
    return {
        name: _json_value(value)
        for name in facts_for(kind)
        if (value := facts.get(name)) is not None
    }


def _json_value(value: object) -> object:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float) and abs(value) != float("inf") and value == value:
        return value
    if isinstance(value, list | tuple | set | frozenset) and all(
        isinstance(item, str) for item in value
    ):
        return sorted(str.__str__(item) for item in value)
    return {"unusable": type(value).__name__}


__all__ = ["CATALOGUE", "Fact", "FactType", "PolicyKind", "facts_for", "facts_to_json"]
