"""Accounts in the browser: finding them, and what the page of each says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import (
    Account,
    Brand,
    DoubtfulPair,
    Source,
    SourceRecord,
    Suppression,
    VerdictObjection,
)
from revenue.pipeline.pairs import merge_pair
from revenue.pipeline.screening import screen_due
from tests.support.rows import FOUNDER, NOW, installed, make_account, make_contact
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script>\"'&\u202eevil"


def listed(account: Account, **fields: Any) -> SourceRecord:
    """A record of a source at the account."""
    Source.objects.get_or_create(
        slug="langley", defaults={"name": "Langley", "attribution": "Open licence"}
    )
    defaults = {
        "source_id": "langley", "account": account, "record_id": f"L-{account.pk}",
        "content_hash": b"x" * 16, "fields": {"name": account.name}, "first_seen_at": NOW,
        "last_seen_at": NOW,
    }  # fmt: skip
    return SourceRecord.objects.create(**{**defaults, **fields})


def names_on(response: Any) -> list[str]:
    return [row.account.name for row in response.context["rows"]]


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


# The list ----------------------------------------------------------------------------------------


def test_an_empty_house_says_what_will_appear(founder: Client) -> None:
    page = founder.get("/accounts/").content.decode()

    assert "Businesses of your lists appear here" in page
    assert "/imports/" in page


def test_nothing_found_says_how_to_find_more(founder: Client) -> None:
    make_account()

    assert "No business fits all of this" in founder.get("/accounts/?q=zzz").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_as_many_statements_for_three_as_for_one(number: int) -> None:
    client = visit_as(Role.FOUNDER)
    brand = Brand.objects.create(key="b", name="B", locations=number)
    for _ in range(number):
        account = make_account(brand=brand)
        make_contact(account)
        listed(account)

    with statements() as found:
        response = client.get("/accounts/")

    assert len(response.context["rows"]) == number
    assert len(found) == LIST_STATEMENTS, "\n".join(found)


LIST_STATEMENTS = 11


def test_a_search_finds_beginnings_of_words_in_any_order(founder: Client) -> None:
    make_account(name="Harbour Physiotherapy", street="8621 201 St")
    make_account(name="Zen Salon")

    assert names_on(founder.get("/accounts/?q=PHYS+harb")) == ["Harbour Physiotherapy"]
    assert names_on(founder.get("/accounts/?q=8621")) == ["Harbour Physiotherapy"]


@pytest.mark.parametrize("text", ["' or 1=1 --", "a & | ! b", ":*", "\x00", "((", "\u202e", "%"])
def test_a_hostile_search_is_only_words(founder: Client, text: str) -> None:
    make_account()

    assert founder.get("/accounts/", {"q": text}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("effect=deny", ["C"]),
        ("effect=none", ["D"]),
        ("category=dental", ["C"]),
        ("area=North", ["A"]),
        ("city=Berlin", ["C"]),
        ("source=langley", ["A"]),
        ("contacts=yes", ["B"]),
        ("contacts=no", ["A", "C", "D"]),
        ("effect=nonsense&brand=x&contacts=maybe", ["A", "B", "C", "D"]),
        ("brand=99999999999999999999", ["A", "B", "C", "D"]),
    ],
)
def test_filters_narrow_the_list(founder: Client, query: str, found: list[str]) -> None:
    listed(make_account(name="A", name_key="a", area="North"))
    make_contact(make_account(name="B", name_key="b"))
    make_account(name="C", name_key="c", icp_effect="deny", category="dental", city="Berlin")
    make_account(name="D", name_key="d", icp_effect="", screened_at=None)

    assert names_on(founder.get(f"/accounts/?{query}")) == found


def test_an_active_filter_stands_as_a_chip_that_takes_it_away(founder: Client) -> None:
    make_account(category="dental")

    page = founder.get("/accounts/?category=dental&effect=allow")

    (chip,) = page.context["active"]
    assert (chip.label, chip.url) == ("Dental", "?effect=allow")


def test_pages_follow_one_another_without_gap_or_repetition(founder: Client) -> None:
    for number in range(120):
        make_account(name=f"N{number}", name_key=f"n{number // 7:03}")
    seen: list[str] = []
    address = "/accounts/"
    while address:
        page = founder.get(address)
        seen += names_on(page)
        query = page.context["next_url"]
        address = f"/accounts/{query}" if query else ""

    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("after", ["", "x", "|", "a|b", "\x00|1", "a|99999999999999999999"])
def test_a_cursor_that_is_none_starts_at_the_beginning(founder: Client, after: str) -> None:
    make_account(name="A", name_key="b")

    response = founder.get("/accounts/", {"after": after})

    assert response.status_code == 200


def test_old_data_says_so(founder: Client) -> None:
    listed(make_account(), last_seen_at=NOW - timedelta(days=900))
    make_account(changed_at=NOW + timedelta(days=1))

    page = founder.get("/accounts/").content.decode()

    assert "</time> old" in page
    assert "from older data" in page


def test_names_from_outside_are_only_text(founder: Client) -> None:
    account = make_account(name=HOSTILE, trade=HOSTILE, area=HOSTILE, city=HOSTILE)
    make_contact(account, name=HOSTILE, role=HOSTILE, published_excerpt=HOSTILE)
    listed(account, record_id=HOSTILE, fields={"name": HOSTILE}, match_why=HOSTILE)

    for address in ("/accounts/", f"/accounts/{account.pk}/", f"/accounts/?area={HOSTILE}"):
        page = founder.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


# One account -------------------------------------------------------------------------------------


def test_the_page_shows_sources_contacts_places_and_the_verdict(founder: Client) -> None:
    installed()
    brand = Brand.objects.create(key="h", name="Harbour", locations=2)
    account = make_account(brand=brand, screened_at=None)
    make_account(brand=brand, street="1 Other Street")
    contact = make_contact(account)
    listed(account, match_why="same address")
    screen_due(now=NOW)

    page = founder.get(f"/accounts/{account.pk}/").content.decode()

    for words in (
        contact.email, contact.published_url, "Open Government License", "Matched to this business",
        "1 Other Street", "What the customer profile says", "decides",
        f"/ledger/?subject=account:{account.pk}",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_takes_as_many_statements_for_three_as_for_one(number: int) -> None:
    client = visit_as(Role.FOUNDER)
    brand = Brand.objects.create(key="b", name="B", locations=number + 1)
    account = make_account(brand=brand)
    for extra in range(number):
        make_account(brand=brand)
        make_contact(account)
        listed(account, record_id=str(extra))

    with statements() as found:
        client.get(f"/accounts/{account.pk}/")

    assert len(found) == PAGE_STATEMENTS, "\n".join(found)


PAGE_STATEMENTS = 14


def test_the_accountant_sees_it_all_and_can_change_nothing() -> None:
    account = make_account()
    contact = make_contact(account)
    client = visit_as(Role.ACCOUNTANT)

    page = client.get(f"/accounts/{account.pk}/").content.decode()

    assert contact.email in page
    assert "Add a contact" not in page
    assert "Never write to it" not in page
    assert client.post(f"/accounts/{account.pk}/suppress/").status_code == 403


def test_values_that_had_to_go_are_said_to_be_gone(founder: Client) -> None:
    account = make_account()
    listed(account, fields=None)

    page = founder.get(f"/accounts/{account.pk}/").content.decode()

    assert "terms ran out" in page


def test_a_merged_account_leads_to_the_one_that_stays(founder: Client) -> None:
    stays, goes = make_account(), make_account()
    pair = DoubtfulPair.objects.create(
        record=listed(goes), account=stays, why="w", score=0.5, found_at=NOW
    )
    merge_pair(pair=pair, by=FOUNDER, now=NOW)

    response = founder.get(f"/accounts/{goes.pk}/")

    assert response.headers["Location"] == f"/accounts/{stays.pk}/"
    assert names_on(founder.get("/accounts/")) == [Account.objects.get(pk=stays.pk).name]


@pytest.mark.parametrize("address", ["/accounts/999/", "/accounts/999999999999999999999/"])
def test_an_account_that_is_none_is_not_found(founder: Client, address: str) -> None:
    assert founder.get(address).status_code == 404


def test_nobody_writes_to_a_suppressed_account(founder: Client) -> None:
    account = make_account()

    founder.post(
        f"/accounts/{account.pk}/suppress/", {"reason": "asked", "note": "On the telephone"}
    )

    entry = Suppression.objects.get()
    assert (entry.kind, entry.value, entry.reason) == ("account", str(account.pk), "asked")
    page = founder.get(f"/accounts/{account.pk}/").content.decode()
    assert "Nobody writes here" in page
    assert "On the telephone" in page


def test_a_suppression_without_a_reason_is_refused_and_keeps_the_note(founder: Client) -> None:
    account = make_account()

    response = founder.post(
        f"/accounts/{account.pk}/suppress/", {"reason": "bounced", "note": "typed"}
    )

    assert response.status_code == 422
    assert b"typed" in response.content
    assert not Suppression.objects.exists()


def test_the_verdict_can_be_marked_as_wrong_where_it_stands(founder: Client) -> None:
    installed()
    account = make_account(screened_at=None)
    screen_due(now=NOW)
    account.refresh_from_db()
    here = f"/accounts/{account.pk}/"

    response = founder.post(
        f"/icp/verdicts/{account.icp_verdict_id}/object/", {"words": "No such", "back": here}
    )

    assert response.headers["Location"] == here
    assert messages_of(response) == [
        "Marked as wrong. The next version of the profile hears of it."
    ]
    assert VerdictObjection.objects.get().reason == "No such"
    assert "No such" in founder.get(here).content.decode()
