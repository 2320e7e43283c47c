"""What holds between us and an account, in the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from revenue.access import Role
from revenue.models import Account, LedgerEvent, RelationshipFact
from tests.support.rows import make_account, make_contact, make_relationship
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script>\"'&"
A_DAY = timedelta(days=1)
GOOD = {
    "kind": "left_over_price", "statement": "Left over the price in 2024.",
    "source": "The owner, on the phone", "confidence": "certain", "contact": "",
    "valid_from": "2026-03-02", "valid_until": "",
}  # fmt: skip


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


@pytest.fixture
def account() -> Account:
    return make_account()


def page_of(client: Client, account: Account) -> str:
    return client.get(f"/accounts/{account.pk}/").content.decode()


# Noting ------------------------------------------------------------------------------------------


def test_a_statement_is_noted_about_a_person(founder: Client, account: Account) -> None:
    contact = make_contact(account)

    response = founder.post(
        f"/accounts/{account.pk}/relationship/", {**GOOD, "contact": contact.pk}
    )

    assert response.headers["Location"] == f"/accounts/{account.pk}/#relationship"
    assert messages_of(response) == ["Noted. The rules read it from now on."]
    fact = RelationshipFact.objects.get()
    assert (fact.account, fact.contact, fact.kind, fact.statement, fact.source) == (
        account, contact, "left_over_price", GOOD["statement"], GOOD["source"],
    )  # fmt: skip
    assert (fact.valid_from.isoformat(), fact.valid_until) == ("2026-03-02", None)
    assert LedgerEvent.objects.get(kind="relationship.noted").subject == f"account:{account.pk}"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("statement", "", "This field is required."),
        ("statement", "\u200b", "This field is required."),
        ("statement", "x" * 301, "at most 300 characters"),
        ("source", "", "This field is required."),
        ("kind", "rumour", "Select a valid choice"),
        ("confidence", "", "This field is required."),
        ("valid_from", "yesterday", "Enter a valid date."),
        ("valid_until", "2026-03-01", "It can&#x27;t end before it begins."),
        ("contact", "999999", "Select a valid choice"),
        ("contact", "x' or 1=1", "Select a valid choice"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_typed_is_lost(
    founder: Client, account: Account, field: str, value: str, told: str
) -> None:
    typed = {**GOOD, "source": "Heard at the counter", field: value}

    response = founder.post(f"/accounts/{account.pk}/relationship/", typed)

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert field == "source" or "Heard at the counter" in page
    assert not RelationshipFact.objects.exists()


def test_a_person_of_another_business_can_not_be_chosen(founder: Client, account: Account) -> None:
    other = make_contact()

    response = founder.post(f"/accounts/{account.pk}/relationship/", {**GOOD, "contact": other.pk})

    assert response.status_code == 422
    assert other.email not in response.content.decode()


def test_a_merged_account_takes_no_statements(founder: Client, account: Account) -> None:
    gone = make_account(merged_into=account)

    assert founder.get(f"/accounts/{gone.pk}/relationship/").status_code == 404
    assert founder.post(f"/accounts/{gone.pk}/relationship/", GOOD).status_code == 404


# Replacing ---------------------------------------------------------------------------------------


def test_a_newer_statement_takes_the_place_of_the_older_one(
    founder: Client, account: Account
) -> None:
    older = make_relationship(account)

    form = founder.get(f"/relationships/{older.pk}/")
    assert older.statement in form.content.decode()
    assert form.context["form"]["kind"].value() == "left_over_price"
    founder.post(f"/relationships/{older.pk}/", {**GOOD, "statement": "Came back in 2026."})

    page = founder.get(f"/accounts/{account.pk}/")
    standing, past = page.context["standing"], page.context["past"]
    assert [fact.statement for fact in standing] == ["Came back in 2026."]
    assert [(fact.pk, fact.became) for fact in past] == [(older.pk, "replaced")]


def test_the_second_who_replaces_it_is_told_and_keeps_what_was_typed(
    founder: Client, account: Account
) -> None:
    older = make_relationship(account)
    make_relationship(account, supersedes=older)

    response = founder.post(f"/relationships/{older.pk}/", {**GOOD, "statement": "Typed second"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Somebody has replaced this statement already" in page
    assert "Typed second" in page
    assert RelationshipFact.objects.count() == 2


def test_what_was_replaced_has_no_form_any_more(founder: Client, account: Account) -> None:
    older = make_relationship(account)
    make_relationship(account, supersedes=older)

    response = founder.get(f"/relationships/{older.pk}/")

    assert response.headers["Location"] == f"/accounts/{account.pk}/#relationship"
    assert "replaced this statement already" in messages_of(response)[0]


@pytest.mark.parametrize("address", ["/relationships/999/", "/relationships/99999999999999999999/"])
def test_a_statement_that_is_none_is_not_found(founder: Client, address: str) -> None:
    assert founder.get(address).status_code == 404


# The page of the account -------------------------------------------------------------------------


def test_an_account_without_any_says_what_will_appear(founder: Client, account: Account) -> None:
    page = page_of(founder, account)

    assert "What one should know before writing appears here" in page
    assert f"/accounts/{account.pk}/relationship/" in page


def test_sensitivities_stand_first_and_the_past_is_folded(
    founder: Client, account: Account
) -> None:
    today = timezone.localdate()
    contact = make_contact(account, name="Dana Whitfield")
    likes = make_relationship(account, kind="knows_us", statement="Likes us")
    late = make_relationship(account, kind="pays_late", contact=contact)
    ended = make_relationship(
        account, valid_from=today - 9 * A_DAY, valid_until=today - 2 * A_DAY, statement="Ended"
    )
    later = make_relationship(account, valid_from=today + 2 * A_DAY, statement="Later")

    response = founder.get(f"/accounts/{account.pk}/")

    assert [fact.pk for fact in response.context["standing"]] == [late.pk, likes.pk]
    past = {fact.pk: fact.became for fact in response.context["past"]}
    assert past == {ended.pk: "ended", later.pk: "to_come"}
    page = response.content.decode()
    for words in ("Pays late", "Dana Whitfield", "held until", "holds from", "Replace"):
        assert words in page


def test_words_from_outside_are_only_text(founder: Client, account: Account) -> None:
    contact = make_contact(account, name=HOSTILE)
    older = make_relationship(account, statement=HOSTILE, source=HOSTILE, contact=contact)
    newer = make_relationship(
        account, statement=HOSTILE, source=HOSTILE, contact=contact, supersedes=older
    )

    for address in (f"/accounts/{account.pk}/", f"/relationships/{newer.pk}/"):
        page = founder.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_takes_as_many_statements_for_three_as_for_one(number: int) -> None:
    client, account = visit_as(Role.FOUNDER), make_account()
    for _ in range(number):
        older = make_relationship(account, contact=make_contact(account))
        make_relationship(account, contact=make_contact(account), supersedes=older)

    with statements() as found:
        response = client.get(f"/accounts/{account.pk}/")

    context: Any = response.context
    assert (len(context["standing"]), len(context["past"])) == (number, number)
    assert len(found) == PAGE_STATEMENTS, "\n".join(found)


PAGE_STATEMENTS = 13


def test_the_accountant_reads_it_and_can_neither_add_nor_replace() -> None:
    fact, client = make_relationship(), visit_as(Role.ACCOUNTANT)

    page = page_of(client, fact.account)

    assert fact.statement in page
    assert "/relationship" not in page
    assert client.post(f"/accounts/{fact.account_id}/relationship/", GOOD).status_code == 403
    assert client.get(f"/relationships/{fact.pk}/").status_code == 403
