"""The parts of the mail in the browser: what there is, and writing another."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from approvals.intake import judge
from approvals.models import Send
from revenue.access import Role
from revenue.models import Segment
from tests.approvals.granting import granted
from tests.support.rows import installed, make_contact, make_draft, make_send
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db
LIST, NEW, MAILS = (f"/seats/segments/{name}" for name in ("", "new/", "mails/"))
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed(now=timezone.now())


@pytest.fixture
def admin() -> Client:
    return visit_as(Role.ADMIN)


def words(client: Client, path: str = LIST) -> str:
    page = client.get(path).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())


def judged(**contact: Any) -> Send:
    send = make_send(make_draft(make_contact(**contact)), now=timezone.now())
    judge([send], now=timezone.now())
    return send


def typed(**changes: str) -> dict[str, str]:
    """A part of the mail as a browser sends it."""
    return {
        "label": "Quebec", "sort-0": "leaf", "fact-0": "contact.region", "op-0": "eq",
        "value-0": "QC", "act": "save", **changes,
    }  # fmt: skip


# What there is -----------------------------------------------------------------------------------


def test_each_part_tells_which_mails_how_many_and_what_is_granted() -> None:
    judged(country="CA")
    judged(country="US", region="WA")
    granted(3, segment="canada", now=timezone.now())

    page = words(visit_as(Role.ACCOUNTANT))

    assert "Everything Every mail. 2 mails in Everything" in page
    assert "Canada Mails of which the country of the contact is CA." in page
    assert "1 mails in Canada Pepper : send a cold mail, level 3" in page
    assert "United States" in page
    assert "of equal levels, the one further down" in page


def test_only_the_admin_is_offered_to_write() -> None:
    assert 'href="/seats/segments/new/"' in visit_as(Role.ADMIN).get(LIST).content.decode()
    founder = visit_as(Role.FOUNDER)
    assert 'href="/seats/segments/new/"' not in founder.get(LIST).content.decode()
    assert founder.post(NEW, typed()).status_code == 403


def test_number_opens_to_its_mails(admin: Client) -> None:
    ours, other = judged(country="CA"), judged(country="US", region="WA")

    page = admin.get(f"{MAILS}?segment=canada").content.decode()

    assert f'href="/approvals/{ours.pk}/"' in page
    assert f'href="/approvals/{other.pk}/"' not in page
    assert "1 mail of the last 90 days" in words(admin, f"{MAILS}?segment=canada")


def test_condition_and_segment_narrow_together(admin: Client) -> None:
    both = judged(country="CA", region="BC")
    judged(country="CA", region="ON")
    asked = quote(json.dumps({"fact": "contact.region", "op": "eq", "value": "BC"}))

    page = admin.get(f"{MAILS}?segment=canada&condition={asked}").content.decode()

    assert re.findall(r'href="/approvals/(\d+)/"', page) == [str(both.pk)]


def test_part_without_mails_says_so(admin: Client) -> None:
    assert "There is none" in words(admin, f"{MAILS}?segment=canada")


@pytest.mark.parametrize("query", ["", "?segment=moon", "?condition=x", "?condition={}"])
def test_what_can_not_be_asked(query: str, admin: Client) -> None:
    assert admin.get(f"{MAILS}{query}").status_code == 404


@pytest.mark.parametrize("path", [LIST, f"{MAILS}?segment=canada"])
def test_pages_take_the_same_statements_with_one_row_and_three(path: str, admin: Client) -> None:
    judged(country="CA")
    admin.get(path)
    with statements() as one:
        admin.get(path)
    judged(country="CA")
    judged(country="CA")
    granted(3, segment="canada", now=timezone.now())
    granted(3, segment="united-states", now=timezone.now())
    with statements() as three:
        admin.get(path)

    # session, person, roles; of the list segments, counts, grants; of the mails segment, mails,
    # policy, names, how many; the frame's two
    expected = {LIST: 8, f"{MAILS}?segment=canada": 10}[path]
    assert (len(one), len(three)) == (expected, expected)


# Writing one -------------------------------------------------------------------------------------


def test_what_was_written_can_be_granted_for(admin: Client) -> None:
    response = admin.post(NEW, typed())

    assert (response.status_code, response.headers["Location"]) == (302, LIST)
    (message,) = messages_of(response)
    assert message == "“Quebec” can be granted for now. It grants nothing itself."
    segment = Segment.objects.get(pk="quebec")
    assert segment.condition == {"fact": "contact.region", "op": "eq", "value": "QC"}
    assert '<option value="quebec">Quebec</option>' in admin.get("/seats/sender/").content.decode()


def test_saving_by_htmx_leads_to_the_list(admin: Client) -> None:
    response = admin.post(NEW, typed(), headers=PART)

    assert (response.status_code, response.headers["HX-Redirect"]) == (204, LIST)


def test_what_is_typed_is_counted_before_it_is_kept(admin: Client) -> None:
    judged(country="CA", region="BC")
    judged(country="CA", region="ON")

    page = admin.post(NEW, typed(act="read", **{"value-0": "BC"}), headers=PART).content.decode()
    told = " ".join(re.sub(r"<[^>]+>", "", html.unescape(page)).split())

    assert "1 of the 2 mails of the last 90 days is in it." in told
    assert "Also in another part of the mail: Canada 1." in told
    addresses = re.findall(r'href="([^"]+)"', page)
    numbers = [words(admin, html.unescape(address)) for address in addresses]
    assert ["1 mail of the last 90 days" in page for page in numbers] == [True, True]
    assert not Segment.objects.filter(pk="quebec").exists()


def test_buttons_of_the_condition_keep_what_was_typed(admin: Client) -> None:
    page = admin.post(NEW, typed(act="add:0", label="Qu<b>")).content.decode()

    assert 'name="fact-0-1"' in page
    assert 'value="QC"' in page
    assert "Qu&lt;b&gt;" in page
    assert "Not a whole condition yet" in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"label": " "}, "This field is required."),
        ({"label": "x" * 61}, "at most 60 characters"),
        ({"label": "Canada"}, "There is a part of the mail called “Canada” already."),
        ({"fact-0": ""}, "Choose what it asks about."),
        ({"value-0": ""}, "Type a value."),
        (
            {"fact-0": "contact.country", "value-0": "CA"},
            "“Canada” says the same already.",
        ),
    ],
)
def test_what_can_not_be_is_told_and_nothing_typed_is_lost(
    wrong: dict[str, str], told: str, admin: Client
) -> None:
    response = admin.post(NEW, typed(**{"label": "Kept words", **wrong}))

    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert told in page
    assert wrong.get("label", "Kept words").strip() in page
    assert Segment.objects.count() == 4


def test_condition_that_no_form_can_hold_is_refused(admin: Client) -> None:
    deep = {f"sort-{'-'.join('0' * n)}": "not" for n in range(1, 14)}

    response = admin.post(NEW, typed(**deep))

    assert response.status_code == 302
    assert not Segment.objects.filter(pk="quebec").exists()
