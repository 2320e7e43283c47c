"""Nobody can tell an audited mail from any other before it is decided."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from approvals.intake import judge
from approvals.models import Audit, Send, SendState
from approvals.queries import Filters, page
from revenue.access import Role
from tests.approvals.granting import AUDITED, granted, opened
from tests.approvals.waiting import PART
from tests.support.rows import installed, make_account, make_contact, make_draft, make_send
from tests.support.visits import visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Send, Send]:
    """A mail that is audited, and the same to the same sort of people that is not."""
    now = timezone.now()
    installed(now=now)
    granted(3, now=now)
    drafts = [
        make_draft(
            make_contact(
                make_account(name="Harbour Physio"), published_url="https://harbour.example/"
            )
        )
        for _ in range(2)
    ]
    audited = opened(drafts[0], draw=AUDITED, now=now)
    ordinary = make_send(drafts[1], draw=0.7, now=now)
    judge([ordinary], now=now)
    assert list(Audit.objects.values_list("send", flat=True)) == [audited.pk]
    assert (audited.state, ordinary.state) == (SendState.PENDING, SendState.PENDING)
    return audited, ordinary


def without_numbers(text: str) -> str:
    """The text without ids, the numbers in addresses, times and the token of the form."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    text = re.sub(r"/u/[\w-]+", "/u/token", text)
    return re.sub(r"\d+", "#", text)


@pytest.mark.parametrize("role", [Role.FOUNDER, Role.ADMIN])
@pytest.mark.parametrize("part", ["", "rules", "history", "edit"])
def test_page_of_an_audited_mail_is_that_of_any_other(
    pair: tuple[Send, Send], role: Role, part: str
) -> None:
    client: Client = visit_as(role)

    pages = [client.get(f"/approvals/{send.pk}/{part}", headers=PART) for send in pair]

    audited, ordinary = (without_numbers(page.content.decode()) for page in pages)
    assert audited == ordinary
    assert [page.status_code for page in pages] == [pages[0].status_code] * 2


def test_row_of_an_audited_mail_is_that_of_any_other(pair: tuple[Send, Send]) -> None:
    listed = visit_as(Role.FOUNDER).get("/approvals/").content.decode()

    rows = dict(re.findall(r'(<li id="row-(\d+)".*?</li>)', listed, re.DOTALL))
    shown = {int(pk): without_numbers(row) for row, pk in rows.items()}
    audited, ordinary = pair
    assert shown[audited.pk] == shown[ordinary.pk]


def test_list_reads_nothing_that_would_tell(pair: tuple[Send, Send]) -> None:
    rows = {row["id"]: row for row in page(Filters()).rows}

    assert {name for row in rows.values() for name in row}.isdisjoint({"draw", "audit", "rate"})
    assert {rows[send.pk]["score"] for send in pair} == {rows[pair[0].pk]["score"]}
