"""What drafts of a kind are written from, as a digest: evidence speaks for nothing else."""

from __future__ import annotations

import hashlib
from functools import cache

from revenue.agents.drafting.categories import HOUSE
from revenue.agents.drafting.words import listed

SHARED = listed("categories.toml history.toml marks.toml")


@cache
def templates_digest(kind: str) -> str:
    """SHA-256, hex, over the templates of a kind of mail and what all kinds share.

    A kind that has no templates of its own gives the digest of what is shared.
    """
    digest = hashlib.sha256()
    for name in (f"{kind}.toml", *SHARED):
        path = HOUSE / name
        digest.update(f"{name}\n".encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()
