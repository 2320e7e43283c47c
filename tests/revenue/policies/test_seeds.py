from __future__ import annotations

from typing import Any

import pytest

from revenue.policies.conditions import leaves
from revenue.policies.evaluation import CompiledPolicy, compile_policy
from revenue.policies.explaining import rule_sentence
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Effect, Mode, PolicyKind, Stage
from tests.revenue.policies.samples import ALLOWED

EXPRESS = {"contact.consent": "express"}
EXISTING = {"contact.consent": "existing_business"}
NO_BASIS = {"contact.consent": "none", "contact.published_evidence": False}

STUDIO: dict[str, Any] = {
    "account.category": "yoga_pilates",
    "account.category_group": "health_wellness",
    "account.locations": 1,
    "account.sources": 1,
    "account.days_since_seen": 0,
    "account.is_national_chain": False,
}
"""What every account has; a small studio with nothing that shows strength."""


@pytest.fixture(scope="module")
def icp() -> CompiledPolicy:
    return compile_policy(seed_policy(PolicyKind.ICP))


@pytest.fixture(scope="module")
def send() -> CompiledPolicy:
    return compile_policy(seed_policy(PolicyKind.SEND))


@pytest.mark.parametrize("kind", PolicyKind)
def test_seed_gives_each_rule_a_title_an_owner_and_a_reason_to_read(kind: PolicyKind) -> None:
    text = seed_policy(kind)

    assert text.kind is kind
    for rule in text.rules:
        assert rule.title
        assert rule.owner in {"founder", "admin"}
        assert rule.reason.endswith(".")
        assert "because" in rule_sentence(rule)
    assert len({rule.reason for rule in text.rules}) == len(text.rules)


def test_seed_puts_its_allow_rules_last() -> None:
    for kind in PolicyKind:
        effects = [rule.effect is Effect.ALLOW for rule in seed_policy(kind).rules]
        assert effects == sorted(effects)


def test_send_seed_asks_about_the_clock_and_the_mailbox_at_delivery_only() -> None:
    for rule in seed_policy(PolicyKind.SEND).rules:
        read = {leaf.fact for leaf in leaves(rule.when)}
        of_the_moment = any(name.startswith(("mailbox.", "contact.local_")) for name in read)
        assert of_the_moment is (rule.stage is Stage.TIMING) or rule.id == "zone-unknown"


@pytest.mark.parametrize(
    ("changes", "effect", "rule"),
    [
        ({}, "hold", None),
        ({"account.locations": 2}, "allow", "wellness-several-places"),
        ({"account.employees_full_time": 3}, "allow", "wellness-strong-single-place"),
        ({"account.employees_full_time": 2}, "hold", None),
        ({"account.employees_total": 5}, "allow", "wellness-strong-single-place"),
        ({"account.sources": 2}, "allow", "wellness-strong-single-place"),
        ({"account.has_website": True}, "hold", None),
        (
            {"account.has_website": True, "account.has_phone": True},
            "allow",
            "wellness-strong-single-place",
        ),
        ({"account.locations": 3, "account.is_national_chain": True}, "deny", "national-chain"),
        ({"account.locations": 2, "account.days_since_seen": 500}, "hold", "not-seen-lately"),
        ({"account.locations": None}, "hold", None),
        ({"account.is_national_chain": None, "account.locations": 2}, "hold", "national-chain"),
        ({"account.category": "restaurant"}, "deny", "restaurants"),
        ({"account.category": "cafe"}, "deny", "restaurants"),
        ({"account.category": "fast_food"}, "deny", "restaurants"),
        ({"account.category": "bar_pub"}, "deny", "bars-and-pubs"),
        ({"account.category": "food_retail"}, "deny", "food-trade"),
        ({"account.category": "dental"}, "deny", "dental"),
        ({"account.category": "primary_care"}, "deny", "primary-care"),
        ({"account.category": "hospital"}, "deny", "hospitals"),
        ({"account.category": "pharmacy"}, "deny", "pharmacies"),
        ({"account.category": "veterinary"}, "deny", "veterinary"),
        ({"account.category": "legal"}, "deny", "lawyers"),
        ({"account.category": "accounting"}, "deny", "accountants"),
        ({"account.category": "other_professional"}, "deny", "other-professions"),
        ({"account.category": "hair", "account.category_group": "beauty"}, "hold", None),
    ],
)
def test_icp_seed_judges_an_account(
    icp: CompiledPolicy, changes: dict[str, Any], effect: str, rule: str | None
) -> None:
    decision = icp.decide(STUDIO | changes)

    assert (decision.effect.value, decision.rule) == (effect, rule)


@pytest.mark.parametrize(
    ("changes", "effect", "rule"),
    [
        ({}, "allow", "canada-allowed"),
        (NO_BASIS | EXPRESS, "allow", "canada-allowed"),
        (NO_BASIS | EXISTING, "allow", "canada-allowed"),
        (NO_BASIS, "deny", "canada-no-basis"),
        ({"contact.no_solicitation_note": True}, "deny", "canada-asked-not-to"),
        ({"contact.no_solicitation_note": True} | EXPRESS, "allow", "canada-allowed"),
        ({"contact.no_solicitation_note": None}, "hold", "canada-asked-not-to"),
        ({"contact.role_relevant": False}, "hold", "canada-role"),
        ({"contact.country": "US"} | NO_BASIS, "allow", "us-allowed"),
        ({"contact.country": "US", "send.has_postal_address": False}, "deny", "no-postal-address"),
        ({"contact.country": "US", "send.has_postal_address": None}, "hold", "no-postal-address"),
        ({"contact.country": "GB"}, "allow", "uk-allowed"),
        ({"contact.country": "GB", "contact.legal_form": "sole_trader"}, "deny", "uk-sole-trader"),
        (
            {"contact.country": "GB", "contact.legal_form": "sole_trader"} | EXPRESS,
            "allow",
            "uk-allowed",
        ),
        (
            {"contact.country": "GB", "contact.legal_form": "unknown"},
            "hold",
            "uk-legal-form-unknown",
        ),
        ({"contact.country": "GB", "contact.legal_form": None}, "hold", "uk-sole-trader"),
        ({"contact.country": "DE"}, "deny", "europe-needs-consent"),
        ({"contact.country": "DE"} | EXISTING, "deny", "europe-needs-consent"),
        ({"contact.country": "DE"} | EXPRESS, "allow", "europe-allowed"),
        ({"contact.country": "DE", "contact.consent": None}, "hold", "europe-needs-consent"),
        ({"contact.country": "NO"}, "deny", "europe-needs-consent"),
        ({"contact.country": "BR"}, "hold", "other-countries"),
        ({"contact.country": "BR"} | EXPRESS, "hold", "other-countries"),
        ({"contact.country": None}, "hold", "country-unknown"),
        ({"contact.suppressed": True}, "deny", "suppressed"),
        ({"contact.suppressed": None}, "hold", "suppressed"),
        ({"contact.unsubscribed": True}, "deny", "unsubscribed"),
        ({"send.has_footer": False}, "deny", "no-footer"),
        ({"send.has_unsubscribe": False}, "deny", "no-unsubscribe"),
        ({"account.icp_verdict": "deny"}, "deny", "account-rejected"),
        ({"account.icp_verdict": "hold"}, "hold", "account-not-accepted"),
        (
            {"account.icp_verdict": "deny", "send.kind": "reactivation"},
            "allow",
            "canada-allowed",
        ),
        ({"send.unsupported_claims": 1}, "hold", "unsupported-claims"),
        ({"send.copy_blockers": 1}, "hold", "copy-faults"),
        (
            {"account.touches_90d": 1, "account.days_since_touch": 9.9},
            "hold",
            "account-touched-lately",
        ),
        ({"account.touches_90d": 1, "account.days_since_touch": 10}, "allow", "canada-allowed"),
        ({"account.touches_90d": 1}, "hold", "account-touched-lately"),
        (
            {"account.touches_90d": 4, "account.days_since_touch": 20},
            "hold",
            "account-touched-often",
        ),
        ({"account.open_sends": 1}, "hold", "other-message-open"),
        ({"contact.days_since_reply": 3}, "hold", "answer-first"),
        ({"contact.days_since_reply": 40}, "allow", "canada-allowed"),
        ({"send.age_hours": 400}, "hold", "draft-too-old"),
        ({"send.kind": None}, "hold", None),
        (
            {"send.kind": "reply", "contact.country": "DE", "contact.days_since_reply": 0.1},
            "allow",
            "reply-allowed",
        ),
        ({"send.kind": "reply"}, "hold", None),
    ],
)
def test_send_seed_judges_the_content(
    send: CompiledPolicy, changes: dict[str, Any], effect: str, rule: str | None
) -> None:
    decision = send.decide(ALLOWED | changes)

    assert (decision.effect.value, decision.rule) == (effect, rule)


@pytest.mark.parametrize(
    ("changes", "wait"),
    [
        ({}, None),
        ({"contact.local_hour": 7.99}, "quiet-hours"),
        ({"contact.local_hour": 8}, None),
        ({"contact.local_hour": 17.49}, None),
        ({"contact.local_hour": 17.5}, "quiet-hours"),
        ({"contact.local_weekday": 6}, "weekend"),
        ({"contact.local_holiday": True}, "public-holiday"),
        ({"contact.time_zone_known": False}, "zone-unknown"),
        ({"contact.time_zone_known": None}, "zone-unknown"),
        ({"contact.local_hour": None}, "quiet-hours"),
        ({"mailbox.cap_left": 0}, "daily-cap"),
        ({"mailbox.cap_left": -3}, "daily-cap"),
        ({"mailbox.cap_left": None}, "daily-cap"),
        ({"mailbox.paused": True}, "mailbox-paused"),
        ({"mailbox.authenticated": False}, "mailbox-unproven"),
        (
            {
                "mailbox.sent_30d": 100,
                "mailbox.bounce_rate_30d": 0.04,
                "mailbox.complaint_rate_30d": 0,
            },
            "too-many-bounces",
        ),
        (
            {
                "mailbox.sent_30d": 100,
                "mailbox.bounce_rate_30d": 0.03,
                "mailbox.complaint_rate_30d": 0.01,
            },
            "too-many-complaints",
        ),
        ({"mailbox.sent_30d": 100}, "too-many-bounces"),
        ({"mailbox.sent_30d": 5, "mailbox.bounce_rate_30d": 0.2}, None),
    ],
)
def test_send_seed_makes_a_delivery_wait_without_touching_the_verdict(
    send: CompiledPolicy, changes: dict[str, Any], wait: str | None
) -> None:
    decision = send.decide(ALLOWED | changes, timing=True)

    assert (decision.effect, decision.wait) == (Effect.ALLOW, wait)


def test_send_seed_with_doubts_about_the_copy_only_marks(send: CompiledPolicy) -> None:
    outcome = send.explain(ALLOWED | {"send.copy_warnings": 3})

    assert outcome.decision.effect is Effect.ALLOW
    assert outcome.warnings == ("copy-warnings",)
    assert send.text.rule("copy-warnings").mode is Mode.WARN
