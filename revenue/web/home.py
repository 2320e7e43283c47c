"""Where each role starts, and how each person likes to read."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from revenue.access import Role
from revenue.people import prefer
from revenue.web.access import acting, reader
from revenue.web.remembering import remember
from revenue.web.time_zones import zone_names

STARTS = (
    (Role.FOUNDER, "approvals:queue"),
    (Role.ACCOUNTANT, "revenue:accounts"),
    (Role.ADMIN, "revenue:icp_review"),
)


class PreferencesForm(forms.Form):
    """How times are shown, and whether keys press buttons."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name.replace("_", " ")) for name in zone_names()],
        help_text="Times are shown in this zone, with the exact one on hover.",
    )
    shortcuts = forms.BooleanField(
        label="Keyboard shortcuts",
        required=False,
        help_text="Single keys press buttons; ? lists them. They rest while you type.",
    )


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Go to the page that the reader's first role works on."""
    roles = reader(request).roles
    return redirect(next(page for role, page in STARTS if role in roles))


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """The reader's own choices; the small forms for theme and rail post here too."""
    user = reader(request)
    if request.method == "POST" and "time_zone" not in request.POST:
        response = redirect(_came_from(request))
        remember(request, response)
        return response
    initial = {"time_zone": user.time_zone, "shortcuts": user.shortcuts}
    form = PreferencesForm(request.POST or None, initial=initial)
    if form.is_valid():
        prefer(person=user, **form.cleaned_data, by=acting(request), now=timezone.now())
        messages.success(request, "Saved.")
        return redirect("revenue:preferences")
    status = 422 if form.is_bound else 200
    return render(request, "revenue/preferences.html", {"form": form}, status=status)


def _came_from(request: HttpRequest) -> str:
    page = request.headers.get("Referer", "")
    here = {request.get_host()}
    known = url_has_allowed_host_and_scheme(page, here, require_https=request.is_secure())
    return page if known else "/"
