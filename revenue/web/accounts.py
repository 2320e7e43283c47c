"""The accounts: a list to search and narrow, and the page of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from revenue.conversation import suppression
from revenue.models import (
    Account,
    Brand,
    Contact,
    PolicyKind,
    Source,
    SourceRecord,
    Suppression,
    SuppressionKind,
    SuppressionReason,
)
from revenue.pipeline.browsing import FRESH_FOR, choices, shown_accounts, siblings, verdict_counts
from revenue.pipeline.queries import AccountFilter, list_accounts, records_of
from revenue.pipeline.relationships import relationship_of
from revenue.pipeline.reviewing import objections_to
from revenue.policies import verdicts
from revenue.policies.categories import GROUPS
from revenue.web.access import acting, reader
from revenue.web.account_filters import (
    active_chips,
    as_query,
    category_words,
    choice_groups,
    effect_tabs,
    read_filter,
)
from revenue.web.bonds import shown_facts
from revenue.web.objecting import REASONS

SIBLINGS = 24
FIELDS = (
    ("name", "Name"), ("legal_name", "Legal name"), ("trade", "What they do"),
    ("category", "Category"), ("brand", "Brand"), ("phone", "Telephone"), ("website", "Website"),
    ("street", "Street"), ("unit", "Unit"), ("area", "Area"), ("city", "City"),
    ("region", "Region"), ("postcode", "Postcode"), ("country", "Country"),
    ("latitude", "Latitude"), ("longitude", "Longitude"),
    ("employees_full_time", "Full-time staff"), ("employees_part_time", "Part-time staff"),
    ("opening_hours", "Open"), ("stated_on", "Stated on"),
)  # fmt: skip


class SuppressForm(forms.Form):
    """Why nobody may write to an account."""

    reason = forms.ChoiceField(
        choices=[
            (reason.value, reason.label)
            for reason in SuppressionReason
            if reason not in {SuppressionReason.IMPORTED, SuppressionReason.BOUNCED}
        ]
    )
    note = forms.CharField(max_length=300, required=False)


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """One source's word on the account. ``fields`` are labels and values, without a category."""

    row: SourceRecord
    fields: list[tuple[str, str]]
    is_old: bool


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts that were asked for, by name."""
    wanted = read_filter(request.GET)
    now = timezone.now()
    page = list_accounts(wanted, after=request.GET.get("after", "").replace("\x00", ""))
    counts = verdict_counts(wanted)
    sources = list(Source.objects.order_by("name", "slug"))
    brand = Brand.objects.filter(pk=wanted.brand).first() if wanted.brand else None
    rules = rule_titles() if wanted.rule else {}
    context = {
        "rows": shown_accounts(page.accounts, now=now),
        "wanted": wanted,
        "narrowed": wanted != AccountFilter(),
        "any": any(counts.values()),
        "tabs": effect_tabs(wanted, counts),
        "active": active_chips(wanted, rules, brand.name if brand else "", sources),
        "groups": choice_groups(wanted, choices(wanted), sources),
        "kept": [
            (name, value) for name, value in request.GET.items() if name not in {"q", "after"}
        ],
        "first_url": as_query(wanted) if request.GET.get("after") else "",
        "may_import": reader(request).may_see("revenue:imports"),
        "next_url": as_query(wanted, after=page.after) if page.after else "",
    }
    return render(request, "revenue/accounts.html", context)


@require_safe
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account: may we write to it, to whom, and how do we know."""
    row = account_or_404(account_id)
    if row.merged_into_id is not None:
        messages.info(request, f"{row.name} was merged: both are one business.")
        return redirect("revenue:account", row.merged_into_id)
    return render(request, "revenue/account.html", _page(request, row))


@require_POST
def suppress(request: HttpRequest, account_id: int) -> HttpResponse:
    """Let nobody write to this account any more."""
    row = account_or_404(account_id)
    form = SuppressForm(request.POST)
    if not form.is_valid():
        return render(
            request, "revenue/account.html", _page(request, row, suppressing=form), status=422
        )
    suppression.suppress(
        kind=SuppressionKind.ACCOUNT,
        value=str(row.pk),
        reason=SuppressionReason(form.cleaned_data["reason"]),
        note=form.cleaned_data["note"],
        by=acting(request),
        now=timezone.now(),
    )
    messages.success(request, "On the list: nobody writes to this account any more.")
    return redirect("revenue:account", row.pk)


def account_or_404(account_id: int) -> Account:
    """An account with its brand and verdict."""
    rows = Account.objects.select_related("brand", "icp_verdict__policy")
    return get_object_or_404(rows, pk=account_id)


def rule_titles() -> dict[str, str]:
    """The titles of the active customer profile's rules, by id; empty where none is active."""
    try:
        text = verdicts.active(PolicyKind.ICP).text
    except verdicts.NoActivePolicy:
        return {}
    return {rule.id: rule.name for rule in text.rules}


def _page(
    request: HttpRequest, row: Account, *, suppressing: SuppressForm | None = None
) -> dict[str, Any]:
    now = timezone.now()
    user = reader(request)
    verdict = row.icp_verdict
    today = timezone.localdate(now)
    relationship = relationship_of(row, today=today)
    return {
        "account": row,
        "category": category_words(row.category),
        "group": GROUPS.get(row.category_group, ""),
        "records": [_shown(record, now) for record in records_of(row)],
        "siblings": siblings(row, SIBLINGS),
        "contacts": list(Contact.objects.filter(account=row).order_by("added_at", "id")),
        "standing": shown_facts(relationship.standing),
        "past": shown_facts(relationship.past, today=today),
        "explained": verdicts.explained(verdict) if verdict else None,
        "verdict_is_old": bool(row.screened_at and row.screened_at < row.changed_at),
        "objection": objections_to([row]).get(row.pk) if verdict else None,
        "reasons": REASONS.get(row.icp_effect, ()),
        "back": reverse("revenue:account", args=[row.pk]),
        "suppressed": _suppression_of(row),
        "suppressing": suppressing or SuppressForm(),
        "now": timezone.localtime(now),
        "may_write": user.may_post("revenue:contact_add"),
        "may_relate": user.may_post("revenue:relationship_add"),
        "may_object": user.may_post("revenue:icp_object"),
    }


def _suppression_of(row: Account) -> Suppression | None:
    digest = suppression.digest_of(
        SuppressionKind.ACCOUNT, str(row.pk), key=settings.SUPPRESSION_KEY
    )
    return Suppression.objects.filter(
        kind=SuppressionKind.ACCOUNT, digest=digest, lifted_at=None
    ).first()


def _shown(record: SourceRecord, now: datetime) -> ShownRecord:
    fields = record.fields or {}
    said = [(label, _said(name, fields[name])) for name, label in FIELDS if name in fields]
    return ShownRecord(record, said, now - record.last_seen_at > FRESH_FOR)


def _said(name: str, value: object) -> str:
    return category_words(str(value)) if name == "category" else str(value)
