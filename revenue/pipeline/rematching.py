"""Which account each changed record of a batch belongs to now: pure.

A changed record is matched again as if it were new, but its account keeps it while anything else
there may still be the same business, or while it is all that the account has. Otherwise it moves
to the account that it surely is, if nothing but records hangs on its own; else a person is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from revenue.pipeline.assigning import Batch, Candidate, Doubt, alike, by_account
from revenue.pipeline.matching import MatchDecision, Verdict
from revenue.pipeline.normalising import MatchKeys

PARTED = MatchDecision(
    Verdict.DOUBTFUL, "changed at its source, and nothing else of its account is like it now", 0.5
)
"""Its id speaks for the account, all it says against it."""


@dataclass(frozen=True, slots=True)
class ChangedKeys:
    """A stored record, the account it was put to, and what it is compared by from now on."""

    record: int
    account: int
    keys: MatchKeys


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the accounts of changed records.

    ``records`` counts what each has. Nothing leaves a ``held`` one by itself, because more hangs on
    it; one of ``joined`` was put together by a person. ``apart`` are two accounts that a person
    told apart, ``asked`` two that a person is being asked about, with the records in question.
    """

    records: Mapping[int, int] = field(default_factory=dict)
    held: frozenset[int] = frozenset()
    joined: frozenset[int] = frozenset()
    apart: frozenset[frozenset[int]] = frozenset()
    asked: Mapping[frozenset[int], frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rematch:
    """``decision`` says why the record moved; None when it stays. A doubt about its own account
    asks whether it still belongs there; ``backing`` are the records there that speak for it.
    """

    account: int
    decision: MatchDecision | None
    doubts: tuple[Doubt, ...]
    backing: tuple[int, ...] = ()


def rematch(
    changed: Sequence[ChangedKeys],
    candidates: Sequence[Sequence[Candidate]],
    *,
    source: str,
    standing: Standing,
    batch: Batch,
) -> list[Rematch]:
    """Match changed records of one source again, in order; ``candidates`` holds each one's stored
    rivals without any of the changed ones. The empty ``batch`` is filled with them.
    """
    for row in changed:
        batch.add(row.keys, Candidate(row.account, source, row.keys, row.record))
    records, asked = Counter(standing.records), dict(standing.asked)
    settled = []
    for number, (row, stored) in enumerate(zip(changed, candidates, strict=True)):
        near = [rival for rival in batch.near(row.keys) if rival.record != row.record]
        rivals = alike(row.keys, [*stored, *near], source=source)
        known = replace(standing, records=records, asked=asked)
        item = settle(row, rivals, known)
        if item.account != row.account:
            batch.move(number, item.account)
            records.subtract([row.account])
            records.update([item.account])
        for doubt in item.doubts:
            pair = frozenset({item.account, doubt.account})
            asked[pair] = asked.get(pair, frozenset()) | {row.record}
        settled.append(item)
    return settled


def settle(
    row: ChangedKeys, rivals: Sequence[tuple[Candidate, MatchDecision]], standing: Standing
) -> Rematch:
    """Where one changed record belongs, by the rivals that are or may be the same business."""
    backing = [rival for rival, _ in rivals if rival.account == row.account]
    others = [
        other
        for other in by_account(rivals)
        if other.account != row.account
        and frozenset({row.account, other.account}) not in standing.apart
    ]
    leaves = not backing and bool(others) and others[0].decision.verdict is Verdict.SAME
    if leaves and row.account not in standing.held:
        best, *others = others
        return Rematch(best.account, best.decision, _asked(row, others, standing))
    alone = standing.records.get(row.account, 0) <= 1
    if not (backing or leaves or alone or row.account in standing.joined):
        others.append(Doubt(row.account, PARTED))
    ids = tuple(rival.record for rival in backing if rival.record is not None)
    return Rematch(row.account, None, _asked(row, others, standing), ids)


def _asked(row: ChangedKeys, doubts: Sequence[Doubt], standing: Standing) -> tuple[Doubt, ...]:
    """The doubts that are not being asked about already by another record."""
    return tuple(
        _since_changed(doubt)
        for doubt in doubts
        if not standing.asked.get(frozenset({row.account, doubt.account}), frozenset())
        - {row.record}
    )


def _since_changed(doubt: Doubt) -> Doubt:
    if doubt.decision is PARTED:
        return doubt
    why = f"changed at its source: {doubt.decision.why}"
    return replace(doubt, decision=replace(doubt.decision, why=why))
