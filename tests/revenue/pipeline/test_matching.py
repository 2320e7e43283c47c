from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.mappings import shipped_mappings
from revenue.pipeline.matching import Verdict, decide
from revenue.pipeline.normalising import AccountRecord, MatchKeys, normaliser
from revenue.pipeline.reading import Row, open_table, read_rows
from tests.revenue.pipeline.support import LANGLEY, OSM

JUDGED = Path(__file__).with_name("judged_pairs.csv")
SHOP = MatchKeys(
    name="harbour physio",
    phone="+16045345114",
    street="8621 201 st",
    door="8621 V2Y 0G9",
    unit="400",
    postcode="V2Y 0G9",
    city="langley",
    latitude=49.15978,
    longitude=-122.66595,
)
ELSEWHERE = {"street": "20159 88 ave", "door": "", "postcode": "", "latitude": 49.2}
UNPLACED = {"street": "", "door": "", "postcode": "", "unit": "", "city": ""}
NOWHERE = UNPLACED | {"latitude": None, "longitude": None}


@pytest.mark.parametrize(
    ("change", "one_source", "verdict", "why"),
    [
        ({}, False, "same", "one telephone number, same address, names 100% alike"),
        ({"name": "harbour massage"}, False, "same", "one telephone number, same address, names 6"),
        ({"name": "zennkai salon"}, False, "doubtful", "one telephone number, but same address"),
        ({"name": "zennkai salon", "unit": "311"}, False, "different", "a switchboard"),
        (ELSEWHERE, False, "different", "one telephone number, but places apart"),
        (NOWHERE, False, "same", "one telephone number, place not known, names 100% alike"),
        ({"phone": "+16040000000"}, False, "same", "same address, names 100% alike"),
        ({"phone": ""}, True, "same", "same address, names 100% alike"),
        ({"phone": "", "latitude": 49.1602}, True, "doubtful", "same address, names 100% alike"),
        ({"phone": "", "name": "harbour"}, False, "same", "same address, names 92% alike"),
        ({"phone": "", "unit": "311"}, False, "doubtful", "same street number, other unit"),
        ({"phone": "", "street": "8621 201a st"}, False, "same", "same address, names 100% alike"),
        ({"phone": ""} | UNPLACED, False, "same", "under 100 m apart, names 100% alike"),
        ({"phone": ""} | UNPLACED, True, "doubtful", "under 100 m apart, names 100% alike"),
        ({"phone": "+1604"} | UNPLACED, False, "doubtful", "under 100 m apart, names 100% alike"),
        (
            {"phone": "", "latitude": 49.1612} | UNPLACED,
            False,
            "doubtful",
            "100 to 200 m apart, names 100% alike",
        ),
        ({"phone": "", "latitude": 49.17} | UNPLACED, False, "different", "other place"),
        ({"phone": ""} | NOWHERE, False, "different", "place not known"),
        ({"phone": ""} | NOWHERE | {"city": "surrey"}, False, "different", "other place"),
    ],
)  # fmt: skip
def test_two_records_are_one_by_telephone_door_or_distance(
    change: dict[str, object], one_source: bool, verdict: str, why: str
) -> None:
    decision = decide(SHOP, replace(SHOP, **change), one_source=one_source)  # type: ignore[arg-type]
    assert (decision.verdict, decision.why[: len(why)]) == (verdict, why)


optional = st.sampled_from
keys = st.builds(
    MatchKeys,
    name=optional(["harbour physio", "harbour", "cedar massage", "dental clinic", "a&w"]),
    phone=optional(["", "+16045345114", "+16045345115"]),
    street=optional(["", "8621 201 st", "8700 201 st"]),
    door=optional(["", "8621 V2Y 0G9"]),
    unit=optional(["", "400", "401"]),
    postcode=optional(["", "V2Y 0G9", "V3A 1A1"]),
    city=optional(["", "langley", "surrey"]),
    area=optional(["", "walnut grove"]),
    latitude=optional([None, 49.1597, 49.1604, 49.1612, 49.3]),
    longitude=optional([None, -122.6659]),
)


@given(first=keys, second=keys, one_source=st.booleans())
def test_a_decision_does_not_depend_on_the_order(
    first: MatchKeys, second: MatchKeys, one_source: bool
) -> None:
    one = decide(first, second, one_source=one_source)
    other = decide(second, first, one_source=one_source)
    assert (one.verdict, one.why) == (other.verdict, other.why)
    assert 0 <= one.score <= 1


@given(first=keys, second=keys)
def test_a_name_alone_never_makes_one(first: MatchKeys, second: MatchKeys) -> None:
    first = replace(first, phone="", street="", door="", latitude=None)
    decision = decide(first, replace(second, name=first.name, phone=""), one_source=False)
    assert decision.verdict is Verdict.DIFFERENT


@given(first=keys, second=keys, one_source=st.booleans())
def test_one_list_is_never_bolder_than_two(
    first: MatchKeys, second: MatchKeys, one_source: bool
) -> None:
    within = decide(first, second, one_source=True).verdict
    across = decide(first, second, one_source=False).verdict
    boldness = [Verdict.DIFFERENT, Verdict.DOUBTFUL, Verdict.SAME]
    assert boldness.index(within) <= boldness.index(across)


@cache
def listed() -> dict[str, AccountRecord]:
    found: dict[str, AccountRecord] = {}
    for path, slug in ((LANGLEY, "langley"), (OSM, "osm")):
        with path.open("rb") as file:
            table = open_table(file)
            read = normaliser(shipped_mappings()[slug], table.columns)
            rows = [read(row.cells) for row in read_rows(file, table) if isinstance(row, Row)]
        found |= {row.record_id: row for row in rows if isinstance(row, AccountRecord)}
    return found


def test_no_pair_of_the_real_lists_that_a_person_told_apart_is_merged() -> None:
    records, results = listed(), Counter[tuple[str, str]]()
    for pair in csv.DictReader(JUDGED.read_text(encoding="utf-8").splitlines()):
        first, second = records[pair["first"]].keys, records[pair["second"]].keys
        one_source = pair["first"][:3] == pair["second"][:3]
        verdict = decide(first, second, one_source=one_source).verdict
        results[pair["truth"], str(verdict)] += 1
    assert results["different", "same"] == 0
    truly_one = sum(count for (truth, _), count in results.items() if truth == "same")
    assert results["same", "same"] / truly_one >= 0.84
    assert results["same", "different"] / truly_one <= 0.05
