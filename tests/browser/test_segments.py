"""A part of the mail, written by keyboard, with its mails counted while it is typed."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.intake import judge
from revenue.access import Role
from revenue.models import Segment
from tests.browser.conftest import Visit
from tests.support.rows import installed, make_contact, make_draft, make_send, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_admin_writes_one_without_a_mouse(visit: Visit) -> None:
    now = timezone.now()
    installed(now=now)
    sends = [
        make_send(make_draft(make_contact(region=region)), now=now) for region in ("BC", "BC", "ON")
    ]
    judge(sends, now=now)
    visitor = visit(make_user(Role.ADMIN), viewport={"width": 360, "height": 800})
    page = visitor.page
    visitor.go("/seats/segments/")

    visitor.keys("n")
    page.get_by_label("Name").fill("Next door")
    fact = page.get_by_label("What it asks about")
    fact.focus()
    fact.select_option("contact.region")
    page.get_by_label("Value of region of the contact").press_sequentially("BC")

    expect(page.get_by_role("link", name="2 of the 3 mails")).to_be_visible()
    expect(page.get_by_role("link", name="Canada 2")).to_be_visible()
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("row", name="Next door")).to_contain_text("region of the contact is BC")
    assert Segment.objects.get(pk="next-door").condition == {
        "fact": "contact.region", "op": "eq", "value": "BC",
    }  # fmt: skip
