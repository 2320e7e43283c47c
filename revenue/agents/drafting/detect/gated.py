"""Patterns that are only tried on texts which hold one of their words.

Most texts hold few of the words that the finders look for. Looking for a word is many times
cheaper than trying a pattern at every position, and a check must cost well under 2 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from revenue.agents.drafting.text import View


@dataclass(frozen=True, slots=True)
class Gated:
    """A pattern and lower-case pieces of text; whatever it matches contains one of them."""

    pattern: re.Pattern[str]
    pieces: tuple[str, ...]

    def found_in(self, view: View) -> Iterator[re.Match[str]]:
        if any(piece in view.lowered for piece in self.pieces):
            yield from self.pattern.finditer(view.flat)


def gated(pattern: str, pieces: str, *, cased: bool = False) -> Gated:
    """``pieces`` are parted by "|"; patterns ignore case unless ``cased``."""
    flags = 0 if cased else re.IGNORECASE
    return Gated(re.compile(pattern, flags), tuple(pieces.split("|")))


def at_numbers(view: View, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Matches of a pattern that begins with a number."""
    for position in view.numbers:
        found = pattern.match(view.flat, position)
        if found:
            yield found
