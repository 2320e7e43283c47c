"""What a decision is bound to: a digest of everything that arrives."""

from __future__ import annotations

import hashlib


def content_hash(*parts: str) -> str:
    """SHA-256, hex, over the parts, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()
