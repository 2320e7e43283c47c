"""Deciding by keyboard, and two people at one mail."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from approvals.models import Choice, Decision, RejectReason, Send, SendState
from revenue.access import Role
from revenue.models import User
from tests.browser.conftest import Visit, Visitor
from tests.browser.desk import Desk, decided, state_of, waiting_sends
from tests.support.rows import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREEN = {"width": 1440, "height": 900}


@pytest.fixture
def founder() -> User:
    waiting_sends()
    return make_user(Role.FOUNDER, first_name="Ana")


@pytest.fixture
def desk(visit: Visit, founder: User) -> Desk:
    return Desk(visit(founder, viewport=SCREEN))


def cleared_of(status: int, visitor: Visitor) -> bool:
    """Whether the browser complained of nothing but this answer; forgets it."""
    told, visitor.complaints[:] = list(visitor.complaints), []
    return bool(told) and all(f"status of {status}" in line for line in told)


def test_j_and_k_open_the_next_and_the_one_before(desk: Desk) -> None:
    first = desk.open()
    rows = desk.rows()

    desk.visitor.keys("j")
    second = desk.settled(rows[1])
    desk.visitor.keys("j")
    third = desk.settled(rows[2])
    desk.visitor.keys("k")

    assert [first, second, third, desk.settled(rows[1])] == [*rows, rows[1]]
    expect(desk.visitor.page).to_have_url(re.compile(f"/approvals/{rows[1]}/"))


def test_a_approves_and_shows_the_next_and_u_takes_it_back(desk: Desk) -> None:
    first = desk.open()
    rows = desk.rows()

    desk.visitor.keys("a")
    desk.settled(rows[1])
    approved = state_of(first)
    expect(desk.toasts).to_contain_text("Approved: Dana Whitfield.")
    expect(desk.toasts.locator("[data-left]")).to_have_text(re.compile(r"^(2\d|30)$"))
    expect(desk.visitor.page.locator(f"#row-{first}")).to_have_count(0)
    desk.visitor.keys("u")
    desk.settled(first)

    expect(desk.toasts).to_contain_text("Taken back.")
    assert desk.rows() == rows
    assert [approved, state_of(first)] == [SendState.APPROVED, SendState.PENDING]
    choices = Decision.objects.filter(send=first).order_by("id").values_list("choice", flat=True)
    assert list(choices) == [Choice.APPROVE, Choice.UNDO]


def test_a_held_down_decides_one_mail(desk: Desk) -> None:
    first = desk.open()
    following = desk.rows()[1]

    desk.visitor.keys("a", "a", "a")
    desk.settled(following)

    assert list(Decision.objects.values_list("send", flat=True)) == [first]


def test_e_edits_and_ctrl_enter_approves_the_new_text(desk: Desk) -> None:
    first = desk.open()
    rows, page = desk.rows(), desk.visitor.page

    desk.visitor.keys("e")
    expect(page.get_by_label("Text")).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.type("jakes. ")
    page.keyboard.press("Control+Enter")
    desk.settled(rows[1])
    desk.open(first)

    expect(page.get_by_role("heading", name="Changed against the agent's text")).to_be_visible()
    expect(desk.item.locator("ins").first).to_contain_text("jakes.")
    revision = decided(first).revision
    assert (state_of(first), revision.number) == (SendState.APPROVED, 2)
    assert revision.body.startswith("jakes. Hi Dana")


def test_r_and_the_number_of_a_chip_reject_with_that_reason(desk: Desk) -> None:
    first = desk.open()
    following = desk.rows()[1]

    desk.visitor.keys("r", "3")
    desk.settled(following)

    made = decided(first)
    assert (state_of(first), made.choice, made.reason_code) == (
        SendState.REJECTED, Choice.REJECT, RejectReason.values[2]
    )  # fmt: skip


def test_number_of_a_chip_does_nothing_while_the_panel_is_closed(desk: Desk) -> None:
    desk.open()

    desk.visitor.keys("3", "1")

    assert not Decision.objects.exists()


def test_b_sends_back_with_the_note_that_is_typed(desk: Desk) -> None:
    first = desk.open()
    following = desk.rows()[1]

    desk.visitor.keys("b")
    desk.visitor.page.keyboard.type("Say ajsr?, not calls.")
    desk.visitor.keys("Control+Enter")
    desk.settled(following)

    assert (state_of(first), decided(first).reason) == (SendState.RETURNED, "Say ajsr?, not calls.")


def test_s_snoozes_and_u_brings_it_back(desk: Desk) -> None:
    first = desk.open()
    rows = desk.rows()

    desk.visitor.keys("s", "1")
    desk.settled(rows[1])
    snoozed = state_of(first)
    expect(desk.toasts).to_contain_text("Snoozed until")
    desk.visitor.keys("u")
    desk.settled(first)

    assert [snoozed, state_of(first)] == [SendState.SNOOZED, SendState.PENDING]


def test_help_lists_the_keys_and_rests_them(desk: Desk) -> None:
    desk.open()
    dialog = desk.visitor.page.get_by_role("dialog", name="Keys on this page")

    desk.visitor.keys("?")
    expect(dialog).to_be_visible()
    desk.visitor.keys("a")

    listed = [key.inner_text() for key in dialog.locator("dt").all()]
    assert not Decision.objects.exists()
    assert set("jkaerbsf?") <= set(listed)
    desk.visitor.keys("Escape")
    expect(dialog).to_be_hidden()


def test_switched_off_in_the_preferences_no_key_decides(desk: Desk) -> None:
    page = desk.visitor.page
    desk.visitor.go("/preferences/")
    page.get_by_label("Keyboard shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    first = desk.open()
    following = desk.rows()[1]

    desk.visitor.keys("a", "j", "?")
    desk.settled(first)

    assert not Decision.objects.exists()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("main kbd").first).to_be_hidden()
    page.get_by_role("button", name="Approve and send").click()
    desk.settled(following)
    assert state_of(first) == SendState.APPROVED


@pytest.fixture
def other(visit: Visit) -> Desk:
    return Desk(visit(make_user(Role.FOUNDER, first_name="Ben"), viewport=SCREEN))


def test_second_to_decide_hears_who_was_first_and_keeps_the_note(desk: Desk, other: Desk) -> None:
    first = desk.open()
    following = desk.rows()[1]
    other.open(first)
    other.visitor.keys("b")
    other.visitor.page.keyboard.type("Name the second clinic too.")

    desk.visitor.keys("a")
    desk.settled(following)
    other.visitor.keys("Control+Enter")

    alert = other.item.get_by_role("alert")
    expect(alert).to_contain_text("Somebody was first")
    expect(alert).to_contain_text(re.compile("Ana.*approved this"))
    expect(alert.get_by_role("textbox")).to_have_value("Name the second clinic too.")
    assert (state_of(first), decided(first).choice) == (SendState.APPROVED, Choice.APPROVE)
    assert cleared_of(409, other.visitor)


def test_text_edited_while_somebody_decides_is_kept(desk: Desk, other: Desk) -> None:
    first = desk.open()
    following = desk.rows()[1]
    other.open(first)
    other.visitor.keys("e")
    body = other.visitor.page.get_by_label("Text")
    expect(body).to_be_focused()
    body.fill("Hi Dana,\n\nwords of my own.")

    desk.visitor.keys("r", "1")
    desk.settled(following)
    body.press("Control+Enter")

    alert = other.item.get_by_role("alert")
    expect(alert).to_contain_text(re.compile("Ana.*rejected this"))
    expect(alert.get_by_role("textbox")).to_have_value(re.compile("words of my own"))
    send = Send.objects.get(pk=first)
    assert (send.state, send.revision and send.revision.number) == (SendState.REJECTED, 1)
    assert cleared_of(409, other.visitor)
