"""The first person of an empty installation, who can then let in the others."""

from typing import Any

from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group
from django.core import signing
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from revenue import ledger
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import User

SALT = "revenue.web.welcome"
VALID_SECONDS = 24 * 60 * 60
FIRST_USER_LOCK = 0x5E7_0001
"""Advisory lock: two people with the link can't both be the first."""


class FirstUserForm(BaseUserCreationForm[User]):
    """Name and password of the first person."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say in few words what Django says in many."""
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = "What you type to sign in."
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password1"].help_text = "At least 12 characters, and not a common password."
        self.fields["password2"].label = "Password again"
        self.fields["password2"].help_text = ""


def make_token() -> str:
    """A link part that opens the welcome page for a day, while nobody has an account."""
    return signing.dumps("first user", salt=SALT)


def _still_open(token: str) -> bool:
    try:
        signing.loads(token, salt=SALT, max_age=VALID_SECONDS)
    except signing.BadSignature:
        return False
    return not get_user_model().objects.exists()


@transaction.atomic
def create_first_user(form: FirstUserForm) -> User | None:
    """Save the person as founder and admin; None when somebody else was first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_USER_LOCK])
    if User.objects.exists():
        return None
    user = form.save(commit=False)
    user.is_staff = user.is_superuser = True
    user.save()
    for role in (Role.FOUNDER, Role.ADMIN):
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    ledger.append(
        kind="person.welcomed",
        subject=f"person:{user.pk}",
        by=Actor.system("welcome"),
        now=timezone.now(),
        data={"roles": [Role.FOUNDER.value, Role.ADMIN.value]},
    )
    return user


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def first_user(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the first person; 404 once there is one, or when the link is wrong or old."""
    if not _still_open(token):
        raise Http404
    form = FirstUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = create_first_user(form)
        if user is None:
            raise Http404
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("/")
    status = 422 if form.is_bound else 200
    return render(request, "revenue/welcome.html", {"form": form}, status=status)
