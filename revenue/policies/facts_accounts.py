"""What the ideal customer profile reads about accounts, for a batch in two queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Max

from revenue.models import Account, SourceRecord
from revenue.policies.chains import is_national_chain


def account_facts(accounts: Sequence[Account], *, now: datetime) -> dict[int, dict[str, Any]]:
    """Known facts by account id; the accounts carry their ``brand``."""
    rows = (
        SourceRecord.objects.filter(account__in=accounts)
        .values("account_id")
        .annotate(names=ArrayAgg("source_id", distinct=True), seen=Max("last_seen_at"))
    )
    seen: dict[int, dict[str, Any]] = {row["account_id"]: dict(row) for row in rows}
    return {account.pk: _facts(account, seen.get(account.pk), now=now) for account in accounts}


def _facts(account: Account, sources: dict[str, Any] | None, *, now: datetime) -> dict[str, Any]:
    locations = account.brand.locations if account.brand else 1
    facts = {
        "account.category": account.category,
        "account.category_group": account.category_group,
        "account.name": account.name,
        "account.trade": account.trade or None,
        "account.locations": locations,
        "account.employees_full_time": account.employees_full_time,
        "account.employees_total": _total(account),
        # A list that has no website for a business doesn't prove that there is none.
        "account.has_website": True if account.website else None,
        "account.has_phone": True if account.phone else None,
        "account.country": account.country or None,
        "account.region": account.region or None,
        "account.city": account.city or None,
        "account.is_national_chain": is_national_chain(account.name, locations=locations),
    }
    if sources:
        facts["account.sources"] = len(sources["names"])
        facts["account.source_names"] = sources["names"]
        facts["account.days_since_seen"] = round((now - sources["seen"]).total_seconds() / 86400, 2)
    return {name: value for name, value in facts.items() if value is not None}


def _total(account: Account) -> int | None:
    parts = (account.employees_full_time, account.employees_part_time)
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
