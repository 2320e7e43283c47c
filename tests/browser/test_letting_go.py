"""A grant in the browser, and what follows: one mail leaves without a click, one is kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.changes.deciding import decide_change
from approvals.delivery.sending import OWN_SMTP, deliver_due
from approvals.models import Audit, ChangeRequest, Decision, Send, SendState
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import Consent, MailKind, User
from tests.approvals.granting import AUDITED, SPARED, granted, opened
from tests.browser.conftest import Visit, Visitor
from tests.browser.desk import state_of
from tests.faults.sends import open_hours
from tests.support.rows import installed, make_account, make_contact, make_draft, make_user
from tests.support.smtp_server import SmtpServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREEN = {"width": 1280, "height": 900}


@pytest.fixture
def founder() -> User:
    """Before a house whose policy knows no office hours."""
    installed(now=timezone.now())
    open_hours()
    return make_user(Role.FOUNDER, first_name="Ana")


def reactivation(business: str, *, draw: float) -> Send:
    """A mail to a contact whom we know, as the intake opens it."""
    contact = make_contact(make_account(name=business), consent=Consent.EXISTING_BUSINESS)
    draft = make_draft(contact, kind=MailKind.REACTIVATION, written_at=timezone.now())
    return opened(draft, draw=draw, now=timezone.now())


def propose(visitor: Visitor) -> ChangeRequest:
    """Ask for level 3 for reactivations to known contacts, by the form."""
    page = visitor.page
    visitor.go("/seats/")
    page.get_by_role("link", name="Pepper").first.click()
    page.get_by_label("Action").select_option("send_reactivation")
    page.get_by_label("For which mails").select_option("known-contacts")
    page.get_by_label("Level", exact=True).select_option("3")
    page.get_by_label("At most a day").fill("20")
    page.get_by_role("textbox", name="Why").fill("They have been good for a month.")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("Proposed. It takes effect")).to_be_visible()
    return ChangeRequest.objects.get()


def test_grant_lets_one_go_without_a_click_and_keeps_the_audited_one(
    visit: Visit, founder: User, settings: Any
) -> None:
    admin = make_user(Role.ADMIN, first_name="Theo")
    change = propose(visit(admin, viewport=SCREEN))
    now, by = timezone.now(), Actor.person(founder)
    decide_change(change_id=change.pk, choice="approve", reason="", by=by, now=now)
    spared = reactivation("Spared Physio", draw=SPARED)
    audited = reactivation("Audited Physio", draw=AUDITED)

    visitor = visit(founder, viewport=SCREEN)
    visitor.go("/approvals/hold/")
    expect(visitor.page.locator("#hold [data-row]")).to_have_count(1)
    expect(visitor.page.locator("#hold")).to_contain_text("Spared Physio")
    visitor.go("/approvals/")
    expect(visitor.page.locator("#rows > [data-row]")).to_have_count(1)
    expect(visitor.page.locator("#rows")).to_contain_text("Audited Physio")

    Send.objects.filter(pk=spared.pk).update(leaves_at=timezone.now())
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = OWN_SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        assert deliver_due(by=Actor.system("test"), clock=timezone.now) == 1

    visitor.go(f"/approvals/{spared.pk}/?state=sent")
    expect(visitor.page.locator("#item")).to_contain_text("inside the policy, at level 3")
    assert (state_of(spared.pk), state_of(audited.pk)) == (SendState.SENT, SendState.PENDING)
    assert Decision.objects.get(send=spared).decided_by == "seat:sender"
    assert list(Audit.objects.values_list("send", flat=True)) == [audited.pk]


@pytest.mark.parametrize("scripts", [True, False], ids=["keyboard", "without scripts"])
def test_founder_stops_what_is_in_the_hold(visit: Visit, founder: User, scripts: bool) -> None:
    granted(3, action="send_reactivation", now=timezone.now())
    sends = [reactivation(f"Physio {letter}", draw=SPARED) for letter in "ABC"]
    visitor = visit(founder, java_script_enabled=scripts, viewport=SCREEN)
    visitor.go("/approvals/")
    visitor.page.get_by_role("link", name="Leaving without a click").click()

    if scripts:
        visitor.keys("j", "j", "u")
    else:
        row = visitor.page.locator("#hold [data-row]", has_text="Physio B")
        row.get_by_role("button").click()
    expect(visitor.page.get_by_text("Stopped: Dana Whitfield.")).to_be_visible()
    after_one = [state_of(send.pk) for send in sends]
    visitor.page.get_by_role("button", name="Stop all 2").click()

    expect(visitor.page.get_by_text("Nothing leaves without a click")).to_be_visible()
    assert after_one == [SendState.APPROVED, SendState.PENDING, SendState.APPROVED]
    assert {state_of(send.pk) for send in sends} == {SendState.PENDING}
