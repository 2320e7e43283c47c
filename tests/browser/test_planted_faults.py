"""A founder lets a planted fault through, and catches one, by keyboard and without a script."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.models import Send, SendState
from revenue.access import Role
from revenue.models import User
from tests.approvals.planted import defect_of, named_send, plant_all, real_of
from tests.approvals.waiting import waiting_send
from tests.browser.conftest import Visit
from tests.browser.desk import Desk, state_of
from tests.support.rows import installed, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREEN = {"width": 1440, "height": 900}


@pytest.fixture
def planted() -> Send:
    installed()
    send = named_send(now=timezone.now())
    plant_all(0)
    waiting_send(business="Zen Salon")
    return send


@pytest.fixture
def founder(planted: Send) -> User:
    return make_user(Role.FOUNDER, first_name="Ana")


@pytest.fixture
def desk(visit: Visit, founder: User) -> Desk:
    return Desk(visit(founder, viewport=SCREEN))


def test_a_on_a_planted_mail_tells_and_the_next_a_approves_the_real_one(
    desk: Desk, planted: Send
) -> None:
    desk.open(planted.pk)
    expect(desk.item.locator(".mail-text")).to_contain_text("Hi Marcus,")

    desk.visitor.keys("a")
    expect(desk.item.locator(".fault mark")).to_have_text("Marcus")
    desk.settled(planted.pk)
    expect(desk.item.locator(".fault")).to_contain_text("You let it through")
    expect(desk.item.locator(".mail-text")).to_contain_text("Hi Dana,")
    expect(desk.item.get_by_role("alert")).to_contain_text("A planted fault, missed")
    waits = (state_of(planted.pk), defect_of(planted).caught, planted.pk in desk.rows())
    desk.visitor.keys("a")
    expect(desk.toasts).to_contain_text("Approved: Dana Whitfield.")

    assert waits == (SendState.PENDING, False, True)
    planted.refresh_from_db()
    assert (planted.state, planted.revision) == (SendState.APPROVED, real_of(planted))


def test_u_after_the_telling_takes_nothing_back(desk: Desk, planted: Send) -> None:
    desk.open(planted.pk)
    desk.visitor.keys("a")
    expect(desk.item.locator(".fault")).to_be_visible()
    desk.settled(planted.pk)

    desk.visitor.keys("u")

    expect(desk.item.locator(".fault")).to_be_visible()
    assert state_of(planted.pk) == SendState.PENDING


def test_mending_the_words_catches_it(desk: Desk, planted: Send) -> None:
    desk.open(planted.pk)
    desk.visitor.keys("e")
    field = desk.item.locator("textarea[name=body]")
    field.fill(field.input_value().replace("Marcus", "Dana").replace("the calls", "those calls"))

    desk.visitor.keys("Control+Enter")

    expect(desk.item.locator(".fault")).to_contain_text("You caught it")
    expect(desk.item.locator(".mail-text")).to_contain_text("those calls")
    assert (state_of(planted.pk), defect_of(planted).caught) == (SendState.PENDING, True)


def test_without_a_script_the_fault_is_told_on_a_page(
    visit: Visit, founder: User, planted: Send
) -> None:
    visitor = visit(founder, viewport=SCREEN, java_script_enabled=False)
    visitor.go(f"/approvals/{planted.pk}/")

    visitor.page.get_by_role("button", name="Approve and send").click()

    expect(visitor.page.locator(".fault mark")).to_have_text("Marcus")
    visitor.page.get_by_role("link", name="The mail as it was drafted").click()
    expect(visitor.page.locator(".mail-text")).to_contain_text("Hi Dana,")
