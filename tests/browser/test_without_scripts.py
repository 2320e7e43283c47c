"""The same decisions in a browser that runs no script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from approvals.models import RejectReason, Send, SendState
from revenue.access import Role
from revenue.models import KillSwitch
from tests.browser.conftest import Visit, Visitor
from tests.browser.desk import decided, state_of, waiting_sends
from tests.support.rows import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """The founder before the queue, without scripts."""
    waiting_sends()
    founder = make_user(Role.FOUNDER, first_name="Ana")
    found = visit(founder, java_script_enabled=False, viewport={"width": 1280, "height": 900})
    found.go("/approvals/")
    return found


def open_first(page: Page) -> int:
    """Open the first mail of the list; its number."""
    page.locator("[data-row-link]").first.click()
    return int(page.locator("[data-send]").get_attribute("data-send") or 0)


def test_login_leads_to_the_page_that_was_asked_for(visit: Visit) -> None:
    waiting_sends()
    make_user(Role.FOUNDER, username="ana")
    visitor = visit(java_script_enabled=False)
    visitor.go("/approvals/")

    visitor.page.get_by_label("Name").fill("ana")
    visitor.page.get_by_label("Password").fill("a long password")
    visitor.page.get_by_role("button", name="Sign in").click()

    expect(visitor.page).to_have_url(f"{visitor.home}/approvals/")
    expect(visitor.page.locator("[data-row]")).to_have_count(3)


def test_approving_shows_the_next_and_can_be_taken_back(visitor: Visitor) -> None:
    page = visitor.page
    first = open_first(page)

    page.get_by_role("button", name="Approve and send").click()
    approved = state_of(first)
    expect(page.locator("[data-send]")).not_to_have_attribute("data-send", str(first))
    expect(page.get_by_text("Approved: Dana Whitfield.")).to_be_visible()
    page.get_by_role("link", name="Open it again").click()
    page.get_by_role("button", name="Take the decision back").click()

    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert [approved, state_of(first)] == [SendState.APPROVED, SendState.PENDING]


def test_rejecting_takes_the_reason_and_the_note(visitor: Visitor) -> None:
    page = visitor.page
    first = open_first(page)

    page.locator("summary", has_text="Reject").and_(page.locator("[data-key=r]")).click()
    page.get_by_label("A note first?").fill("They moved.")
    page.get_by_role("button", name=RejectReason.WRONG_PERSON.label).click()

    expect(page.get_by_text("Rejected, wrong person")).to_be_visible()
    made = decided(first)
    assert (made.reason_code, made.reason) == (RejectReason.WRONG_PERSON, "They moved.")


def test_editing_and_approving_decides_the_new_text(visitor: Visitor) -> None:
    page = visitor.page
    first = open_first(page)

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Subject").fill("The phone at six")
    page.get_by_role("button", name="Save and approve").click()

    expect(page.get_by_text("Approved: Dana Whitfield.")).to_be_visible()
    revision = decided(first).revision
    assert (revision.number, revision.subject) == (2, "The phone at six")


def test_ticked_ones_are_approved_together(visitor: Visitor) -> None:
    page = visitor.page
    boxes = page.locator("#rows input[name=ids]")
    chosen = [int(box.get_attribute("value") or 0) for box in boxes.all()[:2]]

    for number in range(2):
        boxes.nth(number).check()
    page.locator("[data-selection]").get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("What happened to each")
    expect(page.locator("tbody tr")).to_have_count(2)
    approved = Send.objects.filter(state=SendState.APPROVED).values_list("pk", flat=True)
    assert sorted(approved) == sorted(chosen)


def test_kill_switch_is_thrown_and_released_with_a_reason(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/seats/")

    page.get_by_label("Reason, if there is time").fill("Wrong list")
    page.get_by_role("button", name="Stop everything").click()
    expect(page.locator(".banner")).to_contain_text("Everything is stopped.")
    stopped = KillSwitch.objects.filter(released_at=None).count()
    page.get_by_label("Why it may go on").fill("The list is mended")
    page.get_by_role("button", name="Release").click()

    expect(page.locator(".banner")).to_have_count(0)
    switch = KillSwitch.objects.get()
    assert (stopped, switch.reason, switch.release_reason) == (
        1, "Wrong list", "The list is mended"
    )  # fmt: skip
