"""One seat: what it may do, on what evidence, and a form to change that."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from approvals import granting
from approvals.changes.proposing import CannotPropose
from approvals.models import ChangeRequest
from approvals.presenting.seats import shown_seat
from approvals.views.grant_form import GrantForm
from revenue.agents.authority import AboveCeiling, NotStanding
from revenue.models import Authority, House, Seat
from revenue.web.access import acting, reader

PROPOSED = "Proposed. It takes effect when somebody else has approved it."
DONE = "Done: it lets no more through than before, so nobody else has to approve it."


@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, seat: str) -> HttpResponse:
    """Show the seat; take a grant that is asked for."""
    row = get_object_or_404(Seat.objects.select_related("person"), pk=seat)
    form = form_of(request, row)
    if request.method == "POST" and ask(request, row, form):
        return redirect("approvals:seat", seat)
    context = shown_seat(row, now=timezone.now())
    context |= {"form": form, "may_ask": reader(request).may_post("approvals:seat")}
    refused = form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "approvals/seat.html", context, status=status)


def form_of(request: HttpRequest, row: Seat) -> GrantForm:
    currency = House.objects.values_list("currency", flat=True).get(pk=1)
    posted = request.POST if request.method == "POST" else None
    chosen = {name: request.GET[name] for name in ("action", "segment") if name in request.GET}
    return GrantForm(posted, initial=chosen, seat=row, currency=currency)


def ask(request: HttpRequest, row: Seat, form: GrantForm) -> bool:
    """Propose or make the grant; False, with the reason in the form, where it can't be."""
    if not form.is_valid():
        return False
    try:
        outcome = granting.ask_for(
            grant=form.grant(row, zone=timezone.get_current_timezone()),
            why=form.cleaned_data["why"],
            by=acting(request),
            now=timezone.now(),
        )
    except (granting.ReasonMissing, AboveCeiling, CannotPropose) as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, PROPOSED if isinstance(outcome, ChangeRequest) else DONE)
    return True


@require_POST
def end(request: HttpRequest, seat: str, authority_id: int) -> HttpResponse:
    """Take an authority back at once, with the reason that was typed."""
    if not Authority.objects.filter(pk=authority_id, seat=seat).exists():
        raise Http404
    try:
        granting.take_back(
            authority_id=authority_id,
            reason=request.POST.get("reason", ""),
            by=acting(request),
            now=timezone.now(),
        )
    except (granting.ReasonMissing, NotStanding) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Taken back. What it had let go waits for a person.")
    return redirect("approvals:seat", seat)
