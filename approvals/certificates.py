"""Certificates: what blind audits say of a seat's mails, by action and segment, and until when.

Evidence is about one basis, the templates and the send policy at the time: what was found under
another says nothing. It is forgotten after a while, since people and the world change too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from approvals.confidence import clean_needed, upper_bound
from approvals.models import Audit, Finding
from revenue.agents.drafting.basis import templates_digest
from revenue.models import (
    House,
    Level,
    MailKind,
    PolicyKind,
    PolicyState,
    PolicyVersion,
    Segment,
)
from revenue.policies import verdicts

WINDOW = timedelta(days=180)
SEND = "send_"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose mails: the slugs of seat, action and segment."""

    seat: str
    action: str
    segment: str

    def audits(self) -> QuerySet[Audit]:
        return Audit.objects.filter(
            seat=self.seat, action=self.action, segment=self.segment, finding__isnull=False
        )


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the audits under one basis come to.

    ``bound``: the share of faults that is not exceeded, at 95 %, watched continuously. ``first_at``
    and ``expires_at``: when the oldest of them was found, and when it stops counting.
    """

    clean: int
    faults: int
    no_evidence: int
    bound: float
    basis: str
    first_at: datetime | None = None

    @property
    def expires_at(self) -> datetime | None:
        return self.first_at + WINDOW if self.first_at else None

    @property
    def counted(self) -> int:
        return self.clean + self.faults

    def needed_for(self, bar: float) -> int:
        """How many more in a row must be clean until the bound clears the bar."""
        return clean_needed(bar, clean=self.clean, faults=self.faults)

    def as_json(self) -> dict[str, Any]:
        """For the evidence that a grant keeps."""
        first = self.first_at.isoformat() if self.first_at else None
        return {**asdict(self), "first_at": first}


def basis_of(kind: str, policy_id: int) -> str:
    """SHA-256, hex, of what mails of a kind are written from and judged by."""
    policy = verdicts.published(policy_id).text.content_hash
    return hashlib.sha256(f"{templates_digest(kind)}\n{policy}".encode()).hexdigest()


def current_basis(action: str) -> str:
    """The basis of an action that sends mail, by the active send policy; "" for any other.

    Raises NoActivePolicy.
    """
    kind = action.removeprefix(SEND)
    if kind not in MailKind.values:
        return ""
    return basis_of(kind, verdicts.active(PolicyKind.SEND).version_id)


def certificate(subject: Subject, *, basis: str, now: datetime) -> Certificate:
    """What was found under this basis within the window; one statement."""
    return _of(found_under(subject, basis=basis, now=now), basis=basis)


def certificates_of(seat: str, *, now: datetime) -> dict[tuple[str, str], Certificate]:
    """The current ones of a seat by action and segment, also where nothing was found yet.

    Three statements, whatever there is.
    """
    version = PolicyVersion.objects.filter(kind=PolicyKind.SEND, state=PolicyState.ACTIVE).first()
    if version is None:
        return {}
    basis = {f"{SEND}{kind}": basis_of(kind, version.pk) for kind in MailKind.values}
    segments = list(Segment.objects.values_list("slug", flat=True))
    counts: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
        (action, segment): {} for action in basis for segment in segments
    }
    audits = Audit.objects.filter(seat=seat, finding__isnull=False, found_at__gt=now - WINDOW)
    for row in _counted(audits, "action", "segment", "basis"):
        place = row["action"], row["segment"]
        if place in counts and row["basis"] == basis[place[0]]:
            counts[place][row["finding"]] = row
    return {place: _certificate(found, basis=basis[place[0]]) for place, found in counts.items()}


def standing_doubt(
    subject: Subject, *, basis: str, granted_at: datetime, now: datetime
) -> Certificate:
    """What a grant that rests on a certificate of this basis has to answer for.

    Everything found since counts too, under whatever basis: trust ends with its basis, doubt
    does not.
    """
    return _of(found_under(subject, basis=basis, since=granted_at, now=now), basis=basis)


def found_under(
    subject: Subject, *, basis: str, now: datetime, since: datetime | None = None
) -> QuerySet[Audit]:
    """What was found under a basis within the window, and under any ``since`` then."""
    counts = Q(basis=basis) if since is None else Q(basis=basis) | Q(found_at__gte=since)
    return subject.audits().filter(counts, found_at__gt=now - WINDOW)


def _of(audits: QuerySet[Audit], *, basis: str) -> Certificate:
    return _certificate({row["finding"]: row for row in _counted(audits)}, basis=basis)


def _counted(audits: QuerySet[Audit], *places: str) -> Iterable[dict[str, Any]]:
    rows = audits.values(*places, "finding").annotate(n=Count("id"), first_at=Min("found_at"))
    return [dict(row) for row in rows.order_by()]


def _certificate(counts: Mapping[str, dict[str, Any]], *, basis: str) -> Certificate:
    clean, faults, none = (
        counts[finding]["n"] if finding in counts else 0
        for finding in (Finding.CLEAN, Finding.DEFECT, Finding.NO_EVIDENCE)
    )
    return Certificate(
        clean=clean,
        faults=faults,
        no_evidence=none,
        bound=upper_bound(clean=clean, faults=faults),
        basis=basis,
        first_at=min((row["first_at"] for row in counts.values()), default=None),
    )


def bars() -> dict[int, float]:
    """The highest share of faults that each level of acting alone may be certified with."""
    house = House.objects.only("audited_bar", "trusted_bar").get(pk=1)
    return {Level.AUDITED: house.audited_bar, Level.TRUSTED: house.trusted_bar}
