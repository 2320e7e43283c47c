"""Named reads of accounts for pages and commands, each with a fixed number of statements."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from revenue.models import Account, Contact, ImportIssue, ImportRun, SourceRecord

PAGE = 50
COUNTED = 10_000
"""Counting stops here; a page says "more than"."""
NONE = "none"
"""As ``effect``: not judged yet; as ``rule``: no rule decided."""

_LISTED = (
    "id", "name", "name_key", "category", "category_group", "area", "city", "country", "website",
    "phone", "employees_full_time", "icp_effect", "icp_rule", "screened_at", "changed_at",
    "brand__name", "brand__locations",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What a list of accounts is narrowed to; empty means any. ``search`` is as typed."""

    search: str = ""
    effect: str = ""
    rule: str = ""
    category: str = ""
    group: str = ""
    area: str = ""
    city: str = ""
    source: str = ""
    brand: int | None = None
    contacts: bool | None = None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """``after`` is the cursor of the next page, empty at the end."""

    accounts: list[Account]
    after: str


def list_accounts(wanted: AccountFilter, *, after: str = "", limit: int = PAGE) -> AccountPage:
    """Accounts by name from behind a cursor, with their brand. One statement.

    A cursor that is none starts at the beginning.
    """
    found = filtered(wanted).select_related("brand").only(*_LISTED).order_by("name_key", "id")
    key, _, number = after.rpartition("|")
    if number.isascii() and number.isdigit() and len(number) < 20:
        # Two conditions: the first one finds the place in the index.
        found = found.filter(name_key__gte=key).exclude(name_key=key, id__lte=int(number))
    accounts = list(found[: limit + 1])
    more = len(accounts) > limit
    accounts = accounts[:limit]
    return AccountPage(accounts, f"{accounts[-1].name_key}|{accounts[-1].pk}" if more else "")


def count_accounts(wanted: AccountFilter) -> int:
    """How many accounts fit, counted up to ``COUNTED`` + 1."""
    return filtered(wanted).order_by()[: COUNTED + 1].count()


def filtered(wanted: AccountFilter) -> QuerySet[Account]:
    """The accounts that fit, merged ones left out, in no order."""
    conditions = Q(merged_into__isnull=True)
    for field, value in (
        ("icp_effect", wanted.effect),
        ("icp_rule", wanted.rule),
        ("category", wanted.category),
        ("category_group", wanted.group),
        ("area", wanted.area),
        ("city", wanted.city),
        ("brand", wanted.brand),
    ):
        if value:
            conditions &= Q((field, "" if value == NONE else value))
    found = Account.objects.filter(conditions)
    if words := _search(wanted.search):
        found = found.filter(search=words)
    if wanted.source:
        records = SourceRecord.objects.filter(account=OuterRef("pk"), source=wanted.source)
        found = found.filter(Exists(records))
    if wanted.contacts is not None:
        people = Exists(Contact.objects.filter(account=OuterRef("pk")))
        found = found.filter(people if wanted.contacts else ~people)
    return found


def records_of(account: Account) -> QuerySet[SourceRecord]:
    """An account's records with their sources, in order of precedence."""
    return (
        SourceRecord.objects.filter(account=account)
        .select_related("source")
        .order_by("first_seen_at", "id")
    )


def latest_imports(limit: int = PAGE) -> QuerySet[ImportRun]:
    """Imports, the newest first, without their samples."""
    return (
        ImportRun.objects.select_related("mapping").defer("report", "spec").order_by("-id")[:limit]
    )


def issues_of(run: ImportRun, limit: int = PAGE) -> QuerySet[ImportIssue]:
    """The first issues of an import by line."""
    return ImportIssue.objects.filter(run=run).order_by("line", "id")[:limit]


def _search(text: str) -> SearchQuery | None:
    """Every word as the beginning of one; nothing of the query language comes from outside."""
    words = re.findall(r"\w+", text)[:8]
    if not words:
        return None
    return SearchQuery(
        " & ".join(f"{word}:*" for word in words), config="simple", search_type="raw"
    )
