"""What a text offers and asks: sums, shares, amounts, terms, deadlines, calls to action.

Two texts with the same terms make the same offer, in whatever words. Terms are read from the
evened text, so that spaces, commas and quotes make no difference. A number that a claim covers is
about the recipient and no term; a time of day is none either. English only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from revenue.agents.drafting.calls import find_calls
from revenue.agents.drafting.claims import Claim
from revenue.agents.drafting.detect.gated import at_numbers
from revenue.agents.drafting.text import Stretches, View, view_of
from revenue.agents.drafting.words import MONTHS, NUMBER, number_in

_SUM = re.compile(
    rf"(?:CA|US|C)?([$€£]) ?(\d[\d,.]{{0,14}}\d|\d) ?(k|m|thousand|million)?\b"
    rf"|\b({NUMBER}) (dollars?|euros?|pounds?|bucks|cents)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(rf"({NUMBER}) ?(?:%|per ?cent\b)", re.IGNORECASE)
_TERMS = re.compile(
    r"\b(?:discount|rebate|waiv|complimentary|bonus|refund|coupon|voucher|deposit|retainer|"
    r"guarant|warrant|money[ -]back|risk[ -]free|no[ -]obligation|cancel(?:ling)? any ?time|"
    r"month[ -]to[ -]month|commitment|lock-?in|contract|free of charge|for free|"
    r"no (?:cost|charge|fee)|half[ -]price|instal?ments?|"
    r"(?:free|paid|\w{1,8}-day) (?:trial|pilot|audit|month|week|setup|call)|"
    r"trial|pilot|(?:per|a|each|every) (?:month|seat|location|lead|call|booking)|"
    r"(?:i|we) (?:will |'ll )?promise|my word|service level)"
    r"(?:s|ed|ing|e|es|ee|eed|ees|able|ty|ties)?\b",
    re.IGNORECASE,
)
_DAY = (
    rf"(?:(?:this |next |the end of (?:the )?)?(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|"
    rf"tomorrow|tonight|noon|midnight|(?:the )?end of \w{{1,12}}(?: \w{{1,9}})?|"
    rf"(?:{'|'.join(MONTHS)})"
    r"(?: \d{1,2}(?:st|nd|rd|th)?)?|the \d{1,2}(?:st|nd|rd|th)|\d{1,4}[/-]\d{1,2}(?:[/-]\d{1,4})?|"
    r"(?:this|next) (?:week|month|year|quarter))"
)
_DEADLINE = re.compile(
    rf"\b(?:by|until|till|before|no later than|not later than|through|ends?(?: on)?|"
    rf"expires?(?: on)?|valid (?:until|through)) {_DAY}\b"
    r"|\b(?:deadline|today only|last chance|hurry|limited time|"
    r"(?:days?|hours?|weeks?|spots?|places?|seats?) left|this (?:week|month) only|while it lasts|"
    r"expires?)\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"(?:one|a single)[ -](page|call|minute|hour|day|week|month|year|visit|session|message)s?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"({NUMBER})(?![\w%])", re.IGNORECASE)
_CLOCK_BEFORE = re.compile(
    r"\b(?:at|after|before|until|past|around|from|till|half past|of the|by) $", re.IGNORECASE
)
_CLOCK_AFTER = re.compile(
    r" ?(?:am|pm|a\.m|p\.m|o'clock|in the (?:morn|even|after))", re.IGNORECASE
)


def offer_terms(text: str, claims: tuple[Claim, ...] = ()) -> Counter[str]:
    """Each term as ``kind:value``, with how often it stands there.

    Kinds: ``sum`` (a price or amount of money), ``share`` (a percentage), ``term`` (a word such as
    discount, refund, trial, guarantee, contract), ``deadline``, ``call`` (what the reader is asked
    to do, the reply word above all) and ``amount`` (any other number).
    """
    view = view_of(text)
    about, taken = Stretches(len(view.text)), Stretches(len(view.flat))
    for claim in claims:
        about.add(claim.start, claim.end)
    terms: Counter[str] = Counter()
    for call in find_calls(text):
        terms[f"call:{call.word or _plain(call.text)}"] += 1
    for kind, value, start, end in _found(view):
        claimed = kind not in ("sum", "share") and about.touch(*view.span(start, end))
        if not claimed and not taken.touch(start, end):
            taken.add(start, end)
            terms[f"{kind}:{value}"] += 1
    return terms


def _found(view: View) -> Iterator[tuple[str, str, int, int]]:
    for found in _SUM.finditer(view.flat):
        amount = found[2] or found[4]
        unit = found[1] or found[5].lower().rstrip("s")
        yield "sum", f"{unit}{_value(amount)}{(found[3] or '').lower()}", *found.span()
    for found in at_numbers(view, _SHARE):
        yield "share", _value(found[1]), *found.span()
    for found in _DEADLINE.finditer(view.flat):
        yield "deadline", _plain(found[0]), *found.span()
    for found in _TERMS.finditer(view.flat):
        yield "term", _plain(found[0]), *found.span()
    for position in view.numbers:
        measured = _MEASURE.match(view.flat, position)
        if measured:
            yield "amount", f"1 {measured[1].lower()}", *measured.span()
    yield from _amounts(view)


def _amounts(view: View) -> Iterator[tuple[str, str, int, int]]:
    for found in at_numbers(view, _NUMBER):
        start, end = found.span(1)
        clock = _CLOCK_BEFORE.search(view.flat, max(0, start - 12), start)
        if not clock and not _CLOCK_AFTER.match(view.flat, end):
            yield "amount", _value(found[1]), start, end


def _value(stated: str) -> str:
    value = number_in(stated.rstrip(".,"))
    return _plain(stated) if value is None else f"{value:g}"


def _plain(words: str) -> str:
    return " ".join(words.lower().replace("-", " ").split())
