"""What holds between us and an account: noted, and replaced by a newer statement."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from revenue.models import Account, RelationshipFact
from revenue.pipeline.relationships import (
    InvalidFactError,
    MergedError,
    SupersededError,
    is_superseded,
    note_fact,
)
from revenue.web.access import acting
from revenue.web.bonds import shown_facts
from revenue.web.forms_relationships import FactForm, initial_of


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, account_id: int) -> HttpResponse:
    """Note something about an account."""
    account = get_object_or_404(Account, pk=account_id, merged_into=None)
    return _noting(request, account, None)


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest, fact_id: int) -> HttpResponse:
    """Let a newer statement take the place of an older one."""
    facts = RelationshipFact.objects.select_related("account", "contact", "superseded_by")
    older = get_object_or_404(facts, pk=fact_id)
    if is_superseded(older) and request.method != "POST":
        messages.info(request, SupersededError.__doc__ or "")
        return redirect(_section_of(older.account_id))
    return _noting(request, older.account, older)


def _noting(request: HttpRequest, account: Account, older: RelationshipFact | None) -> HttpResponse:
    now = timezone.now()
    posted = request.POST if request.method == "POST" else None
    initial = initial_of(older, today=timezone.localdate(now))
    form = FactForm(posted, initial=initial, account=account)
    if form.is_valid():
        try:
            note_fact(
                account=account, supersedes=older, by=acting(request), now=now, **form.facts()
            )
        except InvalidFactError as refusal:
            form.refuse(refusal)
        except (SupersededError, MergedError) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Noted. The rules read it from now on.")
            return redirect(_section_of(account.pk))
    return _page(request, form, account, older)


def _page(
    request: HttpRequest, form: FactForm, account: Account, older: RelationshipFact | None
) -> HttpResponse:
    context = {
        "form": form,
        "account": account,
        "older": shown_facts([older])[0] if older else None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "revenue/relationship_form.html", context, status=status)


def _section_of(account_id: int) -> str:
    return f"{reverse('revenue:account', args=[account_id])}#relationship"
