from approvals.models.attempt import Attempt, AttemptOutcome
from approvals.models.bulk import Bulk, BulkItem, BulkResult
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
    "OPEN_STATES",
    "Attempt",
    "AttemptOutcome",
    "Bulk",
    "BulkItem",
    "BulkResult",
    "Channel",
    "Choice",
    "Decision",
    "EditClass",
    "RejectReason",
    "Revision",
    "Risk",
    "Send",
    "SendState",
]
