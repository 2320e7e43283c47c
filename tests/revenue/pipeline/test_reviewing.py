from __future__ import annotations

import pytest

from revenue.actors import Actor
from revenue.models import Account, LedgerEvent, PolicyVersion, Verdict, VerdictObjection
from revenue.pipeline.queries import AccountFilter
from revenue.pipeline.reviewing import (
    Group,
    ObjectedError,
    ReasonMissingError,
    WithdrawnError,
    groups,
    object_to_verdict,
    objections_to,
    rules_among,
    samples,
    standing_objections,
    withdraw_objection,
)
from tests.support.rows import FOUNDER, NOW, installed, make_account

pytestmark = pytest.mark.django_db


def judged(effect: str = "deny", rule: str = "dental", **fields: object) -> Account:
    """An account with a kept verdict."""
    account = make_account(icp_effect=effect, icp_rule=rule, **fields)
    account.icp_verdict = Verdict.objects.create(
        policy=PolicyVersion.objects.get(kind="icp"),
        subject=f"account:{account.pk}",
        effect=effect,
        rule=rule,
        facts={},
        trace={},
        given_at=NOW,
        given_by="seat:prospector",
    )
    account.save(update_fields=["icp_verdict"])
    return account


def objected(account: Account, reason: str = "Should be accepted") -> VerdictObjection:
    verdict = account.icp_verdict
    assert verdict is not None
    return object_to_verdict(verdict=verdict, reason=reason, by=FOUNDER, now=NOW)


@pytest.fixture(autouse=True)
def _house(db: None) -> None:
    installed()


def test_groups_count_every_judged_account_four_ways() -> None:
    make_account(icp_effect="deny", icp_rule="dental", category="dental", area="", city="Berlin")
    make_account(icp_effect="deny", icp_rule="dental", category="dental", area="", city="")
    make_account(icp_effect="hold", icp_rule="", category="hair")
    gone = make_account(icp_effect="allow", icp_rule="x")
    make_account(icp_effect="", screened_at=None)
    Account.objects.filter(pk=gone.pk).update(merged_into=make_account(icp_effect="allow"))

    found = groups()

    assert found.rule == (
        Group("deny", "dental", 2), Group("allow", "", 1), Group("hold", "", 1)
    )  # fmt: skip
    assert found.category == (
        Group("deny", "dental", 2), Group("hold", "hair", 1), Group("allow", "physiotherapy", 1)
    )  # fmt: skip
    assert {(group.value, group.effect, group.number) for group in found.area} == {
        ("Walnut Grove", "hold", 1), ("Walnut Grove", "allow", 1)
    }  # fmt: skip
    assert {(group.value, group.number) for group in found.city} == {("Langley", 1), ("Berlin", 1)}


def test_rules_among_say_what_decided_the_chosen_accounts() -> None:
    make_account(icp_effect="deny", icp_rule="dental", city="Berlin")
    make_account(icp_effect="deny", icp_rule="lawyers")

    assert rules_among(AccountFilter(city="Berlin")) == (Group("deny", "dental", 1),)


def test_one_draw_gives_one_sample_and_other_draws_others() -> None:
    for _ in range(30):
        make_account()

    drawn = [
        [account.pk for account in samples(AccountFilter(), draw=draw, limit=5)]
        for draw in (1, 1, 2)
    ]

    assert drawn[0] == drawn[1]
    assert set(drawn[0]) != set(drawn[2])
    assert len(drawn[0]) == 5


def test_an_objection_keeps_the_verdict_and_tells_the_ledger() -> None:
    account = judged()

    objection = objected(account, "  Wrong\n category ")

    assert (objection.reason, objection.raised_at, objection.raised_by) == (
        "Wrong category", NOW, str(FOUNDER)
    )  # fmt: skip
    account.refresh_from_db()
    assert account.icp_effect == "deny"
    assert objections_to([account]) == {account.pk: objection}
    event = LedgerEvent.objects.get(kind="verdict.objected")
    assert event.subject == f"account:{account.pk}"
    assert event.data == {
        "verdict": account.icp_verdict_id, "effect": "deny", "rule": "dental",
        "reason": "Wrong category",
    }  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_objection_needs_a_reason(reason: str) -> None:
    with pytest.raises(ReasonMissingError):
        objected(judged(), reason)
    assert not VerdictObjection.objects.exists()


def test_a_verdict_is_marked_as_wrong_once() -> None:
    account = judged()
    objected(account)

    with pytest.raises(ObjectedError):
        objected(account, "again")
    assert LedgerEvent.objects.filter(kind="verdict.objected").count() == 1


def test_a_withdrawn_objection_stays_on_record_and_makes_room() -> None:
    account = judged()
    first = objected(account)

    withdraw_objection(objection=first, by=Actor("person", "2"), now=NOW)

    first.refresh_from_db()
    assert (first.withdrawn_at, first.withdrawn_by) == (NOW, "person:2")
    assert objections_to([account]) == {}
    assert list(standing_objections()) == []
    again = objected(account)
    assert list(standing_objections()) == [again]


def test_an_objection_is_withdrawn_once() -> None:
    objection = objected(judged())
    withdraw_objection(objection=objection, by=FOUNDER, now=NOW)

    with pytest.raises(WithdrawnError):
        withdraw_objection(objection=objection, by=FOUNDER, now=NOW)
    assert LedgerEvent.objects.filter(kind="verdict.objection_withdrawn").count() == 1


def test_an_objection_to_an_earlier_verdict_does_not_count_against_the_present_one() -> None:
    account = judged()
    objected(account)
    Account.objects.filter(pk=account.pk).update(icp_verdict=judged().icp_verdict)
    account.refresh_from_db()

    assert objections_to([account]) == {}
