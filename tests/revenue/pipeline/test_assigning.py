from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from revenue.pipeline.addresses import cell_of
from revenue.pipeline.assigning import Assignment, Candidate, assign
from revenue.pipeline.normalising import MatchKeys

SHOP = MatchKeys(name="harbour physio", phone="+16045345114", street="8621 201 st", city="langley")


def assigned(
    records: list[MatchKeys], *stored: list[Candidate], source: str = "new"
) -> list[Assignment]:
    known = list(stored) or [[] for _ in records]
    return assign(records, known, source=source, new_account=itertools.count(100).__next__)


def test_a_record_without_a_rival_gets_a_new_account() -> None:
    assert assigned([SHOP, replace(SHOP, name="cedar", phone="", street="1 a st")]) == [
        Assignment(100, None, ()),
        Assignment(101, None, ()),
    ]


def test_a_record_goes_to_the_account_that_it_matches() -> None:
    (item,) = assigned([SHOP], [Candidate(7, "old", SHOP)])
    assert item.account == 7
    assert item.decision is not None
    assert item.decision.why == "one telephone number, same address, names 100% alike"


def test_the_surest_match_wins_and_the_other_is_a_doubt() -> None:
    weaker = Candidate(3, "old", replace(SHOP, phone="", name="harbour"))
    (item,) = assigned([SHOP], [weaker, Candidate(7, "old", SHOP)])
    assert (item.account, [doubt.account for doubt in item.doubts]) == (7, [3])


def test_equal_matches_go_to_the_older_account() -> None:
    (item,) = assigned([SHOP], [Candidate(9, "old", SHOP), Candidate(4, "old", SHOP)])
    assert (item.account, [doubt.account for doubt in item.doubts]) == (4, [9])


def test_several_records_of_one_account_make_one_decision() -> None:
    rivals = [Candidate(4, "old", SHOP), Candidate(4, "other", replace(SHOP, name="zennkai"))]
    (item,) = assigned([SHOP], rivals)
    assert (item.account, item.doubts) == (4, ())


def test_a_doubtful_record_gets_an_account_of_its_own() -> None:
    (item,) = assigned([SHOP], [Candidate(7, "old", replace(SHOP, name="zennkai salon"))])
    assert (item.account, item.decision) == (100, None)
    assert [doubt.account for doubt in item.doubts] == [7]


@pytest.mark.parametrize(
    "other",
    [
        SHOP,
        replace(SHOP, phone=""),
        replace(SHOP, street="", city=""),
        replace(SHOP, phone="", street="", latitude=49.1, longitude=-122.6),
    ],
)
def test_a_record_is_compared_with_the_earlier_ones_of_its_batch(other: MatchKeys) -> None:
    first = replace(SHOP, latitude=49.1, longitude=-122.6, cell=cell_of(49.1, -122.6))
    if other.latitude is not None:
        other = replace(other, cell=first.cell)
    items = assigned([first, other])
    found = {items[1].account, *(doubt.account for doubt in items[1].doubts)}
    assert 100 in found


def test_an_empty_key_brings_nobody_together() -> None:
    blank = MatchKeys(name="harbour physio")
    assert [item.account for item in assigned([blank, blank])] == [100, 101]
