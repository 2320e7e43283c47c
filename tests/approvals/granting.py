"""Authority for tests, and sends with a chosen draw."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from approvals.intake import judge
from approvals.letting_go import let_go
from approvals.models import Send
from revenue.agents import authority
from revenue.agents.authority import Grant
from revenue.models import Authority, Draft
from tests.support.rows import FOUNDER, NOW, make_draft, make_send

AUDITED, SPARED = 0.0999, 0.1
"""Draws on either side of the share that is audited at level 3."""


def granted(
    level: int = 3, *, action: str = "send_cold", now: datetime = NOW, **limits: Any
) -> Authority:
    """What the sending seat has from now on."""
    evidence = limits.pop("evidence", {})
    grant = Grant(seat="sender", action=action, level=level, **limits)
    return authority.grant(grant=grant, evidence=evidence, by=FOUNDER, now=now)


def opened(
    draft: Draft | None = None, *, draw: float = SPARED, now: datetime = NOW, **fields: Any
) -> Send:
    """A send as the intake opens it, with this draw."""
    send = make_send(draft or make_draft(), draw=draw, now=now, **fields)
    judge([send], now=now)
    let_go(send=send, seeded_share=0, now=now)
    return send
