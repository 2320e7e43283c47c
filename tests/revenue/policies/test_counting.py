"""What is counted of each rule, day by day, and which rule alarms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from revenue.actors import Actor
from revenue.models import PolicyKind, PolicyVersion, RuleDay
from revenue.policies import verdicts
from revenue.policies.conditions import parse_policy
from revenue.policies.counting import count_day, count_due, rule_counts
from tests.support.rows import NOW, publish_text
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

BY = Actor.system("test")
TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)


def rule(name: str, when: dict[str, Any], effect: str = "hold", **more: Any) -> dict[str, Any]:
    told = {"reason": "For a test.", "owner": "admin"}
    return {"id": name, "when": when, "effect": effect, **told, **more}


CHAIN = {"fact": "account.is_national_chain", "op": "is", "value": True}
RATED = {"fact": "account.rating", "op": "lt", "value": 3}
DENTIST = {"fact": "account.category", "op": "eq", "value": "dental"}
KNOWN = {"fact": "account.category", "op": "is_known"}


def publish(*rules: dict[str, Any], days_ago: int = 0) -> PolicyVersion:
    text = parse_policy({"kind": "icp", "title": "A profile", "rules": list(rules)})
    return publish_text(text, now=NOW - days_ago * DAY)


def judge(*facts: dict[str, Any], days_ago: int = 0) -> None:
    subjects = {f"account:{number}": one for number, one in enumerate(facts)}
    policy = verdicts.active(PolicyKind.ICP)
    verdicts.record(policy, subjects, by=BY, now=NOW - days_ago * DAY)


def counted(day: date = TODAY) -> dict[str, tuple[int, ...]]:
    rows = RuleDay.objects.filter(kind=PolicyKind.ICP, day=day).order_by("rule")
    return {row.rule: (row.asked, row.fired, row.unknown, row.decided) for row in rows}


# Counting ----------------------------------------------------------------------------------------


def test_each_rule_is_counted_by_what_it_came_to() -> None:
    publish(rule("chain", CHAIN, "deny"), rule("dentist", DENTIST), rule("rest", KNOWN, "allow"))
    judge({"account.is_national_chain": True, "account.category": "dental"}, {})

    assert count_due(now=NOW) == [TODAY]

    assert counted() == {
        "": (2, 0, 0, 0),
        "chain": (2, 1, 1, 2),
        "dentist": (2, 1, 1, 0),
        "rest": (2, 1, 0, 0),
    }


def test_counting_again_counts_nothing_twice() -> None:
    publish(rule("dentist", DENTIST))
    judge({"account.category": "dental"})
    count_due(now=NOW)
    before = counted()

    count_day(day=TODAY)

    assert counted() == before


def test_a_day_without_new_verdicts_is_left_alone() -> None:
    publish(rule("dentist", DENTIST))
    judge({"account.category": "dental"})
    count_due(now=NOW)

    assert count_due(now=NOW) == []

    judge({"account.category": "dental"})
    assert count_due(now=NOW) == [TODAY]
    assert counted()["dentist"] == (2, 2, 0, 2)


def test_a_verdict_from_before_midnight_that_was_committed_after_it_is_counted() -> None:
    publish(rule("dentist", DENTIST))
    judge({"account.category": "dental"})
    count_due(now=NOW)
    judge({"account.category": "dental"}, days_ago=1)

    assert count_due(now=NOW) == [TODAY - DAY]

    assert counted(TODAY - DAY)["dentist"] == (1, 1, 0, 1)


def test_days_in_which_nobody_counted_are_made_up_for() -> None:
    publish(rule("dentist", DENTIST), days_ago=5)
    judge({"account.category": "dental"}, days_ago=4)
    judge({"account.category": "dental"}, days_ago=2)

    assert count_due(now=NOW) == [TODAY - 4 * DAY, TODAY - 2 * DAY]


def test_rules_of_two_versions_are_counted_on_one_day() -> None:
    publish(rule("dentist", DENTIST))
    judge({"account.category": "dental"})
    publish(rule("dentist", DENTIST), rule("chain", CHAIN))
    judge({"account.category": "dental", "account.is_national_chain": False})

    count_due(now=NOW)

    assert counted() == {"": (2, 0, 0, 0), "dentist": (2, 2, 0, 2), "chain": (1, 0, 0, 0)}


# Reading -----------------------------------------------------------------------------------------


def test_counts_cover_seven_and_ninety_days() -> None:
    publish(rule("dentist", DENTIST), rule("chain", CHAIN), days_ago=100)
    for days_ago in (95, 40, 6, 0):
        judge({"account.category": "dental", "account.is_national_chain": False}, days_ago=days_ago)
    count_due(now=NOW)

    dentist, chain = rule_counts(PolicyKind.ICP, now=NOW).values()

    assert (dentist.asked_7, dentist.fired_7) == (2, 2)
    assert (dentist.asked_90, dentist.fired_90, dentist.decided_90) == (3, 3, 3)
    assert (dentist.last_asked, dentist.last_fired, dentist.never_fired) == (TODAY, TODAY, False)
    assert (chain.fired_90, chain.last_asked, chain.never_fired) == (0, TODAY, True)


def test_counts_come_in_the_order_of_the_active_version() -> None:
    publish(rule("b", DENTIST), rule("a", CHAIN), rule("off", CHAIN, mode="off"))

    counts = rule_counts(PolicyKind.ICP, now=NOW)

    assert [(count.rule, count.counted) for count in counts.values()] == [
        ("b", True), ("a", True), ("off", False),
    ]  # fmt: skip
    assert not counts["b"].never_fired


def test_without_an_active_version_there_are_no_counts() -> None:
    assert rule_counts(PolicyKind.SEND, now=NOW) == {}


@pytest.mark.parametrize("rules", [1, 3])
def test_counts_are_read_by_two_statements(rules: int) -> None:
    version = publish(*(rule(f"rule-{number}", DENTIST) for number in range(rules)))
    verdicts.published(version.pk)

    with statements() as made:
        rule_counts(PolicyKind.ICP, now=NOW)

    assert len(made) == 2


# Alarms ------------------------------------------------------------------------------------------


def alarm_of(name: str) -> str:
    count_due(now=NOW)
    return rule_counts(PolicyKind.ICP, now=NOW)[name].alarm


def test_an_enforced_rule_that_no_verdict_asked_alarms() -> None:
    old = publish(rule("dentist", DENTIST), days_ago=3)
    publish(rule("dentist", DENTIST), rule("chain", CHAIN), days_ago=2)
    # A process that never heard of the new version goes on with the old one.
    verdicts.record(verdicts.published(old.pk), {"account:1": {}}, by=BY, now=NOW)

    assert alarm_of("chain") == "It was never asked while verdicts were given, 1 of them."
    assert alarm_of("dentist") == ""


def test_an_enforced_rule_whose_facts_are_never_known_alarms() -> None:
    publish(rule("rated", RATED), rule("dentist", DENTIST), days_ago=2)
    judge(*[{"account.category": "dental"}] * 19)
    assert alarm_of("rated") == ""

    judge({"account.category": "dental"})

    assert alarm_of("rated") == "In none of the last 20 verdicts was known what it reads."
    assert alarm_of("dentist") == ""


def test_a_rule_that_only_marks_or_is_new_today_does_not_alarm() -> None:
    publish(rule("rated", RATED, mode="warn"), days_ago=2)
    judge(*[{}] * 30)
    assert alarm_of("rated") == ""

    publish(rule("rated", RATED))
    judge(*[{}] * 30)

    assert alarm_of("rated") == ""
