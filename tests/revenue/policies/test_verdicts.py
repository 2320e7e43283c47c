"""Published policies at work: which version is asked, and what is kept of its answer."""

from __future__ import annotations

from typing import Any

import pytest

from revenue.actors import Actor
from revenue.models import PolicyKind, PolicyState, PolicyVersion, ShadowVerdict, Verdict
from revenue.policies import verdicts
from revenue.policies.seeds import seed_policy
from revenue.policies.traces import trace_from_json
from revenue.policies.verdicts import NoActivePolicy, Published
from revenue.policies.versions import keep_proof, step, write_version
from revenue.policies.vocabulary import Effect
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.revenue.policies.samples import ALLOWED
from tests.support.rows import FOUNDER, NOW, publish_text
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

BY = Actor.system("policy")
DENTIST = {"account.category": "dental", "account.category_group": "health_professional"}


def published_seed(kind: Kind = Kind.SEND, *, without: str = "") -> PolicyVersion:
    text = seed_policy(kind)
    rules = tuple(rule for rule in text.rules if rule.id != without)
    return publish_text(text.model_copy(update={"rules": rules}))


@pytest.fixture
def policy() -> Published:
    published_seed()
    return verdicts.active(PolicyKind.SEND)


def kept(policy: Published, **changes: Any) -> Verdict:
    facts = {**ALLOWED, **{name.replace("__", "."): value for name, value in changes.items()}}
    (verdict,) = verdicts.record(policy, {"send:1": facts}, by=BY, now=NOW)
    verdict.refresh_from_db()
    return verdict


# Which version -----------------------------------------------------------------------------------


def test_without_a_published_version_nothing_is_judged() -> None:
    write_version(text=seed_policy(Kind.SEND), by=FOUNDER, now=NOW)

    with pytest.raises(NoActivePolicy, match="No send policy is active"):
        verdicts.active(PolicyKind.SEND)


def test_the_active_version_of_the_kind_is_asked() -> None:
    published_seed()
    second = published_seed(without="suppressed")
    published_seed(Kind.ICP)

    policy = verdicts.active(PolicyKind.SEND)

    assert (policy.version_id, policy.kind, policy.number) == (second.pk, "send", 2)
    assert "suppressed" not in {rule.id for rule in policy.text.rules}


def test_a_known_version_is_compiled_once(policy: Published) -> None:
    with statements() as found:
        again = verdicts.active(PolicyKind.SEND)

    assert again is policy
    assert len(found) == 1


# What is kept ------------------------------------------------------------------------------------


def test_verdicts_are_kept_in_the_order_given_with_facts_and_trace(policy: Published) -> None:
    facts = {
        "send:2": {**ALLOWED, "contact.suppressed": True},
        "send:1": ALLOWED,
        "send:3": {**ALLOWED, "contact.country": "MX"},
    }

    judged = verdicts.record(policy, facts, by=BY, now=NOW)

    assert [(one.subject, one.effect, one.rule) for one in judged] == [
        ("send:2", Effect.DENY, "suppressed"),
        ("send:1", Effect.ALLOW, "canada-allowed"),
        ("send:3", Effect.HOLD, "other-countries"),
    ]
    for verdict in Verdict.objects.all():
        assert verdict.policy_id == policy.version_id
        assert verdict.facts == {**ALLOWED, **facts[verdict.subject]}
        assert (verdict.given_by, verdict.given_at) == (str(BY), NOW)
        assert verdict.trace != {}


def test_nothing_to_judge_keeps_nothing(policy: Published) -> None:
    assert verdicts.record(policy, {}, by=BY, now=NOW) == []


@pytest.mark.parametrize("name", ["contact.suppressed", "contact.country", "account.icp_verdict"])
def test_unknown_fact_never_lets_anything_through(policy: Published, name: str) -> None:
    facts = {fact: value for fact, value in ALLOWED.items() if fact != name}

    (verdict,) = verdicts.record(policy, {"send:1": facts}, by=BY, now=NOW)

    assert verdict.effect == Effect.HOLD
    assert name not in verdict.facts


# What it said, in words --------------------------------------------------------------------------


def test_denial_is_said_in_a_sentence_with_what_would_have_changed_it(policy: Published) -> None:
    verdict = kept(policy, contact__country="MX")

    explained = verdicts.explained(verdict)

    assert verdicts.sentence(verdict) == explained.view.sentence
    assert explained.view.sentence.startswith("Held: ")
    assert explained.view.rules[0].id == "other-countries"
    assert explained.change.startswith("Allowed if ")


def test_what_would_have_stopped_an_allowed_one_is_said_too(policy: Published) -> None:
    explained = verdicts.explained(kept(policy))

    assert explained.view.effect == Effect.ALLOW
    assert explained.change.startswith(("Held if ", "Denied if "))


def test_old_verdict_is_explained_by_the_version_that_gave_it(policy: Published) -> None:
    verdict = kept(policy, contact__suppressed=True)
    before = verdicts.explained(verdict)
    published_seed(without="suppressed")
    verdicts.published.cache_clear()

    after = verdicts.explained(Verdict.objects.get(pk=verdict.pk))

    assert after == before
    assert after.view.rules[0].id == "suppressed"


def test_profile_verdict_names_the_category() -> None:
    published_seed(Kind.ICP)
    policy = verdicts.active(PolicyKind.ICP)

    (verdict,) = verdicts.record(policy, {"account:1": DENTIST}, by=BY, now=NOW)

    assert (verdict.effect, verdict.rule) == (Effect.DENY, "dental")


# What a decider was shown ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"contact.country": "MX"}, {"other-countries"}),
        ({"contact.suppressed": True, "send.copy_blockers": 2}, {"suppressed", "copy-faults"}),
        ({"mailbox.paused": True}, set()),
    ],
)
def test_objections_are_the_content_rules_that_stop_it(
    policy: Published, changes: dict[str, Any], expected: set[str]
) -> None:
    assert verdicts.objections(policy, {**ALLOWED, **changes}) == expected


def test_rule_that_might_stop_it_counts_as_an_objection(policy: Published) -> None:
    facts = {name: value for name, value in ALLOWED.items() if name != "send.copy_blockers"}

    assert verdicts.objections(policy, facts) == {"copy-faults"}


# In shadow ---------------------------------------------------------------------------------------


def in_shadow(*, without: str) -> PolicyVersion:
    text = seed_policy(Kind.SEND)
    rules = tuple(rule for rule in text.rules if rule.id != without)
    version = write_version(text=text.model_copy(update={"rules": rules}), by=FOUNDER, now=NOW)
    keep_proof(version=version, compared_with=None, loosens=True, analysis={}, by=FOUNDER, now=NOW)
    step(version=version, to=PolicyState.SHADOW, by=FOUNDER, now=NOW)
    return version


def test_a_version_in_shadow_is_asked_about_the_same_facts(policy: Published) -> None:
    version = in_shadow(without="suppressed")

    verdict = kept(policy, contact__suppressed=True)

    beside = ShadowVerdict.objects.get(verdict=verdict)
    assert (verdict.effect, verdict.rule) == (Effect.DENY, "suppressed")
    assert (beside.policy_id, beside.effect, beside.rule) == (
        version.pk, Effect.ALLOW, "canada-allowed",
    )  # fmt: skip
    assert (
        trace_from_json(
            verdicts.published(version.pk).compiled, beside.trace, verdict.facts
        ).decision.effect
        is Effect.ALLOW
    )


def test_a_version_that_left_the_shadow_is_asked_no_more(policy: Published) -> None:
    version = in_shadow(without="suppressed")
    kept(policy)
    step(version=version, to=PolicyState.VALIDATED, by=FOUNDER, now=NOW)

    kept(policy)

    assert ShadowVerdict.objects.count() == 1


def test_a_shadow_of_another_kind_is_not_asked() -> None:
    published_seed(Kind.ICP)
    in_shadow(without="suppressed")
    profile = verdicts.active(PolicyKind.ICP)

    verdicts.record(profile, {"account:1": DENTIST}, by=BY, now=NOW)

    assert not ShadowVerdict.objects.exists()


@pytest.mark.parametrize("subjects", [1, 3])
def test_judging_in_shadow_takes_a_fixed_number_of_statements(
    policy: Published, subjects: int
) -> None:
    facts = {f"send:{number}": ALLOWED for number in range(subjects)}
    with statements() as alone:
        verdicts.record(policy, facts, by=BY, now=NOW)
    verdicts.published(in_shadow(without="suppressed").pk)

    with statements() as beside:
        verdicts.record(policy, facts, by=BY, now=NOW)

    assert (len(alone), len(beside)) == (2, 3)
