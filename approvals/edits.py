"""What an edit changed: the words, and whether it touched a claim or the offer.

Pure rules over two texts, the text that was drafted and the text that a person made of it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from revenue.agents.drafting.claims import Claim
from revenue.agents.drafting.offers import offer_terms
from revenue.agents.drafting.words import listed

#: Beyond this a text is shown as replaced as a whole.
MAX_TEXT = 20_000
#: Steps of the search for the shortest difference; about a tenth of a second.
_BUDGET = 300_000

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_WORD = re.compile(r"\d[\d,]*|\w+(?:'\w+)?")
#: Words that may come and go in a factual sentence without changing what it states.
_SMALL_WORDS = frozenset(
    listed(
        "a an the of and or to in on at for with by from your you our we i my this that so as but "
        "then than just also very really quite too it its there here please"
    )
)


class SpanKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that stayed, came or went."""

    kind: SpanKind
    text: str


class EditClass(StrEnum):
    """How far an edit goes, the least first; each class counts over those before it."""

    NONE = "none"
    COSMETIC = "cosmetic"
    CLAIM = "claim"
    OFFER = "offer"


def classify_edit(
    before: str, after: str, claims_before: tuple[Claim, ...], claims_after: tuple[Claim, ...]
) -> EditClass:
    """How far the edit from ``before`` to ``after`` goes.

    ``none``: the same text, line endings aside. ``offer``: another price, percentage, amount,
    term (discount, trial, guarantee, contract …), deadline or call to action, see
    ``offers.offer_terms``. ``claim``: a factual sentence about the recipient came, went or
    changed, that is its claims or its words, small words and their order aside. ``cosmetic``:
    all else. In doubt the graver class is given: a typo mended inside a factual sentence counts
    as ``claim``, a number in a plain sentence as ``offer``.

    The claims are those of ``find_claims`` on exactly these texts.
    """
    if _lines(before) == _lines(after):
        return EditClass.NONE
    if offer_terms(before, claims_before) != offer_terms(after, claims_after):
        return EditClass.OFFER
    if _factual(claims_before) != _factual(claims_after):
        return EditClass.CLAIM
    return EditClass.COSMETIC


def gravest(*classes: EditClass) -> EditClass:
    """The class of an edit of several parts, such as subject and body."""
    order = list(EditClass)
    return max(classes, key=order.index, default=EditClass.NONE)


def word_diff(before: str, after: str) -> tuple[Span, ...]:
    """The spans that lead from one text to the other.

    The same and removed spans make up ``before``, the same and added ones ``after``. Words are
    never cut; removed words come before those added in their place. The difference is the
    shortest one, except that texts which differ in hundreds of places are shown as replaced
    between their common beginning and end, and texts longer than ``MAX_TEXT`` as replaced.
    """
    if max(len(before), len(after)) > MAX_TEXT:
        return _spans(_replaced([before], [after]))
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    pairs = [(SpanKind.SAME, token) for token in old[:head]]
    pairs += _shortest(middle_old, middle_new) or _replaced(middle_old, middle_new)
    pairs += [(SpanKind.SAME, token) for token in old[len(old) - tail :]]
    return _spans(pairs)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def _factual(claims: tuple[Claim, ...]) -> Counter[tuple[frozenset[str], tuple[str, ...]]]:
    stated: dict[str, set[str]] = {}
    for claim in claims:
        known = f"{claim.fact}={claim.value}={claim.supported}"
        stated.setdefault(claim.sentence, set()).add(known)
    return Counter((frozenset(facts), _content(sentence)) for sentence, facts in stated.items())


def _content(sentence: str) -> tuple[str, ...]:
    even = sentence.lower().replace("’", "'")  # noqa: RUF001
    words = (word.replace(",", "") for word in _WORD.findall(even))
    return tuple(sorted(word for word in words if word not in _SMALL_WORDS))


Pair = tuple[SpanKind, str]


def _common(old: list[str], new: list[str]) -> int:
    length = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        length += 1
    return length


def _replaced(old: list[str], new: list[str]) -> list[Pair]:
    gone = [(SpanKind.REMOVED, token) for token in old]
    return gone + [(SpanKind.ADDED, token) for token in new]


def _shortest(old: list[str], new: list[str]) -> list[Pair] | None:
    """Myers' greedy algorithm (1986); ``None`` when the budget runs out."""
    trace: list[dict[int, int]] = []
    reached = {1: 0}
    steps = 0
    for distance in range(len(old) + len(new) + 1):
        trace.append(reached.copy())
        for diagonal in range(-distance, distance + 1, 2):
            down = diagonal == -distance or (
                diagonal != distance and reached[diagonal - 1] < reached[diagonal + 1]
            )
            x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            start = x
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            reached[diagonal] = x
            steps += x - start + 1
            if x >= len(old) and x - diagonal >= len(new):
                return _walked_back(trace, old, new)
        steps += len(reached)
        if steps > _BUDGET:
            return None
    return None


def _walked_back(trace: list[dict[int, int]], old: list[str], new: list[str]) -> list[Pair]:
    pairs: list[Pair] = []
    x, y = len(old), len(new)
    for distance in range(len(trace) - 1, -1, -1):
        reached, diagonal = trace[distance], x - y
        down = diagonal == -distance or (
            diagonal != distance and reached[diagonal - 1] < reached[diagonal + 1]
        )
        previous = diagonal + 1 if down else diagonal - 1
        from_x = reached[previous] if distance else 0
        from_y = from_x - previous if distance else 0
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            pairs.append((SpanKind.SAME, old[x]))
        if distance and down:
            y -= 1
            pairs.append((SpanKind.ADDED, new[y]))
        elif distance:
            x -= 1
            pairs.append((SpanKind.REMOVED, old[x]))
    return pairs[::-1]


def _spans(pairs: list[Pair]) -> tuple[Span, ...]:
    """Neighbours of one kind as one span; a lone space between two changes belongs to both."""
    spans: list[Span] = []
    removed: list[str] = []
    added: list[str] = []
    same: list[str] = []

    def close() -> None:
        for kind, texts in ((SpanKind.REMOVED, removed), (SpanKind.ADDED, added)):
            if texts:
                spans.append(Span(kind, "".join(texts)))
        removed.clear()
        added.clear()

    for kind, token in pairs:
        if kind is SpanKind.SAME:
            same.append(token)
            continue
        gap = "".join(same)
        if gap and gap.isspace() and "\n" not in gap and (removed or added):
            removed.append(gap)
            added.append(gap)
        elif gap:
            close()
            spans.append(Span(SpanKind.SAME, gap))
        same.clear()
        (removed if kind is SpanKind.REMOVED else added).append(token)
    close()
    if same:
        spans.append(Span(SpanKind.SAME, "".join(same)))
    return tuple(spans)
