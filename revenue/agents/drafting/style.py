"""Checks of how a text sounds: phrases, dashes, adjectives, capitals, signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from revenue.agents.drafting.faults import CopyContext, CopyFault, Where, fault
from revenue.agents.drafting.phrases import marks, phrases
from revenue.agents.drafting.words import listed

_DASH = re.compile(r"—|―|(?<!\d)–|–(?!\d)|(?<= )--(?= )")  # noqa: RUF001
_EMOJI = re.compile("[\u2600-\u27bf\u2b50\u2b06\u2b07\U0001f000-\U0001faff]")
_FORMATTING = re.compile(
    r"\*\*[^*\n]{1,120}\*\*|__[^_\n]{1,120}__|(?m:^#{1,6} )|`[^`\n]{1,80}`|\]\(|(?m:^[*•] )"
)
_EXCLAMATION = re.compile(r"!")
_CAPITALS = re.compile(r"(?<![\w.])[A-ZÀ-Þ][A-ZÀ-Þ'’-]{3,30}(?!\w|\.\w)")  # noqa: RUF001
_LETTERS = re.compile(r"[^\W\d_]+")
_ACRONYMS = frozenset(
    listed("CAPTCHA GDPR ICBC HIPAA ISBN LLBO NASA NATO RMTS YMCA YWCA FAQS ASAP")
)


def style_faults(text: str, where: Where, context: CopyContext) -> Iterator[CopyFault]:
    """Everything about wording in one part of a mail."""
    lowered = text.lower()
    for code, entries in (
        ("phrase.banned", context.banned_phrases),
        ("style.filler", marks("filler")),
        ("style.hedging", marks("hedges")),
        ("style.inflated", marks("inflated")),
    ):
        for phrase, start, end in phrases(entries).found_in(text, lowered):
            yield fault(code, where, start, end, phrase)
    yield from _weak_hedges(text, lowered, where)
    yield from _adjectives(text, lowered, where)
    yield from _signs(text, where)
    yield from _shouting(text, where, context)


def _weak_hedges(text: str, lowered: str, where: Where) -> Iterator[CopyFault]:
    found = sorted(phrases(marks("weak_hedges")).found_in(text, lowered), key=lambda hit: hit[1])
    if len(found) > 1:
        for phrase, start, end in found:
            yield fault("style.hedging", where, start, end, phrase)


def _adjectives(text: str, lowered: str, where: Where) -> Iterator[CopyFault]:
    if sum(word in lowered for word in marks("adjectives")) < 2:
        return
    for found in _stacked().finditer(text):
        yield fault("style.adjectives", where, found.start(), found.end(), found[0])


@cache
def _stacked() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(marks("adjectives"), key=len, reverse=True))
    return re.compile(
        rf"(?<![\w-])(?:{words})(?:(?:,? and|,)?\s{{1,3}}(?:{words})){{1,4}}(?![\w-])",
        re.IGNORECASE,
    )


def _signs(text: str, where: Where) -> Iterator[CopyFault]:
    for code, pattern in (
        ("style.dash", _DASH),
        ("style.emoji", _EMOJI),
        ("style.formatting", _FORMATTING),
    ):
        for found in pattern.finditer(text):
            yield fault(code, where, found.start(), found.end(), found[0][:20].strip())
    exclamations = [found.start() for found in _EXCLAMATION.finditer(text)]
    if len(exclamations) > 1:
        yield fault("style.exclamation", where, exclamations[1], exclamations[1] + 1)


def _shouting(text: str, where: Where, context: CopyContext) -> Iterator[CopyFault]:
    allowed = {context.reply_word, context.label} | _ACRONYMS
    allowed |= set(re.findall(r"[\w'-]+", context.account_name))
    shouted = [found for found in _CAPITALS.finditer(text) if found[0] not in allowed]
    letters = "".join(_LETTERS.findall(text[:200]))
    whole = where is Where.SUBJECT and len(letters) > 5 and letters.isupper()
    if len(shouted) > 1 or whole:
        start, end = (shouted[0].start(), shouted[-1].end()) if shouted else (0, len(text))
        words = ", ".join(found[0] for found in shouted[:3])
        yield fault("style.all_caps", where, start, end, words)
