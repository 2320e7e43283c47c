"""What a house has before anybody has touched it: roles, seats, policies, sources, settings."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from revenue.access import Role
from revenue.actors import Actor
from revenue.agents.drafting.phrases import default_banned_phrases
from revenue.agents.seats import install_seats
from revenue.demo import loosen_clock
from revenue.models import ColumnMapping, House, PolicyKind, PolicyVersion, Source
from revenue.pipeline.mappings import shipped_mappings
from revenue.policies.conditions import PolicyText
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import publish_first
from revenue.policies.vocabulary import PolicyKind as Kind

INSTALLER = Actor.system("installer")


@transaction.atomic
def install(*, now: datetime) -> None:
    """Create what is missing and change nothing that is there; safe to run at each start."""
    for role in Role:
        Group.objects.get_or_create(name=role.value)
    House.objects.get_or_create(pk=1, defaults={"banned_phrases": list(default_banned_phrases())})
    install_seats(by=INSTALLER, now=now)
    _install_mappings(now=now)
    for kind in PolicyKind.values:
        if not PolicyVersion.objects.filter(kind=kind).exists():
            publish_first(text=_first_text(Kind(kind)), by=INSTALLER, now=now)


def _first_text(kind: Kind) -> PolicyText:
    text = seed_policy(kind)
    return loosen_clock(text) if settings.DEMO else text


def _install_mappings(*, now: datetime) -> None:
    for mapping in shipped_mappings().values():
        terms = mapping.source
        Source.objects.get_or_create(
            slug=terms.slug,
            defaults={
                "name": terms.name,
                "attribution": terms.attribution,
                "keep_days": terms.keep_days,
            },
        )
        ColumnMapping.objects.get_or_create(
            slug=mapping.slug,
            defaults={
                "title": mapping.title,
                "spec": mapping.model_dump(mode="json", exclude_defaults=True),
                "created_at": now,
                "created_by": str(INSTALLER),
            },
        )
