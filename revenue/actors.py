"""Who did something: a person, an agent's seat, or a part of the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from revenue.models import User

ActorKind = Literal["person", "seat", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Written in every ``*_by`` column and in the ledger as ``kind:key``, never as a name."""

    kind: ActorKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"

    @classmethod
    def person(cls, user: User) -> Actor:
        return cls("person", str(user.pk))

    @classmethod
    def seat(cls, slug: str) -> Actor:
        return cls("seat", slug)

    @classmethod
    def system(cls, part: str) -> Actor:
        return cls("system", part)

    @classmethod
    def parse(cls, text: str) -> Actor:
        """Read ``kind:key`` back; raises ValueError for anything else."""
        kind, separator, key = text.partition(":")
        if not separator or not key or kind not in get_args(ActorKind):
            raise ValueError(f"not an actor: {text!r}")
        return cls(kind, key)  # type: ignore[arg-type]
