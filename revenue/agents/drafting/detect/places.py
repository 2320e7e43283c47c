"""Places: the recipient's own, named anywhere, and any other that a sentence puts it in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from revenue.agents.drafting.brief import Evidenced
from revenue.agents.drafting.detect.mention import Mention, Reading
from revenue.agents.drafting.names import spoken_place
from revenue.agents.drafting.text import Stretches
from revenue.agents.drafting.words import MONTHS, listed

_NAME = r"((?:St\.? |Mt\.? )?[A-ZÄÖÜ][\w'.-]{1,24}(?: (?:of |the |am )?[A-ZÄÖÜ][\w'-]{1,24}){0,3})"
_IN = re.compile(
    rf"\b(?:[Ii]n|[Nn]ear|[Aa]round|[Aa]cross|[Oo]utside|[Tt]hroughout|[Aa]ll over) {_NAME}"
)
_YOUR = re.compile(rf"\b(?:[Yy]our|[Aa]nother|[Ee]very|[Oo]ther) {_NAME}")
_THE = re.compile(
    rf"\b[Tt]he {_NAME} "
    r"(?:location|branch|clinic|studio|office|salon|spa|gym|shop|practice|school)\b"
)
_BASED = re.compile(rf"\b{_NAME}-based\b")
_STREET = re.compile(
    r"\b(?:on|at|off) ((?:\d{1,6} )?[A-Z0-9]\w{0,20}(?: [A-Z]\w{0,20}){0,2} "
    r"(?:Street|St|Road|Rd|Avenue|Ave|Highway|Hwy|Drive|Crescent|Boulevard|Blvd|Mall|Lane|Way))\b"
)
_NO_PLACES = frozenset(
    listed(
        "Google Yelp Facebook Instagram English French German Canada I MAP NOTE Monday Tuesday "
        "Wednesday Thursday Friday Saturday Sunday Christmas Easter January ICBC MSP OpenStreetMap "
        "Pilates Reiki CrossFit TCM RMT"
    )
) | frozenset(MONTHS)


def placed(reading: Reading) -> Iterator[Mention]:
    """Known places wherever they stand, then names of places that are not known."""
    flat = reading.view.flat
    known = [fact for fact in (reading.brief.place, reading.brief.city) if fact]
    taken = Stretches(len(flat))
    for fact in known:
        for found in _spoken(fact.value).finditer(flat):
            if not taken.cover(found.start()):
                taken.add(*found.span())
                yield Mention(*found.span(), fact.fact, fact, supported=True)
    for pattern in (_IN, _YOUR, _THE, _BASED, _STREET):
        for found in pattern.finditer(flat):
            named = found[1].split()[0].rstrip(".")
            if not taken.cover(found.start(1)) and named not in _NO_PLACES:
                taken.add(*found.span(1))
                yield _unknown(found, known)


@lru_cache(maxsize=4096)
def _spoken(place: str) -> re.Pattern[str]:
    """Matches the place as registered, or as people say it."""
    said = [re.escape(name) for name in (place, spoken_place(place)) if name.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(said) or '(?!)'})(?!\w)", re.IGNORECASE)


def _unknown(found: re.Match[str], known: list[Evidenced[str]]) -> Mention:
    start, end = found.span(1)
    if not known:
        reason = "nothing on record says where it is"
        return Mention(start, end, "account.place", None, supported=False, reason=reason)
    reason = f"the text says {found[1]}, the record says {known[0].value}"
    return Mention(start, end, known[0].fact, known[0], supported=False, reason=reason)
