"""Whether two records are one account, with the reason: pure decisions.

In this order: one telephone number and agreement of name and place; one door (street number with
postcode or street) and similar names; under 100 m and similar names. Never a name alone. Where
the evidence is torn, the pair is doubtful and a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from revenue.pipeline.addresses import distance
from revenue.pipeline.names import similarity
from revenue.pipeline.normalising import MatchKeys

NEAR_METRES = 100.0
NEARBY_METRES = 200.0
APART_METRES = 400.0
"""A shop's own point and its parcel's middle may lie this far apart in a large mall."""


ONE_POINT_METRES = 30.0


class Verdict(StrEnum):
    SAME = "same"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"


class Place(Enum):
    """How the places of two records relate; the value says it to a person."""

    SAME_DOOR = "same address"
    SAME_BUILDING = "same street number, other unit"
    NEAR = "under 100 m apart"
    OTHER_DOOR_NEAR = "other address, under 100 m apart"
    NEARBY = "100 to 200 m apart"
    UNKNOWN = "place not known"
    APART = "other place"


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """``score`` is 0 to 1: how sure that the two are one, whatever the verdict."""

    verdict: Verdict
    why: str
    score: float


def decide(first: MatchKeys, second: MatchKeys, *, one_source: bool) -> MatchDecision:
    """Compare two records. ``one_source``: both come from one list, which names a place once, so
    a short distance proves nothing there.
    """
    metres = _metres(first, second)
    place = relate(first, second, metres)
    one_phone = first.phone != "" and first.phone == second.phone
    if not one_phone and place in {Place.APART, Place.UNKNOWN}:
        return _say(Verdict.DIFFERENT, place.value, 0.0)
    alike = similarity(first.name, second.name, _places(first, second))
    if one_phone:
        return _by_phone(place, alike)
    if place in {Place.SAME_DOOR, Place.SAME_BUILDING}:
        return _by_door(place, alike, one_source=one_source, metres=metres)
    other_phone = bool(first.phone and second.phone)
    return _by_distance(place, alike, one_source=one_source, other_phone=other_phone)


def relate(first: MatchKeys, second: MatchKeys, metres: float | None) -> Place:
    """How two places relate, by address where both have one, else by the metres between them."""
    if _one_number(first, second, metres):
        units_differ = first.unit and second.unit and first.unit != second.unit
        return Place.SAME_BUILDING if units_differ else Place.SAME_DOOR
    both_addresses = first.street and second.street
    if metres is None:
        if both_addresses or (first.city and second.city and first.city != second.city):
            return Place.APART
        return Place.UNKNOWN
    if metres <= NEAR_METRES:
        return Place.OTHER_DOOR_NEAR if both_addresses else Place.NEAR
    if both_addresses or metres > APART_METRES:
        return Place.APART
    return Place.NEARBY if metres <= NEARBY_METRES else Place.UNKNOWN


def _one_number(first: MatchKeys, second: MatchKeys, metres: float | None) -> bool:
    """One street number: with one postcode, or with one street of one city."""
    if metres is not None and metres > 1000:
        return False
    if first.door and first.door == second.door:
        return True
    if not first.street or first.street != second.street:
        return False
    if first.postcode and second.postcode:
        return first.postcode == second.postcode or (metres is not None and metres <= APART_METRES)
    if first.city and second.city:
        return first.city == second.city or (metres is not None and metres <= APART_METRES)
    return metres is not None


def _metres(first: MatchKeys, second: MatchKeys) -> float | None:
    if (
        first.latitude is None
        or first.longitude is None
        or second.latitude is None
        or second.longitude is None
    ):
        return None
    return distance((first.latitude, first.longitude), (second.latitude, second.longitude))


def _places(first: MatchKeys, second: MatchKeys) -> str:
    """The words of both places, in one order so that the similarity can be remembered."""
    return " ".join(sorted({first.city, first.area, second.city, second.area} - {""}))


def _by_phone(place: Place, alike: float) -> MatchDecision:
    if place is Place.APART:
        return _say(Verdict.DIFFERENT, "one telephone number, but places apart", 0.2 * alike)
    if place is Place.SAME_BUILDING and alike < 0.5:
        return _say(Verdict.DIFFERENT, f"a switchboard: {_told(place, alike)}", 0.3)
    score = 0.5 + 0.5 * alike
    if alike >= 0.6:
        return _say(Verdict.SAME, f"one telephone number, {_told(place, alike)}", score)
    return _say(Verdict.DOUBTFUL, f"one telephone number, but {_told(place, alike)}", score)


def _by_door(
    place: Place, alike: float, *, one_source: bool, metres: float | None
) -> MatchDecision:
    sure, maybe = (0.95, 0.65) if one_source else (0.75, 0.5)
    # One list, one address, two points: a mall may well hold two shops of one name.
    two_points = one_source and metres is not None and metres > ONE_POINT_METRES
    if place is Place.SAME_DOOR and alike >= sure and not two_points:
        return _say(Verdict.SAME, _told(place, alike), 0.45 + 0.5 * alike)
    if alike >= maybe and (place is Place.SAME_DOOR or alike >= 0.85):
        return _say(Verdict.DOUBTFUL, _told(place, alike), 0.3 + 0.5 * alike)
    return _say(Verdict.DIFFERENT, _told(place, alike), 0.3 * alike)


def _by_distance(
    place: Place, alike: float, *, one_source: bool, other_phone: bool
) -> MatchDecision:
    hesitate = one_source or other_phone
    if place is Place.NEAR and alike >= 0.8 and not hesitate:
        return _say(Verdict.SAME, _told(place, alike), 0.4 + 0.5 * alike)
    maybe = {
        Place.NEAR: 0.8 if hesitate else 0.6,
        Place.OTHER_DOOR_NEAR: 2.0 if one_source else 0.9,
        Place.NEARBY: 2.0 if hesitate else 0.8,
    }.get(place, 2.0)
    if alike >= maybe:
        return _say(Verdict.DOUBTFUL, _told(place, alike), 0.2 + 0.5 * alike)
    return _say(Verdict.DIFFERENT, _told(place, alike), 0.2 * alike)


def _told(place: Place, alike: float) -> str:
    return f"{place.value}, names {alike:.0%} alike"


def _say(verdict: Verdict, why: str, score: float) -> MatchDecision:
    return MatchDecision(verdict, why, round(score, 3))
