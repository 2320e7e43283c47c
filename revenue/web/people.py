"""The people of the house: who may come in, and the page where a password is chosen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from revenue import people as operations
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import User
from revenue.web.access import acting

METHODS = ["GET", "HEAD", "POST"]
BACKEND = "django.contrib.auth.backends.ModelBackend"
INVITATION = "invitation"
"""Where the session keeps a link until it was shown once."""


class RolesField(forms.MultipleChoiceField):
    """One or more roles, as a set."""

    def __init__(self) -> None:
        super().__init__(
            label="Roles",
            choices=[(role.value, role.value.capitalize()) for role in Role],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Choose at least one role."},
        )

    def clean(self, value: Any) -> frozenset[Role]:
        """The roles that are ticked."""
        return frozenset(Role(name) for name in super().clean(value))


class NewPersonForm(forms.Form):
    """Whom to let in."""

    username = forms.CharField(
        label="Name to sign in with", max_length=150, validators=[UnicodeUsernameValidator()]
    )
    first_name = forms.CharField(max_length=150, required=False)
    last_name = forms.CharField(max_length=150, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    roles = RolesField()

    def clean_username(self) -> str:
        """Names are told apart whatever their case."""
        username = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("Somebody signs in with this name already.")
        return username


class PersonForm(forms.Form):
    """What somebody may do here."""

    roles = RolesField()
    active = forms.BooleanField(label="May sign in", required=False)


@require_http_methods(METHODS)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with their roles, and the form that lets somebody in."""
    form = NewPersonForm(request.POST or None)
    if form.is_valid():
        person = operations.add_person(**form.cleaned_data, by=acting(request), now=timezone.now())
        _invite(request, person)
        return redirect("revenue:person", person.pk)
    context = {
        "form": form,
        "people": User.objects.prefetch_related("groups").order_by("-is_active", "username"),
    }
    return render(request, "revenue/people.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(METHODS)
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Roles of one person; a fresh invitation is shown here once."""
    row = get_object_or_404(User, pk=person_id)
    initial = {"roles": sorted(row.roles), "active": row.is_active}
    form = PersonForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            operations.change_person(
                person=row, **form.cleaned_data, by=acting(request), now=timezone.now()
            )
        except operations.LastAdmin as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("revenue:people")
    context = {
        "form": form,
        "person": get_object_or_404(User, pk=person_id),
        "invitation": _shown_once(request, row) if request.method != "HEAD" else "",
    }
    return render(request, "revenue/person.html", context, status=422 if form.is_bound else 200)


@require_POST
def invite(request: HttpRequest, person_id: int) -> HttpResponse:
    """Make a new one-time link for somebody, also for one who forgot the password."""
    row = get_object_or_404(User, pk=person_id, is_active=True)
    _invite(request, row)
    return redirect("revenue:person", row.pk)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(METHODS)
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a one-time link; 404 when it was used, is wrong or too old."""
    row = operations.invited(token)
    if row is None:
        raise Http404
    form = SetPasswordForm(row, request.POST or None)
    if form.is_valid():
        operations.choose_password(
            person=row,
            password=form.cleaned_data["new_password1"],
            by=Actor.person(row),
            now=timezone.now(),
        )
        login(request, row, backend=BACKEND)
        return redirect("/")
    context = {"form": form, "person": row}
    return render(request, "revenue/join.html", context, status=422 if form.is_bound else 200)


def _invite(request: HttpRequest, row: User) -> None:
    request.session[INVITATION] = [row.pk, operations.invitation(row)]


def _shown_once(request: HttpRequest, row: User) -> str:
    """The whole link, if one was just made for this person."""
    person_id, token = request.session.pop(INVITATION, None) or (None, "")
    if person_id != row.pk:
        return ""
    return request.build_absolute_uri(reverse("revenue:join", args=[token]))
