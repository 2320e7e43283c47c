"""What the send policy reads about a send: all of the catalogue, and what is not known left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.facts import gather
from approvals.models import Send, SendState
from revenue.models import RelationshipKind
from revenue.policies.catalogue import CATALOGUE, facts_for
from revenue.policies.comparing import is_usable
from revenue.policies.evaluation import compile_policy
from revenue.policies.vocabulary import Effect, PolicyKind
from tests.approvals.fresh import looks_first
from tests.support.rows import (
    NOW,
    installed,
    make_account,
    make_contact,
    make_draft,
    make_mailbox,
    make_relationship,
    make_send,
)
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
TODAY = date(2026, 11, 18)
COUNT, AGE, KINDS = (
    "account.relationship_facts",
    "account.days_since_relationship_fact",
    "account.relationship_kinds",
)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def facts_of(send: Send, *, now: datetime = NOW) -> dict[str, Any]:
    found = Send.objects.select_related("account", "contact", "mailbox", "revision")
    return gather([found.get(pk=send.pk)], now=now)[send.pk]


def relationship(send: Send, *, now: datetime = NOW) -> tuple[object, object, object]:
    facts = facts_of(send, now=now)
    return facts[COUNT], facts.get(AGE), facts[KINDS]


# The catalogue -----------------------------------------------------------------------------------


def test_everything_of_the_catalogue_is_gathered_where_it_is_known() -> None:
    mailbox = make_mailbox(time_zone="America/Vancouver")
    contact = make_contact(
        region="BC", role="Owner", last_reply_at=NOW - 90 * A_DAY, legal_form="company"
    )
    make_send(make_draft(contact, mailbox=mailbox), state=SendState.SENT, now=NOW - 60 * A_DAY)
    make_relationship(contact.account)
    send = make_send(make_draft(contact, mailbox=mailbox))

    facts = facts_of(send)

    unread = {"mailbox.bounce_rate_30d", "mailbox.complaint_rate_30d"}  # nothing left lately
    assert set(facts) == set(facts_for(PolicyKind.SEND)) - unread
    assert [name for name, value in facts.items() if not is_usable(CATALOGUE[name], value)] == []


@pytest.mark.parametrize("number", [1, 3])
def test_facts_of_three_sends_take_as_many_statements_as_of_one(number: int) -> None:
    for _ in range(number):
        account = make_account()
        make_relationship(account)
        make_relationship(account)
        make_send(make_draft(make_contact(account)))
    rows = Send.objects.select_related("account", "contact", "mailbox", "revision")
    sends = list(rows)

    with statements() as found:
        facts = gather(sends, now=NOW)

    assert [facts[send.pk][COUNT] for send in sends] == [2] * number
    assert len(found) == STATEMENTS, "\n".join(found)


STATEMENTS = 7


# Relationships -----------------------------------------------------------------------------------


def test_where_nothing_was_noted_that_is_known_and_the_age_is_not() -> None:
    make_relationship()  # of another account

    assert relationship(make_send()) == (0, None, [])


def test_what_stands_is_counted_with_its_kinds_and_the_age_of_the_newest() -> None:
    send = make_send()
    for days, kind in ((40, "pays_late"), (12, "left_over_price"), (20, "pays_late")):
        make_relationship(send.account, kind=kind, noted_at=NOW - days * A_DAY)

    assert relationship(send) == (3, 12.0, ["left_over_price", "pays_late"])


def test_what_was_replaced_counts_no_more_though_the_newer_one_has_run_out() -> None:
    send = make_send()
    older = make_relationship(send.account)
    make_relationship(
        send.account, supersedes=older, kind="knows_us", valid_from=TODAY - 9 * A_DAY,
        valid_until=TODAY - A_DAY, noted_at=NOW - A_DAY,
    )  # fmt: skip

    assert relationship(send) == (0, None, [])


def test_a_day_ends_at_midnight_where_the_mailbox_is() -> None:
    mailbox = make_mailbox(address="west@a.example", time_zone="America/Vancouver")
    send = make_send(make_draft(mailbox=mailbox))
    make_relationship(send.account, valid_from=TODAY, valid_until=TODAY, noted_at=NOW - A_DAY)
    midnight = datetime(2026, 11, 19, tzinfo=ZoneInfo("America/Vancouver"))

    assert relationship(send, now=midnight - timedelta(seconds=1))[0] == 1
    assert relationship(send, now=midnight)[0] == 0


def test_a_fact_that_is_noted_by_a_clock_ahead_of_ours_is_new() -> None:
    send = make_send()
    make_relationship(send.account, noted_at=NOW + timedelta(seconds=2))

    assert relationship(send)[1] == 0


@pytest.mark.parametrize(
    ("days", "effect"),
    [(None, Effect.ALLOW), (0, Effect.HOLD), (29.999, Effect.HOLD), (30, Effect.ALLOW)],
)
def test_a_rule_holds_what_was_noted_less_than_thirty_days_ago(
    days: float | None, effect: Effect
) -> None:
    send = make_send()
    if days is not None:
        make_relationship(send.account, noted_at=NOW - days * A_DAY)

    assert compile_policy(looks_first()).decide(facts_of(send)).effect is effect


def test_kinds_that_are_stored_are_those_that_rules_may_ask_for() -> None:
    send = make_send()
    for kind in RelationshipKind:
        make_relationship(send.account, kind=kind)

    (_, _, kinds) = relationship(send)

    assert kinds == sorted(choice.value for choice in CATALOGUE[KINDS].choices)
