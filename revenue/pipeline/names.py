"""Business names: the key they are compared by, how alike two are, how they read."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz

from revenue.pipeline.texts import fold

NAME_LIMIT = 200

_TRADING_AS = re.compile(
    r"\b(?:d\.?b\.?a\b\.?|doing business as|o/a|operating as|t/a|trading as)[:\s]+", re.IGNORECASE
)
_BRANCH = re.compile(r"#\s*\d+|\bno\.?\s*\d+\b|\bstore\s+\d+\b")
_APOSTROPHES = re.compile("['\u2019\u2018\u00b4`]")
_NOT_WORD = re.compile(r"[\W_]+")
_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    ).items()
}
_LEGAL, _TRADES = _WORDS["legal"], _WORDS["trades"]
_GENERIC = _TRADES | _WORDS["fillers"]
_INITIALS = re.compile(r"\b(\w) and (\w)\b")
_LETTERS = re.compile(r"\b\w(?: \w\b)+")
_UPPER = re.compile(r"[^\W\d_]{2,}")


def trading_name(name: str) -> str:
    """What stands behind "doing business as" and its short forms; else the name as it is."""
    parts = _TRADING_AS.split(name)
    return (len(parts) > 1 and parts[-1].strip(" .,-()")) or name


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """What a name is compared by: folded, without legal form, branch number and punctuation.

    ``TIM HORTONS #5529`` gives ``tim hortons``, ``A & W Restaurant Ltd.`` ``a&w restaurant``.
    Never empty for a name that is not.
    """
    folded = fold(trading_name(name))
    text = _BRANCH.sub(" ", folded)
    text = _APOSTROPHES.sub("", text).replace("&", " and ").replace("+", " and ")
    text = _LETTERS.sub(lambda match: match[0].replace(" ", ""), _NOT_WORD.sub(" ", text))
    words = _INITIALS.sub(r"\1&\2", " ".join(text.split())).split()
    words = _without_legal_form(words)
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    while len(words) > 1 and words[-1].isdigit() and len(words[-1]) >= 3:
        words = words[:-1]
    return (" ".join(words) or " ".join(folded.split()) or name)[:NAME_LIMIT]


def _without_legal_form(words: list[str]) -> list[str]:
    end = len(words)
    while end > 1 and words[end - 1] in _LEGAL:
        end -= 1
    if end > 1 and words[end - 1] == "and":  # "Smith & Co."
        end -= 1
    return words[:end]


@lru_cache(maxsize=8192)
def telling_words(key: str, places: str = "") -> frozenset[str]:
    """The words of a name key that tell one business from another.

    Not the trade, little words, single letters, or words of ``places`` (city and area, folded):
    "Walnut Grove Dental" and "Walnut Grove Massage" share no telling word in Walnut Grove.
    """
    commonplace = frozenset(places.split())
    return frozenset(
        word
        for word in key.split()
        if word not in _GENERIC and word not in commonplace and (len(word) > 1 or word.isdigit())
    )


def brand_key(key: str, group: str, *, stated: bool) -> str:
    """What accounts of one brand share: their line of business and the name key run together.

    ``fresh slice pizza`` of the group ``food`` gives ``food/freshslicepizza``. Empty for a name
    that many unrelated businesses bear ("Dental Clinic"), unless a source states it as a brand.
    """
    if not stated and not any(len(word) >= 3 and not word.isdigit() for word in telling_words(key)):
        return ""
    words = [word for word in key.split() if word not in _WORDS["fillers"]]
    return f"{group}/{''.join(words) or key}"[:NAME_LIMIT]


@lru_cache(maxsize=8192)
def similarity(first: str, second: str, places: str = "") -> float:
    """How alike two name keys are, 0 to 1. ``places`` as for ``telling_words``.

    0.6 of it is the share of the shorter name found in the other, 0.4 the share that both hold,
    where words that do not tell count a quarter and a word with a typing error counts as itself.
    Without telling words on both sides names are at most 0.9 alike, on one side 0.7; different
    trades take off a fifth.
    """
    if first == second or first.replace(" ", "") == second.replace(" ", ""):
        return 1.0
    one, two = telling_words(first, places), telling_words(second, places)
    commonplace = frozenset(places.split())
    plain_one = frozenset(first.split()) - one - commonplace
    plain_two = frozenset(second.split()) - two - commonplace
    if not one or not two:
        return (0.7 if one or two else 0.9) * _overlap(one | plain_one, two | plain_two)
    hits = len(one & two) + _misspelt(one - two, two - one)
    if hits == 0:
        joined = fuzz.ratio("".join(sorted(one)), "".join(sorted(two))) / 100
        alike = joined * 0.8 if joined >= 0.85 else 0.0
    else:
        shared = hits + 0.25 * len(plain_one & plain_two)
        union = len(one) + len(two) - hits + 0.25 * len(plain_one | plain_two)
        alike = 0.6 * hits / min(len(one), len(two)) + 0.4 * shared / union
    return min(1.0, alike) * (0.8 if _trades_differ(plain_one, plain_two) else 1.0)


def _overlap(one: frozenset[str], two: frozenset[str]) -> float:
    if not one or not two:
        return 0.0
    shared = len(one & two)
    return 0.6 * shared / min(len(one), len(two)) + 0.4 * shared / len(one | two)


def _trades_differ(one: frozenset[str], two: frozenset[str]) -> bool:
    trade_one, trade_two = one & _TRADES, two & _TRADES
    return bool(trade_one and trade_two) and not any(
        mine[:5] == yours[:5] for mine in trade_one for yours in trade_two
    )


def _misspelt(one: frozenset[str], two: frozenset[str]) -> int:
    """How many long words of one name stand in the other with a typing error."""
    long = [word for word in two if len(word) >= 5]
    return sum(
        any(fuzz.ratio(word, other) >= 85 for other in long) for word in one if len(word) >= 5
    )


@lru_cache(maxsize=8192)
def display_name(name: str) -> str:
    """A name in capitals as one would write it; any other name as it is.

    ``VERONICA'S GOURMET PEROGIES LTD`` gives ``Veronica's Gourmet Perogies Ltd``.
    """
    if not name.isupper():
        return name
    words = [_capitalised(word, first=index == 0) for index, word in enumerate(name.split(" "))]
    return " ".join(words)


def _capitalised(word: str, *, first: bool) -> str:
    bare = word.strip("().,-")
    if bare.lower() in _WORDS["capitals"] or not set(bare) & set("AEIOUYÄÖÜ"):
        return word.capitalize() if bare in {"LTD", "DR", "MR", "ST", "MT"} else word
    if not first and bare.lower() in _WORDS["little"]:
        return word.lower()
    text = _UPPER.sub(lambda match: match[0].capitalize(), word)
    text = re.sub(r"(['\u2019])(S|T|Ll|Re|Ve|D|M)\b", lambda match: match[0].lower(), text)
    return re.sub(r"\bMc([a-z])", lambda match: "Mc" + match[1].upper(), text)
