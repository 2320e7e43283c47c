"""Changes of what may be done without a person: what waits, one sheet for each, and the answers."""

from __future__ import annotations

from typing import Any, Literal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from approvals.changes import deciding, proposing, queries
from approvals.changes.deciding import CannotDecide
from approvals.changes.proposing import AlreadyOpen, CannotPropose, CannotWithdraw
from approvals.forms import BadPost, read_id, read_reason
from approvals.models import ChangeRequest, ChangeState
from approvals.presenting.changes import shown_change, shown_changes
from approvals.views.common import reader_of
from revenue.models import PolicyVersion
from revenue.web.policy_evidence import backtest_context, latest_backtest

CHOICES: dict[str, Literal["approve", "reject"]] = {"approve": "approve", "reject": "reject"}


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What waits for the reader first."""
    context = shown_changes(reader=reader_of(request), after=request.GET.get("after", ""))
    return render(request, "approvals/changes.html", context)


@require_safe
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One request on one sheet."""
    return sheet(request, change_id)


def sheet(request: HttpRequest, change_id: int, *, status: int = 200, **typed: Any) -> HttpResponse:
    """The sheet, with what was typed where it could not be used."""
    try:
        found = queries.whole_change(change_id)
    except ChangeRequest.DoesNotExist:
        raise Http404 from None
    context = shown_change(found, reader=reader_of(request), now=timezone.now())
    if found.policy is not None and context["is_open"]:
        context |= backtest_context(request, found.policy, latest_backtest(found.policy))
    return render(request, "approvals/change.html", context | typed, status=status)


@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a policy version; a second time leads to the request that is open already."""
    version = version_of(request)
    try:
        found = proposing.propose_policy(
            version=version,
            why=read_reason(request.POST, "why"),
            by=reader_of(request).actor,
            now=timezone.now(),
        )
    except AlreadyOpen as known:
        messages.info(request, str(known))
        return redirect("approvals:change", known.change.pk)
    except (BadPost, CannotPropose) as error:
        messages.error(request, str(error))
        return redirect("revenue:policy_version", version.kind, version.number)
    messages.success(request, "Proposed. It takes effect when somebody else approves it.")
    return redirect("approvals:change", found.pk)


def version_of(request: HttpRequest) -> PolicyVersion:
    """The version that the form names; Http404 where there is none."""
    try:
        return get_object_or_404(PolicyVersion, pk=read_id(request.POST, "version"))
    except BadPost:
        raise Http404 from None


@require_POST
def decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """Approve or reject it."""
    typed = request.POST.get("reason", "")
    try:
        found = deciding.decide_change(
            change_id=change_id,
            choice=read_choice(request),
            reason=read_reason(request.POST),
            by=reader_of(request).actor,
            now=timezone.now(),
        )
    except ChangeRequest.DoesNotExist:
        raise Http404 from None
    except (BadPost, CannotDecide) as error:
        return refused(request, change_id, error, typed_reason=typed)
    tell(request, found)
    return redirect("approvals:change", change_id)


def read_choice(request: HttpRequest) -> Literal["approve", "reject"]:
    """Raises BadPost."""
    choice = CHOICES.get(request.POST.get("choice", ""))
    if choice is None:
        raise BadPost("Choose to approve or to reject it.")
    return choice


def tell(request: HttpRequest, found: ChangeRequest) -> None:
    """What became of it, as a toast."""
    if found.state == ChangeState.LAPSED:
        messages.warning(request, found.reason)
    elif found.state == ChangeState.REJECTED:
        messages.success(request, "Rejected. Nothing has changed.")
    elif found.policy_id:
        told = "Approved. It is the active version now; what waits is being judged again."
        messages.success(request, told)
    else:
        messages.success(request, "Approved. The seat may do this from now on.")


@require_POST
def withdraw(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take one's own proposal back, or call it off before its time."""
    try:
        proposing.withdraw(change_id=change_id, by=reader_of(request).actor, now=timezone.now())
    except ChangeRequest.DoesNotExist:
        raise Http404 from None
    except CannotWithdraw as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Taken back. Nothing has changed.")
    return redirect("approvals:change", change_id)


@require_POST
def go_alone(request: HttpRequest, change_id: int) -> HttpResponse:
    """Let it take effect after a day, where nobody else may approve it."""
    typed = request.POST.get("because", "")
    try:
        deciding.schedule_alone(
            change_id=change_id,
            because=read_reason(request.POST, "because"),
            by=reader_of(request).actor,
            now=timezone.now(),
        )
    except ChangeRequest.DoesNotExist:
        raise Http404 from None
    except (BadPost, CannotDecide) as error:
        return refused(request, change_id, error, typed_because=typed)
    messages.success(request, "It takes effect in 24 h. You can call it off until then.")
    return redirect("approvals:change", change_id)


def refused(request: HttpRequest, change_id: int, error: Exception, **typed: str) -> HttpResponse:
    """What stood in the way, with everything that was typed."""
    status = 422 if isinstance(error, BadPost | deciding.ReasonMissing) else 409
    return sheet(request, change_id, status=status, refusal=str(error), **typed)
