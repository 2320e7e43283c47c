"""What the rail and the phone's bottom bar offer to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

PHONE_ENTRIES = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """``first_for`` names the roles whose bottom bar shows it, in the order of the list.

    ``count`` is a key of the context's ``rail_counts``: what there needs this reader now.
    ``group`` parts the rail: a hairline stands where it changes.
    """

    key: str
    label: str
    icon: str
    url_name: str
    group: str
    first_for: frozenset[str] = frozenset()
    count: str = ""
    demo_only: bool = False


ENTRIES = (
    Entry(
        "approvals",
        "Approvals",
        "stamp",
        "approvals:queue",
        "work",
        frozenset({"founder", "admin"}),
        "approvals",
    ),
    Entry(
        "accounts",
        "Accounts",
        "building-2",
        "revenue:accounts",
        "work",
        frozenset({"founder", "accountant"}),
    ),
    Entry("icp_review", "ICP review", "list-checks", "revenue:icp_review", "work"),
    Entry("policies", "Policies", "scroll-text", "revenue:policies", "rules", frozenset({"admin"})),
    Entry(
        "seats",
        "Seats",
        "network",
        "revenue:seats",
        "rules",
        frozenset({"founder", "accountant", "admin"}),
    ),
    Entry(
        "ledger", "Ledger", "book-open-text", "revenue:ledger", "record", frozenset({"accountant"})
    ),
    Entry("imports", "Lists", "file-up", "revenue:imports", "record", count="imports"),
    Entry("suppressions", "Suppressions", "mail-x", "revenue:suppressions", "record"),
    Entry("settings", "Settings", "sliders-horizontal", "revenue:settings", "house"),
    Entry("mailbox", "Mailbox", "mailbox", "approvals:mailbox", "house", demo_only=True),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as one reader sees it."""

    entry: Entry
    url: str
    here: bool
    count: int
    on_phone: bool
    starts_group: bool


def places(request: HttpRequest, *, counts: Mapping[str, int], demo: bool) -> list[Place]:
    """The entries that the reader may open, in order; a missing page is left out."""
    shown: list[Place] = []
    for entry in ENTRIES:
        url = _address(entry, request.user, demo=demo)
        if url is None:
            continue
        phone = bool(entry.first_for & _roles(request.user))
        phone = phone and sum(place.on_phone for place in shown) < PHONE_ENTRIES
        shown.append(
            Place(
                entry=entry,
                url=url,
                here=request.path == url or (url != "/" and request.path.startswith(url)),
                count=counts.get(entry.count, 0),
                on_phone=phone,
                starts_group=bool(shown) and shown[-1].entry.group != entry.group,
            )
        )
    return shown


def _address(entry: Entry, user: Any, *, demo: bool) -> str | None:
    if entry.demo_only and not demo:
        return None
    if not user.may_see(entry.url_name):
        return None
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        return None


def _roles(user: Any) -> frozenset[str]:
    return frozenset(str(getattr(role, "value", role)) for role in user.roles)
