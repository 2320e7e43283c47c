from __future__ import annotations

import pytest

from revenue.models import Account, Contact, Deal, DoubtfulPair, LedgerEvent, SourceRecord
from revenue.pipeline.pairs import (
    AnsweredError,
    BothInUseError,
    keep_apart,
    merge_pair,
    open_pairs,
)
from revenue.pipeline.screening import unscreened
from tests.revenue.pipeline.support import BY, LATER, NOW, account_of, add_mapping, counts, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]

HEAD = "record_id,name,phone,website,street,city,country\n"
FIRST = HEAD + "a1,Harbour Physio,604-534-5114,,8621 201 St,Langley,CA\n"
SECOND = HEAD + "b1,Zennkai Salon,604-534-5114,https://zennkai.example,8621 201 St,Langley,CA\n"


@pytest.fixture
def pair() -> DoubtfulPair:
    add_mapping("other")
    imported(FIRST)
    imported(SECOND, "other")
    return open_pairs().get()


def add_deal(account: Account) -> Deal:
    contact = Contact.objects.create(
        account=account, email=f"d{account.pk}@x.example", added_at=NOW, added_by=str(BY)
    )
    return Deal.objects.create(
        account=account,
        contact=contact,
        value_minor=1,
        currency="CAD",
        opened_at=NOW,
        opened_by=str(BY),
    )


def test_a_doubtful_pair_waits_with_its_reason(pair: DoubtfulPair) -> None:
    assert (pair.record.record_id, pair.account) == ("b1", account_of("a1"))
    assert pair.why == "one telephone number, but same address, names 0% alike"
    assert pair.score == 0.5


def test_two_businesses_stay_apart_and_are_not_asked_about_again(pair: DoubtfulPair) -> None:
    keep_apart(pair=pair, by=BY, now=LATER)
    pair.refresh_from_db()
    assert (pair.answer, pair.answered_at, pair.answered_by) == ("different", LATER, str(BY))
    assert account_of("a1") != account_of("b1")
    assert counts(imported(SECOND, "other", now=LATER)) == {"unchanged": 1}
    assert not open_pairs().exists()
    assert LedgerEvent.objects.get(kind="pair.different").data["why"] == pair.why


def test_one_business_becomes_one_account(pair: DoubtfulPair) -> None:
    first, second = account_of("a1"), account_of("b1")
    stays = merge_pair(pair=pair, by=BY, now=LATER)
    second.refresh_from_db()
    assert (stays.pk, second.merged_into_id) == (first.pk, first.pk)
    assert set(SourceRecord.objects.values_list("account_id", flat=True)) == {first.pk}
    assert (stays.name, stays.website) == ("Harbour Physio", "https://zennkai.example")
    assert list(unscreened()) == [stays]
    event = LedgerEvent.objects.get(kind="pair.same")
    assert (event.subject, event.data["merged"]) == (f"account:{first.pk}", second.pk)


def test_a_later_import_finds_the_account_that_stayed(pair: DoubtfulPair) -> None:
    merge_pair(pair=pair, by=BY, now=LATER)
    imported(SECOND.replace("zennkai.example", "new.example"), "other", now=LATER)
    assert account_of("b1").website == "https://new.example"


def test_the_account_with_a_deal_stays(pair: DoubtfulPair) -> None:
    second = account_of("b1")
    add_deal(second)
    assert merge_pair(pair=pair, by=BY, now=LATER) == second


def test_two_accounts_with_deals_are_not_merged(pair: DoubtfulPair) -> None:
    add_deal(account_of("a1"))
    add_deal(account_of("b1"))
    with pytest.raises(BothInUseError):
        merge_pair(pair=pair, by=BY, now=LATER)
    assert open_pairs().get() == pair
    assert not Account.objects.filter(merged_into__isnull=False).exists()


def test_the_first_answer_counts(pair: DoubtfulPair) -> None:
    merge_pair(pair=pair, by=BY, now=LATER)
    for answer in (keep_apart, merge_pair):
        with pytest.raises(AnsweredError):
            answer(pair=pair, by=BY, now=LATER)


def test_people_move_along_and_one_address_stays_one_contact(pair: DoubtfulPair) -> None:
    first, second = account_of("a1"), account_of("b1")
    for account, email in (
        (first, "a@x.example"),
        (second, "A@x.example"),
        (second, "b@x.example"),
    ):
        Contact.objects.create(account=account, email=email, added_at=NOW, added_by=str(BY))
    stays = merge_pair(pair=pair, by=BY, now=LATER)
    emails = stays.contacts.order_by("email").values_list("email", flat=True)
    assert list(emails) == ["a@x.example", "b@x.example"]


def test_doubts_of_the_account_that_goes_pass_to_the_one_that_stays(pair: DoubtfulPair) -> None:
    add_mapping("third")
    imported(SECOND.replace("b1,Zennkai Salon", "c1,Maple Massage"), "third")
    assert open_pairs().count() == 3
    stays = merge_pair(pair=pair, by=BY, now=LATER)
    assert [(left.record.record_id, left.account) for left in open_pairs()] == [("c1", stays)]
