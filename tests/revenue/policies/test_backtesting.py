"""A backtest: what it finds, who may share it, and what becomes of the version."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from revenue.actors import Actor
from revenue.models import (
    Backtest,
    BacktestSlice,
    LedgerEvent,
    PolicyKind,
    PolicyState,
    PolicyStep,
    PolicyVersion,
    Verdict,
)
from revenue.policies import backtesting, verdicts
from revenue.policies.backtesting import (
    CannotBacktest,
    advance,
    finish,
    judge_next_slice,
    order_backtest,
)
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.findings import findings_of
from revenue.policies.versions import keep_proof, write_version
from tests.support.rows import ADMIN, NOW, publish_text
from tests.support.visits import statements

BY = Actor.system("test")
CHAIN = {"fact": "account.is_national_chain", "op": "is", "value": True}
HEALTH = {"fact": "account.category_group", "op": "eq", "value": "health_wellness"}
DENTIST = {"fact": "account.category", "op": "eq", "value": "dental"}
RATED = {"fact": "account.rating", "op": "lt", "value": 3}


def rule(name: str, when: dict[str, Any], effect: str) -> dict[str, Any]:
    told = {"reason": "For a test.", "owner": "admin"}
    return {"id": name, "when": when, "effect": effect, **told}


def text(*rules: dict[str, Any]) -> PolicyText:
    return parse_policy({"kind": "icp", "title": "A profile", "rules": list(rules)})


BEFORE = (rule("chain", CHAIN, "deny"), rule("health", HEALTH, "allow"))
CLINIC = {"account.category_group": "health_wellness", "account.is_national_chain": False}
CHAIN_CLINIC = CLINIC | {"account.is_national_chain": True}
DENTAL = CLINIC | {"account.category": "dental"}
CAFE = {"account.category_group": "food", "account.is_national_chain": False}
SEEN = [CLINIC, CHAIN_CLINIC, DENTAL, CAFE]


def judged(*facts: dict[str, Any]) -> list[int]:
    subjects = {f"account:{number}": one for number, one in enumerate(facts, start=1)}
    policy = verdicts.active(PolicyKind.ICP)
    return [verdict.pk for verdict in verdicts.record(policy, subjects, by=BY, now=NOW)]


def candidate(*rules: dict[str, Any], validated: bool = True) -> PolicyVersion:
    version = write_version(text=text(*rules), by=ADMIN, now=NOW)
    if validated:
        standing = PolicyVersion.objects.get(kind="icp", state=PolicyState.ACTIVE)
        keep_proof(
            version=version, compared_with=standing, loosens=True, analysis={}, by=ADMIN, now=NOW
        )
    return version


def backtested(version: PolicyVersion) -> Backtest:
    backtest = order_backtest(version=version, by=ADMIN, now=NOW)
    advance(backtest=backtest, deadline=timezone.now() + timedelta(minutes=1))
    backtest.refresh_from_db()
    return backtest


@pytest.fixture
def seen() -> list[int]:
    publish_text(text(*BEFORE))
    return judged(*SEEN)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtesting, "SLICE", 2)


# What it finds -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_verdict_is_counted_by_how_it_moves(seen: list[int]) -> None:
    backtest = backtested(candidate(rule("dentist", DENTIST, "hold"), rule("h", HEALTH, "allow")))

    # Without the rule about chains the chain is let through; nobody recorded a line of business
    # of the two clinics, so whether they are dentists can't be told.
    assert findings_of(backtest).counts == {
        "food": {"unchanged": 1},
        "health_wellness": {"newly_held": 3, "unrecorded": 2},
    }
    part = backtest.slices.get()
    assert (part.newly_allowed, part.newly_denied) == ([], [])
    assert part.newly_held == [seen[0], seen[1], seen[2]]


@pytest.mark.django_db
def test_nothing_moves_where_the_rules_do_the_same(seen: list[int]) -> None:
    renamed = [{**one, "id": f"{one['id']}-2", "reason": "In other words."} for one in BEFORE]

    backtest = backtested(candidate(*reversed(renamed)))

    assert findings_of(backtest).totals == {
        "newly_allowed": 0, "newly_held": 0, "newly_denied": 0, "unchanged": 4, "unrecorded": 0,
    }  # fmt: skip


@pytest.mark.django_db
def test_verdicts_of_older_versions_are_compared_as_the_active_one_would_judge_them() -> None:
    publish_text(text(rule("health", HEALTH, "allow")))
    (old,) = judged(CHAIN_CLINIC)
    publish_text(text(*BEFORE))
    (new,) = judged(CHAIN_CLINIC)

    backtest = backtested(candidate(rule("health", HEALTH, "allow")))

    assert backtest.slices.get().newly_allowed == [old, new]


@pytest.mark.django_db
def test_verdicts_of_another_kind_are_left_alone(seen: list[int]) -> None:
    other = PolicyVersion.objects.create(
        kind=PolicyKind.SEND, number=1, text={"kind": "send", "title": "x", "rules": []},
        content_hash="0" * 64, state=PolicyState.DRAFT, written_at=NOW, written_by="system:test",
    )  # fmt: skip
    Verdict.objects.create(
        policy=other, subject="send:1", effect="hold", facts={}, trace={}, given_at=NOW,
        given_by="system:test",
    )  # fmt: skip
    judged(CLINIC)

    backtest = backtested(candidate(rule("all", HEALTH, "deny")))

    assert sum(findings_of(backtest).totals.values()) == len(SEEN) + 1


@pytest.mark.django_db
def test_a_house_without_verdicts_is_done_at_once() -> None:
    publish_text(text(*BEFORE))

    backtest = backtested(candidate(rule("all", HEALTH, "deny")))

    assert (backtest.finished_at is not None, backtest.slices.count()) == (True, 0)


# Ordering ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_version_is_not_compared_with_itself_or_with_nothing(seen: list[int]) -> None:
    active = PolicyVersion.objects.get(kind="icp", state=PolicyState.ACTIVE)

    with pytest.raises(CannotBacktest, match="itself"):
        order_backtest(version=active, by=ADMIN, now=NOW)

    PolicyVersion.objects.filter(pk=active.pk).update(state=PolicyState.RETIRED)
    with pytest.raises(CannotBacktest, match="No version of this kind is active"):
        order_backtest(version=active, by=ADMIN, now=NOW)


@pytest.mark.django_db
def test_one_that_is_open_is_given_again(seen: list[int]) -> None:
    version = candidate(rule("all", HEALTH, "deny"))
    first = order_backtest(version=version, by=ADMIN, now=NOW)

    assert order_backtest(version=version, by=ADMIN, now=NOW) == first

    advance(backtest=first, deadline=timezone.now())
    assert order_backtest(version=version, by=ADMIN, now=NOW) != first


@pytest.mark.django_db
def test_later_verdicts_are_not_looked_at(seen: list[int]) -> None:
    backtest = order_backtest(version=candidate(rule("a", HEALTH, "deny")), by=ADMIN, now=NOW)
    judged(CLINIC)

    advance(backtest=backtest, deadline=timezone.now() + timedelta(minutes=1))

    assert backtest.last_id == seen[-1]
    assert sum(findings_of(backtest).totals.values()) == len(SEEN)


# Working -----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("narrow")
def test_a_deadline_that_has_passed_leaves_the_rest_open(seen: list[int]) -> None:
    backtest = order_backtest(version=candidate(rule("a", HEALTH, "deny")), by=ADMIN, now=NOW)

    done = advance(backtest=backtest, deadline=timezone.now())

    found = findings_of(backtest)
    assert (done, found.done, found.slices) == (1, 1, 2)
    assert list(backtesting.unfinished()) == [backtest]

    advance(backtest=backtest, deadline=timezone.now() + timedelta(minutes=1))

    assert list(backtesting.unfinished()) == []


@pytest.mark.django_db
def test_a_validated_version_becomes_backtested_once(seen: list[int]) -> None:
    version = candidate(rule("a", HEALTH, "deny"))
    backtest = backtested(version)

    assert not finish(backtest=backtest, now=NOW)

    version.refresh_from_db()
    assert version.state == PolicyState.BACKTESTED
    steps = PolicyStep.objects.filter(policy=version, state=PolicyState.BACKTESTED)
    assert [(step.note, step.stepped_by) for step in steps] == [
        ("Asked about 4 verdicts.", str(ADMIN))
    ]
    kinds = LedgerEvent.objects.filter(kind__startswith="backtest.").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["backtest.ordered", "backtest.finished"]


@pytest.mark.django_db
def test_a_draft_stays_a_draft(seen: list[int]) -> None:
    version = candidate(rule("a", HEALTH, "deny"), validated=False)

    backtested(version)

    version.refresh_from_db()
    assert version.state == PolicyState.DRAFT


@pytest.mark.django_db
def test_a_slice_of_one_version_is_judged_by_a_fixed_number_of_statements(seen: list[int]) -> None:
    backtest = order_backtest(version=candidate(rule("a", HEALTH, "deny")), by=ADMIN, now=NOW)
    for version_id in (backtest.policy_id, backtest.against_id):
        verdicts.published(version_id)

    with statements() as made:
        judge_next_slice(backtest=backtest, now=NOW)

    assert len(made) == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("narrow")
def test_workers_at_once_judge_each_slice_once() -> None:
    publish_text(text(*BEFORE))
    seen = judged(*SEEN * 5)
    backtest = order_backtest(version=candidate(rule("a", HEALTH, "deny")), by=ADMIN, now=NOW)
    done: list[int] = []

    def work() -> None:
        done.append(advance(backtest=backtest, deadline=timezone.now() + timedelta(minutes=1)))
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    backtest.refresh_from_db()
    assert sum(done) == len(seen) / 2
    assert backtest.finished_at is not None
    assert sum(findings_of(backtest).totals.values()) == len(seen)
    assert not BacktestSlice.objects.filter(done_at__isnull=True).exists()
    finished = LedgerEvent.objects.filter(kind="backtest.finished")
    assert finished.count() == 1


# Command -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_says_what_moved(seen: list[int]) -> None:
    version = candidate(rule("a", HEALTH, "deny"))
    out = StringIO()

    call_command("backtest", "icp", version.number, stdout=out)

    assert out.getvalue() == (
        "Of 4 verdicts, beside version 1: 0 newly allowed, 0 newly held (0 for want of a record), "
        "2 newly denied, 2 unchanged.\n"
    )


@pytest.mark.django_db
def test_the_command_refuses_what_is_not_there(seen: list[int]) -> None:
    with pytest.raises(CommandError, match="There is no version 9 of icp"):
        call_command("backtest", "icp", 9)
    with pytest.raises(CommandError, match="compared with itself"):
        call_command("backtest", "icp", 1)
