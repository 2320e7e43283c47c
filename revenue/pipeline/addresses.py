"""Streets, units, postcodes, places and web addresses: what is stored, and what is compared."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from phonenumbers import SUPPORTED_REGIONS

from revenue.pipeline.texts import clean, fold

NUMBER_LAST = frozenset(
    ["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "HU", "IT", "NL", "NO", "PL", "PT", "SE", "SK"]
)
"""Countries where the house number follows the street; there ``12-14`` is a range, not a unit."""

_NUMBER = r"\d+ ?[a-zA-Z]?"
_SPACED = re.compile(r"^(\d+) ([a-zA-Z])$")
_UNIT_WORD = re.compile(r"^(?:unit|suite|ste|apt|#|u(?=\d))[\s.#]*", re.IGNORECASE)
_UNIT_FIRST = re.compile(rf"^#? ?([\w&]+)\s*-\s*({_NUMBER})$|^#? ?(\w+) ({_NUMBER})$")
_NUMBER_UNIT = re.compile(rf"^({_NUMBER})[,.]?\s*(?:(?:unit|suite|ste)\s*|#)(\w+)$", re.IGNORECASE)
_UNIT_NUMBER = re.compile(
    rf"^(?:(?:unit|suite|ste)\s*|#)(\w+)\s*[,-]\s*({_NUMBER})$", re.IGNORECASE
)
_LEADING = re.compile(rf"^(#?\w+ ?- ?)?({_NUMBER})\s+(\D.*|\d.*)$")
_TRAILING = re.compile(r"^(.*\D)\s+(\d+(?: ?[a-zA-Z])?(?: ?[-/] ?\d+ ?[a-zA-Z]?)?)$")
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
_GERMAN_STREET = re.compile(r"(?:strasse|str)$")
_STREET_WORDS = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "highway": "hwy",
    "boulevard": "blvd", "crescent": "cres", "place": "pl", "lane": "ln", "court": "ct",
    "square": "sq", "parkway": "pkwy", "terrace": "terr", "trail": "trl", "circle": "cir",
    "centre": "ctr", "center": "ctr", "mount": "mt", "saint": "st", "number": "no", "platz": "pl",
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw",
}  # fmt: skip
_SHAPES = {
    "CA": re.compile(r"([A-Z]\d[A-Z])([0-9][A-Z]\d)"),
    "US": re.compile(r"(\d{5})(?:-?\d{4})?"),
    "DE": re.compile(r"\d{5}"),
    "GB": re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})"),
}
_COUNTRIES = {
    "canada": "CA", "united states": "US", "united states of america": "US", "usa": "US",
    "germany": "DE", "deutschland": "DE", "united kingdom": "GB", "great britain": "GB", "uk": "GB",
    "england": "GB", "france": "FR", "austria": "AT", "osterreich": "AT", "switzerland": "CH",
    "schweiz": "CH", "netherlands": "NL", "ireland": "IE", "australia": "AU", "new zealand": "NZ",
}  # fmt: skip
_CITY_FORM = re.compile(
    r"^(?:the )?(?:city|town|township|district|village) of | (?:city|township)$"
)
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_EARTH_RADIUS = 6_371_000.0
_CELLS_PER_DEGREE = 500
_CELL_ROW = 1_000_000


@dataclass(frozen=True, slots=True)
class Street:
    """``line`` reads as one writes it; ``number`` and ``key`` are for comparison only.

    ``key`` is the number and the folded street (``19705 fraser hwy``), empty without a number.
    """

    line: str
    unit: str
    number: str
    key: str


@lru_cache(maxsize=8192)
def read_street(street: str, number: str, unit: str, country: str) -> Street:
    """Put together a street address of cleaned parts; ``street`` may hold the number, and more."""
    unit = _UNIT_WORD.sub("", unit).upper()
    number_last = country in NUMBER_LAST
    if not number:
        number, street = _split_line(street, number_last=number_last)
    if not number_last:
        inner, number = _split_number(number)
        unit = unit or inner
    number = _SPACED.sub(r"\1\2", number).upper()
    key = f"{fold(number)} {street_key(street)}" if number and street else ""
    parts = (street, number) if number_last else (number, street)
    return Street(" ".join(filter(None, parts)), unit, number, key)


def _split_line(line: str, *, number_last: bool) -> tuple[str, str]:
    if match := (_TRAILING if number_last else _LEADING).match(line):
        if number_last:
            return match[2], match[1]
        return (match[1] or "") + match[2], match[3]
    return "", line


def _split_number(text: str) -> tuple[str, str]:
    """The unit and the house number in ``102-20108``, ``#110-12011``, ``9191. Unit 101``."""
    if match := _NUMBER_UNIT.match(text):
        return match[2].upper(), match[1]
    if match := _UNIT_NUMBER.match(text) or _UNIT_FIRST.match(text):
        found = [group for group in match.groups() if group]
        return _UNIT_WORD.sub("", found[0]).upper(), found[1]
    return "", text


@lru_cache(maxsize=8192)
def street_key(street: str) -> str:
    """A street without spelling habits: ``East 15th Avenue`` gives ``e 15 ave``."""
    words = re.sub(r"[\W_]+", " ", fold(street)).split()
    words = [_ORDINAL.sub(r"\1", _STREET_WORDS.get(word, word)) for word in words]
    text = _GERMAN_STREET.sub("str", " ".join(words))
    return re.sub(r" str$", "str", text)


def display_street(line: str) -> str:
    """``20728 WILLOUGHBY TOWN CENTRE DR`` as one would write it."""
    if not line.isupper():
        return line
    return " ".join(word if word[0].isdigit() else word.capitalize() for word in line.split())


def read_postcode(text: str, country: str) -> tuple[str, str]:
    """The postcode in the country's shape, and a note when it has another one."""
    compact = re.sub(r"[\s.]", "", text).upper()
    shape = _SHAPES.get(country)
    if shape is None or not compact:
        return clean(text).upper()[:16], ""
    match = shape.fullmatch(compact)
    if match is None:
        return "", f"is no postcode of {country}"
    return " ".join(filter(None, match.groups())) or compact, ""


def read_country(text: str) -> str | None:
    """The two-letter code for a code or a common name; None for anything else."""
    code = text.upper()
    if code == "UK":
        return "GB"
    return code if code in SUPPORTED_REGIONS else _COUNTRIES.get(fold(text))


@lru_cache(maxsize=8192)
def city_key(city: str) -> str:
    """``Township of Langley`` and ``Langley `` both give ``langley``."""
    return _CITY_FORM.sub("", fold(city).split("/")[0].strip()).strip()


@lru_cache(maxsize=8192)
def read_website(text: str) -> str | None:
    """A web address with its scheme, or None when it is none; the first where ``;`` parts some."""
    first = text.split(";")[0].strip()
    if "://" not in first:
        first = f"http://{first}"
    try:
        parts = urlsplit(first)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    return None if " " in first or "@" in parts.netloc else first


def domain_of(website: str) -> str:
    """The host of a stored web address without ``www.``."""
    return (urlsplit(website).hostname or "").removeprefix("www.")


def distance(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Metres between two points (latitude, longitude in degrees), good for short distances."""
    north = math.radians(second[0] - first[0])
    east = math.radians(second[1] - first[1]) * math.cos(math.radians((first[0] + second[0]) / 2))
    return _EARTH_RADIUS * math.hypot(north, east)


def cell_of(latitude: float, longitude: float) -> int:
    """The number of the place's square on a grid of about 222 m."""
    row = math.floor(latitude * _CELLS_PER_DEGREE)
    return _cell(row, _column(row, longitude))


@lru_cache(maxsize=8192)
def cells_around(latitude: float, longitude: float) -> tuple[int, ...]:
    """The nine squares that hold every place within 200 m: three runs of three."""
    return tuple(cell + step for cell in cell_runs(latitude, longitude) for step in (-1, 0, 1))


@lru_cache(maxsize=8192)
def cell_runs(latitude: float, longitude: float) -> tuple[int, ...]:
    """The middle of each run of three in ``cells_around``."""
    middle = math.floor(latitude * _CELLS_PER_DEGREE)
    return tuple(_cell(row, _column(row, longitude)) for row in (middle - 1, middle, middle + 1))


def _column(row: int, longitude: float) -> int:
    width = math.cos(math.radians(row / _CELLS_PER_DEGREE))
    return math.floor(longitude * _CELLS_PER_DEGREE * width)


def _cell(row: int, column: int) -> int:
    return row * _CELL_ROW + column
