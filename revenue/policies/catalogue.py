"""The fact catalogue: every input that a policy may read, in one place.

Facts reach a policy as one flat ``dict[str, object]`` of JSON values; a missing key, ``None`` and
a value of the wrong type all mean unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from revenue.policies.catalogue_accounts import ACCOUNT_FACTS
from revenue.policies.catalogue_sends import SEND_FACTS
from revenue.policies.vocabulary import Fact, FactType, PolicyKind

CATALOGUE: Mapping[str, Fact] = MappingProxyType(
    {fact.name: fact for fact in (*ACCOUNT_FACTS, *SEND_FACTS)}
)
_SURROGATE = re.compile("[\ud800-\udfff]")


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
        return str.__str__(value) if _is_storable(value) else _unusable(value)
    if isinstance(value, float):
        return value if isfinite(value) else _unusable(value)
    if isinstance(value, list | tuple | set | frozenset):
        items = [str.__str__(item) for item in value if isinstance(item, str)]
        sound = len(items) == len(value) and all(map(_is_storable, items))
        return sorted(items) if sound else _unusable(value)
    return _unusable(value)


def _is_storable(text: str) -> bool:
    """PostgreSQL's jsonb takes neither NUL nor half of a surrogate pair."""
    return "\x00" not in text and (text.isascii() or not _SURROGATE.search(text))


def _unusable(value: object) -> dict[str, str]:
    return {"unusable": type(value).__name__}


__all__ = ["CATALOGUE", "Fact", "FactType", "PolicyKind", "facts_for", "facts_to_json"]
