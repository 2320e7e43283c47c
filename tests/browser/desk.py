"""The queue on somebody's screen, and what the browser tests do there."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from approvals.models import Decision, Send
from tests.approvals.waiting import waiting_send
from tests.browser.conftest import Visitor
from tests.support.rows import installed

CLINICS = ("Harbour Physio", "Zen Salon", "Walnut Grove Massage")


def waiting_sends() -> None:
    """An installed house in which a mail to each of three clinics waits."""
    installed()
    for name in CLINICS:
        waiting_send(business=name)


@dataclass
class Desk:
    """The approvals page of one visitor, with scripts."""

    visitor: Visitor

    def open(self, send_id: int | None = None) -> int:
        """Open the queue, or this send in it; the number of the send that is shown."""
        self.visitor.go(f"/approvals/{send_id}/" if send_id else "/approvals/")
        return self.settled(send_id)

    @property
    def item(self) -> Locator:
        return self.visitor.page.locator("#item")

    @property
    def toasts(self) -> Locator:
        return self.visitor.page.locator("#toasts")

    def rows(self) -> list[int]:
        """The sends of the list, from the top."""
        found = self.visitor.page.locator("#rows > [data-row]").all()
        return [int((row.get_attribute("id") or "").removeprefix("row-")) for row in found]

    def settled(self, send_id: int | None = None) -> int:
        """Wait until that send, or any, is shown and takes keys again."""
        shown = self.item.locator(f"[data-send='{send_id}']" if send_id else "[data-send]")
        expect(shown).to_be_visible()
        expect(self.item).not_to_have_attribute("inert", "")
        return int(shown.get_attribute("data-send") or 0)


def state_of(send_id: int) -> str:
    return Send.objects.get(pk=send_id).state


def decided(send_id: int) -> Decision:
    """The only decision about this send."""
    return Decision.objects.get(send=send_id)
