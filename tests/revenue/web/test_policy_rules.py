"""The page of one rule: how often it fired, and in which verdicts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from revenue.access import Role
from revenue.models import PolicyKind
from revenue.policies import fired, verdicts
from revenue.policies.counting import count_due
from revenue.policies.due import SILENT, Said, keep_said
from revenue.policies.fired import fired_in
from revenue.policies.vocabulary import Mode
from tests.revenue.policies.samples import ALLOWED
from tests.revenue.web.test_policy_evidence import shown, without
from tests.support.rows import ADMIN, make_account, publish_text
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

PAGE = "/policies/send/rules/suppressed/"


@pytest.fixture
def client() -> Client:
    return visit_as(Role.ACCOUNTANT)


@pytest.fixture(autouse=True)
def policy() -> None:
    publish_text(without(), now=timezone.now() - timedelta(days=200))


def judge(number: int, *, days_ago: int = 0, suppressed: bool = True) -> None:
    now = timezone.now() - timedelta(days=days_ago)
    facts = ALLOWED | {"contact.suppressed": suppressed}
    policy = verdicts.active(PolicyKind.SEND)
    verdicts.record(policy, {f"send:{number}": facts}, by=ADMIN, now=now)


def test_it_lists_the_verdicts_in_which_the_rule_fired(client: Client) -> None:
    judge(1)
    judge(2, suppressed=False)
    judge(3, days_ago=30)
    count_due(now=timezone.now())

    page = shown(client, PAGE)

    assert "Mail 1" in page
    assert "Mail 2" not in page
    assert "Mail 3" not in page
    assert "Mail 3" in shown(client, f"{PAGE}?days=90")
    assert "of 2 verdicts" in page


def test_today_is_looked_into_before_it_is_counted(client: Client) -> None:
    judge(1)

    assert "Mail 1" in shown(client, PAGE)


def test_a_rule_that_is_not_in_the_active_version_says_so(client: Client) -> None:
    page = shown(client, "/policies/send/rules/of-long-ago/?days=twelve")

    assert "The active version has no such rule" in page
    assert "There is none" in page
    assert client.get("/policies/nothing/rules/of-long-ago/").status_code == 404


def test_a_rule_of_the_hour_lists_the_mails_that_waited(client: Client) -> None:
    now = timezone.now()
    quiet = Said(("quiet-hours",), rule="quiet-hours").until(now + timedelta(hours=9))
    both = Said(("weekend", "quiet-hours"), rule="weekend").until(now + timedelta(days=2))
    policy = verdicts.active(PolicyKind.SEND)
    said = {"send:1": quiet, "send:2": both, "send:3": SILENT}
    keep_said(policy, said, by=ADMIN, now=now)
    count_due(now=now)

    page = shown(client, "/policies/send/rules/quiet-hours/")

    assert "of 3 due mails" in page
    assert page.count("asked again") == 2
    assert "because of <bdi>Weekend</bdi>" in page
    assert [f"Mail {number}" in page for number in (1, 2, 3)] == [True, True, False]
    assert shown(client, "/policies/send/rules/weekend/").count("asked again") == 1


def test_a_rule_that_is_switched_off_says_that_it_is_not_asked(client: Client) -> None:
    text = without()
    off = tuple(one.model_copy(update={"mode": Mode.OFF}) for one in text.rules)
    publish_text(text.model_copy(update={"rules": off}), now=timezone.now())

    assert "This rule is not asked." in shown(client, "/policies/send/rules/quiet-hours/")


def test_a_rule_that_can_not_be_told_alarms(client: Client) -> None:
    facts = {name: value for name, value in ALLOWED.items() if name != "contact.suppressed"}
    policy = verdicts.active(PolicyKind.SEND)
    subjects = {f"send:{number}": facts for number in range(20)}
    verdicts.record(policy, subjects, by=ADMIN, now=timezone.now())
    count_due(now=timezone.now())

    assert "In none of the last 20 verdicts was known what it reads." in shown(client, PAGE)


def test_pages_hold_each_verdict_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fired, "PAGE", 2)
    for number in range(5):
        judge(number)

    listed, before = [], None
    while True:
        rows, before = fired_in(
            PolicyKind.SEND, "suppressed", days=7, now=timezone.now(), before=before
        )
        listed += [row.subject for row in rows]
        if before is None:
            break

    assert listed == [f"send:{number}" for number in reversed(range(5))]


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_takes_a_fixed_number_of_statements(client: Client, number: int) -> None:
    make_account()
    for one in range(number):
        judge(one)
    count_due(now=timezone.now())
    shown(client, PAGE)

    with statements() as made:
        shown(client, PAGE)

    assert len(made) == 10, "\n".join(made)


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_of_a_rule_of_the_hour_takes_one_less(client: Client, number: int) -> None:
    now = timezone.now()
    waits = Said(("weekend",), rule="weekend").until(now)
    said = {f"send:{one}": waits for one in range(number)}
    keep_said(verdicts.active(PolicyKind.SEND), said, by=ADMIN, now=now)
    address = "/policies/send/rules/weekend/"
    shown(client, address)

    with statements() as made:
        shown(client, address)

    assert len(made) == 9, "\n".join(made)
