"""The people of the house: who may come in, with which roles, and how each likes to read."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime

from django.contrib.auth.models import Group
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connection, transaction

from revenue import ledger
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import User

ROLES_LOCK = 0x5E7_0002
"""Advisory lock: two admins can't take the role from one another at the same time."""

LONGEST_ID = 19


class LastAdmin(Exception):
    """Somebody active must stay admin; give the role to another person first."""


class NoRole(Exception):
    """A person needs at least one role."""


class _Invitations(PasswordResetTokenGenerator):
    """Tokens that end with their first use: they sign the password that they change."""

    key_salt = "revenue.people.invitations"


_invitations = _Invitations()


@transaction.atomic
def add_person(
    *,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    roles: AbstractSet[Role],
    by: Actor,
    now: datetime,
) -> User:
    """Let somebody in; they can log in once they chose a password by their invitation."""
    if not roles:
        raise NoRole(NoRole.__doc__)
    person = User(username=username, first_name=first_name, last_name=last_name, email=email)
    person.set_unusable_password()
    person.save(force_insert=True)
    person.groups.set(_groups(roles))
    _note("person.added", person, by=by, now=now, roles=sorted(roles))
    return person


def invitation(person: User) -> str:
    """The secret part of the one-time link with which the person chooses a password.

    It ends when the password changes, or after ``PASSWORD_RESET_TIMEOUT``.
    """
    return f"{person.pk}.{_invitations.make_token(person)}"


def invited(token: str) -> User | None:
    """Whose open invitation this is, or None."""
    number, _, secret = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < LONGEST_ID):
        return None
    person = User.objects.filter(pk=int(number), is_active=True).first()
    return person if person and _invitations.check_token(person, secret) else None


@transaction.atomic
def choose_password(*, person: User, password: str, by: Actor, now: datetime) -> None:
    """Set the password; every open invitation of this person ends."""
    person.set_password(password)
    person.save(update_fields=["password"])
    _note("person.password_chosen", person, by=by, now=now)


@transaction.atomic
def change_person(
    *, person: User, roles: AbstractSet[Role], active: bool, by: Actor, now: datetime
) -> None:
    """Set roles and whether the person may log in; raises LastAdmin and NoRole."""
    if not roles:
        raise NoRole(NoRole.__doc__)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [ROLES_LOCK])
    before = (frozenset(_roles_of(person)), person.is_active)
    if before == (frozenset(roles), active):
        return
    person.groups.set(_groups(roles))
    person.is_active = active
    person.save(update_fields=["is_active"])
    if not User.objects.filter(is_active=True, groups__name=Role.ADMIN).exists():
        raise LastAdmin(LastAdmin.__doc__)
    _note("person.changed", person, by=by, now=now, roles=sorted(roles), active=active)


@transaction.atomic
def prefer(*, person: User, time_zone: str, shortcuts: bool, by: Actor, now: datetime) -> None:
    """Set how times are shown to the person, and whether keys press buttons."""
    person.time_zone, person.shortcuts = time_zone, shortcuts
    person.save(update_fields=["time_zone", "shortcuts"])
    _note("person.preferred", person, by=by, now=now, time_zone=time_zone, shortcuts=shortcuts)


def _groups(roles: AbstractSet[Role]) -> list[Group]:
    return [Group.objects.get_or_create(name=role.value)[0] for role in sorted(roles)]


def _roles_of(person: User) -> list[Role]:
    names = set(person.groups.values_list("name", flat=True))
    return [role for role in Role if role.value in names]


def _note(kind: str, person: User, *, by: Actor, now: datetime, **data: object) -> None:
    ledger.append(kind=kind, subject=f"person:{person.pk}", by=by, now=now, data=data)
