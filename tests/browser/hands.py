"""Two ways to use a page: by mouse, and by keyboard alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page

FARTHEST = 150
"""Presses of Tab after which something counts as out of reach."""


def expect_files(page: Page) -> None:
    """Let the browser hand its file choosers over from the beginning.

    Asked for only when the key is pressed, the order reaches the page on another way than the key
    and may come after it; then the browser opens a chooser of its own, which nobody answers.
    """
    page.on("filechooser", lambda _chooser: None)


class Hands(Protocol):
    """How somebody works a page."""

    page: Page

    def go(self, place: str, letter: str) -> None:
        """Open an entry of the rail; ``letter`` is its own after g."""

    def press(self, target: Locator, key: str = "") -> None:
        """Press a button or link; ``key`` is its shortcut."""

    def write(self, field: Locator, text: str) -> None:
        """Replace what is in a field."""

    def choose(self, select: Locator, label: str) -> None:
        """Choose from a list, by the beginning of its label."""

    def attach(self, field: Locator, file: Path) -> None:
        """Choose a file."""


@dataclass
class Mouse:
    page: Page

    def __post_init__(self) -> None:
        expect_files(self.page)

    def go(self, place: str, letter: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(".rail .rail-link", has_text=place).click()

    def press(self, target: Locator, key: str = "") -> None:
        target.click()

    def write(self, field: Locator, text: str) -> None:
        field.click()
        field.fill(text)

    def choose(self, select: Locator, label: str) -> None:
        option = select.locator("option", has_text=label).first
        select.select_option(value=option.get_attribute("value"))

    def attach(self, field: Locator, file: Path) -> None:
        with self.page.expect_file_chooser() as chosen:
            field.click()
        chosen.value.set_files(file)


@dataclass
class Keyboard:
    page: Page

    def __post_init__(self) -> None:
        expect_files(self.page)

    def go(self, place: str, letter: str) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("g")
            self.page.keyboard.press(letter)

    def reach(self, target: Locator) -> None:
        """Press Tab until it has the focus."""
        target.wait_for()
        for _ in range(FARTHEST):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} is out of reach of the Tab key")

    def press(self, target: Locator, key: str = "") -> None:
        if key:
            target.wait_for()
            self.page.keyboard.press(key)
        else:
            self.reach(target)
            self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, select: Locator, label: str) -> None:
        self.reach(select)
        self.page.keyboard.type(label)

    def attach(self, field: Locator, file: Path) -> None:
        self.reach(field)
        with self.page.expect_file_chooser() as chosen:
            self.page.keyboard.press("Space")
        chosen.value.set_files(file)
