"""What holds between us and the business, beside the mail that waits for a decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from approvals.opening import STANDING
from revenue.access import Role
from tests.approvals.waiting import waiting_send
from tests.support.rows import installed, make_relationship
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script>\"'&"
TWO_DAYS = timedelta(days=2)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def test_what_stands_is_shown_with_sensitivities_first(founder: Client) -> None:
    send, today = waiting_send(), timezone.localdate()
    account = send.account
    likes = make_relationship(account, kind="knows_us", statement="Likes us")
    older = make_relationship(account, kind="unhappy", statement="Was angry")
    newer = make_relationship(
        account, kind="unhappy", statement="Calmed down", supersedes=older, contact=send.contact,
        source="Dana, by mail", confidence="hearsay",
    )  # fmt: skip
    make_relationship(
        account, statement="Ended", valid_from=today - 9 * TWO_DAYS, valid_until=today - TWO_DAYS
    )
    make_relationship(account, statement="Later", valid_from=today + TWO_DAYS)
    make_relationship(statement="Of another business")

    response = founder.get(f"/approvals/{send.pk}/")

    assert [fact.pk for fact in response.context["standing"]] == [newer.pk, likes.pk]
    page = response.content.decode()
    for words in ("Was unhappy with us", "Calmed down", "Dana, by mail", "hearsay",
                  send.contact.name, f"/accounts/{account.pk}/#relationship"):  # fmt: skip
        assert words in page
    for words in ("Was angry", "Ended", "Later", "Of another business"):
        assert words not in page


def test_where_nothing_stands_nothing_is_said(founder: Client) -> None:
    page = founder.get(f"/approvals/{waiting_send().pk}/").content.decode()

    assert "What holds between us" not in page


def test_words_from_outside_are_only_text(founder: Client) -> None:
    send = waiting_send(name=HOSTILE[:60])
    make_relationship(send.account, statement=HOSTILE, source=HOSTILE, contact=send.contact)

    page = founder.get(f"/approvals/{send.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_many_are_shown_as_the_newest_of_them(founder: Client) -> None:
    send = waiting_send()
    facts = [make_relationship(send.account) for _ in range(STANDING + 1)]

    shown = founder.get(f"/approvals/{send.pk}/").context["standing"]

    assert {fact.pk for fact in shown} == {fact.pk for fact in facts[1:]}


def test_the_page_takes_as_many_statements_with_three_as_with_none(founder: Client) -> None:
    send = waiting_send()
    founder.get(f"/approvals/{send.pk}/")

    with statements() as bare:
        founder.get(f"/approvals/{send.pk}/")
    for _ in range(3):
        make_relationship(send.account, contact=send.contact)
    with statements() as full:
        founder.get(f"/approvals/{send.pk}/")

    assert len(full) == len(bare)
