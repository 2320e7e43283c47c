"""The pages of change requests, and the answers to what is posted there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.changes.deciding import take_effect_due
from approvals.changes.proposing import propose_grant, propose_policy
from approvals.models import ChangeRequest, ChangeState
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import BacktestSlice, PolicyState, PolicyVersion, User
from revenue.policies.backtesting import finish, order_backtest
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import GRANT, checked, with_rule, without_rule
from tests.support.rows import installed, make_user, publish_text
from tests.support.visits import messages_of, statements

pytestmark = pytest.mark.django_db

CHANGES = "/approvals/changes/"
SYSTEM = Actor.system("certificates")


@pytest.fixture(autouse=True)
def house() -> None:
    installed(now=timezone.now())


@pytest.fixture
def admin() -> User:
    return make_user(Role.ADMIN, username="admin", first_name="Ana")


@pytest.fixture
def founder() -> User:
    return make_user(Role.FOUNDER, username="founder", first_name="Noa")


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def proposed(by: User, **fields: Any) -> ChangeRequest:
    now = fields.pop("now", timezone.now())
    version = checked(without_rule("canada-role"), loosens=True, by=Actor.person(by), now=now)
    return propose_policy(version=version, why="Fewer clicks.", by=Actor.person(by), now=now)


def page(person: User, address: str) -> str:
    response = client_of(person).get(address)
    assert response.status_code == 200
    return response.content.decode()


def address(change: ChangeRequest, act: str = "") -> str:
    return f"{CHANGES}{change.pk}/{act}"


def active() -> PolicyVersion:
    return PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)


# The list ----------------------------------------------------------------------------------------


def test_an_empty_list_says_what_will_appear(founder: User) -> None:
    html = page(founder, CHANGES)

    assert "Changes that need a second person appear here" in html
    assert "No change waits for you" in html


def test_what_waits_for_the_reader_comes_first(admin: User, founder: User) -> None:
    change = proposed(admin)
    theirs = propose_grant(
        grant=GRANT, why="", evidence={}, by=Actor.person(founder), now=timezone.now()
    )

    html = page(founder, CHANGES)

    assert "1 change waits for you" in " ".join(html.split())
    assert html.index(change.title) < html.index("Proposed by you") < html.index(theirs.title)


def test_the_rail_counts_only_what_the_reader_may_decide(admin: User, founder: User) -> None:
    proposed(admin)

    count = '<span class="count">1<span class="visually-hidden"> waiting for you</span></span>'
    assert count in page(founder, "/policies/")
    assert count not in page(admin, "/policies/")
    assert "Changes to decide" in page(founder, "/approvals/")


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_with_more_rows(admin: User, founder: User, number: int) -> None:
    for segment in ("known-contacts", "canada", "united-states")[:number]:
        grant = GRANT.__class__(**{**GRANT.as_json(), "segment": segment})
        change = propose_grant(
            grant=grant, why="", evidence={}, by=Actor.person(admin), now=timezone.now()
        )
        client_of(founder).post(address(change, "decide"), {"choice": "reject", "reason": "No"})
        propose_grant(grant=grant, why="", evidence={}, by=SYSTEM, now=timezone.now())
    client = client_of(founder)

    with statements() as found:
        client.get(CHANGES)

    assert len(found) == 9


def test_decided_ones_go_on_on_a_further_page(
    admin: User, founder: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.changes.queries.PAGE", 1)
    for _ in range(2):
        change = proposed(admin)
        client_of(founder).post(address(change, "decide"), {"choice": "reject", "reason": "No"})
    html = page(founder, CHANGES)

    older = next(part.split('"')[0] for part in html.split('href="') if "?after=" in part)
    assert change.title in html
    assert "version 2" in page(founder, older.replace("&amp;", "&"))
    assert change.title in page(founder, f"{CHANGES}?after=nonsense")


# One sheet ---------------------------------------------------------------------------------------


def test_the_sheet_says_what_changes_and_why(admin: User, founder: User) -> None:
    html = page(founder, address(proposed(admin)))

    assert "Fewer clicks." in html
    assert "Removed:" in html
    assert "What it lets through" in html
    assert "It was proposed without a backtest." in html
    assert 'data-key="a"' in html


def test_the_sheet_shows_the_backtest_as_it_stands_and_as_it_stood(
    admin: User, founder: User
) -> None:
    change = proposed(admin)
    assert change.policy is not None
    by, now = Actor.person(admin), timezone.now()
    backtest = order_backtest(version=change.policy, by=by, now=now)
    BacktestSlice.objects.create(
        backtest=backtest, number=8, first_id=8, last_id=8, counts={"CA": {"newly_allowed": 2}},
        done_at=now,
    )  # fmt: skip
    BacktestSlice.objects.create(backtest=backtest, number=9, first_id=9, last_id=9)

    running = " ".join(page(founder, address(change)).split())
    BacktestSlice.objects.filter(done_at=None).update(
        counts={"CA": {"newly_allowed": 1, "unchanged": 4}}, done_at=now
    )
    finish(backtest=backtest, now=now)
    done = " ".join(page(founder, address(change)).split())
    client_of(founder).post(address(change, "decide"), {"choice": "approve"})
    decided = " ".join(page(founder, address(change)).split())

    assert 'hx-trigger="every 1s"' in running
    assert "2 verdicts so far." in running
    assert 'hx-trigger="every 1s" hx-target="#evidence"' not in done
    assert "7 verdicts, all that were kept by then." in done
    assert [html.count("It was proposed without a backtest.") for html in (running, done)] == [1, 1]
    assert "When it was decided" in decided
    assert "The backtest of 7 verdicts, asked" in decided
    assert "It was proposed without a backtest." in decided
    change.refresh_from_db()
    assert change.evidence["backtest"] is None
    assert change.evidence["backtest_decided"]["sums"]["newly_allowed"] == 3


def test_a_request_that_was_proposed_while_a_backtest_ran_says_how_far_it_was(
    admin: User, founder: User
) -> None:
    now, by = timezone.now(), Actor.person(admin)
    version = checked(without_rule("canada-role"), loosens=True, by=by, now=now)
    backtest = order_backtest(version=version, by=by, now=now)
    BacktestSlice.objects.create(
        backtest=backtest, number=8, first_id=8, last_id=8, counts={"CA": {"unchanged": 2}},
        done_at=now,
    )  # fmt: skip
    BacktestSlice.objects.create(backtest=backtest, number=9, first_id=9, last_id=9)
    change = propose_policy(version=version, why="", by=by, now=now)
    client_of(founder).post(address(change, "decide"), {"choice": "reject", "reason": "Wait"})

    html = " ".join(page(founder, address(change)).split())

    assert html.count("1 of 2 parts were done of the backtest that was asked") == 2


@pytest.mark.parametrize("number", [1, 3])
def test_the_sheet_costs_the_same_with_more_parts(admin: User, founder: User, number: int) -> None:
    change = proposed(admin)
    assert change.policy is not None
    now = timezone.now()
    backtest = order_backtest(version=change.policy, by=Actor.person(admin), now=now)
    for part in range(20, 20 + number):
        BacktestSlice.objects.create(
            backtest=backtest, number=part, first_id=part, last_id=part,
            counts={f"C{part}": {"newly_held": 1}}, done_at=now,
        )  # fmt: skip
    client = client_of(founder)
    client.get(address(change))

    with statements() as found:
        client.get(address(change))

    assert len(found) == 12


def test_the_sheet_of_a_grant_shows_terms_and_evidence(founder: User) -> None:
    change = propose_grant(
        grant=GRANT, why="Earned.", evidence={"clean_audits": 60}, by=SYSTEM, now=timezone.now()
    )

    html = page(founder, address(change))

    assert "Should Pepper do more alone?" in html
    assert "Known contacts" in html
    assert "Clean audits" in html
    assert "3: Acts inside policy; at least 10 % audited" in html


def test_the_proposer_is_told_why_not_and_who(admin: User, founder: User) -> None:
    html = page(admin, address(proposed(admin)))

    assert "Who proposes does not approve." in html
    assert "<bdi>Noa</bdi> may decide it." in html
    assert 'data-key="a"' not in html
    assert "24 h" not in html


def test_what_is_not_there_is_not_found(founder: User) -> None:
    client = client_of(founder)

    assert client.get(f"{CHANGES}99/").status_code == 404
    for act in ("decide", "withdraw", "alone"):
        form = {"choice": "approve", "because": "x"}
        assert client.post(f"{CHANGES}99/{act}", form).status_code == 404
    assert client.post(f"{CHANGES}propose", {"version": "99"}).status_code == 404
    assert client.post(f"{CHANGES}propose", {"version": "x"}).status_code == 404


# Deciding ----------------------------------------------------------------------------------------


def test_another_person_approves_and_is_told(admin: User, founder: User) -> None:
    change = proposed(admin)

    response = client_of(founder).post(address(change, "decide"), {"choice": "approve"})

    assert response.headers["Location"] == address(change)
    assert "It is the active version now" in messages_of(response)[0]
    assert active().pk == change.policy_id
    assert "Approved" in page(founder, address(change))


def test_the_proposer_who_posts_anyway_is_refused(admin: User, founder: User) -> None:
    change = proposed(admin)

    response = client_of(admin).post(address(change, "decide"), {"choice": "approve"})

    assert response.status_code == 409
    assert "Who proposes does not approve: somebody else has to." in response.content.decode()
    assert active().number == 1


def test_a_rejection_without_a_reason_keeps_the_form_open(admin: User, founder: User) -> None:
    change, client = proposed(admin), client_of(founder)

    bare = client.post(address(change, "decide"), {"choice": "reject", "reason": " "})
    long = client.post(address(change, "decide"), {"choice": "reject", "reason": "x" * 1001})

    assert (bare.status_code, long.status_code) == (422, 422)
    assert "Say why you reject it" in bare.content.decode()
    assert "x" * 1001 in long.content.decode()
    assert client.post(address(change, "decide"), {"choice": "x"}).status_code == 422
    change.refresh_from_db()
    assert change.state == ChangeState.WAITING


def test_the_second_to_decide_is_told_what_happened(admin: User, founder: User) -> None:
    change, client = proposed(admin), client_of(founder)
    client.post(address(change, "decide"), {"choice": "approve"})

    late = client.post(address(change, "decide"), {"choice": "reject", "reason": "Too wide"})

    assert late.status_code == 409
    assert "It is approved already. Nothing was changed." in late.content.decode()


def test_what_was_overtaken_is_said_so(admin: User, founder: User) -> None:
    change = proposed(admin)
    publish_text(with_rule(Effect.DENY), now=timezone.now())

    response = client_of(founder).post(address(change, "decide"), {"choice": "approve"})

    assert "Check it again and propose it anew." in messages_of(response)[0]
    assert "Check it again</a>" in page(founder, address(change))


def test_the_proposer_takes_it_back_once(admin: User, founder: User) -> None:
    change = proposed(admin)

    first = client_of(admin).post(address(change, "withdraw"))
    second = client_of(founder).post(address(change, "withdraw"))

    assert messages_of(first) == ["Taken back. Nothing has changed."]
    assert "Only who proposed it" in messages_of(second)[0]


def test_alone_a_person_sets_it_and_may_call_it_off(admin: User) -> None:
    change, client = proposed(admin), client_of(admin)
    assert "nobody else here may decide it" in page(admin, address(change))

    bare = client.post(address(change, "alone"), {"because": ""})
    client.post(address(change, "alone"), {"because": "Nobody else is here."})

    change.refresh_from_db()
    assert (bare.status_code, change.state) == (422, ChangeState.SCHEDULED)
    html = page(admin, address(change))
    assert "Call it off" in html
    assert "tomorrow" in html
    assert "Take effect at their time" in page(admin, CHANGES)
    client.post(address(change, "withdraw"))
    take_effect_due(now=timezone.now() + timedelta(days=2))
    assert active().number == 1


def test_alone_it_takes_effect_when_the_day_is_over(admin: User) -> None:
    change, client = proposed(admin), client_of(admin)
    client.post(address(change, "alone"), {"because": "Nobody else is here."})

    take_effect_due(now=timezone.now() + timedelta(hours=23))
    assert active().number == 1
    take_effect_due(now=timezone.now() + timedelta(hours=25))

    assert active().pk == change.policy_id


# Proposing ---------------------------------------------------------------------------------------


def test_a_version_is_proposed_from_its_page(admin: User) -> None:
    version = checked(without_rule("canada-role"), loosens=True, by=Actor.person(admin))
    form, client = {"version": version.pk, "why": "Fewer clicks."}, client_of(admin)

    first = client.post(f"{CHANGES}propose", form)
    second = client.post(f"{CHANGES}propose", form)

    change = ChangeRequest.objects.get()
    assert (change.policy, change.why) == (version, "Fewer clicks.")
    assert first.headers["Location"] == second.headers["Location"] == address(change)
    assert "proposed already" in messages_of(second)[-1]


def test_an_unchecked_version_leads_back_to_its_page(admin: User) -> None:
    version = write_version(
        text=without_rule("canada-role"), by=Actor.person(admin), now=timezone.now()
    )

    response = client_of(admin).post(f"{CHANGES}propose", {"version": version.pk, "why": ""})

    assert response.headers["Location"] == reverse("revenue:policy_version", args=["send", 2])
    assert "Check the version first" in messages_of(response)[0]
