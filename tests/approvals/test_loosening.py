"""What waits for a person stays with a person, and a version to come says how much of it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import loosening
from approvals.changes.proposing import propose_policy
from approvals.intake import open_send
from approvals.loosening import freed_by, freed_ids
from approvals.models import Audit, Decision, Send, SendState
from approvals.rejudging import rejudge_waiting
from revenue.access import Role
from revenue.models import Effect, PolicyState, PolicyVersion
from revenue.policies import verdicts
from revenue.policies.conditions import PolicyText
from revenue.policies.vocabulary import Effect as Does
from tests.approvals.changes.proposals import checked, with_rule
from tests.approvals.granting import SPARED, granted
from tests.approvals.granting import opened as opened_with_draw
from tests.support.rows import (
    ADMIN,
    NOW,
    installed,
    make_contact,
    make_draft,
    publish_text,
)
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def house() -> None:
    """One whose policy holds mail to Canada by one rule, and would allow it without."""
    installed()
    publish_text(with_rule(Does.HOLD))


def opened(**contact: Any) -> Send:
    return open_send(draft=make_draft(make_contact(**contact)), now=NOW)


def held() -> Send:
    send = opened()
    assert (send.state, send.effect, send.held_by) == ("pending", "hold", "by-country")
    return send


def without(*rules: str) -> PolicyText:
    """The active text with some rules less."""
    text = with_rule(Does.HOLD)
    kept = tuple(rule for rule in text.rules if rule.id not in rules)
    return text.model_copy(update={"rules": kept})


def candidate(text: PolicyText | None = None, *, loosens: bool = True) -> PolicyVersion:
    """A version to come, by default the one without the rule that holds mail to Canada."""
    return checked(text or without("by-country"), loosens=loosens)


# It stays ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [3, 4])
def test_a_loosening_lets_nothing_go_that_waits_for_a_person(level: int) -> None:
    granted(level)
    sends = [held() for _ in range(8)]
    publish_text(without("by-country"), now=LATER)

    assert rejudge_waiting(clock=lambda: LATER, busy_for=timedelta(minutes=1)) == 8

    for send in sends:
        send.refresh_from_db()
        assert (send.state, send.effect) == (SendState.PENDING, Effect.ALLOW)
        assert send.approval_id is None
    assert not Decision.objects.exists()
    assert not Audit.objects.exists()


def test_a_draft_that_is_written_under_it_does_leave_by_itself() -> None:
    granted(4)
    held()
    publish_text(without("by-country"), now=LATER)

    fresh = opened_with_draw(make_draft(make_contact()), draw=SPARED, now=LATER)

    fresh.refresh_from_db()
    assert (fresh.state, fresh.effect) == (SendState.APPROVED, Effect.ALLOW)


# How much of it ----------------------------------------------------------------------------------


def test_what_is_held_and_would_be_allowed_is_freed() -> None:
    first, second = held(), held()
    opened(country="US", region="WA", time_zone="America/Los_Angeles")
    opened(role="Bookkeeper")
    decided = held()
    Send.objects.filter(pk=first.pk).update(score=9)
    Send.objects.filter(pk=second.pk).update(score=8)
    Send.objects.filter(pk=decided.pk).update(state=SendState.REJECTED)

    assert freed_ids(candidate().pk) == [first.pk, second.pk]


def test_a_version_that_denies_it_frees_nothing() -> None:
    held()

    assert freed_ids(candidate(with_rule(Does.DENY)).pk) == []


def test_only_a_send_policy_to_come_that_may_loosen_is_asked() -> None:
    held()
    loose = candidate()
    active = PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)
    profile = PolicyVersion.objects.get(kind="icp", state=PolicyState.ACTIVE)

    found = freed_by(loose)

    assert found is not None
    assert (found.number, found.words) == (1, "1 mail")
    assert found.url == f"/approvals/allowed-by/{loose.number}/"
    tight = candidate(with_rule(Does.DENY), loosens=False)
    assert [freed_by(version) for version in (active, profile, tight)] == [None, None, None]


def test_of_very_many_it_says_more_than(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loosening, "COUNT_LIMIT", 2)
    for _ in range(4):
        held()

    found = freed_by(candidate())

    assert found is not None
    assert (found.number, found.words) == (3, "more than 2 mails")


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(dropped=st.sets(st.sampled_from([rule.id for rule in with_rule(Does.HOLD).rules])))
def test_freed_is_what_python_says_of_the_same_facts(dropped: set[str]) -> None:
    if not Send.objects.exists():
        opened(), opened(role=""), opened(role="Bookkeeper"), opened(country="US", region="WA")
    version = candidate(without(*dropped))

    found = set(freed_ids(version.pk))

    policy = verdicts.published(version.pk).compiled
    waiting = Send.objects.filter(state=SendState.PENDING).exclude(effect=Effect.ALLOW)
    assert found == {
        send.pk
        for send in waiting.select_related("verdict")
        if send.verdict and policy.decide(send.verdict.facts).effect is Does.ALLOW
    }


# Pages -------------------------------------------------------------------------------------------


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_version_and_the_request_say_how_many_and_open_them() -> None:
    send = held()
    version = candidate()
    link = f'<a href="/approvals/allowed-by/{version.number}/">1 mail</a> that waits'
    admin = visit_as(Role.ADMIN)

    assert link in shown(admin, f"/policies/send/{version.number}/")
    change = propose_policy(version=version, why="They decide.", by=ADMIN, now=NOW)
    assert link in shown(visit_as(Role.FOUNDER), f"/approvals/changes/{change.pk}/")
    page = shown(admin, f"/approvals/allowed-by/{version.number}/")
    assert f'href="/approvals/{send.pk}/"' in page
    assert "Held now: <bdi>" in page


def test_where_it_frees_nothing_it_says_so() -> None:
    opened(role="Bookkeeper")
    version = candidate()
    client = visit_as(Role.FOUNDER)

    assert "it would allow none" in shown(client, f"/policies/send/{version.number}/")
    assert "There is none" in shown(client, f"/approvals/allowed-by/{version.number}/")
    assert client.get("/approvals/allowed-by/99/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_a_fixed_number_of_statements(number: int) -> None:
    for _ in range(number):
        held()
    address = f"/approvals/allowed-by/{candidate().number}/"
    client = visit_as(Role.FOUNDER)
    shown(client, address)

    with statements() as made:
        shown(client, address)

    assert len(made) == 9, "\n".join(made)
