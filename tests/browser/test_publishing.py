"""A policy that lets more through needs a second person; one that doesn't holds at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.deciding import Ruling, decide
from approvals.models import ChangeRequest, Choice, Send
from approvals.rejudging import rejudge_waiting
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion, User
from revenue.policies.checking import check_version
from revenue.policies.conditions import PolicyText
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import with_rule, without_rule
from tests.approvals.waiting import waiting_send
from tests.browser.conftest import Visit, Visitor
from tests.support.rows import installed, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def people() -> dict[Role, User]:
    installed(now=timezone.now())
    return {
        role: make_user(role, username=role.value, first_name=role.value.capitalize())
        for role in (Role.ADMIN, Role.FOUNDER)
    }


def checked(text: PolicyText, by: User) -> PolicyVersion:
    """A version that was written and compared with the active one, as its writer does it."""
    version = write_version(text=text, by=Actor.person(by), now=timezone.now())
    check_version(version=version, by=Actor.person(by), now=timezone.now())
    return version


def active() -> int:
    return PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE).number


def propose_a_loosening(admin: Visitor, *, by: User) -> None:
    checked(without_rule("account-touched-lately"), by=by)
    admin.go("/policies/send/2/")
    admin.page.get_by_label("Why should it?").fill("Fewer clicks.")
    admin.page.get_by_role("button", name="Propose it").click()
    expect(admin.page.get_by_text("Who proposes does not approve.")).to_be_visible()


def test_a_loosening_is_proposed_by_one_and_published_by_another_who_sees_what_it_lets_through(
    visit: Visit, people: dict[Role, User]
) -> None:
    admin, founder = visit(people[Role.ADMIN]), visit(people[Role.FOUNDER])
    propose_a_loosening(admin, by=people[Role.ADMIN])
    admin.keys("a")
    expect(admin.page.get_by_role("button", name="Approve")).to_have_count(0)
    assert active() == 1

    founder.go("/policies/")
    founder.page.locator(".rail .rail-link", has_text="Changes").click()
    expect(founder.page.get_by_role("heading", name="1 change waits for you")).to_be_visible()
    founder.page.locator("main a", has_text="version 2").first.click()
    expect(founder.page.get_by_text("Looser than version 1").first).to_be_visible()
    expect(founder.page.get_by_text("Fewer clicks.")).to_be_visible()
    proof = founder.page.locator(".proof")
    expect(proof).to_contain_text("Allowed")
    founder.page.get_by_role("button", name="Approve and publish").click()

    expect(founder.page.locator("#toasts")).to_contain_text("It is the active version now")
    assert active() == 2
    change = ChangeRequest.objects.get()
    assert change.decided_by == str(Actor.person(people[Role.FOUNDER]))


def test_a_rejection_is_given_by_keys_with_its_reason(
    visit: Visit, people: dict[Role, User]
) -> None:
    admin, founder = visit(people[Role.ADMIN]), visit(people[Role.FOUNDER])
    propose_a_loosening(admin, by=people[Role.ADMIN])

    founder.go(f"/approvals/changes/{ChangeRequest.objects.get().pk}/")
    founder.keys("r")
    founder.page.get_by_label("Why not?").fill("Two mails in a row look like a machine.")
    founder.page.get_by_role("button", name="Reject it").click()

    expect(founder.page.locator("#toasts")).to_contain_text("Rejected. Nothing has changed.")
    admin.page.reload()
    expect(admin.page.get_by_text("Two mails in a row look like a machine.")).to_be_visible()
    assert active() == 1


def test_a_tightening_is_published_at_once_and_reaches_what_waits(
    visit: Visit, people: dict[Role, User]
) -> None:
    pending, sure = waiting_send(business="Harbour Physio"), waiting_send(business="Zen Salon")
    decide(
        send_id=sure.pk, revision_id=sure.revision_id or 0, ruling=Ruling(Choice.APPROVE),
        by=Actor.person(people[Role.FOUNDER]), now=timezone.now(),
    )  # fmt: skip
    checked(with_rule(Effect.DENY), by=people[Role.ADMIN])
    admin, founder = visit(people[Role.ADMIN]), visit(people[Role.FOUNDER])

    admin.go("/policies/send/2/")
    admin.page.get_by_role("button", name="Publish now").click()
    expect(admin.page.locator("#toasts")).to_contain_text("Version 2 is active now.")
    founder.go("/approvals/")
    judging = founder.page.get_by_text("2 mails are being judged again under version 2")
    expect(judging).to_be_visible()
    rejudge_waiting(clock=timezone.now, busy_for=MINUTE)
    expect(judging).to_have_count(0, timeout=10_000)

    assert [state(pending), state(sure)] == ["stale", "revoked"]
    for send in (pending, sure):
        founder.go(f"/approvals/{send.pk}/")
        expect(founder.page.locator("#item")).to_contain_text("We are careful in CA.")


def state(send: Send) -> str:
    return Send.objects.values_list("state", flat=True).get(pk=send.pk)
