"""The past that sender and recipient are said to share, and its dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from revenue.agents.drafting.brief import Brief, Evidenced
from revenue.agents.drafting.detect.gated import Gated, gated
from revenue.agents.drafting.detect.mention import Mention, Reading
from revenue.agents.drafting.house import history_kinds
from revenue.agents.drafting.words import COUNT, DAYS_IN, MONTHS, number_in

_WE = r"(?:[Ww]e|I|you and I)"
_PATTERNS: tuple[tuple[str, Gated], ...] = (
    (
        "champion",
        gated(
            r"\b(?:(?:has|have|had)(?: since)? moved on|no longer (?:at|with)|left the (?:business|"
            r"clinic|company|practice)|took over from|before your time)\b",
            "moved on|no longer|left the|took over|before your",
        ),
    ),
    (
        "pricing",
        gated(
            r"\b(?:over|about|because of|on) (?:the |our )?(?:price|pricing|cost|budget|fees?)\b"
            r"|\btoo expensive\b",
            "price|pricing|cost|budget|fee|expensive",
        ),
    ),
    (
        "client",
        gated(
            r"\b(?:worked (?:together|with us|with you)|(?:a|as a) (?:client|customer) of ours|"
            r"were a client|used to work (?:with|together))\b",
            "worked|of ours|a client|used to",
        ),
    ),
    (
        "timing",
        gated(
            r"\b(?:come back later|ask (?:again )?later|not the right time|wait(?:ed)? until)\b",
            "later|right time|wait",
        ),
    ),
    (
        "asked",
        gated(
            r"\byou (?:asked|told|said|mentioned|wanted|agreed|promised|suggested|preferred|"
            r"decided|replied|wrote|requested|signed up|downloaded|registered)\b",
            "you ",
        ),
    ),
    (
        "proposal",
        gated(
            r"\b(?:(?:sent|gave|made) you (?:a|the|our) (?:proposal|quote|offer)|(?:our|the old|"
            r"the last|your) proposal|the proposal (?:from|of|we)|proposal (?:from us|of ours))\b",
            "proposal|quote|offer",
        ),
    ),
    ("met", gated(rf"\b{_WE}(?: have| had)?(?: last)? met\b", " met", cased=True)),
    (
        "talked",
        gated(
            rf"\b{_WE}(?: have| had)?(?: last)? (?:spoke|spoken|talked|discussed|had a call|"
            r"chatted)\b|\b[Oo]ur (?:last |previous |earlier )?(?:call|chat|discussion|meeting)\b|"
            r"\b[Aa]s discussed\b",
            "spoke|talked|discuss|call|chat|meeting",
            cased=True,
        ),
    ),
    (
        "quiet",
        gated(
            r"\b(?:it|conversation|you) (?:then )?(?:went quiet|fell silent|trailed off)\b",
            "quiet|silent|trailed",
        ),
    ),
    (
        "ended",
        gated(
            r"\b(?:we parted|parted (?:ways|over)|stopped working|you left us|cancelled)\b",
            "parted|stopped|left us|cancelled",
        ),
    ),
    (
        "contact",
        gated(
            rf"\blast in touch\b|\b(?:were|been) in touch\b|\b{_WE} (?:exchanged|corresponded|"
            r"dealt with)\b|\b[Oo]ur (?:last |previous )?(?:conversation|correspondence|exchange|"
            r"emails?)\b|\b[Ff]ollowing up on\b|\b[Mm]y (?:last|previous|earlier) (?:email|mail|"
            r"message|note)\b|\b[Cc]ircling back\b|\b(?:person|people) we dealt with\b",
            "in touch|exchange|correspond|dealt|conversation|email|following|my |circling",
            cased=True,
        ),
    ),
)
_MONTH = re.compile(rf"\b(?:last )?({'|'.join(MONTHS)})(?: (\d{{4}}))?\b")
_SPAN = re.compile(
    rf"\b(about|around|nearly|almost|over|more than|roughly)?(?: |\b)({COUNT}|a|an|a few) "
    r"(day|week|month|year)s?\b",
    re.IGNORECASE,
)
_TOLERANCE = 0.2


def remembered(reading: Reading) -> Iterator[Mention]:
    """Shared past by what it is, and the dates in the same sentences."""
    facts = _proofs(reading.brief)
    told: set[int] = set()
    for what, pattern in _PATTERNS:
        for found in pattern.found_in(reading.view):
            sentence = reading.view.sentence_at(found.start())
            if sentence is None or (
                reading.supposes(found.start()) and what in ("asked", "pricing")
            ):
                continue
            told.add(sentence.start)
            yield _past(found, what, facts.get(what))
    for start in sorted(told):
        yield from _dates(reading, start)


def _proofs(brief: Brief) -> dict[str, Evidenced[str] | Evidenced[int]]:
    """For each sort of past, the fact that proves it."""
    proofs: dict[str, Evidenced[str] | Evidenced[int]] = {}
    for fact in brief.relationship:
        known = history_kinds().get(fact.value)
        for what in known.supports if known else ("contact",):
            proofs.setdefault(what, fact)
    if brief.days_since_contact:
        proofs.setdefault("contact", brief.days_since_contact)
    return proofs


def _past(
    found: re.Match[str], what: str, proof: Evidenced[str] | Evidenced[int] | None
) -> Mention:
    if proof is not None:
        return Mention(*found.span(), proof.fact, proof, supported=True)
    reason = "no fact of the relationship says so"
    return Mention(*found.span(), f"relationship.{what}", None, supported=False, reason=reason)


def _dates(reading: Reading, sentence_start: int) -> Iterator[Mention]:
    sentence = reading.view.sentence_at(sentence_start)
    if sentence is None:
        return
    known = _known_dates(reading.brief)
    for found in _MONTH.finditer(reading.view.flat, sentence.start, sentence.end):
        month = MONTHS.index(found[1]) + 1
        year = int(found[2]) if found[2] else None
        fits = [fact for day, fact in known if day.month == month and year in (None, day.year)]
        yield _dated(found, fits)
    for found in _SPAN.finditer(reading.view.flat, sentence.start, sentence.end):
        yield _dated(found, _fitting_span(found, reading.brief))


def _known_dates(brief: Brief) -> list[tuple[date, Evidenced[str] | Evidenced[int]]]:
    known: list[tuple[date, Evidenced[str] | Evidenced[int]]]
    known = [(fact.as_of, fact) for fact in brief.relationship]
    counted = brief.days_since_contact
    if counted:
        known.append((counted.as_of - timedelta(days=counted.value), counted))
    return known


def _fitting_span(found: re.Match[str], brief: Brief) -> list[Evidenced[str] | Evidenced[int]]:
    counted, unit = brief.days_since_contact, DAYS_IN[found[3].lower()]
    many = 1.0 if found[2].lower() in ("a", "an") else number_in(found[2])
    if counted is None:
        return []
    if many is None:
        return [counted] if 2 * unit <= counted.value <= 12 * unit else []
    low, high = many * unit * (1 - _TOLERANCE), many * unit * (1 + _TOLERANCE)
    slack = unit * 0.6
    if (found[1] or "").lower() in ("over", "more than"):
        low, high, slack = many * unit, many * unit * 2, 0
    return [counted] if low - slack <= counted.value <= high + slack else []


def _dated(found: re.Match[str], fits: list[Evidenced[str] | Evidenced[int]]) -> Mention:
    if fits:
        return Mention(*found.span(), fits[0].fact, fits[0], supported=True)
    reason = "no date on record fits"
    return Mention(*found.span(), "relationship.date", None, supported=False, reason=reason)
