"""The page of a version shows what was found over all inputs."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from revenue.models import PolicyVersion
from revenue.policies.checking import check_version, shown_proof
from revenue.policies.conditions import PolicyText
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import keep_proof, publish_first, write_version
from revenue.policies.vocabulary import PolicyKind
from tests.support.rows import ADMIN, FOUNDER, NOW

pytestmark = pytest.mark.django_db

SEND = seed_policy(PolicyKind.SEND)


def page(version: PolicyVersion) -> str:
    return render_to_string("revenue/policy_proof.html", {"proof": shown_proof(version)})


def version_of(text: PolicyText) -> PolicyVersion:
    publish_first(text=SEND, by=FOUNDER, now=NOW)
    return write_version(text=text, by=ADMIN, now=NOW)


def without(*ids: str) -> PolicyText:
    rules = tuple(rule for rule in SEND.rules if rule.id not in ids)
    return SEND.model_copy(update={"rules": rules})


def test_looser_version_is_shown_with_examples_and_notes() -> None:
    version = version_of(without("unsupported-claims"))
    check_version(version=version, by=ADMIN, now=NOW)

    html = page(version)

    assert "Looser than version 1" in html
    assert "A cold mail with 1 unsupported claim to a contact in the United States" in html
    assert "Claims without evidence" in html
    assert "Lets more through" in html
    assert "Lets less through" not in html
    assert "Faults in the text" not in html
    assert f"/policies/send/{version.number}/#country-unknown" in html


def test_version_that_changes_nothing_is_shown_as_not_looser() -> None:
    version = version_of(SEND)
    check_version(version=version, by=ADMIN, now=NOW)

    html = page(version)

    assert "Not looser: it decides everything as version 1 does" in html
    assert "Decided over all inputs" in html
    assert "Lets more through" not in html


def test_unchecked_version_says_what_will_appear() -> None:
    assert "Whether it is looser appears here" in page(version_of(SEND))


def test_what_was_not_decided_is_shown_as_looser() -> None:
    version = version_of(SEND)
    sentence = "Whether it is looser could not be decided in 10 s."
    proof: dict[str, Any] = {
        "verdict": "undecided", "looser": [], "tighter": [], "findings": [],
        "undecided": [sentence], "facts": 31, "sorts": 10**15, "ms": 10_000,
    }  # fmt: skip
    active = PolicyVersion.objects.get(number=1)
    keep_proof(
        version=version, compared_with=active, loosens=True, analysis=proof, by=ADMIN, now=NOW
    )
    version.refresh_from_db()

    html = page(version)

    assert "Counts as looser than version 1: it could not be decided" in html
    assert sentence in html
    assert "The solver gave up on 31 facts after 10,000 ms." in html
    assert shown_proof(version).is_looser
