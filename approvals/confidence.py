"""How large a share of faults may be, given what audits found: a bound that may be watched.

The Beta-mixture confidence sequence for a Bernoulli mean (Howard, Ramdas, McAuliffe, Sekhon 2021,
"Time-uniform, nonparametric, nonasymptotic confidence sequences"). With k faults among n audits
and the mixture Beta(a, b),

    M_n(p) = B(a + k, b + n - k) / B(a, b) / (p^k (1 - p)^(n - k))

is a martingale if the true share is p, so it ever reaches 1/alpha with probability alpha at most
(Ville). The bound is the largest p at which it has not: it holds at all times at once, however
often somebody looks and whenever they stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from math import lgamma, log, log1p

A, B = 0.5, 50.0
"""The mixture; its mean is 1 %, where bounds are needed most."""
LOG_LEVEL = log(1 / 0.05)
"""Wrong at any time with a probability of 5 % at most."""
MOST = 1_000_000


def upper_bound(*, clean: int, faults: int) -> float:
    """The share of faults that is not exceeded, at 95 %, one-sided, at all times at once.

    1.0 while nothing is known. Exact to about 1e-12.
    """
    if clean == 0:
        return 1.0
    low, high = faults / (clean + faults), 1.0
    while high - low > 1e-13:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _is_excluded(middle, clean=clean, faults=faults):
            high = middle
        else:
            low = middle
    return high


def clean_needed(bar: float, *, clean: int, faults: int) -> int:
    """How many more audits in a row must be clean until the bound is at most ``bar``."""
    if clears(bar, clean=clean, faults=faults):
        return 0
    low, high = 0, 1
    while not clears(bar, clean=clean + high, faults=faults):
        low, high = high, high * 2
        if high > MOST:
            return MOST
    while high - low > 1:
        middle = (low + high) // 2
        if clears(bar, clean=clean + middle, faults=faults):
            high = middle
        else:
            low = middle
    return high


def holds_until(
    found: Sequence[tuple[datetime, bool]], *, bar: float, window: timedelta
) -> datetime | None:
    """When the bound no longer clears ``bar`` if nothing more is found; None if it does not now.

    ``found``: when each audit was found, oldest first, and whether it was clean. Each counts until
    ``window`` later.
    """
    clean = sum(is_clean for _, is_clean in found)
    faults = len(found) - clean
    if not clears(bar, clean=clean, faults=faults):
        return None
    for at, together in groupby(found, key=_when):
        gone = [is_clean for _, is_clean in together]
        clean, faults = clean - sum(gone), faults - len(gone) + sum(gone)
        if not clears(bar, clean=clean, faults=faults):
            return at + window
    return None  # not reached: of nothing, no bar is cleared


def _when(audit: tuple[datetime, bool]) -> datetime:
    return audit[0]


def clears(bar: float, *, clean: int, faults: int) -> bool:
    """Whether every share from ``bar`` on is excluded; once true, more clean ones keep it so."""
    return faults < bar * (clean + faults) and _is_excluded(bar, clean=clean, faults=faults)


def _is_excluded(share: float, *, clean: int, faults: int) -> bool:
    """Whether the martingale of this share has reached its level; 0 < share < 1."""
    mixture = _log_beta(A + faults, B + clean) - _log_beta(A, B)
    likelihood = faults * log(share) + clean * log1p(-share)
    return mixture - likelihood >= LOG_LEVEL


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
