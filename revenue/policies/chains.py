"""Tells a national chain from a local business with several places."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

CHAIN_LOCATIONS: Final = 50
"""So many places of one brand in our lists make a national chain, whatever its name."""

_NOT_WORDS = re.compile(r"[\W_]+")


def is_national_chain(name: str, locations: int) -> bool:
    """Whether a business of this name or brand, with so many places, is a national chain."""
    if locations >= CHAIN_LOCATIONS:
        return True
    plain = _NOT_WORDS.sub(" ", name.casefold()).strip()
    return plain in _EXACT or (plain + " ").startswith(_PREFIXES)


_TABLE = tomllib.loads(Path(__file__).with_name("chains.toml").read_text("utf-8"))
_PREFIXES: Final = tuple(name + " " for name in _TABLE["prefix"])
_EXACT: Final = frozenset(_TABLE["exact"])
