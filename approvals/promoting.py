"""What a certificate leads to: more authority is proposed to people, less is taken at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from approvals.certificates import (
    Certificate,
    Subject,
    bars,
    certificate,
    current_basis,
)
from approvals.changes.proposing import AlreadyOpen, CannotPropose, propose_grant
from approvals.holding import recall
from approvals.models import Audit, ChangeKind, ChangeRequest
from approvals.resting import doubted_since, found_for, renew, rests_on_evidence
from revenue.actors import Actor
from revenue.agents import authority
from revenue.models import Authority, Level
from revenue.policies.verdicts import NoActivePolicy

CERTIFICATES = Actor.system("certificates")


@transaction.atomic
def reconsider(*, audit: Audit, now: datetime) -> None:
    """After a finding: take authority back that it speaks against, or propose what it allows."""
    subject = Subject(audit.seat_id, audit.action_id, audit.segment_id)
    standing = authority.standing_for(subject.seat, subject.action, subject.segment)
    if standing is None:
        return
    if broken := broken_certificate(standing, now=now):
        bar = bars()[standing.level]
        lower(
            [standing],
            why=f"Of the audited mails, up to {broken.bound:.1%} may be at fault; the bar is "
            f"{bar:.1%}.",
            evidence=against(standing, broken),
            now=now,
        )
        return
    renew(standing, now=now)
    propose_next(standing, now=now)


def against(standing: Authority, found: Certificate) -> dict[str, Any]:
    """The evidence that a grant is taken back on."""
    since = doubted_since(standing.evidence, granted_at=standing.granted_at)
    return {"certificate": found.as_json(), "since": since.isoformat()}


def broken_certificate(standing: Authority, *, now: datetime) -> Certificate | None:
    """What was found, where a grant rests on a certificate that does not hold any more."""
    if not rests_on_evidence(standing.level, standing.evidence):
        return None
    found = found_for(standing, now=now)
    return found if found.bound > bars()[standing.level] else None


def propose_next(standing: Authority, *, now: datetime) -> ChangeRequest | None:
    """Propose the next level once its bar is cleared; asked for once under each basis."""
    level = standing.level + 1
    bar = bars().get(level)
    if bar is None or level > standing.ceiling:
        return None
    try:
        basis = current_basis(standing.action_id)
    except NoActivePolicy:
        return None
    subject = Subject(standing.seat_id, standing.action_id, str(standing.segment_id))
    found = certificate(subject, basis=basis, now=now)
    if not basis or found.bound > bar or _asked_before(subject, level, basis):
        return None
    grant = replace(authority.as_grant(standing), level=level)
    why = (
        f"{found.clean:,} of {found.counted:,} audited mails were clean: at most "
        f"{found.bound:.1%} are at fault (95 %, watched continuously); the bar is {bar:.1%}."
    )
    evidence = {"certificate": found.as_json(), "bar": bar}
    try:
        return propose_grant(grant=grant, why=why, evidence=evidence, by=CERTIFICATES, now=now)
    except (AlreadyOpen, CannotPropose):
        return None


def _asked_before(subject: Subject, level: int, basis: str) -> bool:
    return ChangeRequest.objects.filter(
        kind=ChangeKind.GRANT,
        grant__contains={
            "seat": subject.seat, "action": subject.action, "segment": subject.segment,
            "level": level,
        },
        evidence__certificate__basis=basis,
    ).exists()  # fmt: skip


@transaction.atomic
def lower(
    standing: Iterable[Authority],
    *,
    why: str,
    evidence: dict[str, Any],
    now: datetime,
    by: Actor = CERTIFICATES,
) -> None:
    """Let a person approve each again, from now on, and what is in the hold."""
    lowered = list(standing)
    for one in lowered:
        grant = replace(authority.as_grant(one), level=Level.APPROVE_EACH, valid_until=None)
        authority.grant(
            grant=grant,
            evidence={**evidence, "why": why},
            by=by,
            now=now,
            instead_because=why,
        )
    recall(authority_ids=[one.pk for one in lowered], reason=why, now=now)
