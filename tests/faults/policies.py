"""One tightening after the other, published with times that can be compared."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion
from revenue.policies.conditions import Leaf, PolicyText, Rule, parse_policy
from revenue.policies.versions import keep_proof, publish_at_once, write_version
from revenue.policies.vocabulary import Effect, Operator

BY = Actor.system("publisher")
OLD = "old-text"
HOURS = 10_000


def publish_next() -> PolicyVersion:
    """Publish the active send policy with a lower limit on the age of a text. CannotPublish.

    The version is held before the time is taken, so that whatever was begun under it bears an
    earlier time than its end.
    """
    now = timezone.now()
    standing = PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)
    version = write_version(text=tightened(standing), by=BY, now=now)
    keep_proof(version=version, compared_with=standing, loosens=False, analysis={}, by=BY, now=now)
    with transaction.atomic():
        PolicyVersion.objects.select_for_update().get(pk=standing.pk)
        return publish_at_once(version=version, by=BY, now=timezone.now())


def tightened(version: PolicyVersion) -> PolicyText:
    """Its text, which holds whatever it held and what is a little younger."""
    rule = Rule(
        id=OLD,
        when=Leaf(fact="send.age_hours", op=Operator.GT, value=HOURS - version.number),
        effect=Effect.HOLD,
        reason="The text is too old to send unread.",
        owner="Founder",
    )
    text = parse_policy(version.text)
    kept = tuple(one for one in text.rules if one.id != OLD)
    return text.model_copy(update={"rules": (*kept, rule)})
