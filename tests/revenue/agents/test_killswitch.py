"""The kill switch: what it stops, that it is thrown once, that releasing needs a reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.killswitch import AlreadyReleased, ReasonMissing, UnknownTarget
from revenue.agents.seats import install_seats
from revenue.agents.switchboard import thrown_switches
from revenue.models import KillSwitch, LedgerEvent, SwitchScope
from tests.support.rows import NOW

BY = Actor("person", "7")


@pytest.fixture(autouse=True)
def seats(db: None) -> None:
    install_seats(by=Actor.system("test"), now=NOW)


def throw(scope: SwitchScope, target: str = "", reason: str = "") -> KillSwitch:
    return killswitch.throw(scope=scope, target=target, reason=reason, by=BY, now=NOW)


def stopped(seat: str, action: str) -> bool:
    return killswitch.stopping(seat=seat, action=action) is not None


ASKED = [("sender", "send_cold"), ("sender", "send_reactivation"), ("pipeline", "send_cold")]


@pytest.mark.parametrize(
    ("scope", "target", "expected"),
    [
        (SwitchScope.EVERYTHING, "", [True, True, True]),
        (SwitchScope.SEAT, "sender", [True, True, False]),
        (SwitchScope.ACTION, "send_cold", [True, False, True]),
        (SwitchScope.SEAT, "accounting", [False, False, False]),
    ],
)
def test_a_thrown_switch_stops_what_it_covers_and_no_more(
    scope: SwitchScope, target: str, expected: list[bool]
) -> None:
    throw(scope, target)

    assert [stopped(*pair) for pair in ASKED] == expected


def test_nothing_is_stopped_at_first() -> None:
    assert [stopped(*pair) for pair in ASKED] == [False, False, False]


def test_throw_records_scope_target_and_reason() -> None:
    switch = throw(SwitchScope.SEAT, "sender", " Reply storm ")

    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.subject) == ("kill_switch.thrown", f"kill_switch:{switch.pk}")
    assert event.data == {"scope": "seat", "target": "sender", "reason": "Reply storm"}


def test_throwing_again_answers_with_the_one_that_is_thrown() -> None:
    first = throw(SwitchScope.SEAT, "sender", "First")
    events = LedgerEvent.objects.count()

    second = throw(SwitchScope.SEAT, "sender", "Second")

    assert (second.pk, second.reason) == (first.pk, "First")
    assert LedgerEvent.objects.count() == events


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        (SwitchScope.SEAT, "nobody"),
        (SwitchScope.ACTION, "sender"),
        (SwitchScope.SEAT, ""),
        (SwitchScope.EVERYTHING, "sender"),
    ],
)
def test_throw_refuses_what_there_is_not(scope: SwitchScope, target: str) -> None:
    with pytest.raises(UnknownTarget):
        throw(scope, target)

    assert not KillSwitch.objects.exists()


def test_a_reason_of_any_length_is_no_hindrance() -> None:
    assert len(throw(SwitchScope.EVERYTHING, reason="x" * 9000).reason) == 500


def test_release_lets_go_with_its_reason() -> None:
    switch = throw(SwitchScope.EVERYTHING)

    killswitch.release(switch_id=switch.pk, reason=" All is well ", by=BY, now=NOW)

    switch.refresh_from_db()
    assert (switch.release_reason, switch.released_by) == ("All is well", "person:7")
    assert not stopped("sender", "send_cold")
    assert LedgerEvent.objects.latest("id").kind == "kill_switch.released"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_release_without_a_reason_is_refused(reason: str) -> None:
    switch = throw(SwitchScope.EVERYTHING)

    with pytest.raises(ReasonMissing):
        killswitch.release(switch_id=switch.pk, reason=reason, by=BY, now=NOW)

    assert stopped("sender", "send_cold")


def test_release_twice_is_refused_and_keeps_the_first_reason() -> None:
    switch = throw(SwitchScope.EVERYTHING)
    killswitch.release(switch_id=switch.pk, reason="First", by=BY, now=NOW)

    with pytest.raises(AlreadyReleased):
        killswitch.release(switch_id=switch.pk, reason="Second", by=BY, now=NOW)

    switch.refresh_from_db()
    assert switch.release_reason == "First"


def test_a_released_switch_can_be_thrown_again() -> None:
    first = throw(SwitchScope.EVERYTHING)
    killswitch.release(switch_id=first.pk, reason="Fine", by=BY, now=NOW)

    again = throw(SwitchScope.EVERYTHING)

    assert again.pk != first.pk
    assert stopped("sender", "send_cold")


def test_the_switchboard_names_targets_and_puts_everything_first() -> None:
    throw(SwitchScope.SEAT, "sender")
    throw(SwitchScope.ACTION, "send_cold")
    throw(SwitchScope.EVERYTHING)

    assert [(switch.scope, switch.label) for switch in thrown_switches()] == [
        ("everything", ""),
        ("seat", "Sender"),
        ("action", "Send a cold mail"),
    ]


@pytest.mark.django_db(transaction=True)
def test_many_throwing_at_once_throw_one() -> None:
    together = Barrier(6)

    def throw_with_others(number: int) -> int:
        together.wait()
        try:
            return throw(SwitchScope.EVERYTHING, reason=str(number)).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        thrown = set(pool.map(throw_with_others, range(6)))

    assert len(thrown) == 1
    assert KillSwitch.objects.count() == 1
    assert LedgerEvent.objects.filter(kind="kill_switch.thrown").count() == 1
