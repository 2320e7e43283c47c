"""One version after the other, published as it is done, with times that can be compared."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion
from revenue.policies.conditions import Leaf, Rule, parse_policy
from revenue.policies.versions import keep_proof, publish_at_once, write_version
from revenue.policies.vocabulary import Effect, Operator

BY = Actor.system("publisher")


def publish_next(rule_id: str) -> None:
    """Publish the active send policy with one more rule, which holds mail to France.

    The version is held before the time is taken, so that whatever was begun under the one before
    bears an earlier time than its end, and none a later one.
    """
    rule = Rule(
        id=rule_id,
        when=Leaf(fact="contact.country", op=Operator.EQ, value="FR"),
        effect=Effect.HOLD,
        reason="We are careful in FR.",
        owner="Founder",
    )
    now = timezone.now()
    standing = PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)
    text = parse_policy(standing.text)
    kept = tuple(one for one in text.rules if one.id[0] != "r" or "-" not in one.id)
    text = text.model_copy(update={"rules": (*kept, rule)})
    version = write_version(text=text, by=BY, now=now)
    keep_proof(version=version, compared_with=standing, loosens=False, analysis={}, by=BY, now=now)
    with transaction.atomic():
        PolicyVersion.objects.select_for_update().get(pk=standing.pk)
        publish_at_once(version=version, by=BY, now=timezone.now())
