"""The verdicts behind each number of a backtest, in pages."""

from __future__ import annotations

import pytest

from revenue.models import Backtest, Verdict
from revenue.policies import backtesting, findings, verdicts
from revenue.policies.findings import Wanted, findings_of, moved_verdicts, rows_of
from revenue.policies.moves import Move
from tests.revenue.policies.test_backtesting import (
    BEFORE,
    CAFE,
    CHAIN_CLINIC,
    CLINIC,
    DENTAL,
    DENTIST,
    HEALTH,
    backtested,
    candidate,
    judged,
    rule,
    text,
)
from tests.support.rows import publish_text
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

FOOD = {"fact": "account.category_group", "op": "eq", "value": "food"}
# The chain is let through, dentists are held, where to eat is denied.
AFTER = (
    rule("dentist", DENTIST, "hold"),
    rule("food", FOOD, "deny"),
    rule("health", HEALTH, "allow"),
)
KNOWN_CLINIC = CLINIC | {"account.category": "physiotherapy"}
KNOWN_CHAIN = CHAIN_CLINIC | {"account.category": "physiotherapy"}
SEEN = [CLINIC, KNOWN_CLINIC, KNOWN_CHAIN, DENTAL, CAFE]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtesting, "SLICE", 3)
    monkeypatch.setattr(findings, "PAGE", 2)


def found(rounds: int = 1) -> tuple[Backtest, list[int]]:
    publish_text(text(*BEFORE))
    ids = judged(*SEEN * rounds)
    return backtested(candidate(*AFTER)), ids


def pages(backtest: Backtest, wanted: Wanted) -> list[list[int]]:
    listed, before = [], None
    while True:
        rows, before = rows_of(backtest, wanted, before=before)
        listed.append([row.id for row in rows])
        if before is None:
            return listed


def test_a_row_says_what_either_version_says_and_by_which_rule() -> None:
    backtest, ids = found()

    (row,), _ = rows_of(backtest, Wanted(Move.ALLOWED))

    assert row.id == ids[2]
    assert (row.before, row.before_rule, row.after, row.after_rule) == (
        "deny", "chain", "allow", "health",
    )  # fmt: skip
    assert (row.segment, row.unrecorded, row.subject) == ("health_wellness", False, "account:3")


@pytest.mark.parametrize(
    ("move", "places"),
    [
        (Move.ALLOWED, [2]),
        (Move.HELD, [3, 0]),
        (Move.DENIED, [4]),
        (Move.UNCHANGED, [1]),
        (Move.UNRECORDED, [0]),
    ],
)
def test_each_move_has_its_rows(move: Move, places: list[int]) -> None:
    backtest, ids = found()

    rows, older = rows_of(backtest, Wanted(move))

    assert ([row.id for row in rows], older) == ([ids[place] for place in places], None)
    assert len(rows) == findings_of(backtest).totals[move]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("move", list(Move))
def test_pages_hold_every_row_once_newest_first(move: Move) -> None:
    backtest, _ = found(rounds=4)

    listed = pages(backtest, Wanted(move))

    flat = [number for page in listed for number in page]
    assert flat == sorted(flat, reverse=True)
    assert len(set(flat)) == findings_of(backtest).totals[move]
    assert [len(page) for page in listed[:-1]] == [2] * (len(listed) - 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("move", list(Move))
def test_a_segment_narrows_each_list(move: Move) -> None:
    backtest, _ = found(rounds=3)

    by_segment = {
        segment: sum(map(len, pages(backtest, Wanted(move, segment))))
        for segment in ("health_wellness", "food", "nothing")
    }

    counts = findings_of(backtest).counts
    assert by_segment == {
        segment: counts.get(segment, {}).get(move.value, 0) for segment in by_segment
    }


def test_a_list_can_be_narrowed_to_certain_verdicts() -> None:
    backtest, ids = found(rounds=2)

    rows, _ = rows_of(backtest, Wanted(Move.HELD, only=[ids[0], ids[1]]))

    assert [row.id for row in rows] == [ids[0]]


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_list_takes_two_statements(rounds: int) -> None:
    backtest, _ = found(rounds)
    for version_id in (backtest.policy_id, backtest.against_id):
        verdicts.published(version_id)

    with statements() as made:
        rows_of(backtest, Wanted(Move.HELD))

    assert len(made) == 2


def test_moved_verdicts_can_be_looked_into() -> None:
    backtest, ids = found()

    assert set(moved_verdicts(backtest, Move.HELD).values_list("pk", flat=True)) == {
        ids[0], ids[3],
    }  # fmt: skip
    with pytest.raises(ValueError, match="no ids are kept"):
        moved_verdicts(backtest, Move.UNCHANGED)


def test_verdicts_given_later_are_in_no_list() -> None:
    backtest, _ = found()
    judged(KNOWN_CLINIC, CAFE)

    listed = [row.id for move in Move for row in rows_of(backtest, Wanted(move))[0]]

    assert max(listed) == backtest.last_id < Verdict.objects.latest("id").pk
