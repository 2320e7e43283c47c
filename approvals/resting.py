"""Grants that rest on evidence: how long it bears them, as audits are found and grow old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from approvals.certificates import WINDOW, Certificate, Subject, bars, found_under, standing_doubt
from approvals.confidence import holds_until
from approvals.models import Finding
from revenue.agents import authority
from revenue.agents.authority import ALONE, Grant
from revenue.models import Authority


def rests_on_evidence(level: int, evidence: Mapping[str, Any]) -> bool:
    """Whether a certificate had cleared the bar when it was granted.

    Other grants rest on the word of the people who made them.
    """
    return level >= ALONE and bool(evidence.get("certificate")) and "bar" in evidence


def evidence_until(
    grant: Grant, *, evidence: Mapping[str, Any], granted_at: datetime, now: datetime
) -> datetime | None:
    """How long the evidence bears a grant; ``now`` where it does so no more, None if on none."""
    if not rests_on_evidence(grant.level, evidence):
        return None
    subject = Subject(grant.seat, grant.action, grant.segment)
    counted = found_under(
        subject,
        basis=evidence["certificate"]["basis"],
        since=doubted_since(evidence, granted_at=granted_at),
        now=now,
    ).exclude(finding=Finding.NO_EVIDENCE)
    found = [
        (at, finding == Finding.CLEAN)
        for at, finding in counted.order_by("found_at", "id").values_list("found_at", "finding")
        if at is not None
    ]
    return holds_until(found, bar=bars()[grant.level], window=WINDOW) or now


def doubted_since(evidence: Mapping[str, Any], *, granted_at: datetime) -> datetime:
    """From when on whatever is found counts, under any basis."""
    since = evidence.get("since")
    return datetime.fromisoformat(since) if since else granted_at


def renew(standing: Authority, *, now: datetime) -> None:
    """Note how long its evidence bears it by now, where it rests on some."""
    grant = authority.as_grant(standing)
    until = evidence_until(
        grant, evidence=standing.evidence, granted_at=standing.granted_at, now=now
    )
    if until is not None:
        authority.bear_until(authority_id=standing.pk, until=until)
        standing.evidence_until = until


def found_for(standing: Authority, *, now: datetime) -> Certificate:
    """What speaks for and against a grant that rests on evidence."""
    return standing_doubt(
        Subject(standing.seat_id, standing.action_id, str(standing.segment_id)),
        basis=standing.evidence["certificate"]["basis"],
        granted_at=doubted_since(standing.evidence, granted_at=standing.granted_at),
        now=now,
    )


def kept_of(standing: Authority) -> dict[str, Any]:
    """The evidence of a grant, for the one that takes its place and rests on the same."""
    since = doubted_since(standing.evidence, granted_at=standing.granted_at)
    kept = {name: standing.evidence[name] for name in ("certificate", "bar")}
    return {**kept, "since": since.isoformat()}
