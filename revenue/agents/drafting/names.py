"""Names of businesses and places as people say them, from names as registers keep them.

Cleaning is conservative: what is not surely the register's own addition stays. Cleaning a clean
name changes nothing.
"""

from __future__ import annotations

import re

from revenue.agents.drafting.words import listed

_LEGAL = frozenset(
    listed(
        "ltd limited inc incorporated corp corporation corportation llc llp lp ulc plc gmbh ug kg "
        "ag "
        "mbh ev"
    )
)
#: Words that a register adds to a company's name and nobody says; dropped from the end only
#: where at least two words remain.
_CORPORATE = frozenset(listed("systems solutions enterprises holdings ventures technologies"))
_LEADING_UP = frozenset(listed("human energy global integrated business management international"))
_JOINING = frozenset(listed("and of the for at by in on to with from de und für der"))
_SHORT_WORDS = frozenset(listed("dr mr mrs ms st jr sr mt"))
_INITIALS = frozenset(
    listed("cbi bdo rmt tcm bc uk usa ipl iud omt md ems bjj mma hiit ymca ywca cpa abc")
)
_ROMAN = frozenset(listed("ii iii iv vi vii viii ix"))

_TRADING_AS = re.compile(r"\b(?:DBA|D/B/A|O/A|T/A)\b\s{1,3}(?=\S)", re.IGNORECASE)
_NUMBERED_COMPANY = re.compile(
    r"^\d{5,9}\s{0,3}(?:B\.?C\.?|canada|alberta|ontario)?\b.{0,30}$", re.I
)
_BRACKETED = re.compile(r"\s{0,3}\([^()]{0,60}\)")
_STORE_NUMBER = re.compile(r"\s{0,3}#\s?\d{1,6}\b")
_TAGLINE = re.compile(r" [-–—|@] |;|:\s| ?,(?![^&]{0,80}(?:&| and ))", re.IGNORECASE)  # noqa: RUF001
_WEB_ENDING = re.compile(r"(?<=[^\W\d_]{3})\.(?:com|ca|de|org|net)$", re.IGNORECASE)
_INNER = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+[^\W\d_]*", re.UNICODE)  # noqa: RUF001
_MAX = 200


def spoken_name(registered: str) -> str:
    """The business's name as its customers would say it.

    Drops legal forms, branch numbers, bracketed additions, taglines and, from long names, the
    corporate words at the end; turns shouted names into ordinary ones. Gives ``""`` where the
    register holds only a number ("0953350 BC LTD").

    >>> spoken_name("PRIMAL RADIANCE HUMAN ENERGY SYSTEMS LTD")
    'Primal Radiance'
    """
    name = " ".join(registered[:_MAX].split())
    traded = _TRADING_AS.search(name)
    if traded:
        name = name[traded.end() :]
    name = _STORE_NUMBER.sub("", _BRACKETED.sub("", name)).strip(" ,;-–—|")  # noqa: RUF001
    name = _without_tagline(name)
    words = _without_legal_form(_WEB_ENDING.sub("", name).split())
    if not words or _NUMBERED_COMPANY.match(" ".join(words)):
        return ""
    words = _without_corporate_tail(words)
    name = " ".join(words)
    if name.isupper():
        return _lowered(words)
    if name.islower() and len(words) > 1:
        return _lowered([word.upper() for word in words])
    return name


def spoken_place(registered: str) -> str:
    """A place without the register's form of government.

    >>> spoken_place("Township of Langley"), spoken_place("Brookswood / Fernridge")
    ('Langley', 'Brookswood')
    """
    place = " ".join(registered[:_MAX].split()).split("/")[0].strip(" ,")
    lowered = place.lower()
    for form in ("city of ", "township of ", "district of ", "town of ", "village of "):
        if lowered.startswith(form):
            place = place[len(form) :]
    for form in (" city", " township", " district", " border"):
        if place.lower().endswith(form) and not place.lower().endswith("quebec city"):
            place = place[: -len(form)]
    if place.islower() or place.isupper():
        return _lowered(place.upper().split())
    return place


def _without_tagline(name: str) -> str:
    head = _TAGLINE.split(name, maxsplit=1)[0].strip()
    return head if sum(map(str.isalpha, head)) > 3 else name


def _without_legal_form(words: list[str]) -> list[str]:
    while len(words) > 1 and words[-1].replace(".", "").strip(",").lower() in _LEGAL:
        words = words[:-1]
    return words


def _without_corporate_tail(words: list[str]) -> list[str]:
    kept = len(words)
    if words[-1].lower() not in _CORPORATE:
        return words
    kept -= 1
    while kept and words[kept - 1].lower() in _LEADING_UP:
        kept -= 1
    return words[:kept] if kept >= 2 else words


def _lowered(words: list[str]) -> str:
    spoken = [_spoken_word(word, first=not place) for place, word in enumerate(words)]
    return " ".join(spoken)


def _spoken_word(word: str, *, first: bool) -> str:
    lowered = word.lower()
    if lowered in _JOINING and not first:
        return lowered
    if "." in word.strip("."):
        return word
    if "'" not in word and "’" not in word and _stays_upper(lowered):  # noqa: RUF001
        return word
    return _INNER.sub(lambda found: _capitalised(found.group()), word)


def _stays_upper(lowered: str) -> bool:
    letters = [letter for letter in lowered if letter.isalpha()]
    if lowered in _INITIALS or lowered in _ROMAN or len(letters) <= 1:
        return True
    if lowered in _SHORT_WORDS or lowered.isdigit():
        return False
    vowelless = not any(letter in "aeiouyäöüéèà" for letter in letters)
    return vowelless and len(letters) <= 4


def _capitalised(word: str) -> str:
    lowered = word.lower()
    if lowered[0].isdigit():
        return lowered
    if len(lowered) > 4 and lowered.startswith("mc"):
        return "Mc" + lowered[2:].capitalize()
    if len(lowered) > 3 and lowered[1] in "'’" and lowered[0] in "odl":  # noqa: RUF001
        return lowered[0].upper() + lowered[1] + lowered[2:].capitalize()
    return lowered[0].upper() + lowered[1:]
