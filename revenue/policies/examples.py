"""Which values a fact has had lately, for whoever writes a rule about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection

from revenue.models import PolicyKind
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import is_usable
from revenue.policies.entering import typed
from revenue.policies.vocabulary import Fact, FactType
from revenue.policies.wording import value_words

VERDICTS = 500
_SHOWN = 4
# Versions are walked one by one, so that the index by version finds the latest verdicts of each.
_SEEN = """
select wanted.name, of_kind.facts -> wanted.name
from (
    select latest.facts
    from (select id from revenue_policyversion where kind = %(kind)s
          order by number desc limit 20) version
    cross join lateral (
        select id, facts from revenue_verdict where policy_id = version.id
        order by id desc limit %(most)s
    ) latest
    order by latest.id desc limit %(most)s
) of_kind
cross join unnest(%(names)s::text[]) wanted (name)
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A value in words, as one types it, and how many of the latest verdicts saw it."""

    words: str
    typed: str
    count: int


@dataclass(frozen=True, slots=True)
class Examples:
    """What the latest ``total`` verdicts saw of one fact: its commonest values."""

    total: int
    unknown: int
    values: tuple[Example, ...]


def examples_of(kind: PolicyKind, names: Collection[str]) -> Mapping[str, Examples]:
    """The values of these facts in the latest verdicts of a kind; one query, none for no fact."""
    known = [name for name in dict.fromkeys(names) if name in CATALOGUE]
    if not known:
        return {}
    seen: dict[str, list[object]] = {name: [] for name in known}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"kind": kind.value, "most": VERDICTS, "names": known})
        for name, value in cursor.fetchall():
            seen[name].append(json.loads(value) if isinstance(value, str) else value)
    return {name: _of_fact(CATALOGUE[name], values) for name, values in seen.items()}


def _of_fact(fact: Fact, values: list[object]) -> Examples:
    usable = [value for value in values if value is not None and is_usable(fact, value)]
    single: list[object] = []
    for value in usable:
        single.extend(value if fact.type is FactType.SET and isinstance(value, list) else [value])
    counted = Counter(map(_key, single)).most_common(_SHOWN)
    return Examples(
        total=len(values),
        unknown=len(values) - len(usable),
        values=tuple(
            Example(_words(fact, value), typed(fact, value), count) for (_, value), count in counted
        ),
    )


def _key(value: object) -> tuple[str, object]:
    """Tells 1 from true, which are equal."""
    return type(value).__name__, value


def _words(fact: Fact, value: object) -> str:
    return str(value) if fact.type is FactType.SET else value_words(fact, value)
