from revenue.models.account import Account, Brand
from revenue.models.contact import Consent, Contact, LegalForm
from revenue.models.deal import Deal, DealStage, Readiness
from revenue.models.draft import Draft, MailKind
from revenue.models.heartbeat import Heartbeat
from revenue.models.house import House
from revenue.models.imports import ImportChunk, ImportIssue, ImportRun, ImportState, PreviewRecord
from revenue.models.ledger import LedgerCursor, LedgerEvent, LedgerHead
from revenue.models.mailbox import Mailbox
from revenue.models.policy import (
    SECOND_THOUGHTS,
    AskedAt,
    Backtest,
    BacktestSlice,
    DueBatch,
    Effect,
    PolicyEdit,
    PolicyKind,
    PolicyState,
    PolicyStep,
    PolicyVersion,
    RuleDay,
    ShadowVerdict,
    TimingVerdict,
    Verdict,
    VerdictObjection,
)
from revenue.models.relationship import Confidence, RelationshipFact, RelationshipKind
from revenue.models.seat import (
    Action,
    Authority,
    KillSwitch,
    Level,
    Seat,
    Segment,
    Side,
    Stage,
    SwitchScope,
)
from revenue.models.source import ColumnMapping, DoubtfulPair, Source, SourceRecord
from revenue.models.suppression import Suppression, SuppressionKind, SuppressionReason
from revenue.models.user import User

__all__ = [
    "SECOND_THOUGHTS",
    "Account",
    "Action",
    "AskedAt",
    "Authority",
    "Backtest",
    "BacktestSlice",
    "Brand",
    "ColumnMapping",
    "Confidence",
    "Consent",
    "Contact",
    "Deal",
    "DealStage",
    "DoubtfulPair",
    "Draft",
    "DueBatch",
    "Effect",
    "Heartbeat",
    "House",
    "ImportChunk",
    "ImportIssue",
    "ImportRun",
    "ImportState",
    "KillSwitch",
    "LedgerCursor",
    "LedgerEvent",
    "LedgerHead",
    "LegalForm",
    "Level",
    "MailKind",
    "Mailbox",
    "PolicyEdit",
    "PolicyKind",
    "PolicyState",
    "PolicyStep",
    "PolicyVersion",
    "PreviewRecord",
    "Readiness",
    "RelationshipFact",
    "RelationshipKind",
    "RuleDay",
    "Seat",
    "Segment",
    "ShadowVerdict",
    "Side",
    "Source",
    "SourceRecord",
    "Stage",
    "Suppression",
    "SuppressionKind",
    "SuppressionReason",
    "SwitchScope",
    "TimingVerdict",
    "User",
    "Verdict",
    "VerdictObjection",
]
