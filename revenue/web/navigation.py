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

    ``letter`` leads there after g, as on every page; t is the start page's.
    ``count`` is the context variable with the number of things that wait there, shown to those
    who may post to ``acts``. A hairline stands where ``group`` changes.
    """

    key: str
    label: str
    icon: str
    url_name: str
    group: str
    letter: str
    first_for: frozenset[str] = frozenset()
    count: str = ""
    acts: str = ""
    demo_only: bool = False


ENTRIES = (
    Entry(
        "approvals",
        "Approvals",
        "stamp",
        "approvals:queue",
        "work",
        "a",
        first_for=frozenset({"founder", "admin"}),
        count="approvals_waiting",
        acts="approvals:decide",
    ),
    Entry(
        "changes",
        "Changes",
        "git-pull-request-arrow",
        "approvals:changes",
        "work",
        "h",
        count="changes_waiting",
        acts="approvals:change_decide",
    ),
    Entry(
        "accounts",
        "Accounts",
        "building-2",
        "revenue:accounts",
        "work",
        "c",
        first_for=frozenset({"founder", "accountant"}),
    ),
    Entry("icp_review", "ICP review", "list-checks", "revenue:icp_review", "work", "i"),
    Entry(
        "policies",
        "Policies",
        "scroll-text",
        "revenue:policies",
        "rules",
        "p",
        first_for=frozenset({"admin"}),
    ),
    Entry(
        "seats",
        "Seats",
        "network",
        "revenue:seats",
        "rules",
        "s",
        first_for=frozenset({"founder", "accountant", "admin"}),
    ),
    Entry(
        "ledger",
        "Ledger",
        "book-open-text",
        "revenue:ledger",
        "record",
        "l",
        first_for=frozenset({"accountant"}),
    ),
    Entry("imports", "Lists", "file-up", "revenue:imports", "record", "f"),
    Entry("suppressions", "Suppressions", "mail-x", "revenue:suppressions", "record", "u"),
    Entry("settings", "Settings", "sliders-horizontal", "revenue:settings", "house", "e"),
    Entry("mailbox", "Mailbox", "mailbox", "approvals:mailbox", "house", "m", demo_only=True),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as one reader sees it; ``count`` is a number, or empty where nothing waits."""

    entry: Entry
    url: str
    here: bool
    count: object
    on_phone: bool
    starts_group: bool


def places(request: HttpRequest, *, counts: Mapping[str, object], demo: bool) -> list[Place]:
    """The entries that the reader may open, in order; ``counts`` holds the entries' counts."""
    user: Any = request.user
    roles = {str(role) for role in user.roles}
    shown: list[Place] = []
    open_to = _open_to(user, demo=demo)
    here = max((url for _, url in open_to if request.path.startswith(url)), key=len, default="")
    for entry, url in open_to:
        phones = sum(place.on_phone for place in shown)
        shown.append(
            Place(
                entry=entry,
                url=url,
                here=url == here,
                count=counts.get(entry.count, "") if user.may_post(entry.acts) else "",
                on_phone=bool(entry.first_for & roles) and phones < PHONE_ENTRIES,
                starts_group=bool(shown) and shown[-1].entry.group != entry.group,
            )
        )
    return shown


def _open_to(user: Any, *, demo: bool) -> list[tuple[Entry, str]]:
    """The entries for this person, each with its address."""
    open_to = [
        (entry, _address(entry))
        for entry in ENTRIES
        if user.may_see(entry.url_name) and (demo or not entry.demo_only)
    ]
    return [(entry, url) for entry, url in open_to if url is not None]


def _address(entry: Entry) -> str | None:
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        return None
