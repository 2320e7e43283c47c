"""A text as the checks see it: evened out, cut into sentences, and mapped back to the original.

Commas, quotes, curly apostrophes, line breaks and doubled spaces make no difference to a view, so
patterns over it stay short. Patterns must be linear: bounded repetition only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from revenue.agents.drafting.brief import Brief
from revenue.agents.drafting.names import spoken_name
from revenue.agents.drafting.words import NUMBER_WORDS

#: Longer texts are cut here before they are looked at; ``copycheck`` reports them.
MAX_TEXT = 20_000

#: Stand for the account and for the sender where their names were.
ACCOUNT_MARK = "\ue000"
SENDER_MARK = "\ue001"

_QUOTES = '"“”„«»()[]*_'
_EVEN = str.maketrans({**dict.fromkeys(_QUOTES, " "), "’": "'", "‘": "'", "‐": "-"})  # noqa: RUF001
_COMMA = re.compile(r"(?<!\d)[,;:]|[,;:](?!\d)")
_WORD = re.compile(r"\S+")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_STOP = re.compile(r"[.!?]+")
_BULLET = frozenset("-*•")
_ABBREVIATED = re.compile(
    r"\b(?:dr|mr|mrs|ms|st|inc|ltd|vs|approx|e\.g|i\.e|[a-z](?<!\bi))$", re.IGNORECASE
)
_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where a sentence stands in the flat text; ``question`` if it ends with a question mark."""

    start: int
    end: int
    question: bool


class Stretches:
    """A growing set of stretches of one text, asked for positions in constant time."""

    def __init__(self, length: int) -> None:
        self._covered = bytearray(length)

    def add(self, start: int, end: int) -> None:
        self._covered[start:end] = b"\x01" * (min(end, len(self._covered)) - start)

    def cover(self, position: int) -> bool:
        return bool(self._covered[position])

    def touch(self, start: int, end: int) -> bool:
        """Whether any position from ``start`` to ``end`` is covered."""
        return self._covered.find(1, start, end) >= 0


@dataclass(frozen=True)
class View:
    """A text, its evened form ``flat``, and the sentences of that form.

    ``flat`` has one space between words and a line break where nothing may read on: between
    paragraphs, list items and after the greeting. The names of account and sender are replaced
    by marks, so that no pattern reads a place or a trade out of a name.
    """

    text: str
    flat: str
    sentences: tuple[Sentence, ...]
    _flat_starts: tuple[int, ...]
    _text_starts: tuple[int, ...]

    @cached_property
    def lowered(self) -> str:
        return self.flat.lower()

    @cached_property
    def words(self) -> tuple[tuple[int, str], ...]:
        """Position and lower-case form of each word of the flat text."""
        return tuple((word.start(), word[0].lower()) for word in _PLAIN_WORD.finditer(self.flat))

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Positions of the flat text at which a number begins, in digits or words."""
        return tuple(
            start
            for start, word in self.words
            if word in NUMBER_WORDS
            or (word[0].isdecimal() and self.flat[start - 1 : start] not in (".", ","))
        )

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    def sentence_at(self, position: int) -> Sentence | None:
        """The sentence around a position of the flat text."""
        index = bisect_right(self._sentence_starts, position) - 1
        if index < 0 or position >= self.sentences[index].end:
            return None
        return self.sentences[index]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text that a stretch of the flat text came from."""
        return self._origin(start), self._origin(max(start, end - 1)) + 1

    def _origin(self, position: int) -> int:
        index = max(0, bisect_right(self._flat_starts, position) - 1)
        if not self._flat_starts:
            return 0
        return self._text_starts[index] + position - self._flat_starts[index]


def view_of(text: str, brief: Brief | None = None) -> View:
    """The view of the first ``MAX_TEXT`` characters; without a brief no name is masked."""
    cut = text[:MAX_TEXT]
    even = _COMMA.sub(" ", cut.translate(_EVEN))
    pieces: list[str] = []
    flat_starts, text_starts = [], []
    length, end, greeted = 0, 0, _greeting_end(cut)
    for word in _WORD.finditer(even):
        start, stop = word.span()
        if pieces:
            near = start == end + 1 and even[end] == " "
            pieces.append(" " if near else _separator(even, end, start, greeted=greeted))
            length += 1
        flat_starts.append(length)
        text_starts.append(start)
        pieces.append(word[0])
        length += stop - start
        end = stop
    flat = "".join(pieces)
    if brief is not None:
        flat = _masked(flat, brief)
    return View(cut, flat, _sentences(flat), tuple(flat_starts), tuple(text_starts))


def _greeting_end(text: str) -> int:
    """Where the first line ends if it is a greeting, else -1."""
    end = text.find("\n", 0, 90)
    return end if text[: max(end, 0)].rstrip()[-1:] in tuple(",!:") else -1


def _separator(even: str, end: int, start: int, *, greeted: int) -> str:
    breaks = even.count("\n", end, start)
    if not breaks:
        return " "
    greeting = end <= greeted < start
    item = even[start] in _BULLET and even[start + 1 : start + 2].isspace()
    return "\n" if breaks > 1 or greeting or item else " "


def _sentences(flat: str) -> tuple[Sentence, ...]:
    found: list[Sentence] = []
    start = 0
    for line in flat.split("\n"):
        limit = start + len(line)
        begin = start
        for stop in _STOP.finditer(flat, start, limit):
            after = flat[stop.end() : stop.end() + 2].lstrip("'")
            if after and not after[0].isspace():
                continue
            if stop.group() == "." and _ABBREVIATED.search(
                flat, max(0, stop.start() - 6), stop.start()
            ):
                continue
            if stop.end() < limit and flat[stop.end() + 1 : stop.end() + 2].islower():
                continue
            found.append(Sentence(begin, stop.end(), "?" in stop.group()))
            begin = stop.end() + 1
        if begin < limit:
            found.append(Sentence(begin, limit, question=False))
        start = limit + 1
    return tuple(found)


def _masked(flat: str, brief: Brief) -> str:
    for name, mark in _names(brief):
        plain = " ".join(_COMMA.sub(" ", name.translate(_EVEN)).split())
        if len(plain) >= _SHORTEST_NAME or (plain and mark == SENDER_MARK):
            flat = flat.replace(plain, mark * len(plain))
    return flat


def _names(brief: Brief) -> list[tuple[str, str]]:
    names = [brief.sender.name, brief.sender.company, brief.sender.label]
    marked = [(name, SENDER_MARK) for name in names]
    if brief.account_name:
        stated = brief.account_name.value
        marked += [(stated, ACCOUNT_MARK), (spoken_name(stated), ACCOUNT_MARK)]
    return sorted(marked, key=lambda pair: -len(pair[0]))
