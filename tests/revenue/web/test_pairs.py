"""Doubtful pairs in the browser."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import Account, DoubtfulPair, Source, SourceRecord
from revenue.pipeline.pairs import keep_apart
from tests.support.rows import FOUNDER, NOW, make_account
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db


def doubtful(**fields: object) -> DoubtfulPair:
    """A record at an account of its own that is nearly another account."""
    Source.objects.get_or_create(slug="osm", defaults={"name": "OpenStreetMap"})
    own, other = make_account(), make_account(street="1 Main St")
    record = SourceRecord.objects.create(
        source_id="osm", account=own, record_id=f"V-{own.pk}", content_hash=b"x" * 16,
        fields={"name": own.name, "street": "1 Main Street", **fields}, first_seen_at=NOW,
        last_seen_at=NOW,
    )  # fmt: skip
    return DoubtfulPair.objects.create(
        record=record, account=other, why="same address, names 60% alike", score=0.6, found_at=NOW
    )


def token_on(response: object) -> str:
    found = re.search(r'name="answered" value="([^"]+)"', response.content.decode())  # type: ignore[attr-defined]
    return found[1] if found else ""


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def test_no_pair_says_what_will_appear(founder: Client) -> None:
    assert "Pairs that may be one business" in founder.get("/pairs/").content.decode()


def test_a_pair_stands_side_by_side_with_its_differences(founder: Client) -> None:
    pair = doubtful(phone="+16045345114")

    page = founder.get("/pairs/").content.decode()

    assert pair.account.name in page
    assert "Same address, names 60% alike" in page
    assert "60 % alike" in page
    assert 'data-compared="different"' in page
    assert 'data-compared="alike"' in page
    assert 'data-compared="one-sided"' in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_takes_as_many_statements_for_three_as_for_one(number: int) -> None:
    client = visit_as(Role.FOUNDER)
    for _ in range(number):
        doubtful()

    with statements() as found:
        response = client.get("/pairs/")

    assert len(response.context["pairs"]) == number
    assert len(found) == PAIRS_STATEMENTS, "\n".join(found)


PAIRS_STATEMENTS = 7


def test_one_business_and_back(founder: Client) -> None:
    pair = doubtful()
    own = pair.record.account_id

    page = founder.post(f"/pairs/{pair.pk}/", {"answer": "same"}, follow=True)
    assert Account.objects.filter(merged_into__isnull=True).count() == 1
    token = token_on(page)
    assert token

    founder.post("/pairs/undo/", {"answered": token})
    pair.refresh_from_db()
    assert (pair.answer, pair.record.account_id) == (None, own)
    assert Account.objects.filter(merged_into__isnull=True).count() == 2


def test_two_businesses_and_the_undo_is_shown_once(founder: Client) -> None:
    pair = doubtful()

    page = founder.post(f"/pairs/{pair.pk}/", {"answer": "different"}, follow=True)

    assert "They stay apart" in page.content.decode()
    assert token_on(founder.get("/pairs/")) == ""
    pair.refresh_from_db()
    assert pair.answer == "different"


def test_a_late_or_forged_undo_changes_nothing(founder: Client) -> None:
    pair = doubtful()
    founder.post(f"/pairs/{pair.pk}/", {"answer": "different"})

    for token in ("", "forged", "a:b:c"):
        response = founder.post("/pairs/undo/", {"answered": token})
        assert "too late" in messages_of(response)[-1]
    pair.refresh_from_db()
    assert pair.answer == "different"


def parted() -> DoubtfulPair:
    """A record that is asked about the account it belongs to, where another one is too."""
    pair = doubtful(name="Maple Spa", street="9 Far Road")
    own = pair.record.account
    other = SourceRecord.objects.create(
        source_id="osm", account=own, record_id="V-other", content_hash=b"y" * 16,
        fields={"name": "Cedar Massage", "street": "1 Main Street"}, first_seen_at=NOW,
        last_seen_at=NOW,
    )  # fmt: skip
    DoubtfulPair.objects.filter(pk=pair.pk).update(account=own, why="changed at its source")
    pair.refresh_from_db()
    assert other.account_id == pair.account_id
    return pair


def test_a_record_is_compared_with_the_rest_of_its_account(founder: Client) -> None:
    pair = parted()

    page = founder.get("/pairs/").content.decode()

    assert "<bdi>Maple Spa</bdi>" in page
    assert "<bdi>Cedar Massage</bdi>" in page
    assert "The rest of its account" in page
    assert "% alike" not in page
    assert f'id="pair-{pair.pk}"' in page


def test_two_businesses_splits_the_record_off_and_back(founder: Client) -> None:
    pair = parted()
    own = pair.account_id

    page = founder.post(f"/pairs/{pair.pk}/", {"answer": "different"}, follow=True)
    assert "an account of its own" in page.content.decode()
    pair.record.refresh_from_db()
    assert pair.record.account_id != own

    founder.post("/pairs/undo/", {"answered": token_on(page)})
    pair.record.refresh_from_db()
    assert pair.record.account_id == own


def test_an_answer_that_is_none_is_told(founder: Client) -> None:
    pair = doubtful()

    response = founder.post(f"/pairs/{pair.pk}/", {"answer": "maybe"})

    assert messages_of(response) == ["Say whether it is the same business or another one."]


def test_the_second_person_is_told_that_it_was_answered(founder: Client) -> None:
    pair = doubtful()
    keep_apart(pair=pair, by=FOUNDER, now=NOW)

    response = founder.post(f"/pairs/{pair.pk}/", {"answer": "same"})

    assert messages_of(response) == ["Somebody has answered this pair already."]
    assert Account.objects.filter(merged_into__isnull=True).count() == 2


def test_values_from_outside_are_only_text(founder: Client) -> None:
    doubtful(name="<script>alert(1)</script>", website="javascript:alert(1)")

    page = founder.get("/pairs/").content.decode()

    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_the_accountant_answers_nothing() -> None:
    assert visit_as(Role.ACCOUNTANT).post(f"/pairs/{doubtful().pk}/").status_code == 403
