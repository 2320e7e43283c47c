"""The frame and the parts of every page, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from revenue.access import Role
from revenue.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "/gallery/?rows=none",
    "/gallery/?rows=long",
    "/gallery/?page=columns&rows=rtl",
)


@pytest.fixture(autouse=True)
def _addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.browser.frame_urls"
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder",
        "django.contrib.staticfiles.finders.AppDirectoriesFinder",
        "revenue.web.bundles.BundleFinder",
    ]


@pytest.fixture
def session(live_server: LiveServer, settings: Settings) -> dict[str, str]:
    """The cookie of somebody who is signed in as founder."""
    person = User.objects.create_user("ana", password="a long password")
    person.groups.add(Group.objects.get_or_create(name=Role.FOUNDER.value)[0])
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": live_server.url}


@pytest.fixture
def signed_in(page: Page, session: dict[str, str]) -> Iterator[Page]:
    """A page that fails its test when the browser logs an error, such as a refused style."""
    page.context.add_cookies([session])  # type: ignore[list-item]
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert said == []


def opened(
    browser: Browser, session: dict[str, str], **options: object
) -> tuple[BrowserContext, Page]:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.add_cookies([session])  # type: ignore[list-item]
    return context, context.new_page()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 360)])
def test_every_part_is_accessible(
    browser: Browser, session: dict[str, str], scheme: str, width: int
) -> None:
    context, page = opened(
        browser, session, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    found = []
    for address in PAGES:
        page.goto(session["url"] + address)
        page.evaluate(
            "document.querySelectorAll('details:not([data-menu])').forEach((d) => (d.open = true))"
        )
        result = Axe().run(page)
        if result.violations_count:
            found.append(f"{address}\n{result.generate_report()}")
    context.close()
    assert found == []


@pytest.mark.parametrize("width", [320, 360, 720, 1024, 1440])
def test_nothing_is_wider_than_the_screen(
    browser: Browser, session: dict[str, str], width: int
) -> None:
    context, page = opened(browser, session, viewport={"width": width, "height": 700})
    over = {}
    for address in PAGES:
        page.goto(session["url"] + address)
        over[address] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert {address: wide for address, wide in over.items() if wide > 0} == {}


def test_page_without_scripts_shows_everything(browser: Browser, session: dict[str, str]) -> None:
    context, page = opened(browser, session, java_script_enabled=False)
    page.goto(session["url"] + "/gallery/?rows=one")
    expect(page.get_by_role("link", name="Langley Physio")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.locator("summary", has_text="your menu").click()
    expect(page.get_by_role("button", name="Dark")).to_be_visible()
    context.close()


def test_keys_move_and_select_rows(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?rows=fifty")
    for key in "jjk":
        signed_in.keyboard.press(key)
    expect(signed_in.locator("tr[data-focused] [data-row-link]")).to_be_focused()
    expect(signed_in.locator("tr[data-row]").first).to_have_attribute("data-focused", "")
    signed_in.keyboard.press("x")
    expect(signed_in.locator("[data-selection]")).to_be_visible()
    expect(signed_in.locator("[data-selected]")).to_have_text("1")
    signed_in.get_by_label("Select all").check()
    expect(signed_in.locator("[data-selected]")).to_have_text("50")
    signed_in.get_by_role("button", name="Clear").click()
    expect(signed_in.locator("[data-selection]")).to_be_hidden()


def test_keys_rest_while_somebody_types(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?rows=fifty")
    note = signed_in.get_by_label("Note to Dirk").first
    note.focus()
    signed_in.keyboard.type("jax?")
    expect(note).to_have_value("jax?")
    expect(signed_in.locator("tr[data-focused]")).to_have_count(0)
    signed_in.keyboard.press("Escape")
    expect(note).not_to_be_focused()


def test_help_lists_the_keys_of_the_page(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?page=columns")
    signed_in.keyboard.press("?")
    dialog = signed_in.get_by_role("dialog", name="Keys on this page")
    expect(dialog).to_be_visible()
    expect(dialog.locator("dt", has_text=re.compile("^a$")).locator("+ dd")).to_have_text(
        "Approve and send in 30 s"
    )
    signed_in.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_help_lists_the_ways_to_other_pages(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?page=columns")
    signed_in.keyboard.press("?")
    ways = signed_in.get_by_role("dialog").locator("[data-keys-go] > div")
    expect(ways.filter(has_text="Accounts")).to_have_text(re.compile(r"^g c\s*Accounts$"))
    expect(ways).to_have_count(signed_in.locator(".rail [data-go]").count())


def test_g_and_a_letter_lead_to_another_page(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?page=columns")
    label = signed_in.locator(".rail [data-go=c] kbd")
    expect(label).to_have_css("opacity", "0")
    signed_in.keyboard.press("g")
    expect(label).to_have_css("opacity", "1")
    signed_in.keyboard.press("c")
    expect(signed_in).to_have_url(f"{session['url']}/accounts/")
    signed_in.keyboard.press("g")
    signed_in.keyboard.press("t")
    expect(signed_in).to_have_url(f"{session['url']}/approvals/")


def test_key_after_g_decides_nothing(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?page=columns")
    signed_in.evaluate(
        "document.querySelector('form.action-bar').addEventListener('submit', (event) => {"
        " event.preventDefault(); document.title = 'decided'; })"
    )
    signed_in.evaluate("document.querySelector('.rail [data-go=a]').remove()")
    signed_in.keyboard.press("g")
    signed_in.keyboard.press("a")
    expect(signed_in.locator("html[data-going]")).to_have_count(0)
    expect(signed_in).not_to_have_title("decided")
    signed_in.keyboard.press("a")
    expect(signed_in).to_have_title("decided")


def test_keys_are_off_for_who_switched_them_off(signed_in: Page, session: dict[str, str]) -> None:
    User.objects.update(shortcuts=False)
    signed_in.goto(session["url"] + "/gallery/?rows=fifty")
    for key in ("j", "?", "g", "c"):
        signed_in.keyboard.press(key)
    expect(signed_in.locator("tr[data-focused]")).to_have_count(0)
    expect(signed_in.locator("dialog[open]")).to_have_count(0)
    expect(signed_in.locator("main kbd").first).to_be_hidden()
    expect(signed_in).to_have_url(re.compile("/gallery/"))


def test_choice_of_the_theme_holds_on_the_next_page(
    signed_in: Page, session: dict[str, str]
) -> None:
    signed_in.goto(session["url"] + "/gallery/?rows=none")
    light = signed_in.evaluate("getComputedStyle(document.body).backgroundColor")
    signed_in.locator("summary", has_text="your menu").click()
    signed_in.get_by_role("button", name="Dark").click()
    dark = signed_in.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light != dark
    signed_in.reload()
    expect(signed_in.locator("html")).to_have_attribute("data-theme", "dark")
    assert signed_in.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_rail_stays_closed(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.set_viewport_size({"width": 1280, "height": 800})
    signed_in.goto(session["url"] + "/gallery/?rows=none")
    rail = signed_in.get_by_role("navigation", name="Main", exact=True)
    assert rail.bounding_box()["width"] == 200  # type: ignore[index]
    rail.get_by_role("button", name="Collapse").click()
    signed_in.reload()
    assert rail.bounding_box()["width"] == 56  # type: ignore[index]


def test_toast_counts_down_and_goes(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.clock.install()
    signed_in.goto(session["url"] + "/gallery/?rows=none")
    toast = signed_in.locator("[data-lives]", has_text="Undo")
    expect(toast.locator("[data-left]")).to_have_text("28")
    signed_in.clock.run_for(10_000)
    expect(toast.locator("[data-left]")).to_have_text("18")
    signed_in.clock.run_for(19_000)
    expect(toast).to_have_count(0)


def test_failed_request_leaves_the_page_and_says_so(page: Page, session: dict[str, str]) -> None:
    page.context.add_cookies([session])  # type: ignore[list-item]
    page.goto(session["url"] + "/gallery/?rows=one")
    page.evaluate(
        """() => {
          const button = document.createElement("button");
          button.setAttribute("hx-get", "/broken/");
          button.setAttribute("hx-target", "#main");
          button.textContent = "Break it";
          document.querySelector("#main").prepend(button);
          htmx.process(button);
        }"""
    )
    page.get_by_role("button", name="Break it").click()
    expect(page.locator("#toasts")).to_contain_text("That did not work.")
    expect(page.get_by_role("link", name="Langley Physio")).to_be_visible()


def test_typed_text_survives_a_reload(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?rows=none")
    note = signed_in.get_by_label("Note to Dirk").first
    note.fill("The second clinic closed.")
    signed_in.reload()
    expect(note).to_have_value("The second clinic closed.")


def test_visible_time_goes_with_the_decision(signed_in: Page, session: dict[str, str]) -> None:
    signed_in.goto(session["url"] + "/gallery/?page=columns")
    signed_in.wait_for_timeout(120)
    signed_in.evaluate(
        "document.querySelector('form.action-bar')"
        ".addEventListener('submit', (event) => event.preventDefault())"
    )
    signed_in.keyboard.press("a")
    shown = int(signed_in.locator("input[name=visible_ms]").input_value())
    assert 100 <= shown < 60_000
