"""Takes the pictures of the README anew from a running demo.

    .venv/bin/python docs/pictures/take.py [http://localhost:8000]

It logs in as the founder and approves the first mail of the queue, so that one arrives.
"""

import shutil
import sys
import time
from pathlib import Path

from palette import shrink
from playwright.sync_api import Page, ViewportSize, sync_playwright

HERE = Path(__file__).resolve().parent
SIZE: ViewportSize = {"width": 1440, "height": 900}
ARRIVAL_LIMIT = 120
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def main(address: str) -> None:
    """Take them all, in the order in which a founder would meet the pages."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = browser.new_context(
            base_url=address, viewport=SIZE, color_scheme="light", reduced_motion="reduce"
        )
        page = context.new_page()
        log_in(page)
        take_queue(page)
        take(page, "/seats/", "seats")
        take(page, "/icp/review/", "icp-review")
        take_account(page)
        take_mailbox(page)
        take(page, "/ledger/", "ledger")
        browser.close()


def log_in(page: Page) -> None:
    """As the founder of the demo."""
    page.goto("/login/")
    page.fill("[name=username]", "founder")
    page.fill("[name=password]", "founder")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


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
