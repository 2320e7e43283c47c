"""Publishing a version from its page: at once, or by a request."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.changes.deciding import schedule_alone
from approvals.changes.proposing import propose_policy
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion, User
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import checked, with_rule, without_rule
from tests.support.rows import ADMIN, NOW, installed, make_user, publish_text
from tests.support.visits import messages_of

pytestmark = pytest.mark.django_db

PAGE = "/policies/send/2/"


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def admin() -> User:
    return make_user(Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def active() -> int:
    return PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE).number


def tightening() -> PolicyVersion:
    return checked(with_rule(Effect.DENY), loosens=False)


def loosening(**fields: Any) -> PolicyVersion:
    return checked(without_rule("canada-role"), loosens=True, **fields)


def shown(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return response.content.decode()


def test_what_lets_nothing_more_through_is_published_at_once(client: Client) -> None:
    tightening()
    assert "Publish now" in shown(client)

    response = client.post(f"{PAGE}publish/")

    assert response.headers["Location"] == PAGE
    assert messages_of(response) == ["Version 2 is active now. What waits is being judged again."]
    assert active() == 2
    assert "Publish now" not in shown(client)


def test_what_lets_more_through_is_not_published_by_one(client: Client) -> None:
    loosening()
    html = shown(client)
    assert "Propose it" in html
    assert "Publish now" not in html

    response = client.post(f"{PAGE}publish/")

    assert "propose it to somebody else" in messages_of(response)[0]
    version = PolicyVersion.objects.get(number=2, kind="send")
    assert (active(), version.proposed_at) == (1, None)


def test_what_was_proposed_by_somebody_else_is_not_published_past_them(client: Client) -> None:
    propose_policy(version=loosening(), why="", by=ADMIN, now=NOW)

    client.post(f"{PAGE}publish/")

    assert active() == 1
    assert PolicyVersion.objects.get(number=2, kind="send").proposed_by == str(ADMIN)


def test_what_nobody_checked_is_not_published(client: Client) -> None:
    write_version(text=with_rule(Effect.DENY), by=ADMIN, now=NOW)
    assert "Not ready to be published" in shown(client)

    response = client.post(f"{PAGE}publish/")

    assert messages_of(response) == ["Version 2 is draft; check it first."]


def test_what_was_compared_with_a_past_version_is_checked_again_first(client: Client) -> None:
    tightening()
    publish_text(with_rule(Effect.HOLD))
    assert "Not ready to be published" in shown(client)

    response = client.post(f"{PAGE}publish/")

    assert "check it again" in messages_of(response)[0]
    assert active() == 3


def test_what_waits_leads_to_the_request(client: Client) -> None:
    change = propose_policy(version=loosening(), why="", by=ADMIN, now=NOW)

    html = shown(client)

    assert "Waits for a decision" in html
    assert f'href="/approvals/changes/{change.pk}/"' in html
    assert "Decide it" in html


def test_what_has_its_time_can_be_called_off_there(client: Client, admin: User) -> None:
    by = Actor.person(admin)
    change = propose_policy(version=loosening(by=by), why="", by=by, now=NOW)
    schedule_alone(change_id=change.pk, because="Alone.", by=by, now=NOW)

    html = shown(client)

    assert "Takes effect" in html
    assert f'action="/approvals/changes/{change.pk}/withdraw"' in html


def test_who_may_not_decide_is_offered_nothing() -> None:
    tightening()
    accountant = Client()
    accountant.force_login(make_user(Role.ACCOUNTANT))

    assert "Publish now" not in accountant.get(PAGE).content.decode()
    assert accountant.post(f"{PAGE}publish/").status_code == 403


def test_a_version_that_is_not_there_is_not_found(client: Client) -> None:
    assert client.post("/policies/send/99/publish/").status_code == 404
