"""Finds phrases of a list in a text, whatever its case, apostrophes and line breaks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from revenue.agents.drafting.categories import HOUSE

#: Of an edited list, so many phrases of so many characters are used.
MAX_PHRASES, MAX_LENGTH = 1000, 120


@dataclass(frozen=True, slots=True)
class Phrases:
    """A compiled list: each phrase with the piece of text that it can't do without."""

    entries: tuple[tuple[str, str, re.Pattern[str]], ...]

    def found_in(self, text: str, lowered: str) -> Iterator[tuple[str, int, int]]:
        """Phrase, start and end of each hit; ``lowered`` is the text in lower case."""
        for phrase, piece, pattern in self.entries:
            if piece in lowered:
                for found in pattern.finditer(text):
                    yield phrase, found.start(), found.end()


@lru_cache(maxsize=64)
def phrases(listed: tuple[str, ...]) -> Phrases:
    """Blank and over-long entries are left out."""
    entries = []
    for entry in listed[:MAX_PHRASES]:
        words = entry.replace("’", "'").split()  # noqa: RUF001
        if words and len(entry) <= MAX_LENGTH:
            longest = max(re.split(r"'", max(words, key=len).lower()), key=len)
            entries.append((" ".join(words), longest, _pattern(words)))
    return Phrases(tuple(entries))


@cache
def marks(name: str) -> tuple[str, ...]:
    """A list of ``house/marks.toml``."""
    stored = tomllib.loads((HOUSE / "marks.toml").read_text(encoding="utf-8"))
    return tuple(stored[name])


def default_banned_phrases() -> tuple[str, ...]:
    """What a new installation bans; from then on its admin keeps the list."""
    return marks("banned")


def _pattern(words: list[str]) -> re.Pattern[str]:
    parts = [re.escape(word).replace("'", "['’]") for word in words]  # noqa: RUF001
    return re.compile(r"(?<!\w)" + r"\s{1,4}".join(parts) + r"(?!\w)", re.IGNORECASE)
