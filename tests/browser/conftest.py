"""What every browser test stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from revenue.models import User

PATIENCE = 30_000
"""Milliseconds. A page takes one; a machine that does much else takes longer."""
expect.set_options(timeout=PATIENCE)

FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "revenue.web.bundles.BundleFinder",
]


@pytest.fixture(scope="session")
def base_url() -> None:
    """Tests name whole addresses. The plugin's own fixture is one that pytest warns of."""


@dataclass
class Visitor:
    """A window of somebody's browser, and whatever the browser complained of in it."""

    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        """Keep errors, such as a style that the content security policy refused."""
        if message.type == "error":
            self.complaints.append(message.text)

    def go(self, path: str) -> int:
        """Open the page and return the status."""
        response = self.page.goto(self.home + path)
        assert response is not None
        return response.status

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


Visit = Callable[..., Visitor]


def cookie_of(person: User, home: str) -> Any:
    """The session of somebody who has signed in."""
    client = Client()
    client.force_login(person)
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": home}


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Visit]:
    """Opens a browser of its own for a person, or for nobody; ``options`` are those of a context.

    A test fails when a browser complained of an error that the test did not clear.
    """
    settings.STATICFILES_FINDERS = FINDERS
    opened: list[tuple[BrowserContext, Visitor]] = []

    def visitor(person: User | None = None, **options: Any) -> Visitor:
        context = browser.new_context(**options)
        if person is not None:
            context.add_cookies([cookie_of(person, live_server.url)])
        found = Visitor(context.new_page(), live_server.url)
        found.page.set_default_timeout(PATIENCE)
        opened.append((context, found))
        return found

    yield visitor
    for context, _ in opened:
        context.close()
    assert [each.complaints for _, each in opened if each.complaints] == []
