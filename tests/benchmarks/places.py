"""A made-up list of businesses that looks like a real one: malls, chains, typing habits."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "record_id", "name", "trade", "phone", "website", "unit", "street", "city", "region",
    "postcode", "country", "latitude", "longitude", "employees_full_time", "category",
)  # fmt: skip
_FIRST = (
    "Harbour", "Cedar", "Summit", "Maple", "Granite", "Willow", "Copper", "Lantern", "Juniper",
    "Raven", "Meadow", "Orchard", "Pacific", "Glacier", "Ember", "Northstar", "Heron",
    "Saffron", "Indigo", "Birch", "Coral", "Amber", "Falcon", "Thistle", "Quartz", "Aurora",
)  # fmt: skip
_SECOND = (
    "Bridge", "Point", "Lane", "Grove", "Hill", "Stone", "Gate", "Field", "River", "Park",
    "Light", "Wood", "Bay", "Ridge", "Mill", "Cove", "Path", "Garden", "Crossing", "Landing",
    "Hollow", "Brook", "Summit", "View", "Haven", "Corner",
)  # fmt: skip
_TRADES = (
    ("Physiotherapy", "physiotherapy"), ("Massage", "massage"), ("Yoga", "yoga_pilates"),
    ("Fitness", "fitness"), ("Spa", "spa"), ("Dental", "dental"), ("Restaurant", "restaurant"),
    ("Cafe", "cafe"), ("Chiropractic", "chiropractic"), ("Counselling", "counselling"),
)  # fmt: skip
_CHAINS = tuple(f"{first} Athletic" for first in _FIRST)
_AREAS = ("604", "778", "236", "250", "403", "416", "905", "206", "312", "212")
_STREETS = ("Street", "Avenue", "Road", "Drive")


def write_places(path: Path, rows: int, *, seed: int = 1, first: int = 0) -> None:
    """Write ``rows`` businesses in our own columns; ``first`` counts on where another file ended.

    The same numbers always give the same businesses: two files that overlap hold known ones, told
    a little differently by another ``seed``.
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_places(rows, seed=seed, first=first))


def _places(rows: int, *, seed: int, first: int) -> Iterator[list[str]]:
    telling = random.Random(seed)
    for number in range(first, first + rows):
        yield _place(number, random.Random(number), telling, prefix=f"S{seed}-")


def _place(number: int, own: random.Random, telling: random.Random, *, prefix: str) -> list[str]:
    # One building in three is a mall of several shops; buildings lie on a grid of 150 m.
    building = number // 4 if number % 3 else number
    side = 1000
    latitude = 45 + (building % side) * 0.0014
    longitude = -120 + (building // side) * 0.002 / math.cos(math.radians(latitude))
    trade, category = own.choice(_TRADES)
    name = f"{own.choice(_FIRST)} {own.choice(_SECOND)} {own.randrange(9000) + 1000} {trade}"
    if own.random() < 0.05:
        name = f"{own.choice(_CHAINS)} {trade}"
    phone = f"{own.choice(_AREAS)}-{own.randrange(200, 999)}-{own.randrange(10_000):04}"
    told = telling.random()
    return [
        f"{prefix}{number}",
        name.upper() if told < 0.3 else name,
        f"{trade} and more",
        "" if told < 0.2 else phone if told < 0.7 else f"+1 {phone}",
        f"https://{name.replace(' ', '').lower()}.example" if told < 0.4 else "",
        str(own.randrange(100, 400)) if number % 3 else "",
        f"{building % 9000 + 100} {building // 9000 + 1} {_STREETS[building % 4]}",
        "Springfield",
        "BC",
        "",
        "CA",
        f"{latitude + (told - 0.5) * 0.0004:.7f}",
        f"{longitude:.7f}",
        str(own.randrange(40)),
        category,
    ]
