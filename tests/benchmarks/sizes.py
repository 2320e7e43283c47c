"""How much each benchmark does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """``queues``: pending sends, from small to large; the other numbers are counts too."""

    queues: tuple[int, ...]
    rounds: int
    crowded_queue: int
    decisions: int
    mails: int
    rejudged: int
    import_rows: int
    import_known: int
    verdicts: int
    drafts: int
    events: int
    proofs: int
    kept_verdicts: int


FULL = Sizes(
    queues=(1_000, 100_000, 1_000_000),
    rounds=200,
    crowded_queue=100_000,
    decisions=1_600,
    mails=1_600,
    rejudged=100_000,
    import_rows=60_000,
    import_known=60_000,
    verdicts=50_000,
    drafts=1_000,
    events=1_000_000,
    proofs=10,
    kept_verdicts=1_000_000,
)
QUICK = Sizes(
    queues=(1_000, 20_000),
    rounds=60,
    crowded_queue=20_000,
    decisions=400,
    mails=400,
    rejudged=20_000,
    import_rows=10_000,
    import_known=10_000,
    verdicts=20_000,
    drafts=300,
    events=100_000,
    proofs=3,
    kept_verdicts=100_000,
)
