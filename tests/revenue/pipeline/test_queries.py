from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from revenue.models import Account
from revenue.pipeline.queries import (
    AccountFilter,
    count_accounts,
    issues_of,
    latest_imports,
    list_accounts,
    records_of,
)
from tests.revenue.pipeline.support import LANGLEY, account_of, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]

ROWS = (
    "record_id,name,trade,category,street,area,city,country\n"
    "1,Harbour Physio,Physiotherapy,physiotherapy,8621 201 St,Walnut Grove,Langley,CA\n"
    "2,Cedar Spa,Stone massage,spa,1 Main St,Willoughby,Langley,CA\n"
    "3,Cedar Spa,Bath,spa,2 King St,,Surrey,CA\n"
)


def names(wanted: AccountFilter) -> list[str]:
    return [account.name for account in list_accounts(wanted).accounts]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AccountFilter(), ["Cedar Spa", "Cedar Spa", "Harbour Physio"]),
        (AccountFilter(search="ced"), ["Cedar Spa", "Cedar Spa"]),
        (AccountFilter(search="ced stone"), ["Cedar Spa"]),
        (AccountFilter(search="walnut"), ["Harbour Physio"]),
        (AccountFilter(search="201"), ["Harbour Physio"]),
        (AccountFilter(search="') | x & ! :*"), []),
        (AccountFilter(search="&|!():*"), ["Cedar Spa", "Cedar Spa", "Harbour Physio"]),
        (AccountFilter(category="spa", city="Surrey"), ["Cedar Spa"]),
        (AccountFilter(group="health_wellness", area="Walnut Grove"), ["Harbour Physio"]),
        (AccountFilter(source="accounts"), ["Cedar Spa", "Cedar Spa", "Harbour Physio"]),
        (AccountFilter(source="osm"), []),
        (AccountFilter(contacts=True), []),
        (AccountFilter(contacts=False, search="physio"), ["Harbour Physio"]),
        (AccountFilter(effect="allow"), []),
    ],
)
def test_accounts_are_found_by_search_and_filters(wanted: AccountFilter, found: list[str]) -> None:
    imported(ROWS)
    assert names(wanted) == found
    assert count_accounts(wanted) == len(found)


def test_a_merged_account_is_not_listed() -> None:
    imported(ROWS)
    Account.objects.filter(pk=account_of("2").pk).update(merged_into=account_of("3"))
    assert names(AccountFilter()) == ["Cedar Spa", "Harbour Physio"]


@pytest.mark.parametrize("limit", [1, 7, 500])
def test_pages_hold_each_account_once_in_order(limit: int) -> None:
    imported(b"".join(LANGLEY.read_bytes().splitlines(keepends=True)[:60]), "langley")
    seen: list[int] = []
    after, page = "", None
    while page is None or after:
        page = list_accounts(AccountFilter(), after=after, limit=limit)
        seen += [account.pk for account in page.accounts]
        after = page.after
    assert seen == list(Account.objects.order_by("name_key", "id").values_list("pk", flat=True))


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20))
@example("¹")
@example("|" + "9" * 5000)
def test_no_search_and_no_cursor_break_the_list(text: str) -> None:
    list_accounts(AccountFilter(search=text), after=text)
    list_accounts(AccountFilter(), after=f"{text}|1")


def test_a_list_takes_one_statement_and_a_page_of_records_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    imported(ROWS)
    with django_assert_num_queries(1):
        for account in list_accounts(AccountFilter()).accounts:
            assert account.name
            assert account.brand is None or account.brand.locations
    with django_assert_num_queries(1):
        assert [record.source.name for record in records_of(account)] == ["Accounts by hand"]


def test_imports_are_listed_with_the_newest_first() -> None:
    first, second = imported(ROWS), imported(ROWS + "4,,,,,,,\n")
    assert list(latest_imports()) == [second, first]
    assert [issue.line for issue in issues_of(second)] == [5]
