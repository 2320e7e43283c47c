"""Versions and grants that tests propose."""

from __future__ import annotations

from datetime import datetime

from revenue.actors import Actor
from revenue.agents.authority import Grant
from revenue.models import PolicyState, PolicyVersion
from revenue.policies.conditions import Leaf, PolicyText, Rule
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import keep_proof, write_version
from revenue.policies.vocabulary import Effect, Operator, PolicyKind
from tests.support.rows import ADMIN, NOW

GRANT = Grant(seat="sender", action="send_reactivation", level=3, segment="known-contacts")


def with_rule(effect: Effect, *, country: str = "CA", rule_id: str = "by-country") -> PolicyText:
    """The send policy of the house with one more rule, about where the contact is."""
    text = seed_policy(PolicyKind.SEND)
    rule = Rule(
        id=rule_id,
        when=Leaf(fact="contact.country", op=Operator.EQ, value=country),
        effect=effect,
        reason=f"We are careful in {country}.",
        owner="Founder",
    )
    return text.model_copy(update={"rules": (*text.rules, rule)})


def without_rule(rule_id: str) -> PolicyText:
    """The send policy of the house with one rule less."""
    text = seed_policy(PolicyKind.SEND)
    kept = tuple(rule for rule in text.rules if rule.id != rule_id)
    return text.model_copy(update={"rules": kept})


def checked(
    text: PolicyText, *, loosens: bool, by: Actor = ADMIN, now: datetime = NOW
) -> PolicyVersion:
    """A version that was compared with the active one; not published."""
    standing = PolicyVersion.objects.get(kind=text.kind.value, state=PolicyState.ACTIVE)
    version = write_version(text=text, by=by, now=now, based_on=standing)
    keep_proof(
        version=version,
        compared_with=standing,
        loosens=loosens,
        analysis={"findings": []},
        by=by,
        now=now,
    )
    version.refresh_from_db()
    return version
