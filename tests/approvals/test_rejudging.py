"""A new send policy reaches what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals import rejudging
from approvals.deciding import Ruling, decide
from approvals.intake import open_send
from approvals.models import Choice, Decision, Send, SendState
from approvals.rejudging import judge_again, judging, rejudge_waiting
from revenue.conversation.replies import record_reply
from revenue.models import Authority, Effect, LedgerEvent, PolicyKind, PolicyVersion, Verdict
from revenue.policies import verdicts
from revenue.policies.conditions import Leaf, PolicyText, Rule
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Effect as Does
from revenue.policies.vocabulary import Operator
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.approvals.changes.proposals import with_rule, without_rule
from tests.support.rows import (
    FOUNDER,
    NOW,
    installed,
    make_contact,
    make_draft,
    publish_text,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
HOLDS_ALL = Leaf(fact="send.word_count", op=Operator.GE, value=0)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def opened(**contact: Any) -> Send:
    return open_send(draft=make_draft(make_contact(**contact)), now=NOW)


def american() -> Send:
    return opened(country="US", region="WA", time_zone="America/Los_Angeles")


def approved(send: Send) -> Send:
    return decide(
        send_id=send.pk, revision_id=send.revision_id or 0, ruling=Ruling(Choice.APPROVE),
        by=FOUNDER, now=NOW,
    )  # fmt: skip


def let_go(send: Send) -> Send:
    """Approved by the policy, as a seat with authority does it."""
    authority = Authority.objects.create(
        seat_id="sender", seat_side="discovery", action_id="send_cold", action_side="discovery",
        ceiling=4, only_seat="sender", segment_id="canada", level=3, granted_at=NOW,
        granted_by=str(FOUNDER),
    )  # fmt: skip
    approval = Decision.objects.create(
        send=send, revision_id=send.revision_id or 0, round=1, choice=Choice.APPROVE,
        verdict=send.verdict, authority=authority, authority_level=3, channel="policy",
        decided_at=NOW, decided_by="seat:sender",
    )  # fmt: skip
    Send.objects.filter(pk=send.pk).update(
        state=SendState.APPROVED, approval=approval, leaves_at=LATER
    )
    return send


def rejudge(*, at: datetime = LATER, **limits: Any) -> int:
    return rejudge_waiting(clock=lambda: at, **{"busy_for": MINUTE, **limits})


def holding(rule_id: str = "hold-all") -> PolicyText:
    text = seed_policy(Kind.SEND)
    rule = Rule(id=rule_id, when=HOLDS_ALL, effect=Does.HOLD, reason="A look at all.", owner="F")
    return text.model_copy(update={"rules": (*text.rules, rule)})


def shape(send: Send) -> tuple[str, str, str]:
    send.refresh_from_db()
    return send.state, send.effect, send.held_by


# What becomes of what waits ----------------------------------------------------------------------


def test_everything_that_waits_is_judged_by_the_new_version() -> None:
    sends = [opened(), american(), approved(opened())]
    version = publish_text(with_rule(Does.HOLD, country="FR"), now=LATER)

    assert judging() == rejudging.Judging(waiting=3, number=2)
    assert rejudge() == 3

    found = Send.objects.values_list("policy", "verdict__policy", "state").order_by("pk")
    states = [SendState.PENDING, SendState.PENDING, SendState.APPROVED]
    assert list(found) == [(version.pk, version.pk, state) for state in states]
    assert Verdict.objects.filter(policy=version).count() == len(sends)
    assert judging() == rejudging.Judging(waiting=0, number=2)
    assert rejudge() == 0


def test_what_is_denied_now_is_overtaken_and_what_was_approved_is_revoked() -> None:
    pending, sure, other = opened(), approved(opened()), american()
    publish_text(with_rule(Does.DENY), now=LATER)

    rejudge()

    assert shape(pending) == (SendState.STALE, Effect.DENY, "by-country")
    assert shape(sure) == (SendState.REVOKED, Effect.DENY, "by-country")
    assert shape(other)[0] == SendState.PENDING
    for send in (pending, sure):
        assert send.state_reason.startswith("Version 2 of the send policy: ")
        assert "We are careful in CA." in send.state_reason
        told = LedgerEvent.objects.get(kind=f"send.{send.state}")
        assert (told.subject, told.actor) == (f"send:{send.pk}", "system:policy")
        assert (told.data["rule"], told.data["policy"]) == ("by-country", send.policy_id)


def test_a_snoozed_one_that_is_denied_is_overtaken() -> None:
    send = opened()
    Send.objects.filter(pk=send.pk).update(state=SendState.SNOOZED, snoozed_until=LATER)
    publish_text(with_rule(Does.DENY), now=LATER)

    rejudge()

    assert shape(send)[0] == SendState.STALE


def test_a_pending_one_that_is_held_now_says_so_and_waits_on() -> None:
    send = opened()
    assert shape(send) == (SendState.PENDING, Effect.ALLOW, "canada-allowed")
    publish_text(with_rule(Does.HOLD), now=LATER)

    rejudge()

    assert shape(send) == (SendState.PENDING, Effect.HOLD, "by-country")


def test_an_approval_against_a_rule_that_was_not_shown_is_revoked() -> None:
    send = approved(opened())
    publish_text(with_rule(Does.HOLD), now=LATER)

    rejudge()

    assert shape(send) == (SendState.REVOKED, Effect.HOLD, "by-country")
    assert send.state_reason == "Version 2 of the send policy: We are careful in CA."


def test_an_approval_that_saw_the_rule_stands() -> None:
    publish_text(with_rule(Does.HOLD))
    send = approved(opened())
    publish_text(with_rule(Does.HOLD).model_copy(update={"title": "Anew"}), now=LATER)

    assert rejudge() == 1

    assert shape(send) == (SendState.APPROVED, Effect.HOLD, "by-country")


def test_what_the_policy_let_go_comes_up_for_a_person_when_it_is_held() -> None:
    send = let_go(opened())
    publish_text(without_rule("canada-allowed"), now=LATER)

    rejudge()

    assert shape(send) == (SendState.PENDING, Effect.HOLD, "")
    assert (send.round, send.approval_id, send.leaves_at) == (2, None, None)
    assert send.expires_at == LATER + timedelta(hours=72)
    assert send.state_reason.startswith("The send policy does not allow it any more. ")
    assert LedgerEvent.objects.filter(kind="send.pending", subject=f"send:{send.pk}").exists()
    assert approved(send).state == SendState.APPROVED


def test_what_the_policy_let_go_and_still_allows_leaves_as_planned() -> None:
    send = let_go(opened())
    publish_text(with_rule(Does.HOLD, country="FR"), now=LATER)

    rejudge()

    assert shape(send)[0] == SendState.APPROVED


def test_a_reply_that_came_meanwhile_is_met_too() -> None:
    send = opened()
    record_reply(contact=send.contact, at=NOW + MINUTE, by=FOUNDER, now=NOW + MINUTE)
    publish_text(with_rule(Does.HOLD, country="FR"), now=LATER)

    rejudge()

    assert shape(send)[0] == SendState.STALE


@pytest.mark.parametrize("state", [SendState.RETURNED, SendState.REJECTED, SendState.EXPIRED])
def test_what_does_not_wait_is_left_as_it_is(state: SendState) -> None:
    send = opened()
    Send.objects.filter(pk=send.pk).update(state=state)
    publish_text(with_rule(Does.DENY), now=LATER)

    assert rejudge() == 0
    assert shape(send)[0] == state


# Order, batches, interruption --------------------------------------------------------------------


def test_what_changes_and_what_is_about_to_leave_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unchanged = [american() for _ in range(3)]
    changing, leaving = opened(), approved(american())
    publish_text(with_rule(Does.DENY), now=LATER)
    monkeypatch.setattr(rejudging, "BATCH", 1)

    order = []
    for sends in rejudging.batches(verdicts.active(PolicyKind.SEND)):
        order += list(sends.values_list("pk", flat=True))
        judge_again(sends, policy=verdicts.active(PolicyKind.SEND), now=LATER)

    assert order == [changing.pk, leaving.pk, *(send.pk for send in unchanged)]


def test_it_stops_when_its_time_is_up_and_goes_on_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejudging, "BATCH", 2)
    for _ in range(5):
        american()
    publish_text(with_rule(Does.DENY), now=LATER)
    ticks: Iterator[int] = count()

    def clock() -> datetime:
        return LATER + next(ticks) * MINUTE

    assert rejudge_waiting(clock=clock, busy_for=2 * MINUTE) == 2
    assert rejudge() == 3


def test_a_version_that_came_meanwhile_ends_the_run() -> None:
    american()
    first = publish_text(with_rule(Does.DENY), now=LATER)
    policy = verdicts.published(first.pk)
    publish_text(with_rule(Does.HOLD), now=LATER)

    assert judge_again(Send.objects.all(), policy=policy, now=LATER) is None
    assert not Send.objects.filter(policy=first).exists()


def test_sends_of_several_versions_are_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejudging, "BATCH", 2)
    for number in range(3):
        american()
        publish_text(with_rule(Does.HOLD, country="FR", rule_id=f"r{number}"), now=LATER)

    assert rejudge() == 3
    assert set(Send.objects.values_list("policy__number", flat=True)) == {4}


def test_without_any_send_policy_nothing_is_judged() -> None:
    american()
    PolicyVersion.objects.filter(kind="send").update(state="retired")

    assert rejudge() == 0
    assert judging() == rejudging.Judging(waiting=0, number=0)


def statements(work: Callable[[], object]) -> int:
    seen = 0

    def counting(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal seen
        seen += 1
        return execute(*arguments)

    with connection.execute_wrapper(counting):
        work()
    return seen


def test_a_batch_costs_the_same_statements_for_one_and_for_many() -> None:
    def judged_after(number: int) -> int:
        for _ in range(number):
            american()
        publish_text(with_rule(Does.DENY, rule_id=f"r{number}"), now=LATER)
        return statements(rejudge)

    assert judged_after(1) == judged_after(4)


# What the stored facts say is what fresh ones say ------------------------------------------------


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    dropped=st.sets(st.sampled_from([rule.id for rule in seed_policy(Kind.SEND).rules])),
    effect=st.sampled_from([Does.DENY, Does.HOLD, Does.ALLOW]),
    country=st.sampled_from(["CA", "US", "FR"]),
)
def test_all_that_changes_is_among_the_first(dropped: set[str], effect: Does, country: str) -> None:
    if not Send.objects.exists():
        opened(), american(), opened(role=""), opened(consent="none")
    before = dict(Send.objects.filter(state=SendState.PENDING).values_list("pk", "effect"))
    text = with_rule(effect, country=country)
    kept = tuple(rule for rule in text.rules if rule.id not in dropped)
    publish_text(text.model_copy(update={"rules": kept}), now=LATER)

    first = set(rejudging.first_ids(verdicts.active(PolicyKind.SEND)))
    rejudge(at=NOW)

    after = dict(Send.objects.filter(pk__in=before).values_list("pk", "effect"))
    assert {pk for pk in before if after[pk] != before[pk]} == first
