"""The chart of seats, with its kill switches."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from revenue.agents import killswitch
from revenue.agents.chart import Waiting, chart
from revenue.agents.seats import HeldByAgent, assign_person
from revenue.agents.switchboard import thrown_switches
from revenue.models import Level, Seat, SwitchScope, User
from revenue.web.access import acting, reader
from revenue.web.waiting import waiting_by_seat


@require_safe
def seats(request: HttpRequest) -> HttpResponse:
    """Who owns each stage and what waits there; ``?part=chart`` gives the chart alone."""
    user = reader(request)
    switches = thrown_switches()
    waiting = {
        seat: [_open_to(user, entry) for entry in entries]
        for seat, entries in waiting_by_seat().items()
    }
    context = {
        "columns": chart(switches, waiting),
        "switches": switches,
        "everything_stopped": any(one.scope == SwitchScope.EVERYTHING for one in switches),
        "levels": [(level.value, level.label) for level in Level],
        "may_throw": user.may_post("revenue:kill_throw"),
        "people": _people() if user.may_post("revenue:seat_owner") else [],
    }
    part = request.GET.get("part") == "chart"
    return render(request, "revenue/seats_chart.html" if part else "revenue/seats.html", context)


@require_POST
def throw(request: HttpRequest) -> HttpResponse:
    """Throw the switch that the pressed button names, such as ``seat:sender``."""
    scope, _, target = request.POST.get("switch", "").partition(":")
    try:
        killswitch.throw(
            scope=SwitchScope(scope),
            target=target,
            reason=request.POST.get("reason", ""),
            by=acting(request),
            now=timezone.now(),
        )
    except (ValueError, killswitch.UnknownTarget):
        messages.error(request, "There is nothing of that name to stop; nothing was changed.")
    return redirect("revenue:seats")


@require_POST
def release(request: HttpRequest, switch_id: int) -> HttpResponse:
    """Let go again, with the reason that was typed."""
    reason = request.POST.get("reason", "")
    try:
        killswitch.release(
            switch_id=switch_id, reason=reason, by=acting(request), now=timezone.now()
        )
    except (killswitch.ReasonMissing, killswitch.AlreadyReleased) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Released. What waited goes on.")
    return redirect("revenue:seats")


@require_POST
def owner(request: HttpRequest, seat: str) -> HttpResponse:
    """Give a person's seat to somebody."""
    row = get_object_or_404(Seat, pk=seat)
    chosen = {str(person.pk): person for person in _people()}.get(request.POST.get("person", ""))
    try:
        if chosen is not None:
            assign_person(seat=row, person=chosen, by=acting(request), now=timezone.now())
    except HeldByAgent as refusal:
        messages.error(request, str(refusal))
        return redirect("revenue:seats")
    if chosen is None:
        messages.error(request, "There is no such person; the seat is as it was.")
    else:
        messages.success(request, f"{chosen.display_name} holds the {row.title} seat now.")
    return redirect("revenue:seats")


def _people() -> list[User]:
    return list(User.objects.filter(is_active=True).order_by("username"))


def _open_to(user: User, entry: Waiting) -> Waiting:
    """The entry, without its address where this reader may not go."""
    try:
        page = resolve(entry.url.partition("?")[0]).view_name
    except Resolver404:
        page = ""
    return entry if user.may_see(page) else replace(entry, url="")
