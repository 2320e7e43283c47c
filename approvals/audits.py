"""The audited mails behind the figures of a certificate, for whoever opens one.

A mail is named only once nobody can decide about it any more. Before that whoever learned that it
was audited could take the decision back and look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from approvals.certificates import Subject, current_basis, found_under
from approvals.deciding import hold_seconds
from approvals.models import (
    Audit,
    ChangeKind,
    ChangeRequest,
    Channel,
    Choice,
    Decision,
    EditClass,
    Finding,
    Revision,
    SendState,
)
from approvals.queries import Page, read_cursor, write_cursor
from revenue.models import Authority
from revenue.policies.verdicts import NoActivePolicy

PAGE = 50
OVER = (SendState.SENT, SendState.SUPERSEDED, SendState.DENIED)
TURNED_DOWN = (SendState.REJECTED, SendState.RETURNED)
GRAVITY = (EditClass.NONE, EditClass.COSMETIC, EditClass.CLAIM, EditClass.OFFER)


class NothingKept(Exception):
    """There is no such certificate."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Which audits a certificate counted: found under ``basis`` until ``at``.

    ``since``: what was found from then on counted too, under whatever basis. ``kept``: the
    figures that were written down then; None for those of this moment.
    """

    subject: Subject
    basis: str
    at: datetime
    since: datetime | None = None
    kept: dict[str, int] | None = None

    def audits(self) -> QuerySet[Audit]:
        found = found_under(self.subject, basis=self.basis, since=self.since, now=self.at)
        return found.filter(found_at__lte=self.at)


@dataclass(frozen=True, slots=True)
class Counts:
    """Audits by finding, and how many of them can't be named yet."""

    all: dict[str, int] = field(default_factory=dict)
    unnamed: dict[str, int] = field(default_factory=dict)


def behind_now(subject: Subject, *, now: datetime) -> Behind:
    """What counts at this moment; nothing while no send policy is active."""
    try:
        basis = current_basis(subject.action)
    except NoActivePolicy:
        basis = ""
    return Behind(subject, basis, now)


def behind_change(change_id: int, subject: Subject) -> Behind:
    """What counted when a change of the subject's authority was proposed. Raises NothingKept."""
    place = {"seat": subject.seat, "action": subject.action, "segment": subject.segment}
    change = ChangeRequest.objects.filter(
        pk=change_id, kind=ChangeKind.GRANT, grant__contains=place
    ).first()
    if change is None:
        raise NothingKept(NothingKept.__doc__)
    return _kept(subject, change.evidence, at=change.proposed_at)


def behind_grant(authority_id: int, subject: Subject) -> Behind:
    """What counted when an authority was granted at once. Raises NothingKept."""
    row = Authority.objects.filter(
        pk=authority_id, seat=subject.seat, action=subject.action, segment=subject.segment
    ).first()
    if row is None:
        raise NothingKept(NothingKept.__doc__)
    return _kept(subject, row.evidence, at=row.granted_at)


def _kept(subject: Subject, evidence: dict[str, Any], *, at: datetime) -> Behind:
    found = evidence.get("certificate")
    if not found:
        raise NothingKept(NothingKept.__doc__)
    since = evidence.get("since")
    return Behind(
        subject,
        found["basis"],
        at,
        since=datetime.fromisoformat(since) if since else None,
        kept={
            Finding.CLEAN: found["clean"],
            Finding.DEFECT: found["faults"],
            Finding.NO_EVIDENCE: found["no_evidence"],
        },
    )


def is_over(*, now: datetime) -> Q:
    """Audits about which nobody can decide any more, as ``deciding`` has it; one statement."""
    long_ago = now - timedelta(seconds=hold_seconds())
    return Q(send__state__in=OVER) | Q(send__state__in=TURNED_DOWN, send__state_at__lte=long_ago)


def counts(behind: Behind, *, over: Q) -> Counts:
    """One statement; those that are not ``over`` can't be named."""
    found = Counts()
    rows = behind.audits().values("finding")
    rows = rows.annotate(n=Count("id"), named=Count("id", filter=over))
    for row in rows.order_by("finding"):
        name = str(row["finding"])
        found.all[name] = row["n"]
        found.unnamed[name] = row["n"] - row["named"]
    return found


def page(behind: Behind, *, finding: str, after: str, over: Q) -> Page:
    """The audits that can be named, newest first; three statements.

    Each row has the send's ``business`` and ``subject``, the ``finding``, and as ``decided`` and
    ``edited`` what the standing decision was and the gravest edit before it.
    """
    audits = behind.audits().filter(over)
    if finding:
        audits = audits.filter(finding=finding)
    if cursor := read_cursor(after, by_priority=False):
        at, pk = cursor
        audits = audits.filter(Q(found_at__lt=at) | Q(found_at=at, id__lt=pk))
    rows: list[dict[str, Any]] = [
        dict(row)
        for row in audits.order_by("-found_at", "-id").values(
            "id",
            "send_id",
            "finding",
            "found_at",
            "found_by",
            business=F("send__account__name"),
            subject=F("send__revision__subject"),
        )[: PAGE + 1]
    ]
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    shown = rows[:PAGE]
    decided = _decisions([row["send_id"] for row in shown])
    edits = _edits(list(decided))
    for row in shown:
        row["decided"] = own = decided.get(row["send_id"])
        row["edited"] = _gravest(edits, own) if own else EditClass.NONE
    return Page(shown, write_cursor(last["found_at"], last["id"]) if last else "")


def _decisions(sends: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The newest decision of a person about each, as ``findings.standing_decision`` takes it."""
    newest = (
        Decision.objects.filter(send__in=sends)
        .exclude(channel=Channel.POLICY)
        .exclude(choice=Choice.UNDO)
        .order_by("send", "-id")
        .distinct("send")
        .values("send_id", "choice", "reason_code", "reason", "visible_ms", "channel")
        .annotate(number=F("revision__number"))
    )
    return {row["send_id"]: dict(row) for row in newest}


def _edits(sends: Sequence[int]) -> list[tuple[int, int, str]]:
    texts = Revision.objects.filter(send__in=sends, planted=False)
    return list(texts.values_list("send_id", "number", "edit_class"))


def _gravest(edits: Sequence[tuple[int, int, str]], decided: dict[str, Any]) -> EditClass:
    own = [
        EditClass(edit)
        for send, number, edit in edits
        if send == decided["send_id"] and number <= decided["number"]
    ]
    return max(own, key=GRAVITY.index, default=EditClass.NONE)
