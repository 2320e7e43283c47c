"""Where a pending item stands in the queue: value, times risk, times deadline.

The weight of an item at time t is ``value * risk * 2^(-(due - t) / HALVING_HOURS)``. It doubles
with each ``HALVING_HOURS`` that the deadline comes nearer. The order of two items is then the same
at every t, so its logarithm without t can be stored, indexed and never recomputed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

HALVING_HOURS = 12.0
RISK_WEIGHT = {1: 1.0, 2: 2.0, 3: 4.0}
AT_RISK_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Explanation:
    """The three factors at one moment; ``hours_left`` is negative once it is overdue."""

    value_minor: int
    risk_weight: float
    hours_left: float
    deadline_weight: float


def score(*, value_minor: int, risk: int, due_at: datetime) -> float:
    """The stored place in the queue (larger comes first): log2 of the weight, less its t."""
    worth = math.log2(max(value_minor, 1) * RISK_WEIGHT[risk])
    return round(worth - due_at.timestamp() / 3600 / HALVING_HOURS, 6)


def explain(*, value_minor: int, risk: int, due_at: datetime, now: datetime) -> Explanation:
    """The factors as the reader meets them now."""
    hours = (due_at - now).total_seconds() / 3600
    return Explanation(
        value_minor=value_minor,
        risk_weight=RISK_WEIGHT[risk],
        hours_left=hours,
        deadline_weight=2 ** (-hours / HALVING_HOURS),
    )


def is_at_risk(*, created_at: datetime, due_at: datetime, now: datetime) -> bool:
    """Whether four fifths of the time to decide are gone."""
    allowed = (due_at - created_at).total_seconds()
    return (now - created_at).total_seconds() >= AT_RISK_SHARE * allowed
