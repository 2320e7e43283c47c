"""How closely people read, for the page that says so and the line in the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals import attention
from approvals.attention import Attention
from approvals.models import PlantedFault
from approvals.presenting.item import Reader
from approvals.presenting.planted import address_of, said
from approvals.seeding import GRACE
from revenue.actors import Actor


@dataclass(frozen=True, slots=True)
class Row:
    """One person who decides; ``here`` for whose faults the page lists."""

    actor: str
    key: int
    found: Attention
    in_view: str
    here: bool


def shown_attention(*, reader: Reader, person: str) -> dict[str, Any]:
    """Everybody who decides, and the last planted faults of ``person``; three statements.

    ``person`` is the id of one of them as text; anything else is the reader.
    """
    people = attention.deciders()
    actors = [Actor.person(user) for user in people]
    chosen = next((by for by in actors if by.key == person), reader.actor)
    found = dict(zip(actors, attention.of_each(actors), strict=True))
    own = found.get(reader.actor) or attention.of(reader.actor)
    shown = found.get(chosen, own)
    told = list(attention.told_to(chosen)[: attention.LAST])
    return {
        "own": own,
        "own_in_view": in_view(own),
        "is_own": chosen == reader.actor,
        "person": str(chosen),
        "rows": [
            Row(str(by), user.pk, found[by], in_view(found[by]), by == chosen)
            for user, by in zip(people, actors, strict=True)
        ],
        "faults": [
            {
                "url": address_of(defect),
                "business": defect.send.account.name,
                "kind": PlantedFault(defect.kind).label,
                "said": said(defect),
                "caught": defect.caught,
                "at": defect.decided_at,
                "counts": counts(defect.decided_at, shown.since),
            }
            for defect in told
        ],
        "grace": GRACE,
        "enough": attention.ENOUGH,
        "last": attention.LAST,
        "bar": round(own.bar * 100),
        "share": f"{own.share * 100:.3g}",
    }


def counts(decided_at: datetime | None, since: datetime | None) -> bool:
    """Whether it was decided after the person's first ``GRACE`` decisions."""
    return decided_at is not None and since is not None and decided_at > since


def in_view(found: Attention) -> str:
    """``8.2 s``: how long a mail is in view before it is decided."""
    if found.median_ms is None:
        return "not measured yet"
    seconds = found.median_ms / 1000
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def line(found: Attention) -> str:
    """What the list says of it in a few words, or nothing while nothing is planted."""
    if found.n:
        return f"{found.caught} of {found.n} planted faults caught"
    return "Planted faults" if found.share else ""
