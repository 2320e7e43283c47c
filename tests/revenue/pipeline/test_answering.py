from __future__ import annotations

import json
from typing import Any

import pytest

from revenue.models import Account, Contact, DoubtfulPair, LedgerEvent, SourceRecord
from revenue.pipeline.answering import (
    Answered,
    Line,
    MovedOnError,
    answer_pair,
    compare,
    metres_apart,
    undo_answer,
)
from revenue.pipeline.pairs import AnsweredError, open_pairs
from tests.revenue.pipeline.support import BY, LATER, NOW, account_of, add_mapping, imported, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]

HEAD = "record_id,name,phone,website,street,city,country,latitude,longitude\n"
FIRST = HEAD + 'a1,Harbour Physio,604-534-5114,,8621 201 Street,Langley,CA,"49,1","-122,6"\n'
SECOND = (
    HEAD + "b1,Zennkai Salon,604-534-5114,https://www.zennkai.example/a,8621 201 St,LANGLEY,CA,"
    "49.1005,-122.6\n"
)


@pytest.fixture
def pair() -> DoubtfulPair:
    add_mapping("other")
    imported(FIRST)
    imported(SECOND, "other")
    return open_pairs().get()


def world() -> list[Any]:
    """Everything that a merger moves."""
    accounts = Account.objects.order_by("pk").values_list("pk", "name", "website", "merged_into")
    return [
        list(accounts),
        state(),
        sorted(Contact.objects.values_list("email", "account_id")),
        list(DoubtfulPair.objects.order_by("pk").values_list()),
    ]


def add_contact(account: Account, email: str) -> None:
    Contact.objects.create(account=account, email=email, added_at=NOW, added_by=str(BY))


def test_undoing_a_merger_gives_back_two_accounts_as_they_were(pair: DoubtfulPair) -> None:
    add_contact(account_of("a1"), "kept@x.example")
    add_contact(account_of("b1"), "moves@x.example")
    add_contact(account_of("b1"), "KEPT@x.example")
    before = world()

    given = answer_pair(pair=pair, same=True, by=BY, now=LATER)
    assert account_of("a1") == account_of("b1")
    undo_answer(answered=given, by=BY, now=LATER)

    assert world() == before
    assert LedgerEvent.objects.get(kind="pair.reopened").data["split"] == given.goes


def test_undoing_a_merger_asks_again_about_the_other_pairs_that_it_answered(
    pair: DoubtfulPair,
) -> None:
    one, other = account_of("a1"), account_of("b1")
    third = Account.objects.create(name="C", name_key="c", created_at=NOW, changed_at=NOW)
    same = {"source_id": "other", "content_hash": b"y", "first_seen_at": NOW, "last_seen_at": NOW}
    again = SourceRecord.objects.create(record_id="b2", account=other, fields={}, **same)
    aside = SourceRecord.objects.create(record_id="c1", account=third, fields={}, **same)
    for record, account, score in (
        (again, one, 0.7),
        (SourceRecord.objects.get(record_id="a1"), other, 0.6),
        (aside, one, 0.5),
        (aside, other, 0.4),
    ):
        DoubtfulPair.objects.create(
            record=record, account=account, why="same address", score=score, found_at=NOW
        )
    before = world()

    given = answer_pair(pair=pair, same=True, by=BY, now=LATER)
    assert [(left.record, left.account_id) for left in open_pairs()] == [(aside, given.stays)]
    kept = Answered.from_json(json.loads(json.dumps(given.as_json())))
    undo_answer(answered=kept, by=BY, now=LATER)

    assert world() == before


def test_undoing_a_merger_gives_back_what_had_been_merged_into_the_one_that_went(
    pair: DoubtfulPair,
) -> None:
    other = account_of("b1")
    Account.objects.create(
        name="C", name_key="c", created_at=NOW, changed_at=NOW, merged_into=other
    )
    before = world()

    given = answer_pair(pair=pair, same=True, by=BY, now=LATER)
    assert Account.objects.filter(merged_into=given.stays).count() == 2
    undo_answer(answered=given, by=BY, now=LATER)

    assert world() == before


def test_an_answer_survives_being_kept_as_json(pair: DoubtfulPair) -> None:
    given = answer_pair(pair=pair, same=True, by=BY, now=LATER)

    assert Answered.from_json(json.loads(json.dumps(given.as_json()))) == given


def test_undoing_two_businesses_asks_again(pair: DoubtfulPair) -> None:
    given = answer_pair(pair=pair, same=False, by=BY, now=LATER)
    assert not open_pairs().exists()

    undo_answer(answered=given, by=BY, now=LATER)

    assert open_pairs().get() == pair
    assert LedgerEvent.objects.filter(kind__startswith="pair.").count() == 2


def test_an_answer_is_taken_back_once(pair: DoubtfulPair) -> None:
    given = answer_pair(pair=pair, same=True, by=BY, now=LATER)
    undo_answer(answered=given, by=BY, now=LATER)

    with pytest.raises(MovedOnError):
        undo_answer(answered=given, by=BY, now=LATER)


def test_a_merger_whose_records_moved_on_stays(pair: DoubtfulPair) -> None:
    given = answer_pair(pair=pair, same=True, by=BY, now=LATER)
    elsewhere = Account.objects.create(name="C", name_key="c", created_at=NOW, changed_at=NOW)
    SourceRecord.objects.filter(record_id="b1").update(account=elsewhere)
    before = world()

    with pytest.raises(MovedOnError):
        undo_answer(answered=given, by=BY, now=LATER)
    assert world() == before


def test_the_second_answer_is_told_so(pair: DoubtfulPair) -> None:
    answer_pair(pair=pair, same=False, by=BY, now=LATER)
    before = world()

    with pytest.raises(AnsweredError):
        answer_pair(pair=pair, same=True, by=BY, now=LATER)
    assert world() == before


def test_what_differs_is_marked_and_spelling_is_no_difference(pair: DoubtfulPair) -> None:
    lines = {line.label: line for line in compare(pair.record, pair.account)}

    assert lines["Name"] == Line("Name", "Zennkai Salon", "Harbour Physio", "different")
    assert lines["Street"].state == "alike"
    assert lines["City"].state == "alike"
    assert lines["Website"].state == "one-sided"
    assert "Postcode" not in lines


def test_the_distance_is_told_where_both_have_a_place(pair: DoubtfulPair) -> None:
    metres = metres_apart(pair.record, pair.account)

    assert metres is not None
    assert 55 < metres < 56
    pair.account.latitude = None
    assert metres_apart(pair.record, pair.account) is None
