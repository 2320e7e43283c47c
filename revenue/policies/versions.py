"""Policy versions: written once, published one at a time, never edited."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion
from revenue.policies.conditions import PolicyText


@transaction.atomic
def write_version(*, text: PolicyText, by: Actor, now: datetime) -> PolicyVersion:
    """Keep a text as the next version of its kind, as a draft."""
    last = PolicyVersion.objects.filter(kind=text.kind.value).order_by("-number").first()
    version = PolicyVersion.objects.create(
        kind=text.kind.value,
        number=last.number + 1 if last else 1,
        text=text.to_json(),
        content_hash=text.content_hash,
        state=PolicyState.DRAFT,
        written_at=now,
        written_by=str(by),
    )
    _note("policy.written", version, by=by, now=now)
    return version


@transaction.atomic
def publish(*, version: PolicyVersion, by: Actor, now: datetime) -> None:
    """Make this version the active one of its kind and retire the one before."""
    PolicyVersion.objects.filter(kind=version.kind, state=PolicyState.ACTIVE).update(
        state=PolicyState.RETIRED
    )
    PolicyVersion.objects.filter(pk=version.pk).update(
        state=PolicyState.ACTIVE, published_at=now, published_by=str(by)
    )
    _note("policy.published", version, by=by, now=now)


def _note(kind: str, version: PolicyVersion, *, by: Actor, now: datetime) -> None:
    ledger.append(
        kind=kind,
        subject=f"policy:{version.kind}:{version.number}",
        by=by,
        now=now,
        data={"content_hash": version.content_hash},
    )
