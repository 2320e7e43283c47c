"""The pages of a backtest: its numbers, the rows behind them, and what people had decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from approvals.models import Choice, Decision, RejectReason, Send
from revenue.access import Role
from revenue.models import Backtest, PolicyKind, PolicyState, PolicyVersion, Verdict
from revenue.policies import backtesting, verdicts
from revenue.policies.conditions import PolicyText
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import keep_proof, write_version
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.revenue.policies.samples import ALLOWED
from tests.support.rows import ADMIN, FOUNDER, NOW, installed, make_send
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

PAGE = "/policies/send/2/backtest/"


@pytest.fixture
def client() -> Client:
    return visit_as(Role.ADMIN)


def without(*rules: str) -> PolicyText:
    text = seed_policy(Kind.SEND)
    kept = tuple(rule for rule in text.rules if rule.id not in rules)
    return text.model_copy(update={"rules": kept})


@pytest.fixture
def version() -> PolicyVersion:
    """Mail to the United States is allowed no more."""
    installed()
    standing = PolicyVersion.objects.get(kind="send")
    version = write_version(text=without("us-allowed"), by=ADMIN, now=NOW)
    keep_proof(
        version=version, compared_with=standing, loosens=False, analysis={}, by=ADMIN, now=NOW
    )
    return version


def judged_send(country: str = "US") -> tuple[Send, Verdict]:
    send = make_send()
    policy = verdicts.active(PolicyKind.SEND)
    facts = {f"send:{send.pk}": ALLOWED | {"contact.country": country}}
    (verdict,) = verdicts.record(policy, facts, by=ADMIN, now=NOW)
    return send, verdict


def decide(send: Send, choice: Choice, **fields: object) -> Decision:
    assert send.revision is not None
    return Decision.objects.create(
        send=send, revision=send.revision, round=send.round, choice=choice, channel="page",
        decided_at=NOW, decided_by=str(FOUNDER), **fields,
    )  # fmt: skip


def shown(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def ordered(client: Client, address: str = PAGE) -> None:
    response = client.post(address)
    assert (response.status_code, response.headers["Location"]) == (302, address)


# The page ----------------------------------------------------------------------------------------


def test_before_the_first_one_it_says_what_a_backtest_is(
    client: Client, version: PolicyVersion
) -> None:
    page = shown(client, PAGE)

    assert "Backtest it" in page
    assert "Every kept verdict is asked about once more" in page


def test_a_small_one_is_done_in_the_request(client: Client, version: PolicyVersion) -> None:
    judged_send()
    judged_send("CA")

    ordered(client)

    page = shown(client, PAGE)
    assert 'href="/policies/send/2/backtest/newly_held/"' in page
    assert "A cold mail, US" in page
    assert "hx-trigger" not in page
    version.refresh_from_db()
    assert version.state == PolicyState.BACKTESTED


def test_what_is_not_done_at_once_shows_how_far_it_is(
    client: Client, version: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtesting, "SLICE", 1)
    monkeypatch.setattr("revenue.web.policy_evidence.AT_ONCE", -timedelta(days=1))
    for _ in range(3):
        judged_send()

    ordered(client)

    page = shown(client, PAGE)
    assert 'hx-trigger="every 1s"' in page
    assert 'max="5"' in page or 'max="3"' in page
    assert "Ask again" not in page
    part = shown(client, PAGE, **{"HX-Request-Type": "partial"})
    assert part.lstrip().startswith('<div id="backtest"')
    tiles = shown(client, f"{PAGE}?tiles=1", **{"HX-Request-Type": "partial"})
    assert tiles.lstrip().startswith('<section id="evidence"')


def test_a_version_that_is_active_is_not_compared_with_itself(
    client: Client, version: PolicyVersion
) -> None:
    response = client.post("/policies/send/1/backtest/")

    assert messages_of(response) == ["This version is active: it would be compared with itself."]
    assert not Backtest.objects.exists()


def test_the_accountant_may_look_but_not_order(version: PolicyVersion) -> None:
    accountant = visit_as(Role.ACCOUNTANT)

    assert "Backtest it" not in shown(accountant, PAGE)
    assert accountant.post(PAGE).status_code == 403


# What people did ---------------------------------------------------------------------------------


def test_it_says_what_people_had_decided_and_how_deals_stand(
    client: Client, version: PolicyVersion
) -> None:
    approved, _ = judged_send()
    rejected, _ = judged_send()
    undone, _ = judged_send()
    judged_send()
    decide(approved, Choice.APPROVE)
    decide(rejected, Choice.REJECT, reason_code=RejectReason.NOT_A_FIT)
    decide(undone, Choice.APPROVE)
    decide(undone, Choice.UNDO)

    ordered(client)

    page = shown(client, PAGE)
    assert page.count("newly_held/?decided=") == 2
    assert "newly_held/?decided=approved" in page
    assert "newly_held/?decided=rejected" in page
    assert "Still open" in page
    assert "has no outcome" in page
    assert "still maturing" in page
    rows = shown(client, f"{PAGE}newly_held/?decided=rejected")
    assert rows.count("data-row-link") == 1
    assert f"/approvals/{rejected.pk}/" in rows


# Lists -------------------------------------------------------------------------------------------


def test_a_list_names_each_subject_and_what_either_version_says(
    client: Client, version: PolicyVersion
) -> None:
    send, _ = judged_send()
    ordered(client)

    page = shown(client, f"{PAGE}newly_held/")

    assert send.account.name in page
    assert f'href="/approvals/{send.pk}/"' in page
    assert "Version 1" in page
    assert "Version 2" in page
    assert "Allowed" in page
    assert "Held" in page


def test_a_list_is_narrowed_to_a_segment(client: Client, version: PolicyVersion) -> None:
    judged_send()
    ordered(client)

    assert "data-row-link" in shown(client, f"{PAGE}newly_held/?segment=cold/US")
    assert "There is none" in shown(client, f"{PAGE}newly_held/?segment=reply/US")
    assert "There is none" in shown(client, f"{PAGE}newly_held/?segment=%00&before=9e9")


def test_a_list_that_is_none_is_not_found(client: Client, version: PolicyVersion) -> None:
    assert client.get(f"{PAGE}newly_held/").status_code == 404
    ordered(client)
    assert client.get(f"{PAGE}sideways/").status_code == 404


@pytest.mark.parametrize("sends", [1, 3])
@pytest.mark.parametrize(("address", "expected"), [(PAGE, 16), (f"{PAGE}newly_held/", 10)])
def test_pages_take_a_fixed_number_of_statements(
    client: Client, version: PolicyVersion, sends: int, address: str, expected: int
) -> None:
    for _ in range(sends):
        judged_send()
    ordered(client)
    shown(client, address)

    with statements() as made:
        shown(client, address)

    assert len(made) == expected, "\n".join(made)
