from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.assigning import Batch, Candidate
from revenue.pipeline.matching import Verdict, decide
from revenue.pipeline.normalising import MatchKeys
from revenue.pipeline.rematching import PARTED, ChangedKeys, Rematch, Standing, rematch

SHOP = MatchKeys(name="harbour physio", phone="+16045345114", street="8621 201 st", city="langley")
MOVED = replace(SHOP, phone="+16045345999", street="1 other st")
SALON = replace(SHOP, name="zennkai salon")
OWN, OTHER = 5, 7


def rematched(
    changed: list[ChangedKeys], *stored: list[Candidate], standing: Standing | None = None
) -> list[Rematch]:
    return rematch(
        changed,
        list(stored) or [[] for _ in changed],
        source="new",
        standing=standing or Standing({OWN: 2, OTHER: 1}),
        batch=Batch(),
    )


def rematched_one(*rivals: Candidate, standing: Standing | None = None) -> Rematch:
    (item,) = rematched([ChangedKeys(1, OWN, SHOP)], list(rivals), standing=standing)
    return item


def doubted(item: Rematch) -> list[int]:
    return [doubt.account for doubt in item.doubts]


def test_a_record_that_still_matches_its_account_stays() -> None:
    item = rematched_one(Candidate(OWN, "old", SHOP, 2), Candidate(OTHER, "old", SHOP, 3))
    assert (item.account, item.decision, item.backing) == (OWN, None, (2,))
    assert doubted(item) == [OTHER]


def test_a_record_that_may_still_be_its_account_is_not_taken_away() -> None:
    item = rematched_one(Candidate(OWN, "old", SALON, 2), Candidate(OTHER, "old", SHOP, 3))
    assert (item.account, doubted(item)) == (OWN, [OTHER])


def test_a_record_that_is_another_business_now_moves_there() -> None:
    item = rematched_one(Candidate(OTHER, "old", SHOP, 3))
    assert (item.account, item.doubts) == (OTHER, ())
    assert item.decision is not None
    assert item.decision.why == "one telephone number, same address, names 100% alike"


def test_nothing_leaves_an_account_on_which_more_hangs() -> None:
    standing = Standing({OWN: 2, OTHER: 1}, held=frozenset({OWN}))
    item = rematched_one(Candidate(OTHER, "old", SHOP, 3), standing=standing)
    assert (item.account, item.decision, doubted(item)) == (OWN, None, [OTHER])
    assert item.doubts[0].decision.why.startswith("changed at its source: one telephone number")


def test_a_person_who_told_two_accounts_apart_is_heard() -> None:
    standing = Standing({OWN: 1, OTHER: 1}, apart=frozenset({frozenset({OWN, OTHER})}))
    item = rematched_one(Candidate(OTHER, "old", SHOP, 3), standing=standing)
    assert (item.account, item.doubts) == (OWN, ())


def test_nobody_is_asked_twice_about_two_accounts() -> None:
    asked = {frozenset({OWN, OTHER}): frozenset({99})}
    salon = Candidate(OTHER, "old", SALON, 3)
    assert doubted(rematched_one(salon, standing=Standing({OWN: 1}))) == [OTHER]
    assert doubted(rematched_one(salon, standing=Standing({OWN: 1}, asked=asked))) == []


def test_a_record_that_nothing_speaks_for_is_asked_about_its_own_account() -> None:
    item = rematched_one()
    assert item.account == OWN
    assert [(doubt.account, doubt.decision) for doubt in item.doubts] == [(OWN, PARTED)]


def test_the_only_record_of_an_account_takes_it_along() -> None:
    assert rematched_one(standing=Standing({OWN: 1})) == Rematch(OWN, None, ())


def test_what_a_person_put_together_is_not_questioned() -> None:
    standing = Standing({OWN: 2}, held=frozenset({OWN}), joined=frozenset({OWN}))
    assert rematched_one(standing=standing).doubts == ()


def test_two_records_that_change_together_stay_together() -> None:
    both = [ChangedKeys(1, OWN, MOVED), ChangedKeys(2, OWN, MOVED)]
    assert rematched(both) == [Rematch(OWN, None, (), (2,)), Rematch(OWN, None, (), (1,))]


def test_two_that_become_one_meet_where_the_second_was() -> None:
    standing = Standing({OWN: 1, OTHER: 1})
    first, second = rematched(
        [ChangedKeys(1, OWN, MOVED), ChangedKeys(2, OTHER, MOVED)], standing=standing
    )
    assert (first.account, second.account) == (OTHER, OTHER)
    assert second.decision is None


def test_two_that_change_places_keep_their_accounts() -> None:
    swapped = [ChangedKeys(1, OWN, MOVED), ChangedKeys(2, OTHER, SALON)]
    assert [item.account for item in rematched(swapped, standing=Standing({OWN: 1, OTHER: 1}))] == [
        OWN,
        OTHER,
    ]


KEYS = st.builds(
    MatchKeys,
    name=st.sampled_from(["harbour physio", "harbour", "zennkai salon", "cedar massage"]),
    phone=st.sampled_from(["", "+16045345114", "+16045345115"]),
    street=st.sampled_from(["", "8621 201 st", "1 other st"]),
    city=st.sampled_from(["", "langley", "surrey"]),
)
ACCOUNTS = st.integers(1, 4)
SIDES = st.frozensets(ACCOUNTS, min_size=1, max_size=2)
STANDINGS = st.builds(
    Standing,
    records=st.dictionaries(ACCOUNTS, st.integers(1, 3)),
    held=st.frozensets(ACCOUNTS),
    joined=st.frozensets(ACCOUNTS),
    apart=st.frozensets(SIDES),
    asked=st.dictionaries(SIDES, st.frozensets(st.integers(50, 52), min_size=1)),
)
RIVALS = st.lists(st.builds(Candidate, ACCOUNTS, st.sampled_from(["new", "old"]), KEYS), max_size=3)


@given(st.lists(st.tuples(ACCOUNTS, KEYS, RIVALS), max_size=4), STANDINGS)
def test_no_change_moves_what_it_may_not(
    rows: list[tuple[int, MatchKeys, list[Candidate]]], standing: Standing
) -> None:
    changed = [ChangedKeys(number, own, keys) for number, (own, keys, _) in enumerate(rows)]

    items = rematched(changed, *(rivals for *_, rivals in rows), standing=standing)

    for row, item, (_, _, rivals) in zip(changed, items, rows, strict=True):
        targets = [rival for rival in rivals if rival.account == item.account]
        targets += [Candidate(0, "new", other.keys) for other in changed if other is not row]
        if item.account != row.account:
            assert row.account not in standing.held
            assert frozenset({row.account, item.account}) not in standing.apart
            assert any(
                decide(row.keys, rival.keys, one_source=rival.source == "new").verdict
                is Verdict.SAME
                for rival in targets
            )
        assert (item.decision is not None) == (item.account != row.account)
        assert len(set(doubted(item))) == len(item.doubts)
        for account in doubted(item):
            assert frozenset({row.account, account}) not in standing.apart or account == row.account
            assert frozenset({row.account, account}) not in standing.asked
            if account == row.account:
                assert (item.account, item.backing) == (row.account, ())
                assert row.account not in standing.joined
