"""Takes the pictures of the README anew from a running demo.

    .venv/bin/python docs/pictures/take.py [http://localhost:8000]

It works in the house as its people do: approves the first mail of the queue, so that one arrives,
writes and publishes a rule, proposes a looser one, and grants a level. The last picture takes until
the first mail leaves without a click, about ten minutes after the demo was loaded.
"""

import shutil
import sys
import time
from pathlib import Path

from palette import shrink
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

HERE = Path(__file__).resolve().parent
SIZE: ViewportSize = {"width": 1440, "height": 900}
ARRIVAL_LIMIT = 120
HOLD_LIMIT = 900
NEW_RULE = "Something is new between us"
LOOSENED = "account-touched-lately"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def main(address: str) -> None:
    """Take them all, in the order in which a founder would meet the pages."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page, admin = log_in(browser, address, "founder"), log_in(browser, address, "admin")
        take_queue(page)
        take(page, "/seats/", "seats")
        take(page, "/icp/review/", "icp-review")
        take_account(page)
        take_mailbox(page)
        take(page, "/ledger/", "ledger")
        take_policy(admin)
        take_change(admin, page)
        take_grant(admin, page)
        take_hold(page)
        browser.close()


def log_in(browser: Browser, address: str, person: str) -> Page:
    """As one of the people of the demo."""
    context = browser.new_context(
        base_url=address, viewport=SIZE, color_scheme="light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", person)
    page.fill("[name=password]", person)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def take_queue(page: Page) -> None:
    """The queue by day and by night, and with an approval that can still be undone."""
    page.goto("/approvals/")
    page.wait_for_selector("#item .verdict")
    shoot(page, "queue-light")
    page.emulate_media(color_scheme="dark")
    shoot(page, "queue-dark")
    page.emulate_media(color_scheme="light")
    page.keyboard.press("a")
    page.wait_for_selector(".toast")
    page.wait_for_timeout(2500)
    shoot(page, "approved")


def take_account(page: Page) -> None:
    """The account of the mail that is first in the queue: it has contacts, sources, a verdict."""
    page.goto("/approvals/")
    page.wait_for_selector("#item .verdict")
    link = page.locator("#item a[href^='/accounts/']").first
    take(page, link.get_attribute("href") or "/accounts/", "account")


def take_mailbox(page: Page) -> None:
    """A mail as it arrived, after its undo window."""
    give_up = time.monotonic() + ARRIVAL_LIMIT
    while time.monotonic() < give_up:
        page.goto("/mailbox/")
        mail = page.locator("[data-row] a").first
        if mail.count():
            take(page, mail.get_attribute("href") or "/mailbox/", "mailbox")
            return
        page.wait_for_timeout(2000)
    raise SystemExit("no mail arrived; does a worker run?")


def take_policy(admin: Page) -> None:
    """A rule while it is written, what is proven of it, and then let it hold."""
    admin.goto("/policies/send/edit/")
    admin.get_by_role("link", name="Add a rule").click()
    admin.get_by_label("Title (optional)").fill(NEW_RULE)
    compare(admin, "0", "account.relationship_facts", "ge", "1")
    admin.locator("#new-form").get_by_role("button", name="Condition", exact=True).click()
    compare(admin, "0-1", "account.days_since_relationship_fact", "lt", "30")
    reason = "What was noted within a month deserves a person's look before we write."
    admin.get_by_label("Because").fill(reason)
    admin.wait_for_timeout(1500)
    admin.locator("#new-form").scroll_into_view_if_needed()
    shoot(admin, "policy-edit")
    admin.locator("#new-form [data-save]").click()
    admin.get_by_role("button", name="Check this").click()
    admin.get_by_role("button", name="Backtest").click()
    admin.wait_for_url("**/backtest/")
    admin.wait_for_timeout(1500)
    admin.go_back()
    admin.reload()
    admin.locator("summary", has_text="Lets less through").click()
    shoot(admin, "policy-proof")
    admin.get_by_role("button", name="Publish now").click()
    admin.wait_for_selector(".toast")


def compare(admin: Page, place: str, fact: str, operator: str, value: str) -> None:
    """Fill in one comparison of the rule that is being written."""
    for part, chosen in (("fact", fact), ("op", operator)):
        admin.locator(f"#new-form [name='{part}-{place}']").first.select_option(value=chosen)
        admin.wait_for_timeout(1200)
    admin.locator(f"#new-form [name='value-{place}']").first.fill(value)


def take_change(admin: Page, founder: Page) -> None:
    """A looser version that waits for a second person."""
    admin.goto("/policies/send/edit/")
    admin.locator(f"#rule-{LOOSENED} summary").first.click()
    admin.locator(f"button[value='remove:{LOOSENED}']").click()
    admin.wait_for_timeout(1500)
    admin.get_by_role("button", name="Check this").click()
    admin.get_by_label("Why should it?").fill("Ten days of silence cost us replies.")
    admin.get_by_role("button", name="Propose it").click()
    admin.wait_for_timeout(1000)
    founder.goto("/approvals/changes/")
    founder.locator("main a[href*='/approvals/changes/']").first.click()
    founder.wait_for_load_state("networkidle")
    shoot(founder, "change")


def take_grant(admin: Page, founder: Page) -> None:
    """Level 3 for reactivations to people who know us, proposed by one and granted by another."""
    admin.goto("/seats/sender/")
    admin.get_by_label("Action").select_option(value="send_reactivation")
    admin.get_by_label("For which mails").select_option(value="known-contacts")
    admin.get_by_label("Level").select_option(value="3")
    admin.get_by_label("At most a day").fill("10")
    admin.locator("#id_why").fill("They have been approved as drafted for weeks.")
    admin.get_by_role("button", name="Propose it").click()
    admin.wait_for_timeout(1000)
    founder.goto("/approvals/changes/")
    founder.locator("main a", has_text="Sender").first.click()
    founder.get_by_role("button", name="Approve and grant").click()
    founder.wait_for_selector(".toast")
    take(founder, "/seats/sender/", "grants")


def take_hold(page: Page) -> None:
    """A mail that leaves without a click, as long as it can be stopped."""
    give_up = time.monotonic() + HOLD_LIMIT
    while time.monotonic() < give_up:
        page.goto("/approvals/hold/")
        if page.get_by_role("button", name="Stop").count():
            shoot(page, "hold")
            return
        page.wait_for_timeout(3000)
    raise SystemExit("nothing was let go; is the audit's draw against it?")


def take(page: Page, path: str, name: str) -> None:
    """One page as it stands after loading."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    shoot(page, name)


def shoot(page: Page, name: str) -> None:
    """Write the picture and say how large it is."""
    page.wait_for_timeout(400)
    picture = page.screenshot(animations="disabled", caret="hide")
    empty = page.context.new_page()
    small = shrink(picture, empty)
    empty.close()
    (HERE / f"{name}.png").write_bytes(small)
    print(f"{name:12} {len(small):>8,} bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
