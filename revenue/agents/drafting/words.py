"""Numbers and spans of time, as people write them, and back."""

from __future__ import annotations


def listed(words: str) -> tuple[str, ...]:
    """The words of a list that is written as running text."""
    return tuple(words.split())


_SMALL = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = listed("twenty thirty forty fifty sixty seventy eighty ninety")
_VALUES = {word: value for value, word in enumerate(_SMALL)}
_VALUES |= {word: 10 * step for step, word in enumerate(_TENS, start=2)}
_VALUES |= {"dozen": 12, "hundred": 100, "thousand": 1000, "both": 2, "single": 1}

_UNITS = "|".join(_SMALL[2:10])
#: Matches a whole number or decimal in digits, or a number from two to ninety-nine in words.
#: "One" is left out: in running text it is nearly always a pronoun.
NUMBER = (
    r"(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,9}(?:\.\d{1,2})?"
    rf"|(?:{'|'.join(_TENS)})(?:[ -](?:one|{_UNITS}))?"
    rf"|{'|'.join(_SMALL[10:])}|{_UNITS}|(?:a )?(?:dozen|hundred|thousand))"
)
#: The same, and "one", for places where a noun follows that settles what it counts.
COUNT = rf"(?:{NUMBER}|one|a single|single|both)"

#: Lower-case words with which such a number begins.
NUMBER_WORDS = frozenset(_VALUES) - {"zero"}

MONTHS = listed(
    "January February March April May June July August September October November December"
)
DAYS_IN = {"day": 1, "week": 7, "month": 30.44, "year": 365.25}


def spell(number: int) -> str:
    """The number in words up to twenty, in digits above, as a newspaper prints it."""
    if 0 <= number < len(_SMALL):
        return _SMALL[number]
    return "twenty" if number == 20 else f"{number:,}"


def number_in(text: str) -> float | None:
    """The value of a text that ``COUNT`` matches; ``None`` for any other text."""
    words = text.lower().removeprefix("a ").replace("-", " ").split()
    if len(words) == 1 and words[0] in _VALUES:
        return _VALUES[words[0]]
    if len(words) == 2 and words[0] in _TENS and words[1] in _SMALL[1:10]:
        return _VALUES[words[0]] + _VALUES[words[1]]
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def spoken_span(days: int) -> str:
    """A span of days in the words a person would use: "about eight months", "over a year"."""
    if days < 12:
        return "a few days"
    if days < 45:
        return f"about {spell(round(days / DAYS_IN['week']))} weeks"
    if days < 335:
        return f"about {spell(round(days / DAYS_IN['month']))} months"
    if days < 400:
        return "about a year"
    if days < 690:
        return "over a year"
    return f"about {spell(round(days / DAYS_IN['year']))} years"
