"""Numbers about the recipient: locations, people, stars, reviews, shares, money, years."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from revenue.agents.drafting.brief import Evidenced
from revenue.agents.drafting.detect.gated import at_numbers, gated
from revenue.agents.drafting.detect.mention import NOTHING, Mention, Reading, judged
from revenue.agents.drafting.text import Stretches
from revenue.agents.drafting.words import COUNT, NUMBER, number_in

_ADJECTIVES = r"(?: (?!(?:of|and|or|to|in|at)\b)[\w'&-]{2,20}){0,2}"
_SITES = r"(?:locations?|branch(?:es)?|outlets?|addresses)"
_PLACES = (
    r"(?:sites?|clinics?|studios?|offices?|salons?|spas?|gyms?|shops?|stores?|practices?|"
    r"cent(?:re|er)s?|schools?|places?)"
)
_STAFF = r"(?:employees|staff(?: members?)?|team members?|people on (?:staff|the team|your team))"
_WORKERS = (
    r"(?:people|practitioners|therapists|chiropractors|physios|physiotherapists|stylists|"
    r"instructors|coaches|trainers|counsellors|teachers|receptionists|RMTs|doctors)"
)
_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_VAGUE = {"hundreds": 200, "dozens": 24, "thousands": 2000}


def _numbered(rest: str) -> re.Pattern[str]:
    return re.compile(rf"({COUNT}){rest}", re.IGNORECASE)


_LOCATIONS = _numbered(rf"{_ADJECTIVES} {_SITES}\b")
_OWN_PLACES = _numbered(rf"{_ADJECTIVES} {_PLACES}\b")
_EMPLOYEES = _numbered(rf"{_ADJECTIVES} {_STAFF}\b")
_CREW = _numbered(r"[ -](?:person|people|strong)(?: team| staff| crew| clinic| studio| salon)\b")
_WORKING = _numbered(rf"{_ADJECTIVES} {_WORKERS}\b")
_NTH = gated(
    rf"\b(?:your|the|a) (new )?({'|'.join(_ORDINALS)}){_ADJECTIVES} (?:{_SITES}|{_PLACES})\b",
    "second|third|fourth|fifth|sixth",
)
_SEVERAL = gated(
    r"\b(?:(?:your|multiple|several|many|other|all|every|each|across|between)"
    r"(?: (?:your|the|of|other|different|various|own)){0,3} (?:locations|branches|outlets)"
    r"|your (?:various |different |other |many )?(?:clinics|studios|salons|spas|gyms|shops)"
    r"|(?:every|each) (?:one )?(?:of (?:your|the) )?(?:locations?|branch)"
    r"|the other (?:location|branch)s?|multi-location)\b",
    "location|branch|outlet|clinics|studios|salons|spas|gyms|shops",
)
_TEAM_OF = gated(
    rf"\b(?:team|staff|crew|group) of ({NUMBER})\b", "team of|staff of|crew of|group of"
)
_ALONE = gated(
    r"\b(?:on your own|by yourself|just you|only you|you alone|one-person|single-handed(?:ly)?|"
    r"solo practice|one-(?:man|woman))\b",
    "on your own|by yourself|just you|only you|you alone|one-|single-h|solo p",
)
_STARS = re.compile(
    r"(\d(?:\.\d{1,2})?|five)(?:(?: out of (?:5|five)| ?/ ?5)?[ -]stars?"
    r"|(?<=\.\d)(?: out of (?:5|five)| (?:\w{1,12} )?(?:rating|average|on google|on yelp)))\b",
    re.IGNORECASE,
)
_RATED = gated(
    r"\b(?:rating|rated|score|average)(?: \w{1,12}){0,3} (\d(?:\.\d{1,2})?)\b",
    "rating|rated|score|average",
)
_REVIEWS = _numbered(r"(?: (?!of\b)[\w-]{2,16}){0,2} (?:reviews?|ratings|reviewers)\b")
_VAGUE_REVIEWS = gated(
    r"\b(hundreds|dozens|thousands) of(?: [\w-]{2,16}){0,2} (?:reviews?|ratings|reviewers)\b",
    "hundreds of|dozens of|thousands of",
)
_SHARE = re.compile(
    rf"(?:{NUMBER} ?(?:%|per ?cent\b)"
    rf"|(?:one|(?!\d\.){NUMBER}) (?:in|out of(?: every)?) {NUMBER}\b)",
    re.IGNORECASE,
)
_PART = gated(
    r"\b(?:half (?:of )?(?:your|the|all|their|new)|"
    r"(?:a|one|two|three) (?:third|quarter|fifth|tenth)s? of)\b",
    "half |third|quarter|fifth|tenth",
)
_SUM = re.compile(rf"{NUMBER} (?:dollars|euros|pounds|bucks)\b", re.IGNORECASE)
_PRICE = gated(r"[$€£] ?\d[\d,.]{0,12}", "$|€|£")
_SINCE = gated(r"\b(?:since|established|founded|opened|est\.?)(?: in)? (?:19|20)\d\d\b", " 19| 20")
_YEARS = _numbered(r"[ -]years?\b(?! ago)")
_NUMBER = re.compile(NUMBER, re.IGNORECASE)
_CLOCK = re.compile(
    r"\b(?:at|by|after|before|until|past|around|from|till|half past|of the) $", re.IGNORECASE
)
_LENGTH = re.compile(
    r"[- ](?:page|minute|hour|line|word|sentence|second|step|day|question|message|thing|"
    r"other thing|spot|example|idea|option|version|note|of us|of them)s?\b|\w|"
    r" ?(?:am|pm|a\.m|p\.m|o'clock)\b|"
    r" in the (?:morning|evening|afternoon)\b",
    re.IGNORECASE,
)


def counted(reading: Reading) -> Iterator[Mention]:
    """Everything with a number in it that a pattern knows."""
    yield from _located(reading)
    yield from _staffed(reading)
    yield from _rated(reading)
    yield from _measured(reading)


def loose_numbers(reading: Reading, taken: Stretches) -> Iterator[Mention]:
    """Numbers in sentences about the recipient that no other finder has taken.

    Times of day and lengths of our own texts are left alone.
    """
    for found in at_numbers(reading.view, _NUMBER):
        start, end = found.span()
        if taken.cover(start):
            continue
        if _CLOCK.search(reading.view.flat, max(0, start - 12), start):
            continue
        if _LENGTH.match(reading.view.flat, end):
            continue
        if reading.addresses(start):
            yield Mention(start, end, "account.number", None, supported=False, reason=NOTHING)


def _located(reading: Reading) -> Iterator[Mention]:
    evidence, view = reading.brief.locations, reading.view
    for found in at_numbers(view, _LOCATIONS):
        yield _equal(found, "account.locations", evidence)
    for found in at_numbers(view, _OWN_PLACES):
        if reading.addresses(found.start()):
            yield _equal(found, "account.locations", evidence)
    for found in _NTH.found_in(view):
        if reading.addresses(found.start()):
            holds = evidence is not None and evidence.value >= _ORDINALS[found[2].lower()]
            holds = holds and not found[1]
            yield judged(found, "account.locations", evidence, holds=holds, stated=found[0])
    for found in _SEVERAL.found_in(view):
        holds = evidence is not None and evidence.value >= 2
        yield judged(found, "account.locations", evidence, holds=holds, stated="several")


def _staffed(reading: Reading) -> Iterator[Mention]:
    evidence, view = reading.brief.employees, reading.view
    for pattern in (_EMPLOYEES, _CREW):
        for found in at_numbers(view, pattern):
            yield _equal(found, "account.employees", evidence)
    for found in _TEAM_OF.found_in(view):
        yield _equal(found, "account.employees", evidence)
    for found in at_numbers(view, _WORKING):
        before = view.flat[max(0, found.start() - 12) : found.start()].lower()
        owning = before.endswith(("you have ", "your ", "with ", "employ ", "of your "))
        if owning and reading.addresses(found.start()):
            yield _equal(found, "account.employees", evidence)
    for found in _ALONE.found_in(view):
        if not reading.supposes(found.start()):
            holds = evidence is not None and evidence.value == 1
            yield judged(found, "account.employees", evidence, holds=holds, stated="one")


def _rated(reading: Reading) -> Iterator[Mention]:
    brief, view = reading.brief, reading.view
    for found in (*at_numbers(view, _STARS), *_RATED.found_in(view)):
        value = number_in(found[1])
        holds = (
            brief.rating is not None
            and value is not None
            and abs(value - brief.rating.value) < 0.0501
        )
        yield judged(found, "account.rating", brief.rating, holds=holds, stated=found[1])
    for found in at_numbers(view, _REVIEWS):
        yield _equal(found, "account.reviews", brief.reviews)
    for found in _VAGUE_REVIEWS.found_in(view):
        holds = brief.reviews is not None and brief.reviews.value >= _VAGUE[found[1].lower()]
        yield judged(found, "account.reviews", brief.reviews, holds=holds, stated=found[1])


def _measured(reading: Reading) -> Iterator[Mention]:
    view = reading.view
    for found in (*at_numbers(view, _SHARE), *_PART.found_in(view)):
        yield _unproven(found, "statistic", "a statistic without a source")
    for found in (*at_numbers(view, _SUM), *_PRICE.found_in(view)):
        if reading.addresses(found.start()) or not reading.from_sender(found.start()):
            yield _unproven(found, "account.money", NOTHING)
    for found in (*at_numbers(view, _YEARS), *_SINCE.found_in(view)):
        if reading.addresses(found.start()):
            yield _unproven(found, "account.years", NOTHING)


def _equal(found: re.Match[str], fact: str, evidence: Evidenced[Any] | None) -> Mention:
    holds = evidence is not None and number_in(found[1]) == evidence.value
    return judged(found, fact, evidence, holds=holds, stated=found[1])


def _unproven(found: re.Match[str], fact: str, reason: str) -> Mention:
    return Mention(*found.span(), fact, None, supported=False, reason=reason)
