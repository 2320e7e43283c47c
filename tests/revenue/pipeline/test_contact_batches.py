from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from revenue.models import Consent, Contact, LedgerEvent
from revenue.pipeline.contact_rows import read_contact, zone_of
from revenue.pipeline.contacts import InvalidContactError, KnownContactError, add_contact
from tests.revenue.pipeline.support import BY, LATER, NOW, account_of, counts, imported, issues

pytestmark = pytest.mark.django_db

ACCOUNTS = (
    "record_id,name,city,region,country,street\n"
    "1,Harbour Physio,Langley,BC,CA,8621 201 St\n"
    "2,Cedar Spa,Langley,BC,CA,8700 201 St\n"
    "3,Cedar Spa,Surrey,BC,CA,10 King St\n"
)
HEAD = (
    "email,name,role,account_source,account_record_id,account_name,account_place,consent,"
    "published_url,published_at\n"
)


@pytest.fixture(autouse=True)
def accounts(mappings: None) -> None:
    imported(ACCOUNTS)


def test_a_contact_goes_to_the_account_of_a_record() -> None:
    run = imported(
        HEAD
        + "Dana@Harbour.EXAMPLE,Dana Whitfield,Owner,accounts,1,,,implied_published,"
        + "https://harbour.example/contact,2026-10-01\n",
        "contacts",
    )
    assert counts(run) == {"created": 1}
    contact = Contact.objects.get()
    assert contact.account == account_of("1")
    assert (contact.email, contact.name, contact.role) == (
        "Dana@harbour.example", "Dana Whitfield", "Owner",
    )  # fmt: skip
    assert (contact.country, contact.region, contact.time_zone) == (
        "CA", "BC", "America/Vancouver",
    )  # fmt: skip
    assert (contact.consent, contact.published_on) == ("implied_published", date(2026, 10, 1))
    assert (contact.source_id, contact.record_id) == ("contacts", "dana@harbour.example")
    event = LedgerEvent.objects.get(kind="contact.added")
    assert event.subject == f"contact:{contact.pk}"
    assert "harbour" not in str(event.data)


def test_a_contact_goes_to_the_one_account_of_a_name_and_place() -> None:
    run = imported(
        HEAD
        + "a@x.example,,,,,CEDAR SPA LTD,Surrey,,,\n"
        + 'b@x.example,,,,,Cedar Spa,"Langley, 8700 201 St",,,\n'
        + "c@x.example,,,,,Cedar Spa,,,,\n"
        + "d@x.example,,,,,Cedar Spa,Paris,,,\n",
        "contacts",
    )
    found = dict(Contact.objects.values_list("email", "account_id"))
    assert found == {"a@x.example": account_of("3").pk, "b@x.example": account_of("2").pk}
    assert issues(run) == [
        (4, "", "2 accounts have this name; the place does not tell them apart"),
        (5, "", "no account has this name and place"),
    ]


def test_rows_that_can_not_be_used_say_why() -> None:
    run = imported(
        HEAD
        + "no-address,,,accounts,1,,,,,\n"
        + ",,,accounts,1,,,,,\n"
        + "a@x.example,,,accounts,99,,,,,\n"
        + "a@x.example,,,,,,,,,\n"
        + "a@x.example\\nBcc: b@x.example,,,accounts,1,,,,,\n"
        + "c@x.example,,,accounts,1,,,express,https://x.example,\n"
        + "d@x.example,,,accounts,1,,,implied_published,,\n"
        + "e@x.example,,,accounts,1,,,bought,javascript:x,soon\n",
        "contacts",
    )
    assert counts(run) == {"created": 3, "refused": 5}
    assert issues(run) == [
        (2, "email", "is no e-mail address"),
        (3, "email", "is empty"),
        (4, "", "the account is not known: no such record"),
        (5, "", "the row names no account"),
        (6, "email", "is no e-mail address"),
        (7, "published_url", "left out: it needs a date"),
        (8, "consent", "left out: no page and date show the publication"),
        (9, "consent", "is none of: none, implied_published, existing_business, express"),
        (9, "published_at", "is no date (YYYY-MM-DD)"),
        (9, "published_url", "is no web address"),
    ]
    assert dict(Contact.objects.values_list("email", "consent")) == {
        "c@x.example": Consent.EXPRESS,
        "d@x.example": Consent.NONE,
        "e@x.example": Consent.NONE,
    }


def test_the_same_contacts_again_change_nothing_and_a_change_updates() -> None:
    row = "a@x.example,Dana,Owner,accounts,1,,,,,\n"
    imported(HEAD + row, "contacts")
    before = list(Contact.objects.values())
    assert counts(imported(HEAD + row, "contacts", now=LATER)) == {"unchanged": 1}
    assert list(Contact.objects.values()) == before
    run = imported(HEAD + row.replace("Owner", "Founder").replace("a@", "A@"), "contacts")
    assert counts(run) == {"changed": 1}
    contact = Contact.objects.get()
    assert (contact.role, contact.email, contact.name) == ("Founder", "a@x.example", "Dana")
    event = LedgerEvent.objects.get(kind="contact.changed")
    assert event.data == {"import": run.pk, "changes": ["role"]}


def test_a_dry_run_of_contacts_writes_none() -> None:
    run = imported(HEAD + "a@x.example,,,accounts,1,,,,,\n", "contacts", dry=True)
    assert (counts(run), Contact.objects.count()) == ({"created": 1}, 0)


def test_one_address_by_two_ways_to_one_account_is_one_contact() -> None:
    rows = "a@x.example,,,accounts,1,,,,,\nA@x.example,,,,,Harbour Physio,Langley,,,\n"
    run = imported(HEAD + rows, "contacts")
    assert counts(run) == {"created": 1, "refused": 1}
    assert issues(run) == [(3, "", "another row gives this address to this account")]


def test_a_contact_is_added_by_hand_with_the_place_of_its_account() -> None:
    account = account_of("1")
    contact = add_contact(
        account=account, fields={"email": "dana@x.example", "name": " Dana "}, by=BY, now=NOW
    )
    assert (contact.name, contact.country, contact.time_zone) == (
        "Dana", "CA", "America/Vancouver",
    )  # fmt: skip
    with pytest.raises(KnownContactError):
        add_contact(account=account, fields={"email": "DANA@x.example"}, by=BY, now=NOW)
    assert Contact.objects.count() == 1


def test_a_form_with_faults_names_each_field() -> None:
    with pytest.raises(InvalidContactError) as caught:
        add_contact(
            account=account_of("1"),
            fields={"email": "x", "time_zone": "Mars", "published_url": "https://x.example"},
            by=BY,
            now=NOW,
        )
    assert caught.value.faults == {
        "email": "is no e-mail address",
        "time_zone": "is no time zone such as Europe/Berlin",
        "published_url": "left out: it needs a date",
    }


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        ("CA", "BC", "America/Vancouver"),
        ("DE", "BE", "Europe/Berlin"),
        ("GB", "", "Europe/London"),
        ("US", "", ""),
        ("", "", ""),
    ],
)
def test_a_place_has_a_time_zone_when_all_of_it_keeps_one_clock(
    country: str, region: str, zone: str
) -> None:
    assert zone_of(country, region, 2026) == zone


@pytest.mark.parametrize(("answer", "value"), [("Yes", True), ("nein", False), ("0", False)])
def test_an_answer_is_yes_or_no(answer: str, value: bool) -> None:
    values, notes = read_contact({"email": "a@x.example", "no_solicitation": answer})
    assert (values["no_solicitation"], notes) == (value, [])


def test_an_unclear_answer_is_noted_and_left_unknown() -> None:
    text: dict[str, Any] = {"email": "a@x.example", "no_solicitation": "maybe"}
    values, (note,) = read_contact(text)
    assert "no_solicitation" not in values
    assert note.reason == "is neither yes nor no"
