"""What people find in audited mails, and what follows for the authority of the seat.

A reader of the ledger. Nothing here writes an event about one audit: whoever takes a decision
back must not learn from the ledger that the mail was one.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from approvals import promoting
from approvals.models import Audit, Channel, Choice, Decision, EditClass, Finding, Revision
from revenue import ledger

CONSUMER = "approvals.findings"
DECIDED = frozenset({"send.approved", "send.rejected", "send.returned", "send.undone"})
TOO_FAST_MS = 1000
"""Nobody reads a mail in less; such a decision is evidence of nothing."""
FAULTY_EDITS = (EditClass.CLAIM, EditClass.OFFER)


def react(event: ledger.Event) -> None:
    """Handle one ledger event: a decision about an audited mail, or its undoing."""
    if event.kind in DECIDED:
        record_finding(send_id=int(event.subject.partition(":")[2]), now=event.at)


@transaction.atomic
def record_finding(*, send_id: int, now: datetime) -> None:
    """Let the audit of a send, if it has one, say what its standing decision says."""
    audit = Audit.objects.select_for_update().filter(send=send_id).first()
    if audit is None:
        return
    decision = standing_decision(send_id)
    finding = finding_of(decision) if decision else None
    if finding == audit.finding:
        return
    audit.finding = finding
    audit.found_at = decision.decided_at if decision and finding else None
    audit.found_by = decision.decided_by if decision and finding else None
    audit.save(update_fields=["finding", "found_at", "found_by"])
    promoting.reconsider(audit=audit, now=now)


def standing_decision(send_id: int) -> Decision | None:
    """The newest decision of a person about a send, unless it was taken back."""
    newest = (
        Decision.objects.filter(send=send_id)
        .exclude(channel=Channel.POLICY)
        .select_related("revision")
        .order_by("-id")
        .first()
    )
    return newest if newest is not None and newest.choice != Choice.UNDO else None


def finding_of(decision: Decision) -> Finding | None:
    """What the decision says of the mail as the agent wrote it; None where it was about another.

    An edit shows that it was read, however fast the click came after it.
    """
    if decision.revision.planted:
        return None
    edits = set(
        Revision.objects.filter(
            send=decision.send_id, number__lte=decision.revision.number, planted=False
        ).values_list("edit_class", flat=True)
    )
    if edits.intersection(FAULTY_EDITS):
        return Finding.DEFECT
    read = EditClass.COSMETIC in edits or (decision.visible_ms or 0) >= TOO_FAST_MS
    if not read:
        return Finding.NO_EVIDENCE
    return Finding.CLEAN if decision.choice == Choice.APPROVE else Finding.DEFECT
