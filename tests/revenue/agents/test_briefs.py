"""Evidence names the record that says so, and what nothing says is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from revenue.agents.briefs import gather_brief
from revenue.agents.drafting.brief import Brief, Evidenced
from revenue.models import (
    Account,
    Brand,
    Contact,
    MailKind,
    Source,
    SourceRecord,
)
from tests.support.rows import NOW, installed, make_account, make_contact, make_mailbox

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FIELDS: dict[str, Any] = {
    "name": "HARBOUR PHYSIO LTD",
    "trade": "Physiotherapy",
    "area": "Walnut Grove",
    "city": "Langley",
    "website": "https://harbour.example",
    "employees_full_time": 4,
}


def make_record(account: Account, record_id: str, *, age: int = 0, **fields: Any) -> SourceRecord:
    source = Source.objects.get_or_create(slug="list", defaults={"name": "A list"})[0]
    return SourceRecord.objects.create(
        source=source, record_id=record_id, account=account, fields=fields, content_hash=b"x",
        first_seen_at=NOW - 400 * DAY, last_seen_at=NOW - age * DAY,
    )  # fmt: skip


def brief_to(contact: Contact, kind: MailKind = MailKind.COLD) -> Brief:
    return gather_brief(
        contact=Contact.objects.select_related("account__brand").get(pk=contact.pk),
        kind=kind,
        mailbox=make_mailbox(),
        house=installed(),
        seed="seed",
        now=NOW,
    )


@pytest.fixture
def account() -> Account:
    return make_account(**FIELDS)


def origin(evidence: Evidenced[Any] | None) -> tuple[Any, ...] | None:
    """Value, source, field and day."""
    if evidence is None:
        return None
    return evidence.value, evidence.source, evidence.field, evidence.as_of


def test_value_rests_on_the_record_that_states_it(account: Account) -> None:
    make_record(account, "L-1", age=3, **FIELDS)

    brief = brief_to(make_contact(account))

    day = (NOW - 3 * DAY).date()
    assert origin(brief.trade) == ("Physiotherapy", "list:L-1", "trade", day)
    assert origin(brief.place) == ("Walnut Grove", "list:L-1", "area", day)
    assert origin(brief.city) == ("Langley", "list:L-1", "city", day)
    assert origin(brief.website) == ("https://harbour.example", "list:L-1", "website", day)
    assert brief.trade is not None
    assert brief.trade.fact == "account.trade"


def test_name_is_said_as_people_say_it_and_rests_on_the_full_one(account: Account) -> None:
    make_record(account, "L-1", **FIELDS)

    evidence = brief_to(make_contact(account)).account_name

    assert origin(evidence) == ("Harbour Physio", "list:L-1", "name", NOW.date())


def test_newest_of_the_records_that_state_it_is_named(account: Account) -> None:
    make_record(account, "OLD", age=200, **FIELDS)
    make_record(account, "NEW", age=20, **FIELDS)
    make_record(account, "NEWEST", age=1, **{**FIELDS, "city": "Surrey"})

    brief = brief_to(make_contact(account))

    assert origin(brief.city) == ("Langley", "list:NEW", "city", (NOW - 20 * DAY).date())
    assert brief.trade is not None
    assert brief.trade.source == "list:NEWEST"


def test_value_that_no_record_states_is_left_out(account: Account) -> None:
    make_record(account, "L-1", **{**FIELDS, "trade": "Massage", "website": ""})
    other = make_account()
    make_record(other, "L-2", **FIELDS)

    brief = brief_to(make_contact(account))

    assert (brief.trade, brief.website) == (None, None)
    assert brief.city is not None


def test_record_whose_values_were_purged_supports_nothing(account: Account) -> None:
    record = make_record(account, "L-1", **FIELDS)
    SourceRecord.objects.filter(pk=record.pk).update(fields=None)

    brief = brief_to(make_contact(account))

    assert (brief.account_name, brief.trade, brief.city) == (None, None, None)


@pytest.mark.parametrize(
    ("full_time", "part_time", "stated", "expected"),
    [(4, 3, 4, 7), (4, 0, 4, 4), (4, None, 4, None), (4, 3, 5, None), (None, 3, 4, None)],
)
def test_team_is_counted_only_when_both_halves_are_known_and_stated(
    full_time: int | None, part_time: int | None, stated: int, expected: int | None
) -> None:
    account = make_account(employees_full_time=full_time, employees_part_time=part_time)
    make_record(account, "L-1", employees_full_time=stated)

    evidence = brief_to(make_contact(account)).employees

    assert (evidence.value if evidence else None) == expected


@pytest.mark.parametrize(("locations", "expected"), [(1, None), (3, 3)])
def test_locations_rest_on_the_account_and_one_is_nothing_to_speak_of(
    locations: int, expected: int | None
) -> None:
    brand = Brand.objects.create(key="h", name="H", locations=locations)
    account = make_account(brand=brand, changed_at=NOW - 9 * DAY)

    evidence = brief_to(make_contact(account)).locations

    if expected is None:
        assert evidence is None
    else:
        assert origin(evidence) == (
            expected,
            f"account:{account.pk}",
            "locations",
            (NOW - 9 * DAY).date(),
        )


def test_what_is_known_of_the_person_rests_on_the_contact(account: Account) -> None:
    contact = make_contact(account, name="Dana van Dijk", added_at=NOW - 5 * DAY)

    brief = brief_to(contact)

    source, day = f"contact:{contact.pk}", (NOW - 5 * DAY).date()
    assert origin(brief.first_name) == ("Dana", source, "name", day)
    assert origin(brief.last_name) == ("van Dijk", source, "name", day)
    assert origin(brief.role) == ("Clinic owner", source, "role", day)


def test_person_without_name_or_role_gives_no_evidence(account: Account) -> None:
    brief = brief_to(make_contact(account, name="", role="  "))

    assert (brief.first_name, brief.last_name, brief.role) == (None, None, None)


def test_single_name_is_a_first_name(account: Account) -> None:
    brief = brief_to(make_contact(account, name="Dana"))

    assert origin(brief.first_name) is not None
    assert brief.last_name is None


def test_last_reply_counts_in_days_up_to_now(account: Account) -> None:
    contact = make_contact(account, last_reply_at=NOW - 75 * DAY)

    evidence = brief_to(contact, MailKind.REACTIVATION).days_since_contact

    assert origin(evidence) == (75, f"contact:{contact.pk}", "last_reply_at", NOW.date())
    assert brief_to(make_contact(account)).days_since_contact is None


def test_sender_is_the_mailbox_under_the_label_of_the_house(account: Account) -> None:
    brief = brief_to(make_contact(account))

    assert (brief.sender.name, brief.sender.company, brief.sender.label) == (
        "Ana Petrov",
        "Hollow Oak Agency",
        "4C",
    )
    assert Brief.from_json(brief.as_json()) == brief
