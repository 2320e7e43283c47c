"""What timing rules say of mails that are due: kept, counted, opened, and missed when absent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from revenue.actors import Actor
from revenue.models import DueBatch, PolicyKind, PolicyVersion, RuleDay, TimingVerdict
from revenue.policies import due, verdicts
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.counting import RuleCount, count_day, count_due, rule_counts
from revenue.policies.due import Said, keep_said, said_of, spoken_by
from revenue.policies.evaluation import compile_policy
from revenue.policies.verdicts import Published
from revenue.policies.vocabulary import Mode, Stage
from tests.revenue.policies import reference
from tests.revenue.policies.strategies import facts, policies
from tests.support.rows import NOW, publish_text
from tests.support.visits import statements

BY = Actor.system("delivery-test")
TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)

EVENING = {"fact": "contact.local_hour", "op": "ge", "value": 18}
FULL = {"fact": "mailbox.cap_left", "op": "le", "value": 0}
LATE = Said(("evening",), rule="evening").until(NOW + DAY)
QUIET = Said()

rows = pytest.mark.django_db


def rule(name: str, when: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"effect": "hold", "stage": "timing", "reason": "For a test.", "owner": "admin"}
    return {"id": name, "when": when, **told, **more}


def publish(*rules: dict[str, Any], days_ago: int = 0) -> PolicyVersion:
    text = parse_policy({"kind": "send", "title": "A test", "rules": list(rules)})
    return publish_text(text, now=NOW - days_ago * DAY)


def keep(*said: Said, days_ago: int = 0) -> None:
    subjects = {f"send:{number}": one for number, one in enumerate(said)}
    keep_said(verdicts.active(PolicyKind.SEND), subjects, by=BY, now=NOW - days_ago * DAY)


def counts() -> dict[str, RuleCount]:
    count_due(now=NOW)
    return rule_counts(PolicyKind.SEND, now=NOW)


def counted(day: date = TODAY) -> dict[str, tuple[int, ...]]:
    found = RuleDay.objects.filter(kind="send", stage="timing", day=day)
    return {row.rule: (row.asked, row.fired, row.unknown, row.decided) for row in found}


# What they say -----------------------------------------------------------------------------------


def said_by(text: PolicyText, seen: dict[str, Any]) -> Said:
    policy = Published(1, "icp", 1, text, compile_policy(text))
    return said_of(policy, policy.compiled.explain(seen, timing=True))


@given(policies(), facts())
def test_said_is_what_each_timing_rule_comes_to(text: PolicyText, seen: dict[str, Any]) -> None:
    said = said_by(text, seen)

    asked = [one for one in text.rules if one.stage is Stage.TIMING and one.mode is not Mode.OFF]
    came = {one.id: reference.truth(one.when, seen) for one in asked}
    assert said.fired == tuple(name for name, truth in came.items() if truth)
    assert said.unknown == tuple(name for name, truth in came.items() if truth is None)
    stops = [one.id for one in asked if one.mode is Mode.ENFORCE and came[one.id] is not False]
    assert said.rule == next(iter(stops), "")


# Keeping -----------------------------------------------------------------------------------------


@rows
def test_all_that_were_asked_are_counted_and_only_those_of_which_a_rule_spoke_are_kept() -> None:
    version = publish(rule("evening", EVENING))

    keep(QUIET, LATE, Said(unknown=("evening",), rule="evening").until(NOW), QUIET)

    batch = DueBatch.objects.get()
    assert (batch.policy_id, batch.mails, batch.asked_at) == (version.pk, 4, NOW)
    assert batch.asked_by == "system:delivery-test"
    kept = TimingVerdict.objects.order_by("id").values_list("subject", "fired", "unknown", "rule")
    assert list(kept) == [
        ("send:1", ["evening"], [], "evening"),
        ("send:2", [], ["evening"], "evening"),
    ]


@rows
@pytest.mark.parametrize("number", [1, 25])
def test_keeping_takes_two_statements_for_however_many(number: int) -> None:
    publish(rule("evening", EVENING))
    policy = verdicts.active(PolicyKind.SEND)
    said = {f"send:{one}": LATE for one in range(number)}

    with statements() as made:
        keep_said(policy, said, by=BY, now=NOW)

    assert len(made) == 2


@rows
def test_of_nothing_nothing_is_kept() -> None:
    publish(rule("evening", EVENING))

    keep()

    assert not DueBatch.objects.exists()


# Counting ----------------------------------------------------------------------------------------


@rows
def test_each_timing_rule_is_counted_apart_from_verdicts() -> None:
    publish(
        rule("evening", EVENING), rule("full", FULL, mode="warn"), rule("off", FULL, mode="off")
    )
    verdicts.record(verdicts.active(PolicyKind.SEND), {"send:9": {}}, by=BY, now=NOW)

    keep(QUIET, LATE, Said(("full",), ("evening",), "evening").until(NOW), Said(("full",)))

    assert count_due(now=NOW) == [TODAY]
    assert counted() == {"": (4, 0, 0, 0), "evening": (4, 1, 1, 2), "full": (4, 2, 0, 0)}
    assert RuleDay.objects.get(stage="content", rule="").asked == 1
    assert count_due(now=NOW) == []


@rows
def test_counting_a_day_again_forgets_no_mail_that_was_due() -> None:
    publish(rule("evening", EVENING))
    keep(LATE, QUIET)
    count_due(now=NOW)
    before = counted()

    count_day(day=TODAY)

    assert counted() == before == {"": (2, 0, 0, 0), "evening": (2, 1, 0, 1)}


@rows
def test_a_rule_that_moved_to_the_hour_keeps_its_two_counts_apart() -> None:
    publish(rule("evening", EVENING, stage="content"))
    verdicts.record(verdicts.active(PolicyKind.SEND), {"send:9": {}}, by=BY, now=NOW)
    publish(rule("evening", EVENING))
    keep(LATE, LATE)

    count = counts()["evening"]

    assert (count.asked_7, count.fired_7, count.decided_90) == (2, 2, 2)
    assert count.asked_7_words == "of 2 due mails"


@rows
def test_counts_and_heartbeat_of_a_timing_rule_are_read_like_any_other() -> None:
    publish(rule("evening", EVENING), rule("full", FULL), days_ago=100)
    for days_ago in (95, 40, 6, 1):
        keep(LATE, QUIET, days_ago=days_ago)
    keep(QUIET)

    evening, full = counts().values()

    assert (evening.asked_7, evening.fired_7) == (5, 2)
    assert (evening.asked_90, evening.fired_90, evening.decided_90) == (7, 3, 3)
    assert (evening.last_asked, evening.last_fired) == (TODAY, TODAY - DAY)
    assert (full.last_asked, full.last_fired, full.never_fired) == (TODAY, None, True)
    assert (evening.alarm, full.alarm) == ("", "")


# Alarms ------------------------------------------------------------------------------------------


@rows
def test_a_timing_rule_of_which_no_due_mail_was_asked_alarms() -> None:
    old = publish(rule("evening", EVENING), days_ago=3)
    publish(rule("evening", EVENING), rule("full", FULL), days_ago=2)
    # A process that never heard of the new version goes on with the old one.
    keep_said(verdicts.published(old.pk), {"send:1": QUIET}, by=BY, now=NOW)

    found = counts()

    assert found["full"].alarm == "It was never asked while mails were due, 1 of them."
    assert found["evening"].alarm == ""


@rows
def test_verdicts_alone_are_no_reason_to_alarm() -> None:
    publish(rule("evening", EVENING), days_ago=2)
    verdicts.record(verdicts.active(PolicyKind.SEND), {"send:9": {}}, by=BY, now=NOW)

    assert counts()["evening"].alarm == ""


@rows
def test_a_timing_rule_that_can_never_be_told_alarms() -> None:
    publish(rule("evening", EVENING), rule("full", FULL), days_ago=2)
    unknown = Said(unknown=("evening",), rule="evening").until(NOW)
    keep(*[unknown] * 19)
    assert counts()["evening"].alarm == ""

    keep(unknown)

    found = counts()
    assert found["evening"].alarm == "In none of the last 20 due mails was known what it reads."
    assert found["full"].alarm == ""


# Opening a number --------------------------------------------------------------------------------


@rows
def test_the_number_opens_to_as_many_rows() -> None:
    publish(rule("evening", EVENING), rule("full", FULL), days_ago=100)
    both = Said(("evening", "full"), rule="evening").until(NOW)
    for days_ago in (95, 89, 40, 7, 6, 0):
        keep(LATE, both, QUIET, days_ago=days_ago)

    found = counts()

    for name in ("evening", "full"):
        for days, number in ((7, found[name].fired_7), (90, found[name].fired_90)):
            listed, _ = spoken_by(PolicyKind.SEND, name, days=days, now=NOW)
            assert len(listed) == number > 0
    assert {one.rule for one in spoken_by(PolicyKind.SEND, "full", days=7, now=NOW)[0]} == {
        "evening"
    }


@rows
def test_pages_hold_each_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "PAGE", 2)
    publish(rule("evening", EVENING))
    keep(*[LATE] * 5)

    listed: list[str] = []
    before: int | None = None
    while True:
        found, before = spoken_by(PolicyKind.SEND, "evening", days=1, now=NOW, before=before)
        listed += [one.subject for one in found]
        if before is None:
            break

    assert listed == [f"send:{number}" for number in reversed(range(5))]
