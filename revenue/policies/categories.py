"""Maps the raw tags of a source to our own line of business (``categories.toml`` is the table)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Category:
    slug: str
    label: str
    group: str


class UnknownVocabulary(LookupError):
    """No table of categories has this name."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The tables of one source: raw tag → value → slug, asked in order."""

    strong: tuple[tuple[str, Mapping[str, str]], ...]
    weak: tuple[tuple[str, Mapping[str, str]], ...]


def categorise(vocabulary: str, tags: Mapping[str, str], *, text: str = "") -> str:
    """The slug of our category for one source record.

    ``tags`` holds the source's own columns by name (others are ignored), so a whole CSV row will
    do; ``naics_code`` is understood in every vocabulary. ``text`` is the business's name and
    description: its words are asked only where the tags are vague. Raises ``UnknownVocabulary``.
    """
    try:
        tables = _VOCABULARIES[vocabulary]
    except KeyError:
        raise UnknownVocabulary(vocabulary) from None
    return (
        _by_tags(tables.strong, tags)
        or _by_words(text)
        or _by_tags(tables.weak, tags)
        or _by_naics(tags.get("naics_code") or "")
        or OTHER
    )


def group_of(slug: str) -> str:
    """The group of a category; ``other`` for a slug that is not ours."""
    category = CATEGORIES.get(slug)
    return category.group if category else OTHER


def _by_tags(
    tables: tuple[tuple[str, Mapping[str, str]], ...], tags: Mapping[str, str]
) -> str | None:
    for tag, table in tables:
        raw = tags.get(tag)
        if not raw:
            continue
        value = raw.strip().lower()
        slug = table.get(value)
        if slug is None and ";" in value:
            slug = next((table[part] for part in value.split(";") if part in table), None)
        if slug is not None:
            return slug
    return None


@cache
def _naics(code: str) -> str | None:
    return next((_NAICS[code[:n]] for n in range(len(code), 1, -1) if code[:n] in _NAICS), None)


def _by_naics(code: str) -> str | None:
    return _naics(code) if code.isdigit() and len(code) <= 6 else None


def _by_words(text: str) -> str | None:
    if not text:
        return None
    lowered = text.lower()
    return next((slug for word, slug in _WORDS if word.search(lowered)), None)


def _read_tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("categories.toml").read_text("utf-8"))


def _categories(groups: Mapping[str, Mapping[str, str]]) -> Iterator[Category]:
    for group, members in groups.items():
        for slug, label in members.items():
            yield Category(slug, label, group)


def _vocabulary(tables: Mapping[str, Any]) -> _Vocabulary:
    weak = tables.get("weak", {})
    order = tables["order"]
    return _Vocabulary(
        tuple((tag, tables[tag]) for tag in order if tag in tables),
        tuple((tag, weak[tag]) for tag in order if tag in weak),
    )


def _own_words(categories: Mapping[str, Category]) -> dict[str, str]:
    labels = {category.label.lower(): category.slug for category in categories.values()}
    return labels | {slug: slug for slug in categories}


_TABLES = _read_tables()
GROUPS: Final[Mapping[str, str]] = _TABLES["groups"]
CATEGORIES: Final[Mapping[str, Category]] = {
    category.slug: category for category in _categories(_TABLES["categories"])
}
_NAICS: Final[Mapping[str, str]] = _TABLES["naics"]
_WORDS: Final = tuple(
    (re.compile(r"\b" + re.escape(word)), slug) for word, slug in _TABLES["words"].items()
)
_VOCABULARIES: Final = {
    "langley": _vocabulary(_TABLES["langley"]),
    "osm": _vocabulary(_TABLES["osm"]),
    "own": _Vocabulary((("category", _own_words(CATEGORIES)),), ()),
}
VOCABULARIES: Final = tuple(_VOCABULARIES)
"""``langley`` and ``osm`` read those lists' columns; ``own`` reads our slugs or labels."""
