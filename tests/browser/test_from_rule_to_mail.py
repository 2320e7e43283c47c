"""One rule all the way: written, proven, backtested, in shadow, published by another, obeyed."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.deciding import Ruling, decide
from approvals.intake import open_send
from approvals.models import ChangeRequest, Choice, Send, SendState
from approvals.tasks import rejudge
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion, User
from revenue.tasks import backtest
from tests.browser.conftest import Visit, Visitor
from tests.browser.desk import state_of
from tests.support.rows import (
    installed,
    make_account,
    make_contact,
    make_draft,
    make_relationship,
    make_user,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BECAUSE = "Somebody should read it first."


@pytest.fixture
def people() -> dict[Role, User]:
    installed(now=timezone.now())
    return {
        Role.ADMIN: make_user(Role.ADMIN, first_name="Tova"),
        Role.FOUNDER: make_user(Role.FOUNDER, first_name="Ana"),
    }


def a_send(business: str, *, news: bool) -> Send:
    """A mail that waits; ``news`` is something learned about the business a moment ago."""
    account = make_account(name=business)
    if news:
        make_relationship(account, noted_at=timezone.now())
    return open_send(draft=make_draft(make_contact(account)), now=timezone.now())


def approved(send: Send, by: User) -> Send:
    decide(
        send_id=send.pk, revision_id=send.revision_id or 0, ruling=Ruling(Choice.APPROVE),
        by=Actor.person(by), now=timezone.now(),
    )  # fmt: skip
    return send


def write_and_check(admin: Visitor) -> None:
    """A rule that holds more, and another switched off, which lets more through."""
    page, card = admin.page, admin.page.locator("#rule-account-touched-lately")
    admin.go("/policies/send/edit/")
    card.locator("summary").click()
    card.get_by_role("button", name="Switch off").click()
    expect(page.locator("#policy-side")).to_contain_text("Account written to lately")
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Title (optional)").fill("News of the business")
    form = page.locator("#new-form")
    form.locator("[name='fact-0']").select_option("account.days_since_relationship_fact")
    form.locator("[name='op-0']").select_option("lt")
    form.locator("[name='value-0']").fill("30")
    form.get_by_role("button", name="Condition", exact=True).click()
    form.locator("[name='fact-0-1']").select_option("account.relationship_facts")
    form.locator("[name='op-0-1']").select_option("ge")
    form.locator("[name='value-0-1']").fill("1")
    page.get_by_label("Because").fill(BECAUSE)
    expect(page.locator("#new-reads")).to_contain_text("somebody should read it first")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.locator("#rule-news-of-the-business")).to_contain_text("is less than 30 days")

    admin.keys("c")
    page.wait_for_url("**/policies/send/2/")
    looser = page.locator(".proof")
    expect(looser).to_contain_text("Looser than version 1")
    expect(looser).to_contain_text("Account written to lately")


def backtest_it(admin: Visitor) -> None:
    admin.page.get_by_role("button", name="Backtest it").click()
    backtest()
    tiles = admin.page.locator(".tiles")
    expect(tiles).to_contain_text("Newly held")
    expect(admin.page.get_by_role("button", name="Ask again")).to_be_visible()


def shadow_it(admin: Visitor) -> None:
    admin.go("/policies/send/2/shadow/")
    admin.page.get_by_role("button", name="Put it in shadow").click()
    expect(admin.page.get_by_text("Verdicts given in shadow appear here")).to_be_visible()
    a_send("Maple Dental", news=True)
    admin.page.reload()
    row = admin.page.locator("tr", has_text="News of the business")
    expect(row).to_be_visible()


def propose_it(admin: Visitor) -> None:
    admin.go("/policies/send/2/")
    admin.page.get_by_label("Why should it?").fill("Fewer clicks, and no surprises.")
    admin.page.get_by_role("button", name="Propose it").click()
    expect(admin.page.get_by_text("Who proposes does not approve.")).to_be_visible()


def publish_it(founder: Visitor) -> None:
    """The second person sees what it lets through and what it would have changed."""
    page = founder.page
    founder.go("/approvals/changes/")
    page.locator("main a", has_text="version 2").first.click()
    expect(page.locator(".proof")).to_contain_text("Looser than version 1")
    expect(page.locator("main")).to_contain_text("Newly held")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.locator("#toasts")).to_contain_text("It is the active version now")


def test_a_rule_is_written_proven_published_by_another_and_takes_back_what_was_approved(
    visit: Visit, people: dict[Role, User]
) -> None:
    sure = approved(a_send("Harbour Physio", news=True), by=people[Role.FOUNDER])
    quiet = approved(a_send("Zen Salon", news=False), by=people[Role.FOUNDER])
    pending = a_send("Walnut Grove Massage", news=True)
    admin, founder = visit(people[Role.ADMIN]), visit(people[Role.FOUNDER])

    write_and_check(admin)
    backtest_it(admin)
    shadow_it(admin)
    propose_it(admin)
    publish_it(founder)
    assert PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE).number == 2
    assert ChangeRequest.objects.get().decided_by == str(Actor.person(people[Role.FOUNDER]))
    founder.go("/approvals/")
    rejudge()

    assert [state_of(send.pk) for send in (sure, quiet, pending)] == [
        SendState.REVOKED, SendState.APPROVED, SendState.PENDING,
    ]  # fmt: skip
    founder.go(f"/approvals/{sure.pk}/")
    expect(founder.page.locator("#item")).to_contain_text(BECAUSE)
    expect(founder.page.locator("#item")).to_contain_text("Revoked")
    founder.go(f"/approvals/{pending.pk}/")
    expect(founder.page.locator("#item")).to_contain_text(BECAUSE)
