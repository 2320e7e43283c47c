"""The policies that a new house starts with, read from the files beside this module."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.vocabulary import PolicyKind

SEEDS: Final = Path(__file__).with_name("seeds")


def seed_policy(kind: PolicyKind) -> PolicyText:
    """The first version of a kind. Raises ``PolicyInvalid`` when its file is faulty."""
    return parse_policy((SEEDS / f"{kind}.json").read_bytes())
