"""How people speak about each line of business; the words are in ``house/categories.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from revenue.agents.drafting.brief import Brief

HOUSE = Path(__file__).parent / "house"
#: As many letters of a word as ``trades_by_beginning`` looks at.
BEGINNING = 3
_TEXTS = ("plural", "people", "busy", "ask", "trigger")


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """The words for one line of business; see the head of ``house/categories.toml``.

    ``plural`` is empty where the house does not write to such businesses; ``within`` is the line
    of business that a trade belongs to.
    """

    key: str
    within: str
    plural: str
    people: str
    busy: str
    ask: str
    trigger: str
    kinds: frozenset[str]
    terms: tuple[str, ...]


@cache
def categories() -> MappingProxyType[str, CategoryWords]:
    """All lines of business and trades by key; ``any`` is the neutral one."""
    stored = tomllib.loads((HOUSE / "categories.toml").read_text(encoding="utf-8"))
    return MappingProxyType({key: _words(key, entry, stored) for key, entry in stored.items()})


def words_for(brief: Brief) -> CategoryWords:
    """The words for the recipient: of its trade, else its line of business, else neutral ones."""
    known = categories()
    words = known.get(brief.category.value) if brief.category else None
    if words is None or not words.plural:
        return known["any"]
    said = " ".join(fact.value for fact in (brief.account_name, brief.trade) if fact)
    trades = [trade for trade in known.values() if trade.within == words.key]
    named = [trade for trade in trades if term_patterns()[trade.key].search(said)]
    return named[0] if len(named) == 1 else words


@cache
def term_patterns() -> MappingProxyType[str, re.Pattern[str]]:
    """A pattern for each line of business that matches its words, with their endings."""
    patterns = {}
    for key, words in categories().items():
        if words.terms:
            choice = "|".join(_term(term) for term in words.terms)
            patterns[key] = re.compile(rf"\b(?:{choice})", re.IGNORECASE)
    return MappingProxyType(patterns)


@cache
def trades_by_beginning() -> MappingProxyType[str, tuple[str, ...]]:
    """Keys of the lines of business by the first letters of their words, ``BEGINNING`` long."""
    found: dict[str, list[str]] = {}
    for key, words in categories().items():
        for beginning in sorted({re.split(r"\W", term)[0][:BEGINNING] for term in words.terms}):
            found.setdefault(beginning, []).append(key)
    return MappingProxyType({beginning: tuple(keys) for beginning, keys in found.items()})


def _words(key: str, entry: dict[str, Any], stored: dict[str, Any]) -> CategoryWords:
    within = entry.get("within", "")
    around = stored["any"] | (stored[within] if within else {})
    plural = entry.get("plural", "")
    return CategoryWords(
        key=key,
        within=within,
        kinds=frozenset(entry["kinds"]),
        terms=tuple(entry.get("terms", ())),
        **{name: entry.get(name, around.get(name, "")) for name in _TEXTS} | {"plural": plural},
    )


def _term(term: str) -> str:
    literal = re.escape(term).replace(r"\ ", r"[ -]")
    ending = r"s?(?!\w)" if len(term) <= 4 else r"\w{0,12}"
    return f"{literal}{ending}"
