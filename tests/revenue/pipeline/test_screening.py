"""Accounts that are new or changed are judged once by the active customer profile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from revenue.agents import killswitch
from revenue.models import (
    Account,
    Brand,
    Effect,
    LedgerEvent,
    PolicyKind,
    Source,
    SourceRecord,
    SwitchScope,
    Verdict,
)
from revenue.pipeline import screening
from revenue.pipeline.screening import screen_due, unscreened
from revenue.policies import verdicts
from revenue.policies.conditions import PolicyText
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.hearing import hear
from tests.support.rows import FOUNDER, NOW, installed, make_account, publish_text
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def new_account(**fields: Any) -> Account:
    """An account that a list named today."""
    account = make_account(**{"icp_effect": "", "screened_at": None, **fields})
    SourceRecord.objects.create(
        source=Source.objects.get(pk="accounts"), record_id=str(account.pk), account=account,
        content_hash=b"x", first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    return account


def verdict_of(account: Account) -> Verdict:
    account.refresh_from_db()
    assert account.icp_verdict is not None
    return account.icp_verdict


def test_each_account_keeps_its_verdict() -> None:
    brand = Brand.objects.create(key="h", name="H", locations=3)
    wanted = new_account(brand=brand)
    dentist = new_account(category="dental")
    unknown = new_account(category="other", category_group="other")

    assert screen_due(now=NOW) == 3

    expected = [
        (wanted, Effect.ALLOW, "wellness-several-places"),
        (dentist, Effect.DENY, "dental"),
        (unknown, Effect.HOLD, ""),
    ]
    for account, effect, rule in expected:
        verdict = verdict_of(account)
        assert (account.icp_effect, account.icp_rule, account.screened_at) == (effect, rule, NOW)
        assert (verdict.subject, verdict.effect, verdict.rule, verdict.given_by) == (
            f"account:{account.pk}",
            effect,
            rule,
            "seat:prospector",
        )
    assert verdict_of(wanted).facts["account.locations"] == 3


def test_ledger_tells_how_many_came_out_how() -> None:
    first, last = new_account(category="dental"), new_account(category="dental")

    screen_due(now=NOW)

    event = LedgerEvent.objects.get(kind="accounts.screened")
    assert (event.subject, event.actor) == ("policy:icp:1", "seat:prospector")
    assert event.data == {"accounts": 2, "first": first.pk, "last": last.pk, "deny": 2}


def test_judged_account_is_left_alone_until_it_changes() -> None:
    account = new_account(category="dental")
    assert [screen_due(now=NOW), screen_due(now=NOW + HOUR)] == [1, 0]
    first = verdict_of(account)

    Account.objects.filter(pk=account.pk).update(category="physiotherapy", changed_at=NOW + HOUR)

    assert screen_due(now=NOW + 2 * HOUR) == 1
    assert verdict_of(account) != first
    assert (account.screened_at, account.icp_rule) == (NOW + 2 * HOUR, "")
    assert Verdict.objects.filter(pk=first.pk, effect=Effect.DENY).exists()


def test_change_stamped_by_a_clock_ahead_of_ours_is_not_judged_for_ever() -> None:
    account = new_account(changed_at=NOW + HOUR)

    assert [screen_due(now=NOW), screen_due(now=NOW)] == [1, 0]
    assert verdict_of(account).given_at == NOW


def test_merged_account_is_not_judged() -> None:
    stays = make_account()
    new_account(merged_into=stays)

    assert screen_due(now=NOW) == 0


def test_a_batch_takes_the_oldest_first() -> None:
    accounts = [new_account() for _ in range(3)]

    assert screen_due(now=NOW, limit=2) == 2
    assert list(unscreened()) == [accounts[2]]


@pytest.mark.parametrize(
    ("scope", "target", "judged"),
    [
        (SwitchScope.EVERYTHING, "", 0),
        (SwitchScope.SEAT, "prospector", 0),
        (SwitchScope.ACTION, "screen_account", 0),
        (SwitchScope.SEAT, "sender", 1),
    ],
)
def test_thrown_switch_stops_screening(scope: SwitchScope, target: str, judged: int) -> None:
    new_account()
    killswitch.throw(scope=scope, target=target, reason="", by=FOUNDER, now=NOW)

    assert screen_due(now=NOW) == judged


def test_statements_do_not_grow_with_the_batch() -> None:
    counts = []
    verdicts.active(PolicyKind.ICP)  # compiled once, then kept
    for number in (1, 3):
        for _ in range(number):
            new_account()
        with statements() as found:
            screen_due(now=NOW)
        counts.append(len(found))

    assert counts == [8, 8]


# A new version of the profile --------------------------------------------------------------------


def without_dentists() -> PolicyText:
    text = seed_policy(Kind.ICP)
    rules = tuple(rule for rule in text.rules if rule.id != "dental")
    return text.model_copy(update={"rules": rules})


def test_a_new_version_is_asked_about_every_account() -> None:
    dentist, other = new_account(category="dental"), new_account()
    merged = new_account(merged_into=other)
    screen_due(now=NOW)
    publish_text(without_dentists(), now=NOW)

    hear(screening.hear)
    assert set(unscreened()) == {dentist, other}
    dentist.refresh_from_db()
    assert (dentist.icp_effect, dentist.icp_rule) == (Effect.DENY, "dental")
    assert screen_due(now=NOW) == 2

    assert verdict_of(dentist).policy.number == 2
    assert dentist.icp_effect != Effect.DENY
    assert not unscreened().exists()
    merged.refresh_from_db()
    assert merged.icp_verdict is None


def test_a_new_send_policy_asks_about_no_account() -> None:
    new_account()
    screen_due(now=NOW)
    publish_text(seed_policy(Kind.SEND).model_copy(update={"title": "Other"}), now=NOW)

    hear(screening.hear)

    assert not unscreened().exists()


def test_marking_accounts_again_changes_nothing_more() -> None:
    new_account()
    screen_due(now=NOW)
    publish_text(without_dentists(), now=NOW)

    assert screening.screen_anew() == 1
    assert screening.screen_anew() == 0
