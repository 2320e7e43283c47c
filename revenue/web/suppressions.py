"""The suppression list: whom nobody writes to, and why.

What is searched for is an address of somebody, so it is posted and never stands in a URL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from revenue.conversation import suppression
from revenue.conversation.suppression_files import (
    ImportReport,
    export_suppressions,
    import_suppressions,
)
from revenue.models import Account, Suppression, SuppressionKind, SuppressionReason, User
from revenue.web.access import acting, reader
from revenue.web.ledger_words import subject_of

PAGE = 50
SHOWN_ERRORS = 100
LARGEST_FILE = 5_000_000
"""Bytes: the file is read while the browser waits."""
LARGEST_ID = 2**63 - 1
SHOWN = {"": "In force", "lifted": "Lifted"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry, whom it is about in words, and the page of that account if it is one."""

    entry: Suppression
    words: str
    url: str


class AddForm(forms.Form):
    """Whom not to write to any more."""

    kind = forms.ChoiceField(label="What", choices=SuppressionKind.choices)
    value = forms.CharField(
        label="Address, domain or account number",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text="A domain covers all its subdomains, an address its variants with +tag.",
    )
    reason = forms.ChoiceField(
        choices=[
            (reason.value, reason.label)
            for reason in SuppressionReason
            if reason != SuppressionReason.IMPORTED
        ],
        initial=SuppressionReason.ASKED,
    )
    note = forms.CharField(max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse what is no such thing, and accounts that there are not."""
        given = super().clean() or {}
        if "kind" in given and "value" in given:
            kind = SuppressionKind(given["kind"])
            try:
                value = suppression.normalise(kind, given["value"])
            except suppression.NotSuppressible as refusal:
                self.add_error("value", str(refusal))
            else:
                if kind == SuppressionKind.ACCOUNT and not _account_exists(value):
                    self.add_error("value", "There is no account of this number.")
        return given


class FindForm(forms.Form):
    """An address, a domain or the number of an account."""

    value = forms.CharField(
        label="Is somebody on the list?",
        max_length=254,
        widget=forms.TextInput(
            attrs={
                "placeholder": "Whole address, domain or account number",
                "autocomplete": "off",
                "autocapitalize": "none",
            }
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def suppressions(request: HttpRequest) -> HttpResponse:
    """The entries, latest first, and the form that adds one."""
    account = request.GET.get("account", "")
    initial = {"kind": SuppressionKind.ACCOUNT, "value": account} if account.isdecimal() else None
    form = AddForm(request.POST or None, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        suppression.suppress(
            kind=SuppressionKind(given["kind"]),
            value=given["value"],
            reason=SuppressionReason(given["reason"]),
            note=given["note"],
            by=acting(request),
            now=timezone.now(),
        )
        messages.success(request, "On the list: nobody writes there any more.")
        return redirect("revenue:suppressions")
    return _page(request, add=form, status=422 if form.is_bound else 200)


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """The entries in force that forbid mail to what was typed."""
    form = FindForm(request.POST)
    if not form.is_valid():
        return _page(request, find=form, status=422)
    entries = Suppression.objects.filter(
        lifted_at=None, digest__in=_digests_of(form.cleaned_data["value"])
    )
    found = list(entries.order_by("-suppressed_at", "-id"))
    return _page(request, find=form, found=found)


@require_POST
def lift(request: HttpRequest, suppression_id: int) -> HttpResponse:
    """Allow mail again, for the reason that was typed."""
    try:
        suppression.lift(
            suppression_id=suppression_id,
            reason=request.POST.get("reason", ""),
            by=acting(request),
            now=timezone.now(),
        )
    except (suppression.NeedsReason, suppression.NotActive) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Lifted: mail is allowed there again.")
    return redirect("revenue:suppressions")


@require_POST
def import_file(request: HttpRequest) -> HttpResponse:
    """Add the good rows of a CSV file and tell what was wrong with the others."""
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, "Choose a CSV file first.")
        return redirect("revenue:suppressions")
    if upload.size is None or upload.size > LARGEST_FILE:
        messages.error(request, "A file may have 5 MB; cut it into parts. Nothing was imported.")
        return redirect("revenue:suppressions")
    report = import_suppressions(
        cast("IO[bytes]", upload.file), by=acting(request), now=timezone.now()
    )
    return _page(request, report=report)


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The entries in force as a CSV file."""
    name = f"suppressions-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        export_suppressions(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(
    request: HttpRequest,
    *,
    add: AddForm | None = None,
    find: FindForm | None = None,
    found: list[Suppression] | None = None,
    report: ImportReport | None = None,
    status: int = 200,
) -> HttpResponse:
    state = request.GET.get("state", "") if request.GET.get("state") in SHOWN else ""
    entries, older = (found, "") if found is not None else _entries(state, request)
    context = {
        "add": add or AddForm(),
        "find": find or FindForm(),
        "searched": found is not None,
        "entries": _shown(entries, reader(request)),
        "older": older,
        "is_first": not request.GET.get("before"),
        "state": state,
        "report": report,
        "errors": report.errors[:SHOWN_ERRORS] if report else (),
    }
    return render(request, "revenue/suppressions.html", context, status=status)


def _entries(state: str, request: HttpRequest) -> tuple[list[Suppression], str]:
    """A page of the list, and where the next one begins ("" at the end)."""
    rows: QuerySet[Suppression] = Suppression.objects.filter(lifted_at__isnull=state != "lifted")
    if before := _cursor(request.GET.get("before", "")):
        rows = rows.filter(TupleLessThan(Tuple(F("suppressed_at"), F("pk")), before))
    found = list(rows.order_by("-suppressed_at", "-id")[: PAGE + 1])
    if len(found) <= PAGE:
        return found, ""
    last = found[PAGE - 1]
    return found[:PAGE], f"{last.suppressed_at.isoformat()}~{last.pk}"


def _cursor(text: str) -> tuple[datetime, int] | None:
    at, _, pk = text.partition("~")
    try:
        place, number = datetime.fromisoformat(at), int(pk)
    except ValueError:
        return None
    return (place, number) if place.tzinfo and 0 <= number <= LARGEST_ID else None


def _digests_of(typed: str) -> Sequence[str]:
    """The digests of every entry that would forbid mail to what was typed."""
    key, typed = settings.SUPPRESSION_KEY, typed.strip()
    if typed.isdecimal():
        return [suppression.digest_of(SuppressionKind.ACCOUNT, str(int(typed)), key=key)]
    address = typed if "@" in typed.removeprefix("@") else f"anybody@{typed.removeprefix('@')}"
    return list(suppression.digests_for(address, None, key=key))


def _shown(entries: Sequence[Suppression], user: User) -> list[Shown]:
    """The entries in words; accounts are named by one statement for all."""
    numbers = [entry.value for entry in entries if entry.kind == SuppressionKind.ACCOUNT]
    accounts = Account.objects.filter(pk__in=[int(number) for number in numbers if number])
    names = {str(pk): name for pk, name in accounts.values_list("pk", "name")}
    return [_in_words(entry, names, user) for entry in entries]


def _in_words(entry: Suppression, names: Mapping[str, str], user: User) -> Shown:
    if entry.value is None:
        return Shown(entry, f"Deleted, digest {entry.digest[:12]}", "")
    if entry.value in names and entry.kind == SuppressionKind.ACCOUNT:
        account = subject_of(f"account:{entry.value}", reader=user)
        return Shown(entry, names[entry.value], account.url)
    return Shown(entry, entry.value, "")


def _account_exists(value: str) -> bool:
    return int(value) <= LARGEST_ID and Account.objects.filter(pk=int(value)).exists()
