"""The demo's mailbox keeps its shape, whatever a mail that arrives holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django import Settings

from revenue.access import Role
from revenue.connectors.local_mailbox import new_key
from tests.browser.conftest import Visit
from tests.browser.full_house import HEBREW, LONG, MARKUP, UNBROKEN
from tests.support.rows import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (320, 360, 720, 1024, 1440)
OVER = "document.documentElement.scrollWidth - innerWidth"
ADDRESSES = (
    ("Ana <ana@a.example>", "dana@harbour.example"),
    ("Ana <ana@a.example>", f"{UNBROKEN}@d.example"),
    (f"{UNBROKEN}@a.example", f"{LONG} <{UNBROKEN}@{UNBROKEN[:60]}.example>"),
    (f"{HEBREW} <x@a.example>", ", ".join(f"person{number}@d.example" for number in range(30))),
)
SUBJECTS = ("The phone at half past five", LONG * 3, UNBROKEN * 4, HEBREW, MARKUP, "")


def keep(folder: Path, number: int, sender: str, recipient: str, subject: str) -> str:
    """A mail with many and unbroken headers; its key."""
    more = "".join(f"X-{UNBROKEN}-{line}: {UNBROKEN * 4}\r\n" for line in range(40))
    content = (
        f"Message-ID: <{number}@a.example>\r\nFrom: {sender}\r\nTo: {recipient}\r\n{more}"
        f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{UNBROKEN * 4}\r\n"
    ).encode()
    key = new_key(content)
    (folder / f"{key}.eml").write_bytes(content)
    return key


def test_no_mail_makes_a_page_wider_than_the_screen(
    visit: Visit, settings: Settings, tmp_path: Path
) -> None:
    settings.DEMO, settings.MAILBOX_DIR = True, tmp_path
    mails = [(*route, subject) for route in ADDRESSES for subject in SUBJECTS]
    keys = [keep(tmp_path, number, *mail) for number, mail in enumerate(mails)]
    visitor = visit(make_user(Role.FOUNDER))

    over = {}
    for path in [reverse("approvals:mailbox"), *(f"/mailbox/{key}/" for key in keys[::5])]:
        visitor.go(path)
        for headers in visitor.page.locator("main summary").all():
            headers.click()
        for width in WIDTHS:
            visitor.page.set_viewport_size({"width": width, "height": 900})
            over[path, width] = visitor.page.evaluate(OVER)

    assert {place: wide for place, wide in over.items() if wide > 0} == {}
