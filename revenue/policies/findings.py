"""What a backtest found: counts by segment and move, and the rows behind each."""

from __future__ import annotations

from dataclasses import dataclass

from revenue.models import Backtest
from revenue.policies.moves import Move


@dataclass(frozen=True, slots=True)
class Findings:
    """What a backtest has found so far: ``counts`` by segment and move, and how far it came."""

    counts: dict[str, dict[str, int]]
    slices: int
    done: int


def findings_of(backtest: Backtest) -> Findings:
    """One statement, whatever the backtest found."""
    counts: dict[str, dict[str, int]] = {}
    rows = list(backtest.slices.values_list("counts", "done_at"))
    for found, _ in rows:
        for segment, moves in found.items():
            sums = counts.setdefault(segment, {})
            for move, number in moves.items():
                sums[move] = sums.get(move, 0) + number
    return Findings(counts, len(rows), sum(done_at is not None for _, done_at in rows))


def totals_of(backtest: Backtest) -> dict[str, int]:
    """How many verdicts each move has, over all segments."""
    counts = findings_of(backtest).counts
    return {move.value: sum(moves.get(move.value, 0) for moves in counts.values()) for move in Move}


def sum_of(totals: dict[str, int]) -> int:
    """How many verdicts were asked about."""
    return sum(number for move, number in totals.items() if move != Move.UNRECORDED)
