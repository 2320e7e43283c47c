"""The policies to read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from revenue.access import Role
from revenue.actors import Actor
from revenue.models import PolicyKind as Kind
from revenue.models import PolicyVersion
from revenue.policies import verdicts
from revenue.policies.conditions import parse_policy
from revenue.policies.counting import count_due
from revenue.policies.due import Said, keep_said
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import PolicyKind
from tests.support.rows import NOW, publish_text
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")


def write(kind: PolicyKind = PolicyKind.SEND, *, publishing: bool = True) -> PolicyVersion:
    text = seed_policy(kind)
    return publish_text(text) if publishing else write_version(text=text, by=BY, now=NOW)


@pytest.fixture
def client() -> Client:
    return visit_as(Role.ACCOUNTANT)


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_each_kind_shows_its_active_version_and_its_history(client: Client) -> None:
    write()
    write()
    write(PolicyKind.ICP, publishing=False)

    page = shown(client, "/policies/")

    assert "Read version 2" in page
    assert page.count("/policies/send/1/") == 1
    assert "No version is active." in page
    assert 'href="/policies/icp/1/"' in page


def test_a_rule_that_cannot_do_its_work_is_named_above_the_folded_table(client: Client) -> None:
    now = timezone.now()
    publish_text(seed_policy(PolicyKind.SEND), now=now - timedelta(days=2))
    unknown = Said(unknown=("quiet-hours",), rule="quiet-hours").until(now)
    said = {f"send:{number}": unknown for number in range(20)}
    keep_said(verdicts.active(Kind.SEND), said, by=BY, now=now)
    count_due(now=now)

    above, _, folded = shown(client, "/policies/").partition("How often each of its")

    told = "In none of the last 20 due mails was known what it reads."
    assert above.count("Can't do its work") == above.count(told) == 1
    assert '/policies/send/rules/quiet-hours/"' in above
    assert told in folded


def test_a_house_without_policies_says_what_follows(client: Client) -> None:
    assert shown(client, "/policies/").count("Everything that it would decide is held.") == 2


@pytest.mark.parametrize("kind", list(PolicyKind))
def test_a_version_says_each_of_its_rules(client: Client, kind: PolicyKind) -> None:
    write(kind)

    page = shown(client, f"/policies/{kind}/1/")

    rules = seed_policy(kind).rules
    assert [page.count(f'<li id="{rule.id}"') for rule in rules] == [1] * len(rules)


RULE = {
    "when": {"fact": "contact.country", "op": "eq", "value": "CA"},
    "effect": "hold",
    "owner": "founder",
}


def test_rules_stand_under_what_they_do_and_are_escaped(client: Client) -> None:
    rules = [
        {**RULE, "id": "denies", "effect": "deny", "reason": "Because of <b>this</b>."},
        {**RULE, "id": "waits", "stage": "timing", "reason": "The hour is wrong."},
        {**RULE, "id": "marks", "mode": "warn", "reason": "Worth a look."},
        {**RULE, "id": "sleeps", "mode": "off", "reason": "It is not needed."},
    ]
    text = parse_policy({"kind": "send", "title": "Ours", "rules": rules})
    write_version(text=text, by=BY, now=NOW)

    page = shown(client, "/policies/send/1/")

    headings = ["Denies", "Waits for the right hour", "Marks only", "Switched off"]
    places = [page.index(f">{heading}</h2>") for heading in headings]
    rows = [page.index(f'id="{rule["id"]}"') for rule in rules]
    assert sorted([*places, *rows]) == [
        place for pair in zip(places, rows, strict=True) for place in pair
    ]
    assert "Holds for a person" not in page
    assert "&lt;b&gt;this&lt;/b&gt;" in page


@pytest.mark.parametrize("address", ["/policies/send/2/", "/policies/nothing/1/"])
def test_a_version_that_there_is_not_is_not_found(client: Client, address: str) -> None:
    write()

    assert client.get(address).status_code == 404


def test_the_list_takes_the_same_statements_with_one_version_and_three(client: Client) -> None:
    write()
    with statements() as one:
        shown(client, "/policies/")
    write()
    write()
    with statements() as three:
        shown(client, "/policies/")

    # session, person, roles; of each kind the text, the active version, the latest and the counts
    # (two statements and the version itself, one where none is active); switches, names twice
    assert (len(one), len(three)) == (16, 16)
