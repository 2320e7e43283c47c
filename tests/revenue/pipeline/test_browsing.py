from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from revenue.models import Account, Brand, Source, SourceRecord
from revenue.pipeline.browsing import (
    FRESH_FOR,
    Choice,
    choices,
    shown_accounts,
    siblings,
    verdict_counts,
)
from revenue.pipeline.queries import NONE, AccountFilter, filtered
from tests.support.rows import NOW, make_account, make_contact

pytestmark = pytest.mark.django_db


def seen(account: Account, *, days_ago: int, source: str = "langley") -> SourceRecord:
    Source.objects.get_or_create(slug=source, defaults={"name": source.title()})
    at = NOW - timedelta(days=days_ago)
    return SourceRecord.objects.create(
        source_id=source,
        account=account,
        record_id=f"{source}-{account.pk}",
        content_hash=b"x" * 16,
        first_seen_at=at,
        last_seen_at=at,
    )


def test_a_row_shows_its_first_contact_its_sources_and_the_latest_sighting() -> None:
    account = make_account()
    make_contact(account, name="Zoe")
    make_contact(account, name="Ana")
    seen(account, days_ago=20)
    latest = seen(account, days_ago=3, source="osm")

    (row,) = shown_accounts([account], now=NOW)

    assert (row.contact, row.contacts, row.sources) == ("Zoe", 2, "Langley, Osm")
    assert (row.seen_at, row.is_old, row.category) == (
        latest.last_seen_at, False, "Physiotherapy"
    )  # fmt: skip


def test_a_contact_without_a_name_is_shown_by_address() -> None:
    account = make_account()
    contact = make_contact(account, name="")

    assert shown_accounts([account], now=NOW)[0].contact == contact.email


def test_a_row_is_old_only_behind_the_limit() -> None:
    young, old = make_account(), make_account()
    seen(young, days_ago=FRESH_FOR.days)
    seen(old, days_ago=FRESH_FOR.days + 1)

    assert [row.is_old for row in shown_accounts([young, old], now=NOW)] == [False, True]


def test_a_verdict_is_old_when_something_changed_after_it() -> None:
    account = make_account(changed_at=NOW + timedelta(seconds=1))

    assert shown_accounts([account], now=NOW)[0].verdict_is_old


def test_rows_take_two_statements_however_many_there_are() -> None:
    accounts = [make_account() for _ in range(3)]
    for account in accounts:
        make_contact(account)

    for some in (accounts[:1], accounts):
        with CaptureQueriesContext(connection) as captured:
            shown_accounts(some, now=NOW)
        assert len(captured) == 2


def test_verdicts_are_counted_whatever_verdict_is_asked_for() -> None:
    make_account()
    make_account(icp_effect="deny", city="Berlin")
    make_account(icp_effect="", screened_at=None)

    assert verdict_counts(AccountFilter(effect="deny")) == {
        "deny": 1, "hold": 0, "allow": 1, NONE: 1
    }  # fmt: skip
    assert verdict_counts(AccountFilter(city="Berlin"))["allow"] == 0


def test_counting_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        make_account()
    monkeypatch.setattr("revenue.pipeline.browsing.COUNTED", 2)

    assert verdict_counts(AccountFilter())["allow"] == 3
    assert not choices(AccountFilter()).complete


def test_choices_hold_what_occurs_the_most_frequent_first() -> None:
    make_account()
    make_account(area="", city="Berlin", category="dental")
    make_account(area="", city="Berlin", category="dental")
    make_account(area="", city="")

    found = choices(AccountFilter())

    assert found.complete
    assert found.categories == (
        Choice("category", "dental", 2), Choice("category", "physiotherapy", 2)
    )  # fmt: skip
    assert found.areas == (Choice("area", "Walnut Grove", 1),)
    assert found.cities == (Choice("city", "Berlin", 2), Choice("city", "Langley", 1))


def test_choices_of_nothing_are_empty_and_complete() -> None:
    found = choices(AccountFilter(search="nobody"))

    assert (found.categories, found.areas, found.cities, found.complete) == ((), (), (), True)


def test_a_choice_narrows_to_as_many_as_it_says() -> None:
    make_account(area="North", city="Langley")
    make_account(area="South", city="Langley")
    make_account(area="", city="Langley")

    for choice in (*choices(AccountFilter()).areas, *choices(AccountFilter()).cities):
        wanted = AccountFilter(**{choice.field: choice.value})  # type: ignore[arg-type]
        assert filtered(wanted).count() == choice.count


def test_none_finds_accounts_without_a_verdict_and_verdicts_without_a_rule() -> None:
    unscreened = make_account(icp_effect="", screened_at=None)
    held = make_account(icp_effect="hold", icp_rule="")
    make_account(icp_effect="hold", icp_rule="not-seen-lately")

    assert filtered(AccountFilter(effect=NONE)).get() == unscreened
    assert filtered(AccountFilter(effect="hold", rule=NONE)).get() == held


def test_siblings_are_the_other_places_of_the_brand() -> None:
    brand = Brand.objects.create(key="x", name="X", locations=3)
    first, second, third = (make_account(brand=brand, city=city) for city in "CAB")
    make_account(brand=brand, merged_into=first)

    assert siblings(first, 9) == [second, third]
    assert siblings(make_account(), 9) == []
