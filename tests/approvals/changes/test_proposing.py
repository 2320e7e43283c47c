"""What may be proposed, and what the request then holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.changes.proposing import (
    AlreadyOpen,
    CannotPropose,
    CannotWithdraw,
    propose_grant,
    propose_policy,
    withdraw,
)
from approvals.models import ChangeRequest, ChangeState
from revenue.actors import Actor
from revenue.agents.authority import Grant
from revenue.models import Backtest, BacktestSlice, LedgerEvent, PolicyVersion
from revenue.policies.versions import write_version
from tests.approvals.changes.proposals import GRANT, checked, without_rule
from tests.support.rows import ADMIN, FOUNDER, NOW, installed

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
SYSTEM = Actor.system("certificates")


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def loosening() -> PolicyVersion:
    return checked(without_rule("canada-role"), loosens=True)


def backtested(version: PolicyVersion) -> None:
    assert version.compared_with is not None
    backtest = Backtest.objects.create(
        policy=version, against=version.compared_with, last_id=9, ordered_at=NOW,
        ordered_by=str(ADMIN), finished_at=NOW,
    )  # fmt: skip
    for number, counts in enumerate(
        ({"canada": {"unchanged": 5, "newly_allowed": 1}}, {"canada": {"newly_allowed": 2}})
    ):
        BacktestSlice.objects.create(
            backtest=backtest, number=number, first_id=number, last_id=number, counts=counts,
            done_at=NOW,
        )  # fmt: skip


def test_a_proposed_version_brings_its_proof_and_its_backtest() -> None:
    version = loosening()
    backtested(version)

    change = propose_policy(version=version, why="Fewer clicks.", by=ADMIN, now=LATER)

    version.refresh_from_db()
    assert (change.state, change.why, change.title) == (
        ChangeState.WAITING,
        "Fewer clicks.",
        "Send policy, version 2",
    )
    assert change.evidence == {
        "analysis": {"findings": []},
        "backtest": {
            "backtest": Backtest.objects.get().pk,
            "asked_at": NOW.isoformat(),
            "finished": True,
            "done": 2,
            "parts": 2,
            "asked": 8,
            "sums": {
                "newly_allowed": 3,
                "newly_held": 0,
                "newly_denied": 0,
                "unchanged": 5,
                "unrecorded": 0,
            },
        },
    }
    assert (version.proposed_by, version.proposed_at) == (str(ADMIN), LATER)
    told = LedgerEvent.objects.get(kind="change.proposed")
    assert (told.subject, told.actor, told.data) == (
        f"change:{change.pk}",
        str(ADMIN),
        {"policy": version.pk},
    )


def test_a_version_that_nobody_checked_is_not_proposed() -> None:
    version = write_version(text=without_rule("canada-role"), by=ADMIN, now=NOW)

    with pytest.raises(CannotPropose, match="Check the version first"):
        propose_policy(version=version, why="", by=ADMIN, now=LATER)

    assert not ChangeRequest.objects.exists()


def test_a_second_proposal_leads_to_the_first_and_takes_nothing_over() -> None:
    version = loosening()
    first = propose_policy(version=version, why="", by=ADMIN, now=NOW)

    with pytest.raises(AlreadyOpen) as refusal:
        propose_policy(version=version, why="", by=FOUNDER, now=LATER)

    version.refresh_from_db()
    assert refusal.value.change == first
    assert version.proposed_by == str(ADMIN)


def test_a_grant_waits_with_its_terms_and_evidence() -> None:
    change = propose_grant(
        grant=GRANT, why="It is earned.", evidence={"audits": 60}, by=SYSTEM, now=NOW
    )

    assert Grant.from_json(change.grant or {}) == GRANT
    assert change.title == "Sender: Send a reactivation, level 3, Known contacts"
    assert change.evidence == {"audits": 60}


def test_one_request_for_each_seat_action_and_segment_is_open_at_a_time() -> None:
    first = propose_grant(grant=GRANT, why="", evidence={}, by=SYSTEM, now=NOW)

    with pytest.raises(AlreadyOpen) as refusal:
        propose_grant(grant=replace(GRANT, level=4), why="", evidence={}, by=ADMIN, now=NOW)
    propose_grant(grant=replace(GRANT, segment="canada"), why="", evidence={}, by=ADMIN, now=NOW)

    assert refusal.value.change == first
    assert ChangeRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        (Grant(seat="pipeline", action="answer_objection", level=3), "never rises above level 2"),
        (Grant(seat="pipeline", action="send_cold", level=3), "another seat"),
        (Grant(seat="pipeline", action="log_outcome", level=2), "never commits us"),
        (Grant(seat="nobody", action="send_cold", level=3), "no such seat"),
        (Grant(seat="sender", action="send_cold", level=3, segment="moon"), "no such seat"),
    ],
)
def test_what_could_never_be_is_refused_at_once(grant: Grant, reason: str) -> None:
    with pytest.raises(CannotPropose, match=reason):
        propose_grant(grant=grant, why="", evidence={}, by=ADMIN, now=NOW)


def test_only_the_proposer_takes_it_back_and_once() -> None:
    change = propose_policy(version=loosening(), why="", by=ADMIN, now=NOW)

    with pytest.raises(CannotWithdraw):
        withdraw(change_id=change.pk, by=FOUNDER, now=LATER)
    withdrawn = withdraw(change_id=change.pk, by=ADMIN, now=LATER)
    with pytest.raises(CannotWithdraw):
        withdraw(change_id=change.pk, by=ADMIN, now=LATER)

    assert (withdrawn.state, withdrawn.decided_by) == (ChangeState.WITHDRAWN, str(ADMIN))
    assert LedgerEvent.objects.get(kind="change.withdrawn").subject == f"change:{change.pk}"
    assert propose_policy(version=loosening(), why="", by=ADMIN, now=LATER)
