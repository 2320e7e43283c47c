"""What holds between us and an account: noted, superseded, never edited, moved with its account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.actors import Actor
from revenue.models import (
    Account,
    Confidence,
    Contact,
    DoubtfulPair,
    LedgerEvent,
    RelationshipFact,
    RelationshipKind,
    Source,
    SourceRecord,
)
from revenue.pipeline.answering import Answered, answer_pair, undo_answer
from revenue.pipeline.purging import purge_expired
from revenue.pipeline.relationships import (
    LONGEST,
    SENSITIVE,
    InvalidFactError,
    MergedError,
    Relationship,
    SupersededError,
    holds,
    newest_statements,
    note_fact,
    prominence,
    relationship_of,
)
from tests.support.rows import NOW, make_account, make_contact

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")
TODAY = date(2026, 11, 18)
A_DAY = timedelta(days=1)


def note(account: Account | None = None, **fields: Any) -> RelationshipFact:
    given_fields: dict[str, Any] = {
        "contact": None, "kind": RelationshipKind.LEFT_OVER_PRICE,
        "statement": "Left over the price in 2024.", "source": "The owner, on the phone",
        "confidence": Confidence.CERTAIN, "valid_from": TODAY, "valid_until": None,
        "supersedes": None, "now": NOW, **fields,
    }  # fmt: skip
    return note_fact(account=account or make_account(), by=BY, **given_fields)


def listed(account: Account, *, today: date = TODAY) -> Relationship:
    return relationship_of(account, today=today)


def keys(facts: Iterable[RelationshipFact]) -> list[int]:
    return [fact.pk for fact in facts]


def doubtful(own: Account, other: Account) -> DoubtfulPair:
    """A record of the first account that may be the second."""
    Source.objects.get_or_create(slug="langley", defaults={"name": "Langley"})
    record = SourceRecord.objects.create(
        source_id="langley", account=own, record_id=f"L-{own.pk}", content_hash=b"x" * 16,
        fields={"name": own.name}, first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    return DoubtfulPair.objects.create(
        record=record, account=other, why="same address", score=0.6, found_at=NOW
    )


# Noting ------------------------------------------------------------------------------------------


def test_a_fact_is_kept_with_who_said_so_and_the_ledger_hears_of_it() -> None:
    contact = make_contact()

    fact = note(contact.account, contact=contact, valid_until=TODAY + A_DAY)

    fact.refresh_from_db()
    assert (fact.account, fact.contact, fact.kind, fact.confidence) == (
        contact.account, contact, "left_over_price", "certain",
    )  # fmt: skip
    assert (fact.statement, fact.source) == (
        "Left over the price in 2024.",
        "The owner, on the phone",
    )
    assert (fact.valid_from, fact.valid_until) == (TODAY, TODAY + A_DAY)
    assert (fact.noted_at, fact.noted_by) == (NOW, "person:7")
    event = LedgerEvent.objects.get()
    assert (event.kind, event.subject, event.actor, event.data) == (
        "relationship.noted",
        f"account:{contact.account_id}",
        "person:7",
        {
            "fact": fact.pk, "kind": "left_over_price", "contact": contact.pk, "supersedes": None,
        },
    )  # fmt: skip


def test_words_are_made_fit_to_store_on_one_line() -> None:
    fact = note(statement="  Left\u202e over\nthe  price\x00", source=" Ana\t")

    assert (fact.statement, fact.source) == ("Left over the price", "Ana")


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("statement", {"statement": ""}),
        ("statement", {"statement": " \u200b\n"}),
        ("statement", {"statement": "x" * (LONGEST["statement"] + 1)}),
        ("source", {"source": "\x00"}),
        ("source", {"source": "x" * (LONGEST["source"] + 1)}),
        ("valid_until", {"valid_until": TODAY - A_DAY}),
    ],
)
def test_what_can_not_be_taken_says_which_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidFactError) as caught:
        note(**fields)

    assert caught.value.field == field
    assert not RelationshipFact.objects.exists()
    assert not LedgerEvent.objects.exists()


def test_the_longest_words_fit_their_columns() -> None:
    fact = note(statement="x" * LONGEST["statement"], source="\U0001f600" * LONGEST["source"])

    fact.refresh_from_db()
    assert (len(fact.statement), len(fact.source)) == (300, 200)


def test_a_person_of_another_business_is_refused() -> None:
    with pytest.raises(InvalidFactError) as caught:
        note(contact=make_contact())

    assert caught.value.field == "contact"


def test_a_merged_account_takes_no_facts() -> None:
    gone = make_account(merged_into=make_account())

    with pytest.raises(MergedError):
        note(gone)


# Superseding -------------------------------------------------------------------------------------


def test_a_newer_statement_takes_the_place_of_the_older_one() -> None:
    older = note()
    account = older.account

    newer = note(account, supersedes=older, statement="Came back in 2026.", now=NOW + A_DAY)

    found = listed(account)
    assert (keys(found.standing), keys(found.past)) == ([newer.pk], [older.pk])
    assert found.past[0].superseded_by == newer
    assert list(newest_statements([account.pk])) == [newer]
    older.refresh_from_db()
    assert older.statement == "Left over the price in 2024."
    assert LedgerEvent.objects.latest("id").data["supersedes"] == older.pk


def test_a_statement_is_superseded_once() -> None:
    older = note()
    note(older.account, supersedes=older)
    events = LedgerEvent.objects.count()

    with pytest.raises(SupersededError):
        note(older.account, supersedes=older)

    assert (RelationshipFact.objects.count(), LedgerEvent.objects.count()) == (2, events)


def test_a_statement_about_another_business_is_not_superseded() -> None:
    older = note()

    with pytest.raises(InvalidFactError) as caught:
        note(supersedes=older)

    assert caught.value.field == "supersedes"


# Standing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_day", "until_day", "stands"),
    [
        (0, None, True),
        (0, 0, True),
        (-9, 0, True),
        (-9, -1, False),
        (1, None, False),
        (1, 1, False),
    ],
)
def test_a_fact_stands_from_its_first_to_its_last_day(
    from_day: int, until_day: int | None, stands: bool
) -> None:
    fact = note(
        valid_from=TODAY + from_day * A_DAY,
        valid_until=None if until_day is None else TODAY + until_day * A_DAY,
    )

    found = listed(fact.account)

    assert (keys(found.standing), keys(found.past)) == (
        ([fact.pk], []) if stands else ([], [fact.pk])
    )


def test_what_superseded_it_keeps_an_older_one_away_even_when_that_has_run_out() -> None:
    older = note()
    newer = note(older.account, supersedes=older, valid_from=TODAY, valid_until=TODAY)

    found = listed(older.account, today=TODAY + A_DAY)

    assert (keys(found.standing), keys(found.past)) == ([], [newer.pk, older.pk])


def test_sensitivities_come_first_and_the_newest_of_a_kind() -> None:
    account = make_account()
    likes = note(account, kind=RelationshipKind.KNOWS_US, now=NOW + 3 * A_DAY)
    late = note(account, kind=RelationshipKind.PAYS_LATE, now=NOW + 2 * A_DAY)
    first = note(account, now=NOW)
    second = note(account, now=NOW + A_DAY)

    assert keys(listed(account).standing) == [second.pk, first.pk, late.pk, likes.pk]


def test_every_sensitivity_is_more_prominent_than_the_rest() -> None:
    kinds = sorted(RelationshipKind.values, key=prominence)

    assert set(kinds[: len(SENSITIVE)]) == SENSITIVE
    assert prominence("of a later version") > prominence(RelationshipKind.OTHER)


@pytest.mark.parametrize("number", [1, 3])
def test_the_facts_of_an_account_take_one_statement(
    number: int, django_assert_num_queries: Any
) -> None:
    contact = make_contact()
    for _ in range(number):
        older = note(contact.account, contact=contact)
        note(contact.account, contact=contact, supersedes=older)

    with django_assert_num_queries(1):
        found = listed(contact.account)
        named = [fact.contact.name for fact in found.standing if fact.contact]
        replaced = [fact.superseded_by.statement for fact in found.past]

    assert (len(named), len(replaced)) == (number, number)


# Merging, and the source's terms -----------------------------------------------------------------


def chains() -> set[tuple[int, int, int | None]]:
    return set(RelationshipFact.objects.values_list("pk", "account_id", "supersedes_id"))


def test_merged_accounts_keep_the_facts_of_both_and_undoing_gives_each_its_own() -> None:
    stays, goes = make_account(), make_account()
    pair = doubtful(goes, stays)
    kept, moved = note(stays), note(goes, kind=RelationshipKind.PAYS_LATE)
    newer = note(goes, supersedes=moved, kind=RelationshipKind.PAYS_LATE)
    before = chains()

    given_answer = answer_pair(pair=pair, same=True, by=BY, now=NOW)

    assert keys(listed(stays).standing) == [kept.pk, newer.pk]
    assert set(RelationshipFact.objects.values_list("account", flat=True)) == {stays.pk}

    undo_answer(answered=Answered.from_json(given_answer.as_json()), by=BY, now=NOW)
    assert chains() == before


def test_what_was_replaced_while_they_were_one_goes_back_with_its_newer_statement() -> None:
    stays, goes = make_account(), make_account()
    pair = doubtful(goes, stays)
    about_goes = note(goes)
    given_answer = answer_pair(pair=pair, same=True, by=BY, now=NOW)
    newer = note(stays, supersedes=about_goes)
    newest = note(stays, supersedes=newer)
    of_stays = note(stays)

    undo_answer(answered=given_answer, by=BY, now=NOW)

    assert set(keys(listed(goes).standing)) == {newest.pk}
    assert set(keys(listed(stays).standing)) == {of_stays.pk}


def test_a_fact_about_somebody_who_stayed_behind_keeps_naming_them() -> None:
    """Both accounts knew the address, so one of the two contacts stays where it is."""
    stays, goes = make_account(), make_account()
    pair = doubtful(goes, stays)
    make_contact(stays, email="dana@one.example")
    same = make_contact(goes, email="DANA@one.example", name="Dana W.")
    fact = note(goes, contact=same)

    answer_pair(pair=pair, same=True, by=BY, now=NOW)

    (standing,) = listed(stays).standing
    assert (standing, standing.contact) == (fact, Contact.objects.get(pk=same.pk))


def test_what_a_source_must_forget_is_not_what_we_noted() -> None:
    account = make_account()
    record = doubtful(account, make_account()).record
    SourceRecord.objects.filter(pk=record.pk).update(expires_at=NOW)
    fact = note(account)

    assert purge_expired(now=NOW + A_DAY).records == 1
    assert keys(listed(account).standing) == [fact.pk]


# Any history -------------------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.integers(0, 30),  # which older statement to supersede, if it exists
        st.integers(-3, 3),  # first day, from today
        st.none() | st.integers(0, 4),  # days it lasts
    ),
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, look=st.integers(-4, 8))
def test_of_every_chain_at_most_its_newest_statement_stands(
    steps: list[tuple[int, int, int | None]], look: int
) -> None:
    with transaction.atomic():
        account, noted, ends = make_account(), list[RelationshipFact](), set[int]()
        for wish, first, lasts in steps:
            older = noted[wish] if wish < len(noted) else None
            begins = TODAY + first * A_DAY
            fields: dict[str, Any] = {
                "valid_from": begins,
                "valid_until": None if lasts is None else begins + lasts * A_DAY,
                "supersedes": older,
            }
            if older is not None and older.pk not in ends:
                with pytest.raises(SupersededError):
                    note(account, **fields)
                continue
            noted.append(note(account, **fields))
            ends.discard(older.pk if older else 0)
            ends.add(noted[-1].pk)
        day = TODAY + look * A_DAY
        found = listed(account, today=day)

        by_rule = {fact.pk for fact in noted if fact.pk in ends and holds(fact, on=day)}
        assert set(keys(found.standing)) == by_rule
        assert set(keys(newest_statements([account.pk]))) == ends
        assert sorted(keys([*found.standing, *found.past])) == keys(noted)
        transaction.set_rollback(True)
