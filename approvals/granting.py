"""Asking for more authority of a seat, which waits, and taking some back, which is done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from approvals.certificates import Subject, bars, certificate, current_basis
from approvals.changes.proposing import propose_grant
from approvals.holding import recall
from approvals.models import ChangeRequest
from approvals.resting import evidence_until, kept_of, rests_on_evidence
from revenue.actors import Actor
from revenue.agents import authority
from revenue.agents.authority import Grant
from revenue.models import Authority
from revenue.policies.verdicts import NoActivePolicy

LOWERED = "The authority under which it was approved was lowered."
TAKEN_BACK = "The authority under which it was approved was taken back."


class ReasonMissing(Exception):
    """Say why: the reason stays with the grant."""


@transaction.atomic
def ask_for(*, grant: Grant, why: str, by: Actor, now: datetime) -> ChangeRequest | Authority:
    """Propose a grant that lets more go; make one that lets no more go at once.

    Raises ReasonMissing; AboveCeiling; CannotPropose as ``changes.proposing.propose_grant`` does.
    """
    why = why.strip()
    if not why:
        raise ReasonMissing(ReasonMissing.__doc__)
    evidence = evidence_for(grant, now=now)
    if authority.lets_more(grant, now=now):
        return propose_grant(grant=grant, why=why, evidence=evidence, by=by, now=now)
    before = authority.standing_for(grant.seat, grant.action, grant.segment)
    if before is not None and rests_on_evidence(before.level, before.evidence):
        # What it rested on goes on to bear it: less may never become more by lasting longer.
        evidence = kept_of(before) | (evidence if "bar" in evidence else {})
    granted = authority.grant(
        grant=grant,
        evidence={**evidence, "why": why},
        by=by,
        now=now,
        evidence_until=evidence_until(grant, evidence=evidence, granted_at=now, now=now),
    )
    if before is not None:
        recall(authority_ids=[before.pk], reason=LOWERED, now=now)
    return granted


@transaction.atomic
def take_back(*, authority_id: int, reason: str, by: Actor, now: datetime) -> None:
    """End an authority at once; what it let go and is in the hold asks a person.

    Raises ReasonMissing, or NotStanding.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(ReasonMissing.__doc__)
    authority.end(authority_id=authority_id, reason=reason, by=by, now=now)
    recall(authority_ids=[authority_id], reason=TAKEN_BACK, now=now)


def evidence_for(grant: Grant, *, now: datetime) -> dict[str, Any]:
    """What the audits say at this time; with the ``bar`` of the level, where they clear it."""
    try:
        basis = current_basis(grant.action)
    except NoActivePolicy:
        return {}
    if not basis:
        return {}
    found = certificate(Subject(grant.seat, grant.action, grant.segment), basis=basis, now=now)
    bar = bars().get(grant.level)
    kept: dict[str, Any] = {"certificate": found.as_json()}
    return {**kept, "bar": bar} if bar is not None and found.bound <= bar else kept
