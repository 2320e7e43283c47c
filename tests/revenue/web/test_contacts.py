"""Contacts in the browser: adding, changing, noting a reply."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from revenue.access import Role
from revenue.models import Account, Contact, LedgerEvent
from tests.support.rows import make_account, make_contact
from tests.support.visits import messages_of, visit_as

pytestmark = pytest.mark.django_db

GOOD = {
    "email": "ana@harbour.example", "name": "Ana Roy", "role": "Owner",
    "consent": "implied_published", "published_url": "https://harbour.example/team",
    "published_on": "2026-10-02", "published_excerpt": "Write to Ana", "no_solicitation": "no",
    "legal_form": "company", "country": "", "region": "", "time_zone": "",
}  # fmt: skip


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


@pytest.fixture
def account() -> Account:
    return make_account()


def test_a_contact_is_added_with_its_evidence(founder: Client, account: Account) -> None:
    response = founder.post(f"/accounts/{account.pk}/contacts/add/", GOOD)

    assert response.headers["Location"] == f"/accounts/{account.pk}/#contacts"
    contact = Contact.objects.get()
    assert (contact.email, contact.country, contact.time_zone) == (
        "ana@harbour.example", "CA", "America/Vancouver"
    )  # fmt: skip
    assert (contact.published_url, contact.no_solicitation) == (GOOD["published_url"], False)
    assert LedgerEvent.objects.get(kind="contact.added").subject == f"contact:{contact.pk}"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("email", "nobody", "This is no e-mail address."),
        ("email", "a@b.example\nBcc: x@y.example", "This is no e-mail address."),
        ("email", "", "This field is required."),
        ("country", "Atlantis", "This is no country."),
        ("published_on", "", "It needs a date."),
        ("published_url", "javascript:alert(1)", "This is no web address."),
        ("published_on", "31.12.2025", "Enter a valid date."),
        ("consent", "free", "Select a valid choice"),
        ("name", "x" * 121, "at most 120 characters"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_typed_is_lost(
    founder: Client, account: Account, field: str, value: str, told: str
) -> None:
    response = founder.post(f"/accounts/{account.pk}/contacts/add/", {**GOOD, field: value})

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert "Write to Ana" in page
    assert not Contact.objects.exists()


def test_a_known_address_is_told(founder: Client, account: Account) -> None:
    make_contact(account, email=GOOD["email"])

    response = founder.post(f"/accounts/{account.pk}/contacts/add/", GOOD)

    assert "The account has a contact with this address." in response.content.decode()
    assert Contact.objects.count() == 1


def test_markup_in_a_form_is_only_text(founder: Client, account: Account) -> None:
    response = founder.post(
        f"/accounts/{account.pk}/contacts/add/", {**GOOD, "email": "", "name": "<script>x</script>"}
    )

    assert b"<script>x" not in response.content


def test_the_form_for_a_change_holds_what_is_known(founder: Client) -> None:
    contact = make_contact(no_solicitation=None, published_excerpt="Call Dana")

    form = founder.get(f"/contacts/{contact.pk}/").context["form"]

    assert form["email"].value() == contact.email
    assert form["no_solicitation"].value() == ""
    assert 'value="2026-10-01"' in str(form["published_on"])
    assert "Call Dana" in str(form["published_excerpt"])


def test_a_change_is_stored(founder: Client) -> None:
    contact = make_contact()

    response = founder.post(f"/contacts/{contact.pk}/", {**GOOD, "email": contact.email})

    contact.refresh_from_db()
    assert contact.name == "Ana Roy"
    assert messages_of(response) == ["The contact is changed."]
    assert LedgerEvent.objects.filter(kind="contact.changed").count() == 1


def test_an_account_that_was_merged_takes_no_contacts(founder: Client, account: Account) -> None:
    gone = make_account(merged_into=account)

    assert founder.get(f"/accounts/{gone.pk}/contacts/add/").status_code == 404


def test_a_reply_is_noted(founder: Client) -> None:
    contact = make_contact()
    at = timezone.localtime(timezone=ZoneInfo("America/Vancouver")) - timedelta(hours=2)

    response = founder.post(f"/contacts/{contact.pk}/reply/", {"at": f"{at:%Y-%m-%dT%H:%M}"})

    contact.refresh_from_db()
    assert contact.last_reply_at is not None
    assert response.headers["Location"] == f"/accounts/{contact.account_id}/#contacts"
    assert LedgerEvent.objects.get(kind="contact.replied").subject == f"contact:{contact.pk}"


@pytest.mark.parametrize("at", ["", "yesterday", "2999-01-01T10:00"])
def test_a_time_that_can_not_be_is_told_and_nothing_noted(founder: Client, at: str) -> None:
    contact = make_contact()

    response = founder.post(f"/contacts/{contact.pk}/reply/", {"at": at})

    contact.refresh_from_db()
    assert contact.last_reply_at is None
    assert messages_of(response)[0].startswith("No reply was noted.")


def test_an_earlier_reply_than_the_known_one_changes_nothing(founder: Client) -> None:
    known = timezone.now()
    contact = make_contact(last_reply_at=known)

    response = founder.post(f"/contacts/{contact.pk}/reply/", {"at": "2026-01-01T10:00"})

    contact.refresh_from_db()
    assert contact.last_reply_at == known
    assert "later reply" in messages_of(response)[0]


def test_the_accountant_may_neither_add_nor_change() -> None:
    contact, client = make_contact(), visit_as(Role.ACCOUNTANT)

    assert client.get(f"/accounts/{contact.account_id}/contacts/add/").status_code == 403
    assert client.post(f"/contacts/{contact.pk}/", GOOD).status_code == 403
