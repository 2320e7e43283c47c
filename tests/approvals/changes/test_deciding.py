"""Who proposes does not approve; what is approved takes effect; what was overtaken lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.changes.deciding import (
    AlreadyDecided,
    CannotDecide,
    NotAPerson,
    OthersMayDecide,
    OwnProposal,
    ReasonMissing,
    decide_change,
    schedule_alone,
    take_effect_due,
)
from approvals.changes.proposing import propose_grant, propose_policy, withdraw
from approvals.models import ChangeRequest, ChangeState
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import Authority, LedgerEvent, PolicyState, PolicyVersion
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import GRANT, checked, with_rule, without_rule
from tests.support.rows import ADMIN, FOUNDER, NOW, installed, make_user, publish_text

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def proposed(*, by: Actor = ADMIN) -> ChangeRequest:
    version = checked(without_rule("canada-role"), loosens=True, by=by)
    return propose_policy(version=version, why="Fewer clicks.", by=by, now=NOW)


def decide(change: ChangeRequest, choice: Any = "approve", **changes: Any) -> ChangeRequest:
    given: dict[str, Any] = {"reason": "", "by": FOUNDER, "now": NOW + HOUR, **changes}
    return decide_change(change_id=change.pk, choice=choice, **given)


def active() -> PolicyVersion:
    return PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)


def kinds() -> list[str]:
    found = LedgerEvent.objects.filter(kind__startswith="change.").order_by("id")
    return list(found.values_list("kind", flat=True))


# By another person -------------------------------------------------------------------------------


def test_another_person_approves_and_the_version_is_active() -> None:
    change = proposed()

    decided = decide(change, reason="Read it.")

    assert (decided.state, decided.decided_by, decided.reason) == (
        ChangeState.APPROVED,
        str(FOUNDER),
        "Read it.",
    )
    assert (active().pk, active().published_by) == (change.policy_id, str(FOUNDER))
    assert kinds() == ["change.proposed", "change.approved"]


def test_who_proposed_it_does_not_approve_it() -> None:
    change = proposed()

    with pytest.raises(OwnProposal):
        decide(change, by=ADMIN)
    with pytest.raises(OwnProposal):
        decide(change, by=ADMIN, now=NOW + 2 * DAY)

    change.refresh_from_db()
    assert change.state == ChangeState.WAITING
    assert active().number == 1


@pytest.mark.parametrize("by", [Actor.seat("sender"), Actor.system("certificates")])
def test_only_a_person_decides(by: Actor) -> None:
    with pytest.raises(NotAPerson):
        decide(proposed(), by=by)


def test_a_rejection_has_a_reason_and_changes_nothing_else() -> None:
    change = proposed()

    with pytest.raises(ReasonMissing):
        decide(change, "reject", reason=" ")
    rejected = decide(change, "reject", reason="Too wide.")

    assert (rejected.state, rejected.reason) == (ChangeState.REJECTED, "Too wide.")
    assert active().number == 1


def test_the_first_decision_wins_and_the_second_is_told() -> None:
    change = proposed()
    decide(change)

    with pytest.raises(AlreadyDecided) as refusal:
        decide(change, "reject", reason="No.", by=Actor("person", "7"))

    assert refusal.value.change.decided_by == str(FOUNDER)
    assert kinds() == ["change.proposed", "change.approved"]


def test_it_lapses_where_another_version_became_active_meanwhile() -> None:
    change = proposed()
    publish_text(with_rule(Effect.DENY), now=NOW + HOUR)

    decided = decide(change, now=NOW + 2 * HOUR)

    assert decided.state == ChangeState.LAPSED
    assert "Check it again" in decided.reason
    assert active().number == 3
    assert kinds()[-1] == "change.lapsed"


def test_what_was_overtaken_is_closed_without_anybody_asking() -> None:
    change = proposed()
    publish_text(with_rule(Effect.DENY), now=NOW + HOUR)

    assert take_effect_due(now=NOW + HOUR) == 1

    change.refresh_from_db()
    assert (change.state, change.decided_by) == (ChangeState.LAPSED, "system:clock")
    assert take_effect_due(now=NOW + HOUR) == 0


# Grants ------------------------------------------------------------------------------------------


def granted() -> Authority:
    return Authority.objects.get(
        seat="sender", action="send_reactivation", segment="known-contacts", ended_at=None
    )


def test_an_approved_grant_is_granted_by_its_approver_with_the_evidence() -> None:
    change = propose_grant(
        grant=replace(GRANT, per_day=20), why="", evidence={"audits": 60},
        by=Actor.system("certificates"), now=NOW,
    )  # fmt: skip

    decide(change)

    assert (granted().level, granted().per_day, granted().granted_by) == (3, 20, str(FOUNDER))
    assert granted().evidence == {"audits": 60, "change": change.pk}


def test_a_grant_whose_time_is_over_lapses() -> None:
    change = propose_grant(
        grant=replace(GRANT, valid_until=NOW + HOUR), why="", evidence={}, by=ADMIN, now=NOW
    )

    decided = decide(change, now=NOW + HOUR)

    assert decided.state == ChangeState.LAPSED
    assert not Authority.objects.filter(segment="known-contacts").exists()


# Alone -------------------------------------------------------------------------------------------


@pytest.fixture
def alone() -> Actor:
    """The only person who may decide; others are there who may not."""
    make_user(Role.ACCOUNTANT)
    make_user(Role.FOUNDER, is_active=False)
    return Actor.person(make_user(Role.ADMIN))


def scheduled(alone: Actor, *, now: datetime = NOW + HOUR) -> ChangeRequest:
    change = proposed(by=alone)
    return schedule_alone(change_id=change.pk, because="Nobody else is here.", by=alone, now=now)


def test_alone_it_takes_effect_after_a_day(alone: Actor) -> None:
    change = scheduled(alone)

    assert change.takes_effect_at == NOW + HOUR + DAY
    assert take_effect_due(now=NOW + DAY) == 0
    assert active().number == 1
    assert take_effect_due(now=NOW + HOUR + DAY) == 1

    change.refresh_from_db()
    assert (change.state, change.decided_by) == (ChangeState.APPROVED, str(alone))
    assert (active().pk, active().alone_because) == (change.policy_id, "Nobody else is here.")
    assert kinds() == ["change.proposed", "change.scheduled", "change.approved"]


def test_alone_a_grant_takes_effect_after_a_day(alone: Actor) -> None:
    change = propose_grant(grant=GRANT, why="", evidence={}, by=alone, now=NOW)
    schedule_alone(change_id=change.pk, because="Nobody else.", by=alone, now=NOW)

    take_effect_due(now=NOW + DAY)

    assert granted().granted_by == str(alone)


def test_it_can_be_called_off_until_then(alone: Actor) -> None:
    change = scheduled(alone)

    withdraw(change_id=change.pk, by=alone, now=NOW + DAY)

    assert take_effect_due(now=NOW + 2 * DAY) == 0
    assert active().number == 1


def test_somebody_else_may_approve_or_reject_it_before(alone: Actor) -> None:
    change = scheduled(alone)

    decided = decide(change)

    assert (decided.state, decided.decided_by) == (ChangeState.APPROVED, str(FOUNDER))


def test_where_somebody_else_may_decide_it_waits_for_them(alone: Actor) -> None:
    make_user(Role.FOUNDER)
    change = proposed(by=alone)

    with pytest.raises(OthersMayDecide):
        schedule_alone(change_id=change.pk, because="In a hurry.", by=alone, now=NOW)


def test_who_comes_within_the_day_is_asked_after_all(alone: Actor) -> None:
    change = scheduled(alone)
    make_user(Role.FOUNDER)

    assert take_effect_due(now=NOW + HOUR + DAY) == 1

    change.refresh_from_db()
    assert (change.state, change.alone_because) == (ChangeState.WAITING, "")
    assert active().number == 1
    assert kinds()[-1] == "change.waiting"


def test_alone_needs_a_reason_and_is_said_once(alone: Actor) -> None:
    change = proposed(by=alone)

    with pytest.raises(ReasonMissing):
        schedule_alone(change_id=change.pk, because=" ", by=alone, now=NOW)
    schedule_alone(change_id=change.pk, because="Alone.", by=alone, now=NOW)
    with pytest.raises(AlreadyDecided):
        schedule_alone(change_id=change.pk, because="Sooner.", by=alone, now=NOW - HOUR)


def test_what_somebody_else_proposed_needs_no_day(alone: Actor) -> None:
    change = propose_grant(
        grant=GRANT, why="", evidence={}, by=Actor.system("certificates"), now=NOW
    )

    with pytest.raises(CannotDecide, match="approve it at once"):
        schedule_alone(change_id=change.pk, because="Alone.", by=alone, now=NOW)
    assert decide(change, by=alone).state == ChangeState.APPROVED
