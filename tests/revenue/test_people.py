"""People: letting them in, one-time links, roles, and the last admin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.db import connection

from revenue import people
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import LedgerEvent, User
from revenue.people import LastAdmin, NoRole
from tests.support.rows import NOW, make_user

BY = Actor("person", "7")
pytestmark = pytest.mark.django_db


def add(*roles: Role, username: str = "janine") -> User:
    return people.add_person(
        username=username, first_name="Janine", last_name="Roy", email="", roles=set(roles),
        by=BY, now=NOW,
    )  # fmt: skip


def choose(person: User) -> None:
    people.choose_password(person=person, password="a new long password", by=BY, now=NOW)


def test_add_person_gives_roles_and_no_password() -> None:
    person = add(Role.ACCOUNTANT, Role.FOUNDER)

    assert User.objects.get(pk=person.pk).roles == {Role.ACCOUNTANT, Role.FOUNDER}
    assert not person.has_usable_password()
    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.subject) == ("person.added", f"person:{person.pk}")
    assert event.data == {"roles": ["accountant", "founder"]}


def test_add_person_without_a_role_is_refused() -> None:
    with pytest.raises(NoRole):
        add()

    assert not User.objects.exists()


def test_an_invitation_opens_until_it_is_used() -> None:
    person = add(Role.ADMIN)
    token = people.invitation(person)
    before = people.invited(token)

    choose(person)

    assert before == person
    assert people.invited(token) is None
    person.refresh_from_db()
    assert person.check_password("a new long password")


def test_using_one_invitation_ends_the_others() -> None:
    person = add(Role.ADMIN)
    tokens = [people.invitation(person) for _ in range(2)]

    choose(person)

    assert [people.invited(token) for token in tokens] == [None, None]


def test_an_invitation_ends_after_three_days() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = people.invitation(add(Role.ADMIN))
        clock.shift(3 * 24 * 3600 - 60)
        nearly = people.invited(token)
        clock.shift(120)

        assert nearly is not None
        assert people.invited(token) is None


def test_an_invitation_of_somebody_else_or_made_up_opens_nothing() -> None:
    first, second = add(Role.ADMIN), add(Role.ADMIN, username="other")
    secret = people.invitation(first).partition(".")[2]
    forged = [
        f"{second.pk}.{secret}", f"{first.pk}.{secret}x", f"{first.pk}.", secret, "", ".",
        f"-1.{secret}", f"{'9' * 40}.{secret}", f"²{first.pk}.{secret}", "0.x",
    ]  # fmt: skip

    assert [people.invited(token) for token in forged] == [None] * len(forged)


def test_an_invitation_of_somebody_locked_out_opens_nothing() -> None:
    person = add(Role.ACCOUNTANT)
    add(Role.ADMIN, username="boss")
    token = people.invitation(person)

    people.change_person(person=person, roles=person.roles, active=False, by=BY, now=NOW)

    assert people.invited(token) is None


def test_change_person_sets_roles_and_records_them() -> None:
    add(Role.ADMIN, username="boss")
    person = add(Role.ACCOUNTANT)

    people.change_person(person=person, roles={Role.FOUNDER}, active=True, by=BY, now=NOW)

    assert User.objects.get(pk=person.pk).roles == {Role.FOUNDER}
    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.data) == ("person.changed", {"roles": ["founder"], "active": True})


def test_change_person_without_a_difference_records_nothing() -> None:
    person = add(Role.ADMIN)
    events = LedgerEvent.objects.count()

    people.change_person(person=person, roles={Role.ADMIN}, active=True, by=BY, now=NOW)

    assert LedgerEvent.objects.count() == events


@pytest.mark.parametrize(("roles", "active"), [({Role.FOUNDER}, True), ({Role.ADMIN}, False)])
def test_the_last_admin_stays(roles: set[Role], active: bool) -> None:
    person = add(Role.ADMIN)

    with pytest.raises(LastAdmin):
        people.change_person(person=person, roles=roles, active=active, by=BY, now=NOW)

    kept = User.objects.get(pk=person.pk)
    assert (kept.roles, kept.is_active) == (frozenset({Role.ADMIN}), True)


def test_an_admin_who_is_locked_out_does_not_count() -> None:
    people.change_person(
        person=add(Role.ADMIN, username="gone"), roles={Role.ADMIN}, active=True, by=BY, now=NOW
    )
    User.objects.filter(username="gone").update(is_active=False)
    person = add(Role.ADMIN)

    with pytest.raises(LastAdmin):
        people.change_person(person=person, roles={Role.FOUNDER}, active=True, by=BY, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_admins_can_not_take_the_role_from_one_another_at_once() -> None:
    admins = [make_user(Role.ADMIN) for _ in range(2)]
    together = Barrier(2)

    def step_down(person: User) -> bool:
        together.wait()
        try:
            people.change_person(person=person, roles={Role.FOUNDER}, active=True, by=BY, now=NOW)
        except LastAdmin:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(step_down, admins))

    assert sorted(done) == [False, True]


def test_prefer_sets_how_somebody_reads() -> None:
    person = make_user(Role.FOUNDER)

    people.prefer(person=person, time_zone="Europe/Paris", shortcuts=False, by=BY, now=NOW)

    person.refresh_from_db()
    assert (person.time_zone, person.shortcuts) == ("Europe/Paris", False)
