"""Faults to plant in a real mail, and what an edit of such a mail says about its reader.

Pure rules over the text and what it claims. A fault replaces or adds a few words so that the mail
still reads well and a reader who compares it with the claims and the recipient can see what is
wrong. The claims shown beside it stay those of the text as it was drafted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from approvals.edits import SpanKind, word_diff
from revenue.agents.drafting.claims import Claim
from revenue.agents.drafting.words import NUMBER, number_in, spell

LONGEST = 300
"""Characters of a fragment, as much as its row holds."""
_NUMBER = re.compile(NUMBER, re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_COUNTED = frozenset({"account.locations", "account.employees"})
_PLACED = frozenset({"account.area", "account.city", "account.place"})

PRAISE = (
    "The piece about you in the local paper was a pleasure to read.",
    "A neighbour of mine talks about the new treatment rooms every time we meet.",
    "The waiting list must be into the spring by now.",
    "After the move across the street the phone cannot have been quieter.",
    "The renovation over the summer must have kept the phone busy.",
)
OFFER = (
    "The first month is on us.",
    "It can be up and running at your place within a day.",
    "Should it not suit you after a season, you owe us nothing.",
    "For the businesses on your street we do the setup at our own expense.",
    "Whoever starts before the holidays keeps the early price for good.",
)


class Fault(StrEnum):
    """What can be planted; the values are those of ``models.PlantedFault``."""

    WRONG_NAME = "wrong_name"
    WRONG_BUSINESS = "wrong_business"
    WRONG_PLACE = "wrong_place"
    WRONG_NUMBER = "wrong_number"
    INVENTED_PRAISE = "invented_praise"
    INVENTED_OFFER = "invented_offer"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the mail is to, as the mail would call them; ``places`` are all where they are."""

    first_name: str
    business: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Others:
    """What is true of somebody else: a fault borrows from it."""

    first_names: tuple[str, ...] = ()
    businesses: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """The text with its fault. ``fragment`` stands in it once and nowhere in the real text.

    ``original`` is what stood there; "" where a sentence was added, with a space before it.
    """

    kind: Fault
    body: str
    claims: tuple[Claim, ...]
    fragment: str
    original: str


@dataclass(frozen=True, slots=True)
class _Swap:
    """``words`` in place of ``body[start:end]``."""

    kind: Fault
    start: int
    end: int
    words: str


def plant(
    *, body: str, claims: Sequence[Claim], recipient: Recipient, others: Others, chance: Random
) -> Planted | None:
    """The text with one fault that ``chance`` chooses, or None where none fits."""
    kinds = list(Fault)
    chance.shuffle(kinds)
    for kind in kinds:
        swaps = list(_swaps(kind, body, claims, recipient, others))
        chance.shuffle(swaps)
        for swap in swaps:
            planted = _carried_out(swap, body, claims)
            if planted is not None:
                return planted
    return None


def without(body: str, *, fragment: str, original: str) -> str:
    """The text as it was before ``plant``, or with its other words as they are now."""
    return body.replace(fragment if original else f" {fragment}", original, 1)


def _swaps(
    kind: Fault, body: str, claims: Sequence[Claim], recipient: Recipient, others: Others
) -> Iterator[_Swap]:
    match kind:
        case Fault.WRONG_NAME:
            return _names(body, recipient, others)
        case Fault.WRONG_BUSINESS:
            return _businesses(body, recipient, others)
        case Fault.WRONG_PLACE:
            return _places(body, claims, recipient, others)
        case Fault.WRONG_NUMBER:
            return _numbers(body, claims)
        case Fault.INVENTED_PRAISE:
            return _sentences(kind, body, PRAISE, last=False)
        case Fault.INVENTED_OFFER:
            return _sentences(kind, body, OFFER, last=True)


def _names(body: str, recipient: Recipient, others: Others) -> Iterator[_Swap]:
    """Another person's first name in the greeting."""
    greeting = body.partition("\n")[0]
    for start, end in _mentions(greeting, recipient.first_name):
        for name in others.first_names:
            if _NAME.fullmatch(name) and name[:1].isupper():
                yield _Swap(Fault.WRONG_NAME, start, end, name)


def _businesses(body: str, recipient: Recipient, others: Others) -> Iterator[_Swap]:
    for start, end in _mentions(body, recipient.business):
        for business in others.businesses:
            if business.casefold() not in recipient.business.casefold():
                yield _Swap(Fault.WRONG_BUSINESS, start, end, business)


def _places(
    body: str, claims: Sequence[Claim], recipient: Recipient, others: Others
) -> Iterator[_Swap]:
    """Another place where the mail names theirs, but for a place within their name."""
    named = list(_mentions(body, recipient.business))
    theirs = {place.casefold() for place in recipient.places}
    for claim in claims:
        inside = any(start < claim.end and claim.start < end for start, end in named)
        if claim.fact not in _PLACED or not claim.supported or inside:
            continue
        for place in others.places:
            if place.casefold() not in theirs:
                yield _Swap(Fault.WRONG_PLACE, claim.start, claim.end, place)


def _numbers(body: str, claims: Sequence[Claim]) -> Iterator[_Swap]:
    """Another number where the mail counts their locations or people."""
    for claim in claims:
        words = body[claim.start : claim.end]
        found = _NUMBER.search(words)
        if claim.fact not in _COUNTED or not claim.supported or found is None:
            continue
        value = number_in(found[0])
        if value is None or value < 2:
            continue
        stated = int(value)
        for other in sorted({stated + 1, stated + 2, 2 * stated, max(stated - 1, 2)} - {stated}):
            said = f"{other:,}" if found[0][0].isdigit() else spell(other)
            said = said.capitalize() if found[0][0].isupper() else said
            swapped = f"{words[: found.start()]}{said}{words[found.end() :]}"
            yield _Swap(Fault.WRONG_NUMBER, claim.start, claim.end, swapped)


def _sentences(kind: Fault, body: str, sentences: Sequence[str], *, last: bool) -> Iterator[_Swap]:
    """A sentence more, at the end of the last paragraph before the signature or of another."""
    paragraphs = list(_inner_paragraphs(body))
    for end in paragraphs[-1:] if last else paragraphs[:-1]:
        for sentence in sentences:
            yield _Swap(kind, end, end, f" {sentence}")


def _inner_paragraphs(body: str) -> Iterator[int]:
    """Where each paragraph of plain sentences between greeting and signature ends."""
    parts = body.split("\n\n")
    at = 0
    for number, part in enumerate(parts):
        end = at + len(part)
        if 0 < number < len(parts) - 1 and "\n" not in part and part.endswith((".", "?")):
            yield end
        at = end + 2


def _mentions(text: str, name: str) -> Iterator[tuple[int, int]]:
    if name.strip():
        for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            yield found.span()


def _carried_out(swap: _Swap, body: str, claims: Sequence[Claim]) -> Planted | None:
    """None where the words stand in the real text already, or cut through a claim."""
    fragment, original = swap.words.strip(), body[swap.start : swap.end]
    if not fragment or len(fragment) > LONGEST or len(original) > LONGEST:
        return None
    moved = [_moved(claim, swap) for claim in claims]
    text = f"{body[: swap.start]}{swap.words}{body[swap.end :]}"
    if _even(fragment) in _even(body) or text.count(fragment) != 1 or None in moved:
        return None
    kept = tuple(claim for claim in moved if claim is not None)
    return Planted(swap.kind, text, kept, fragment, original)


def _moved(claim: Claim, swap: _Swap) -> Claim | None:
    """The claim where its words stand now; None if the fault begins or ends within them."""
    longer = len(swap.words) - (swap.end - swap.start)
    if claim.end <= swap.start:
        return claim
    if claim.start >= swap.end:
        return replace(claim, start=claim.start + longer, end=claim.end + longer)
    if claim.start <= swap.start and swap.end <= claim.end:
        return replace(claim, end=claim.end + longer)
    return None


def _even(text: str) -> str:
    return " ".join(text.split()).casefold()


# What an edit says ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handled:
    """``body`` is what was typed without the fault, or None where the two can't be told apart."""

    caught: bool
    body: str | None


def handled(*, planted: str, typed: str, fragment: str, original: str) -> Handled:
    """Whether an edit of the planted text took the fault out, and what else it did.

    Words are carried over only where no word of the fault can be among them.
    """
    if _even(fragment) in _even(typed):
        body = without(typed, fragment=fragment, original=original)
        clean = typed.count(fragment) == 1 and _even(fragment) not in _even(body)
        return Handled(caught=False, body=body if clean else None)
    start = planted.index(fragment)
    whole = _taken_out(planted, typed, start, start + len(fragment))
    return Handled(caught=True, body=typed if whole else None)


def _taken_out(planted: str, typed: str, start: int, end: int) -> bool:
    """Whether no word of ``planted[start:end]`` stayed."""
    at = 0
    for span in word_diff(planted, typed):
        if span.kind is SpanKind.ADDED:
            continue
        stayed = planted[max(at, start) : min(at + len(span.text), end)]
        if span.kind is SpanKind.SAME and any(map(str.isalnum, stayed)):
            return False
        at += len(span.text)
    return True
