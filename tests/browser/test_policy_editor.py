"""An admin writes a rule in the browser, by mouse and by keyboard alone, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Locator, Page, Route, expect

from revenue.access import Role
from revenue.models import PolicyKind, PolicyState, PolicyVersion
from revenue.policies.conditions import Rule
from revenue.policies.editing import save_edit, writing
from revenue.policies.explaining import rule_sentence
from revenue.policies.rearranging import arranged
from tests.browser.conftest import Visit, Visitor
from tests.browser.hands import Hands, Keyboard, Mouse
from tests.support.rows import FOUNDER, NOW, installed, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDIT = "/policies/send/edit/"
PATIENCE = 30_000
"""Milliseconds: the page is long, and a busy machine takes its time."""
SENTENCE = (
    "Hold when the time since the newest relationship fact was noted is less than 30 days and the"
    " number of relationship facts is at least 1, because somebody should read it first."
)
LATE = {
    "choices": {"show": 1500},
    "sentences": {"read": 1500},
    "all": {"any": 900},
    "buttons": {"add:0": 1500, "show": 400},
}
SHAPES = {"wide": (1440, 900), "phone": (360, 740)}


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """Expectations of this file wait as long as everything else in it."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=None)


def admin(visit: Visit, **options: Any) -> Visitor:
    installed(now=NOW)
    visitor = visit(make_user(Role.ADMIN, first_name="Tova"), reduced_motion="reduce", **options)
    visitor.page.set_default_timeout(PATIENCE)
    return visitor


def rules() -> dict[str, Rule]:
    return {rule.id: rule for rule in writing(PolicyKind.SEND).text.rules}


def leaf(page: Page, path: str, part: str) -> Locator:
    """An input of the new rule's condition, such as the fact at ``0-1``."""
    return page.locator(f"#new-form [name='{part}-{path}']").first


def settled(page: Page) -> None:
    """Wait until htmx has answered."""
    expect(page.locator(".htmx-request")).to_have_count(0)


def answer_late(page: Page, late: dict[str, int]) -> None:
    """Hold each answer to the editor back by so many milliseconds, by what was asked."""

    def answer(route: Route) -> None:
        asked = parse_qs(route.request.post_data or "").get("act", [""])[0]
        with suppress(Error):  # the page may not want it any more
            answered = route.fetch()
            page.wait_for_timeout(late.get(asked, late.get("any", 0)))
            route.fulfill(response=answered)

    page.route(f"**{EDIT}*", answer)


def button(page: Page, name: str) -> Locator:
    return page.locator("#new-form").get_by_role("button", name=name, exact=True)


def fill_in(hands: Hands) -> None:
    """Hold when the account has a relationship fact younger than 30 days, or more than three."""
    page = hands.page
    hands.write(page.get_by_label("Title (optional)"), "Something is new")
    hands.choose(leaf(page, "0", "fact"), "Time since the newest")
    expect(leaf(page, "0", "op")).to_be_visible()
    hands.choose(leaf(page, "0", "op"), "is less than")
    hands.write(leaf(page, "0", "value"), "30")
    hands.press(button(page, "Condition"))
    expect(leaf(page, "0-1", "fact")).to_be_focused()
    hands.choose(leaf(page, "0-1", "fact"), "Number of relationship facts")
    expect(leaf(page, "0-1", "op")).to_be_visible()
    hands.choose(leaf(page, "0-1", "op"), "is at least")
    hands.write(leaf(page, "0-1", "value"), "1")
    hands.write(page.get_by_label("Because"), "Somebody should read it first.")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [Mouse, Keyboard])
def test_an_admin_writes_a_rule_and_has_it_checked(
    visit: Visit, kind: Callable[[Page], Hands], shape: str
) -> None:
    width, height = SHAPES[shape]
    visitor = admin(visit, viewport={"width": width, "height": height})
    visitor.go(EDIT)
    page, hands = visitor.page, kind(visitor.page)

    hands.press(page.get_by_role("link", name="Add a rule"), "n")
    expect(page.locator("#new-form")).to_be_visible()
    fill_in(hands)
    expect(page.locator("#new-reads")).to_contain_text("because somebody should read it first")
    assert Axe().run(page).violations_count == 0
    hands.press(page.locator("#new-form [data-save]"))

    card = page.locator("#rule-something-is-new")
    expect(card).to_contain_text("is less than 30 days")
    assert rules()["something-is-new"].effect == "hold"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hands.press(page.get_by_role("button", name="Check this"), "c")
    page.wait_for_url("**/policies/send/2/")
    assert PolicyVersion.objects.get(kind="send", number=2).state == PolicyState.VALIDATED


@pytest.mark.parametrize("late", LATE)
def test_what_is_typed_stays_and_is_read_back_however_late_answers_come(
    visit: Visit, late: str
) -> None:
    visitor = admin(visit)
    visitor.go(EDIT)
    page, hands = visitor.page, Keyboard(visitor.page)
    answer_late(page, LATE[late])

    hands.press(page.get_by_role("link", name="Add a rule"), "n")
    expect(page.locator("#new-form")).to_be_visible()
    fill_in(hands)
    expect(page.locator("#new-reads")).to_have_text(SENTENCE)
    hands.press(page.locator("#new-form [data-save]"))

    expect(page.locator("#rule-something-is-new")).to_contain_text(SENTENCE)
    assert rule_sentence(rules()["something-is-new"]) == SENTENCE


def test_ticks_stay_while_a_choice_is_answered(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(f"{EDIT}?rule=new")
    page = visitor.page
    leaf(page, "0", "fact").select_option("send.kind")
    leaf(page, "0", "op").select_option("in")
    ticks = page.locator("#new-form input[name='value-0']")
    expect(ticks.first).to_be_visible()
    answer_late(page, {"show": 1000})

    with page.expect_request(f"**{EDIT}*"):
        leaf(page, "0", "op").select_option("not_in")
    for tick in ticks.all()[:2]:
        tick.check()
    settled(page)

    assert [tick.is_checked() for tick in ticks.all()[:3]] == [True, True, False]


def test_keys_pressed_while_a_choice_is_answered_go_where_the_cursor_is(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(f"{EDIT}?rule=new")
    page = visitor.page
    leaf(page, "0", "fact").select_option("send.word_count")
    expect(leaf(page, "0", "op")).to_be_visible()
    answer_late(page, {"show": 600})

    leaf(page, "0", "op").select_option("gt")
    leaf(page, "0", "value").focus()
    page.keyboard.type("1200", delay=500)

    expect(leaf(page, "0", "value")).to_have_value("1200")
    expect(page.locator("#new-reads")).to_contain_text("is more than 1200 words")


def test_cursor_stays_in_one_card_while_another_is_saved(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(EDIT)
    page = visitor.page
    for rule_id in ("suppressed", "no-footer"):
        page.locator(f"#rule-{rule_id} [data-row-link]").click()
        expect(page.locator(f"#rule-{rule_id}-title")).to_be_visible()
    answer_late(page, {"save": 1000})
    page.locator("#rule-suppressed-title").fill("Suppressed anew")

    page.locator("#rule-suppressed [data-save]").click()
    page.locator("#rule-no-footer-title").fill("")
    page.keyboard.type("No footer, no mail", delay=100)

    expect(page.locator("#rule-suppressed-form")).to_have_count(0)
    expect(page.locator("#rule-no-footer-title")).to_be_focused()
    expect(page.locator("#rule-no-footer-title")).to_have_value("No footer, no mail")


def test_two_cards_are_open_and_each_is_saved(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(EDIT)
    page = visitor.page
    for rule_id in ("suppressed", "no-footer"):
        page.locator(f"#rule-{rule_id} [data-row-link]").click()
        page.locator(f"#rule-{rule_id}-title").fill(f"{rule_id} anew")

    for rule_id in ("no-footer", "suppressed"):
        page.locator(f"#rule-{rule_id} [data-save]").click()
        expect(page.locator(f"#rule-{rule_id}-form")).to_have_count(0)

    assert [rules()[one].title for one in ("suppressed", "no-footer")] == [
        "suppressed anew", "no-footer anew",
    ]  # fmt: skip


def test_an_open_card_keeps_what_is_typed_while_others_move(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(EDIT)
    page = visitor.page
    page.locator("#rule-no-footer [data-row-link]").click()
    page.locator("#rule-no-footer-title").fill("Half a ti")

    page.locator("#down-suppressed").click()
    expect(page.locator("[data-cards] > li").nth(1)).to_have_id("rule-suppressed")
    settled(page)

    assert page.locator("#rule-no-footer-title").input_value() == "Half a ti"
    assert list(rules())[:2] == ["unsubscribed", "suppressed"]


def test_alt_and_an_arrow_move_a_rule_and_the_toast_undoes_it(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(EDIT)
    page = visitor.page
    before = list(rules())
    page.locator("#rule-unsubscribed [data-row-link]").focus()

    visitor.keys("Alt+ArrowUp")
    expect(page.locator("[data-cards] > li").first).to_have_id("rule-unsubscribed")
    expect(page.locator(".toast")).to_contain_text("Moved “Unsubscribed” to place 1")
    assert list(rules())[:2] == [before[1], before[0]]
    visitor.keys("u")
    expect(page.locator("[data-cards] > li").first).to_have_id("rule-suppressed")

    assert list(rules()) == before


def test_an_open_card_stays_when_somebody_takes_its_rule_out(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(f"{EDIT}?rule=no-footer")
    page, form = visitor.page, visitor.page.locator("#rule-no-footer-form")
    form.get_by_label("Because").fill("Nobody sees who wrote it.")
    standing = writing(PolicyKind.SEND)
    other = arranged(standing.text, "remove:no-footer")
    save_edit(
        kind=PolicyKind.SEND, text=other.text, seen=standing.seen, note=other.note, by=FOUNDER,
        now=NOW,
    )  # fmt: skip

    page.locator("#down-suppressed").click()
    expect(form).to_contain_text("This rule was taken out while you had it open.")
    expect(form.get_by_label("Because")).to_have_value("Nobody sees who wrote it.")
    visitor.complaints.clear()  # the browser notes the 409
    form.get_by_role("button", name="Add it again").click()

    expect(page.locator("[data-cards] > li").last).to_have_id("rule-no-footer")
    expect(form).to_have_count(0)
    assert list(rules().values())[-1].reason == "Nobody sees who wrote it."


def test_another_title_is_typed_beside_an_open_card(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(f"{EDIT}?rule=no-footer")
    page = visitor.page
    page.locator("#rule-no-footer-title").fill("Half a ti")

    page.get_by_role("link", name="Change the title").click()
    expect(page.get_by_label("Title of the policy")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("What goes out")
    page.keyboard.press("Enter")

    expect(page.locator("#policy-title")).to_contain_text("What goes out")
    expect(page.locator("#policy-side")).to_contain_text("The policy itself")
    expect(page.locator("#rule-no-footer-title")).to_have_value("Half a ti")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#policy-title")).to_contain_text("What may leave the house")
    assert not writing(PolicyKind.SEND).is_open


def test_a_rule_is_dragged_to_another_place(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(EDIT)
    page = visitor.page
    before = list(rules())

    page.locator(f"#rule-{before[2]} [data-drag]").drag_to(
        page.locator(f"#rule-{before[0]}"), target_position={"x": 60, "y": 4}
    )
    expect(page.locator("#policy-side")).to_contain_text("Moved")

    assert list(rules())[:3] == [before[2], before[0], before[1]]


def test_the_second_to_save_is_told_and_saves_again(visit: Visit) -> None:
    visitor = admin(visit)
    visitor.go(f"{EDIT}?rule=no-footer")
    page = visitor.page
    page.locator("#rule-no-footer-title").fill("No footer, no mail")
    standing = writing(PolicyKind.SEND)
    other = arranged(standing.text, "off:suppressed")
    save_edit(
        kind=PolicyKind.SEND, text=other.text, seen=standing.seen, note=other.note, by=FOUNDER,
        now=NOW,
    )  # fmt: skip

    page.locator("#rule-no-footer [data-save]").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody saved before you")
    visitor.complaints.clear()  # the browser notes the 409
    page.locator("#rule-no-footer [data-save]").click()
    expect(page.locator("#rule-no-footer-form")).to_have_count(0)

    found = rules()
    assert (found["no-footer"].title, found["suppressed"].mode) == ("No footer, no mail", "off")
    assert rule_sentence(found["suppressed"]).startswith("Switched off")


def test_without_scripts_a_rule_is_written_too(visit: Visit) -> None:
    visitor = admin(visit, java_script_enabled=False)
    visitor.go(EDIT)
    page = visitor.page
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Title (optional)").fill("Too long")
    leaf(page, "0", "fact").select_option("send.word_count")
    page.get_by_role("button", name="Show what fits this fact").click()
    leaf(page, "0", "op").select_option("gt")
    leaf(page, "0", "value").fill("two hundred")
    page.get_by_label("Because").fill("Nobody reads that much.")

    page.locator("#new-form [data-save]").click()
    expect(page.locator("#new-form")).to_contain_text("Type a number, such as 14.")
    visitor.complaints.clear()  # the browser notes the 422
    leaf(page, "0", "value").fill("200")
    page.locator("#new-form [data-save]").click()

    assert rule_sentence(rules()["too-long"]) == (
        "Hold when the length of the text is more than 200 words, because nobody reads that much."
    )
    page.get_by_role("button", name="Undo the last").click()
    assert "too-long" not in rules()
