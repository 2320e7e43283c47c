from approvals.models.attempt import Attempt, AttemptOutcome
from approvals.models.audit import (
    Audit,
    Finding,
    PlantedFault,
    SeededDefect,
    SevereEvent,
    SevereKind,
)
from approvals.models.bulk import Bulk, BulkItem, BulkResult
from approvals.models.change import OPEN_CHANGES, ChangeKind, ChangeRequest, ChangeState
from approvals.models.decision import Channel, Choice, Decision, RejectReason
from approvals.models.send import (
    ALLOWED_STATES,
    HANDED_STATES,
    OPEN_STATES,
    EditClass,
    Revision,
    Risk,
    Send,
    SendState,
)

__all__ = [
    "ALLOWED_STATES",
    "HANDED_STATES",
    "OPEN_CHANGES",
    "OPEN_STATES",
    "Attempt",
    "AttemptOutcome",
    "Audit",
    "Bulk",
    "BulkItem",
    "BulkResult",
    "ChangeKind",
    "ChangeRequest",
    "ChangeState",
    "Channel",
    "Choice",
    "Decision",
    "EditClass",
    "Finding",
    "PlantedFault",
    "RejectReason",
    "Revision",
    "Risk",
    "SeededDefect",
    "Send",
    "SendState",
    "SevereEvent",
    "SevereKind",
]
