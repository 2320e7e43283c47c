"""What a list of accounts shows beside each row, and what it can be narrowed to.

Counting stops at ``COUNTED``, so that each statement stays cheap with a million accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db import connection
from django.db.models import Count, Max, QuerySet, Window

from revenue.models import Account, Contact, Effect, SourceRecord
from revenue.pipeline.queries import COUNTED, NONE, AccountFilter, filtered
from revenue.policies.categories import CATEGORIES

FRESH_FOR = timedelta(days=180)
"""A business that no list named for so long is marked as old."""
EFFECTS: tuple[str, ...] = (*Effect.values, NONE)
CHOICES = 14


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """One row of the list. ``contact`` is the first one's name or, without one, address."""

    account: Account
    contacts: int
    contact: str
    sources: str
    seen_at: datetime | None
    is_old: bool

    @property
    def category(self) -> str:
        """Its category in words."""
        known = CATEGORIES.get(self.account.category)
        return known.label if known else self.account.category

    @property
    def verdict_is_old(self) -> bool:
        """Something that policies read changed after the verdict."""
        screened = self.account.screened_at
        return screened is not None and screened < self.account.changed_at


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that occurs among the accounts found. ``field`` is one of ``AccountFilter``."""

    field: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the found accounts can be narrowed to, the most frequent first.

    ``complete`` is False where there are more accounts than were looked at; counts then say little.
    """

    categories: tuple[Choice, ...]
    areas: tuple[Choice, ...]
    cities: tuple[Choice, ...]
    complete: bool


def shown_accounts(accounts: Sequence[Account], *, now: datetime) -> list[ShownAccount]:
    """Rows for these accounts, in their order. Two statements."""
    number = Window(Count("pk"), partition_by="account_id")
    people: dict[int, Mapping[str, Any]] = {
        row["account_id"]: row
        for row in Contact.objects.filter(account__in=accounts)
        .values("account_id", "name", "email", number=number)
        .order_by("account_id", "pk")
        .distinct("account_id")
    }
    records: dict[int, Mapping[str, Any]] = {
        row["account_id"]: row
        for row in SourceRecord.objects.filter(account__in=accounts)
        .values("account_id")
        .annotate(
            seen=Max("last_seen_at"),
            names=StringAgg("source__name", delimiter=", ", distinct=True),
        )
    }
    return [
        _shown(account, people.get(account.pk, {}), records.get(account.pk, {}), now)
        for account in accounts
    ]


def verdict_counts(wanted: AccountFilter) -> dict[str, int]:
    """How many fit with each verdict, whatever ``wanted.effect`` is, each up to ``COUNTED`` + 1.

    Keys are ``EFFECTS``; ``NONE`` counts those without a verdict. One statement.
    """
    found = [filtered(replace(wanted, effect=effect)) for effect in EFFECTS]
    return dict(zip(EFFECTS, _counts(found), strict=True))


def choices(wanted: AccountFilter) -> Choices:
    """Categories and places among the first ``COUNTED`` accounts that fit. One statement."""
    rows = filtered(wanted).order_by().values("category", "area", "city")[: COUNTED + 1]
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""with found as materialized ({sql}),
                totals as (select count(*) as total from found)
                select category, area, city, count(*) as number,
                       (select total from totals)
                from found group by grouping sets ((category), (area), (city))
                having coalesce(category, area, city) <> ''
                order by number desc, category, area, city""",  # noqa: S608 - values stay apart
            parameters,
        )
        rows = cursor.fetchall()
    found: dict[str, list[Choice]] = {"category": [], "area": [], "city": []}
    for row in rows:
        field, value = next((name, text) for name, text in zip(found, row, strict=False) if text)
        found[field].append(Choice(field, value, row[3]))
    return Choices(
        categories=tuple(found["category"]),
        areas=tuple(found["area"][:CHOICES]),
        cities=tuple(found["city"][:CHOICES]),
        complete=not rows or rows[0][4] <= COUNTED,
    )


def siblings(account: Account, limit: int) -> list[Account]:
    """The other places of its brand, by city and street. One statement, none without a brand."""
    if account.brand_id is None:
        return []
    others = Account.objects.filter(brand=account.brand_id, merged_into__isnull=True)
    return list(
        others.exclude(pk=account.pk)
        .only("name", "street", "unit", "area", "city", "icp_effect")
        .order_by("city", "street", "id")[:limit]
    )


def _shown(
    account: Account,
    people: Mapping[str, Any],
    records: Mapping[str, Any],
    now: datetime,
) -> ShownAccount:
    seen = records.get("seen")
    return ShownAccount(
        account=account,
        contacts=people.get("number", 0),
        contact=people.get("name") or people.get("email", ""),
        sources=records.get("names") or "",
        seen_at=seen,
        is_old=seen is not None and now - seen > FRESH_FOR,
    )


def _counts(found: Sequence[QuerySet[Account]]) -> list[int]:
    parts: list[str] = []
    parameters: list[Any] = []
    for rows in found:
        sql, values = rows.order_by().values("pk")[: COUNTED + 1].query.sql_with_params()
        parts.append(f"(select count(*) from ({sql}) as part)")  # noqa: S608 - values stay apart
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(parts)}", parameters)
        return list(cursor.fetchone() or ())
