"""From a list to a mail in the mailbox and out of it again, in a copy that runs with workers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.hands import Hands, Keyboard, Mouse
from tests.faults.test_up import ROOT, Copy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

HOLD = 8
PATIENCE = 60_000
SCREEN = ViewportSize(width=1440, height=900)
ACCOUNTS = (
    "record_id,name,trade,phone,street,city,region,postcode,country,employees_full_time\n"
    "{key}-1,{name},physiotherapy,604-534-{line}1,{line} Glover Rd,Langley,BC,V3A 4G3,CA,14\n"
    "{key}-2,Molar Dental {line},dental,604-534-{line}2,{line} Fraser Hwy,Langley,BC,V3A 4G4,CA,9\n"
)
CONTACTS = (
    "email,name,role,time_zone,country,region,consent,published_url,published_at,no_solicitation,"
    "account_source,account_record_id\n"
    "{key}@clinic.example,Noor Haddad,Owner,America/Vancouver,CA,BC,implied_published,"
    "https://clinic.example/contact,{today},no,accounts,{key}-1\n"
)
NEXT_DRAFT = """
from django.utils import timezone
from revenue.agents.drafts import write_for
from revenue.models import Contact
contact = Contact.objects.select_related("account__brand").get(email="{email}")
write_for(contact=contact, kind="cold", now=timezone.now(), seed="next")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    found = Copy(tmp_path_factory.mktemp("path") / "var", demo=True)
    try:
        yield found.run()
    finally:
        found.close()


@pytest.fixture(scope="module")
def logins(copy: Copy, browser: Browser) -> dict[str, str]:
    """The passwords of the demo; the house holds mail for a few seconds only, and is empty."""
    found = dict(re.findall(r"log in as (\w+) with password (\w+)", "\n".join(copy.lines)))
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(PATIENCE)
    sign_in(Mouse(page), copy, "admin", found["admin"])
    page.goto(f"{home(copy)}/settings/")
    page.get_by_label("Undo window, in seconds").fill(str(HOLD))
    page.get_by_role("button", name="Save the house").click()
    page.context.clear_cookies()
    sign_in(Mouse(page), copy, "founder", found["founder"])
    page.goto(f"{home(copy)}/approvals/?select=all")
    page.locator("[data-selection] summary", has_text="Reject").click()
    page.locator("[data-selection]").get_by_role("button", name="Bad timing").click()
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)
    page.close()
    return found


def home(copy: Copy) -> str:
    return f"http://localhost:{copy.port}"


def sign_in(hands: Hands, copy: Copy, name: str, password: str) -> None:
    hands.page.goto(f"{home(copy)}/login/")
    hands.write(hands.page.get_by_label("Name"), name)
    hands.write(hands.page.get_by_label("Password"), password)
    hands.press(hands.page.get_by_role("button", name="Sign in"))
    expect(hands.page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()


def load_list(hands: Hands, file: Path, mapping: str) -> None:
    """Load a file with a ready mapping: a look first, then in."""
    page = hands.page
    hands.go("Lists", "f")
    hands.attach(page.locator("input[type=file]"), file)
    hands.choose(page.locator("select[name=mapping]"), mapping)
    hands.press(page.get_by_role("button", name="Load the list"))
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible(timeout=PATIENCE)
    hands.press(page.get_by_role("button", name="Import these"), "i")
    expect(page.get_by_role("heading", name="What did this list change?")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)


def run(copy: Copy, *command: str) -> None:
    subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=copy.environment, check=True, capture_output=True
    )


def wait_for_row(page: Page, words: str) -> None:
    """Reload a list until a row of it holds these words."""
    for _ in range(120):
        if page.locator("[data-row]", has_text=words).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"no {words} at {page.url}")


def find_accepted(hands: Hands, business: str) -> None:
    """Search for a business among the accepted accounts, until it is one of them."""
    page = hands.page
    hands.go("Accounts", "c")
    with page.expect_navigation():
        hands.press(page.get_by_role("link", name="Accepted"))
    hands.write(page.get_by_label("Search these accounts"), business)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    wait_for_row(page, business)


def open_draft(hands: Hands, business: str) -> None:
    """Open the draft to this business in the queue, where it waits."""
    page = hands.page
    hands.go("Approvals", "a")
    wait_for_row(page, business)
    item = page.locator("#item")
    expect(item.locator("[data-send]")).to_be_visible()
    for _ in range(60):
        expect(item).not_to_have_attribute("inert", "")
        if item.get_by_role("region", name=f"Mail to {business}").count():
            return
        before = item.locator("[data-send]").get_attribute("data-send") or ""
        hands.press(page.locator("#rows [data-row-link]", has_text=business), "j")
        expect(item.locator("[data-send]")).not_to_have_attribute("data-send", before)
    raise AssertionError("not among the first sixty")


def approve(hands: Hands, business: str) -> None:
    """Approve it, and see how long it can be taken back."""
    page = hands.page
    expect(page.locator("#item")).not_to_have_attribute("inert", "")
    hands.press(page.get_by_role("button", name=f"Approve and send in {HOLD} s"), "a")
    toast = page.locator("[data-toast]", has_text="Approved: Noor Haddad.")
    expect(toast.locator("[data-left]")).to_have_text(re.compile(r"^\d+$"))


@pytest.mark.parametrize("way", [Mouse, Keyboard])
def test_founder_goes_from_a_list_to_a_delivered_mail(
    way: type[Mouse] | type[Keyboard],
    copy: Copy,
    logins: dict[str, str],
    browser: Browser,
    tmp_path: Path,
) -> None:
    hands: Hands = way(browser.new_page(viewport=SCREEN))
    page = hands.page
    key, line = way.__name__.lower(), {Mouse: "511", Keyboard: "622"}[way]
    business, email = f"Bluebell Physio {line}", f"{key}@clinic.example"
    page.set_default_timeout(PATIENCE)
    values = {"key": key, "line": line, "name": business, "today": "2026-11-01"}
    accounts, contacts = tmp_path / f"{key}-accounts.csv", tmp_path / f"{key}-contacts.csv"
    accounts.write_text(ACCOUNTS.format(**values))
    contacts.write_text(CONTACTS.format(**values))

    sign_in(hands, copy, "founder", logins["founder"])
    load_list(hands, accounts, "Accounts, our own")
    load_list(hands, contacts, "Contacts, our own")
    find_accepted(hands, business)
    hands.press(page.locator("[data-row-link]", has_text=business))
    expect(page.locator("#verdict .verdict-sentence")).to_have_attribute("data-state", "go")
    expect(page.locator("#verdict .rules")).to_contain_text("to take on a campaign")

    run(copy, "-m", "celery", "-A", "revenue.celery", "call", "approvals.draft")
    open_draft(hands, business)
    approve(hands, business)
    hands.press(page.locator("[data-toast]").get_by_role("button", name="Undo"), "u")
    expect(page.locator("#item").get_by_role("region", name=f"Mail to {business}")).to_be_visible()
    approve(hands, business)

    hands.go("Mailbox", "m")
    wait_for_row(page, email)
    hands.press(page.locator("[data-row]", has_text=email).locator("[data-row-link]"))
    hands.press(page.locator(".mail-body a[href*='/u/']"))
    hands.press(page.get_by_role("button", name="Unsubscribe"))
    expect(page.get_by_role("heading", name="You will not hear from us again")).to_be_visible()

    run(copy, "manage.py", "shell", "-c", NEXT_DRAFT.format(email=email))
    page.goto(home(copy))  # the page of the recipient leads nowhere
    hands.go("Approvals", "a")
    with page.expect_navigation():
        hands.press(page.get_by_role("link", name="Denied"))
    wait_for_row(page, business)
    hands.press(page.locator("[data-row-link]", has_text=business))
    expect(page.locator("#item")).to_contain_text("unsubscribed")
    page.close()
