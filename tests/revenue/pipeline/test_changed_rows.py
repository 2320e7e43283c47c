"""Rows that changed at their source, and whose account they are then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.conversation.suppression import suppress
from revenue.models import (
    Account,
    Contact,
    DoubtfulPair,
    LedgerEvent,
    RelationshipFact,
    SourceRecord,
    SuppressionKind,
    SuppressionReason,
)
from revenue.pipeline.answering import MovedOnError, answer_pair, undo_answer
from revenue.pipeline.importing import import_for_real
from revenue.pipeline.pairs import open_pairs
from tests.revenue.pipeline.support import (
    BY,
    LATER,
    NOW,
    account_of,
    add_mapping,
    counts,
    finish,
    imported,
)

pytestmark = pytest.mark.django_db

HEAD = "record_id,name,phone,street,city,country\n"
HARBOUR = "Harbour Physio,604-534-5114,8621 201 St,Langley,CA\n"
CEDAR = "Cedar Massage,604-534-5115,8700 201 St,Langley,CA\n"
ELSEWHERE = "Maple Spa,604-534-5999,1 Other St,Surrey,CA\n"


@pytest.fixture
def two(mappings: None) -> None:
    """One list knows Harbour, another Harbour and Cedar: an account of two records, one of one."""
    add_mapping("other")
    imported(f"{HEAD}a1,{HARBOUR}")
    imported(f"{HEAD}b1,{HARBOUR}b2,{CEDAR}", "other")


def changed(row: str, mapping: str = "other", *, dry: bool = False) -> Any:
    return imported(HEAD + row, mapping, dry=dry, now=LATER)


def moves() -> list[dict[str, Any]]:
    found = LedgerEvent.objects.filter(kind="record.moved").order_by("id")
    return [{"subject": event.subject, **event.data} for event in found]


def questions() -> list[tuple[str, int, str]]:
    return [(pair.record.record_id, pair.account_id, pair.why) for pair in open_pairs()]


@pytest.mark.usefixtures("two")
def test_a_row_that_became_a_business_we_know_moves_there() -> None:
    harbour, cedar = account_of("a1"), account_of("b2")
    run = changed(f"b2,{HARBOUR.replace('Physio', 'Physio Clinic')}")
    cedar.refresh_from_db()
    assert counts(run) == {"changed": 1, "moved": 1}
    assert (account_of("b2"), cedar.merged_into_id) == (harbour, harbour.pk)
    why = SourceRecord.objects.get(record_id="b2").match_why
    assert why.startswith("one telephone number, same address")
    (event,) = moves()
    assert (event["subject"], event["from"], event["why"]) == (
        f"account:{harbour.pk}", cedar.pk, why,
    )  # fmt: skip
    assert open_pairs().count() == 0


@pytest.mark.usefixtures("two")
def test_a_row_that_leaves_others_behind_moves_alone() -> None:
    harbour, cedar = account_of("a1"), account_of("b2")
    run = changed(f"b1,{CEDAR}", "other")
    # One list names a place once: two rows of it with one name, number and door are one business.
    assert counts(run) == {"changed": 1, "moved": 1}
    assert (account_of("b1"), account_of("a1")) == (cedar, harbour)
    harbour.refresh_from_db()
    assert (harbour.name, harbour.merged_into_id) == ("Harbour Physio", None)


def hang_contact(account: Account) -> None:
    Contact.objects.create(account=account, email="a@x.example", added_at=NOW, added_by=str(BY))


def hang_relationship(account: Account) -> None:
    RelationshipFact.objects.create(
        account=account, kind="other", statement="They know us.", source="a call",
        confidence="likely", valid_from=NOW.date(), noted_at=NOW, noted_by=str(BY),
    )  # fmt: skip


def hang_suppression(account: Account) -> None:
    suppress(
        kind=SuppressionKind.ACCOUNT,
        value=str(account.pk),
        reason=SuppressionReason.ASKED,
        by=BY,
        now=NOW,
    )


def hang_merged(account: Account) -> None:
    Account.objects.create(
        name="C", name_key="c", created_at=NOW, changed_at=NOW, merged_into=account
    )


def hang_question(account: Account) -> None:
    third = Account.objects.create(name="C", name_key="c", created_at=NOW, changed_at=NOW)
    record = SourceRecord.objects.create(
        source_id="other", record_id="c1", account=third, fields={"name": "C"},
        content_hash=b"y", first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    DoubtfulPair.objects.create(record=record, account=account, why="w", score=0.1, found_at=NOW)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    "hang", [hang_contact, hang_relationship, hang_suppression, hang_merged, hang_question]
)
def test_a_row_of_an_account_with_more_than_records_is_asked_about(
    hang: Callable[[Account], None],
) -> None:
    harbour, cedar = account_of("a1"), account_of("b2")
    hang(cedar)
    run = changed(f"b2,{HARBOUR}")
    assert counts(run) == {"changed": 1, "doubtful": 1}
    assert account_of("b2") == cedar
    assert moves() == []
    why = "changed at its source: one telephone number, same address, names 100% alike"
    assert ("b2", harbour.pk, why) in questions()
    event = LedgerEvent.objects.get(kind="account.changed")
    assert (event.subject, event.data["asked"]) == (f"account:{cedar.pk}", [harbour.pk])


@pytest.mark.usefixtures("two")
def test_the_answer_joins_both_with_what_hung_there() -> None:
    hang_contact(account_of("b2"))
    changed(f"b2,{HARBOUR}")
    given = answer_pair(pair=open_pairs().get(), same=True, by=BY, now=LATER)
    assert account_of("b2") == account_of("a1")
    assert Contact.objects.get().account_id == given.stays


@pytest.mark.usefixtures("two")
def test_a_row_that_is_nothing_we_know_is_asked_about_its_own_account() -> None:
    own = account_of("b1")
    run = changed(f"b1,{ELSEWHERE}")
    assert counts(run) == {"changed": 1, "doubtful": 1}
    assert account_of("b1") == own == account_of("a1")
    ((record, account, why),) = questions()
    assert (record, account) == ("b1", own.pk)
    assert why == "changed at its source, and nothing else of its account is like it now"


@pytest.mark.usefixtures("two")
def test_two_businesses_gives_the_record_an_account_and_the_undo_takes_it_back() -> None:
    own = account_of("b1")
    hang_contact(own)
    changed(f"b1,{ELSEWHERE}")
    columns = ("record_id", "account_id", "match_why", "match_score")
    before = list(SourceRecord.objects.order_by("pk").values_list(*columns))

    given = answer_pair(pair=open_pairs().get(), same=False, by=BY, now=LATER)
    own.refresh_from_db()
    assert (account_of("a1"), account_of("b1").pk) == (own, given.goes)
    assert (account_of("b1").name, own.street) == ("Maple Spa", "8621 201 St")
    assert Contact.objects.get().account == own
    assert LedgerEvent.objects.get(kind="pair.different").data["split"] == given.goes
    assert counts(changed(f"b1,{ELSEWHERE}")) == {"unchanged": 1}

    undo_answer(answered=given, by=BY, now=LATER)
    assert list(SourceRecord.objects.order_by("pk").values_list(*columns)) == before
    assert open_pairs().get().record.record_id == "b1"
    with pytest.raises(MovedOnError):
        undo_answer(answered=given, by=BY, now=LATER)


@pytest.mark.usefixtures("two")
def test_one_business_keeps_it_and_is_not_asked_again() -> None:
    changed(f"b1,{ELSEWHERE}")
    answer_pair(pair=open_pairs().get(), same=True, by=BY, now=LATER)
    run = changed(f"b1,{ELSEWHERE.replace('Maple', 'Walnut')}")
    assert counts(run) == {"changed": 1}
    assert questions() == []
    assert account_of("b1") == account_of("a1")


@pytest.mark.usefixtures("two")
def test_the_question_goes_when_the_other_list_follows() -> None:
    changed(f"b1,{ELSEWHERE}")
    assert len(questions()) == 1
    run = changed(f"a1,{ELSEWHERE}", "accounts")
    assert counts(run) == {"changed": 1}
    assert questions() == []
    assert account_of("b1") == account_of("a1")


@pytest.mark.usefixtures("two")
def test_the_question_goes_when_the_row_changes_back() -> None:
    changed(f"b1,{ELSEWHERE}")
    assert counts(changed(f"b1,{HARBOUR}")) == {"changed": 1}
    assert questions() == []


@pytest.mark.usefixtures("two")
def test_a_doubt_that_a_change_clears_is_not_asked_any_more() -> None:
    changed("b3,Zennkai Salon,604-534-5114,8621 201 St,Langley,CA\n")
    assert [record for record, *_ in questions()] == ["b3"]
    changed("b3,Zennkai Salon,604-534-5888,7 Far Rd,Surrey,CA\n")
    assert questions() == []


@pytest.mark.usefixtures("two")
def test_two_told_apart_stay_apart_through_changes() -> None:
    changed("b3,Zennkai Salon,604-534-5114,8621 201 St,Langley,CA\n")
    answer_pair(pair=open_pairs().get(), same=False, by=BY, now=LATER)
    run = changed(f"b3,{HARBOUR}")
    assert counts(run) == {"changed": 1}
    assert account_of("b3") != account_of("a1")


@pytest.mark.usefixtures("two")
def test_a_change_of_what_nothing_is_matched_by_asks_nothing() -> None:
    head = HEAD.replace("\n", ",trade\n")
    run = imported(f"{head}b2,{CEDAR.strip()},Massage\n", "other", now=LATER)
    assert counts(run) == {"changed": 1}
    with CaptureQueriesContext(connection) as queries:
        imported(f"{head}b2,{CEDAR.strip()},Spa\n", "other", now=LATER)
    assert not any("revenue_relationshipfact" in query["sql"] for query in queries)


@pytest.mark.usefixtures("two")
def test_a_new_row_meets_what_a_row_of_its_batch_says_now() -> None:
    run = changed(f"b4,{ELSEWHERE}b2,{ELSEWHERE}")
    assert counts(run) == {"changed": 1, "merged": 1}
    assert account_of("b4") == account_of("b2")
    assert account_of("b4").name == "Maple Spa"


@pytest.mark.usefixtures("two")
def test_a_move_counts_the_locations_anew() -> None:
    add_mapping("chain")
    shops = [f"k{n},Kite Coffee,604-534-60{n:02},{n} Main St,Langley,CA\n" for n in range(10, 13)]
    imported(HEAD + "".join(shops), "chain")
    assert account_of("k10").brand.locations == 3  # type: ignore[union-attr]
    imported(HEAD + shops[1].replace("k11", "k10"), "chain", now=LATER)
    assert account_of("k10") == account_of("k11")
    assert account_of("k11").brand.locations == 2  # type: ignore[union-attr]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("number", [1, 3])
def test_changed_rows_take_a_fixed_number_of_statements(number: int) -> None:
    add_mapping("many")
    rows = [f"m{n},Shop {n} Kite{n},604-534-70{n:02},{n} Main St,Langley,CA\n" for n in range(9)]
    imported(HEAD + "".join(rows), "many")
    moved = [rows[n + 1].replace(f"m{n + 1},", f"m{n},") for n in range(0, 2 * number, 2)]
    with CaptureQueriesContext(connection) as queries:
        run = imported(HEAD + "".join(moved), "many", now=LATER)
    assert counts(run) == {"changed": number, "moved": number}
    assert len(queries) == MOVING_STATEMENTS


MOVING_STATEMENTS = 55

NAMES = st.sampled_from(["Harbour Physio", "Cedar Massage", "Zennkai Salon"])
PHONES = st.sampled_from(["", "604-534-5114", "604-534-5115"])
STREETS = st.sampled_from(["", "8621 201 St", "8700 201 St"])
ROWS = st.lists(st.tuples(NAMES, PHONES, STREETS), min_size=4, max_size=4)


def listed(rows: list[tuple[str, str, str]]) -> str:
    return HEAD + "".join(
        f"r{number},{name},{phone},{street},Langley,CA\n"
        for number, (name, phone, street) in enumerate(rows)
    )


@pytest.fixture
def second(mappings: None) -> None:
    add_mapping("second")


@pytest.mark.usefixtures("second")
@given(old=ROWS, other=ROWS, new=ROWS, people=st.sets(st.integers(0, 3)))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changes_lose_nobody_and_the_dry_run_knows(
    old: list[tuple[str, str, str]],
    other: list[tuple[str, str, str]],
    new: list[tuple[str, str, str]],
    people: set[int],
) -> None:
    Account.objects.update(merged_into=None)
    for model in (DoubtfulPair, SourceRecord, Contact, Account):
        model._default_manager.all().delete()
    imported(listed(old))
    imported(listed(other), "second")
    ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    held = {ids[number] for number in people if number < len(ids)}
    for account in held:
        hang_contact(Account.objects.get(pk=account))
    before = owners()

    dry = imported(listed(new), dry=True, now=LATER)
    real = finish(import_for_real(run=dry, by=BY, now=LATER), now=LATER)

    assert counts(dry) == counts(real)
    after = owners()
    assert {record for record, account in before.items() if account in held} <= {
        record for record, account in after.items() if account == before[record]
    }
    assert not SourceRecord.objects.filter(account__merged_into__isnull=False).exists()
    assert not Account.objects.filter(merged_into=None, records=None).exists()
    assert not Contact.objects.filter(account__merged_into__isnull=False).exists()
    pairs = list(DoubtfulPair.objects.values_list())
    assert counts(imported(listed(new), now=LATER)) == {"unchanged": 4}
    assert (owners(), list(DoubtfulPair.objects.values_list())) == (after, pairs)


def owners() -> dict[int, int]:
    return dict(SourceRecord.objects.values_list("pk", "account_id"))
