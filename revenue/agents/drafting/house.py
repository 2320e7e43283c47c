"""The house's templates, read from ``house/*.toml`` and checked when they are loaded."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from revenue.agents.drafting.brief import Kind
from revenue.agents.drafting.categories import HOUSE
from revenue.agents.drafting.words import listed

#: Values that every brief has, so that a line of them alone can always be written.
ALWAYS = frozenset(
    listed("sender_name sender_company label reply_word people People crew_is busy ask trigger")
)
#: Values that a brief has when it has the fact.
WHEN_KNOWN = frozenset(
    listed(
        "first_name account short_account place plural team locations rating site month "
        "since history"
    )
)
_FIELD = re.compile(r"\{(\w{1,30})\}")


class BadTemplate(Exception):
    """A house template asks for a value that no brief has, or can be left without a line."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    needs: frozenset[str]


Slot = tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to build a mail: slots by name, and the paragraphs that they make up.

    ``first`` variants leave the others out of the choice when their facts are known.
    """

    name: str
    needs: frozenset[str]
    first: bool
    subject: Slot
    paragraphs: tuple[tuple[str, ...], ...]
    slots: MappingProxyType[str, Slot]


@dataclass(frozen=True, slots=True)
class Templates:
    """All variants of one kind of mail; ``version`` changes with any word of the house."""

    kind: Kind
    version: str
    reply_word: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class HistoryKind:
    """What one kind of relationship fact proves, and the lines that may tell of it."""

    kind: str
    supports: frozenset[str]
    lines: Slot


@cache
def templates(kind: Kind) -> Templates:
    """Raises ``BadTemplate`` naming the variant and slot at fault."""
    stored = _read(f"{kind}.toml")
    shared = {name: _slot(tiers) for name, tiers in stored["shared"].items()}
    variants = tuple(_variant(entry, shared) for entry in stored["variant"])
    for variant in variants:
        _check(variant, kind)
    return Templates(kind, _version(), stored["reply_word"], variants)


@cache
def history_kinds() -> MappingProxyType[str, HistoryKind]:
    """Kinds of relationship fact in the order in which a mail prefers to speak of them."""
    return MappingProxyType(
        {
            kind: HistoryKind(kind, frozenset(entry["supports"]), _slot(entry["lines"]))
            for kind, entry in _read("history.toml").items()
        }
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HOUSE / name).read_text(encoding="utf-8"))


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for path in sorted(HOUSE.glob("*.toml")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _slot(tiers: list[list[str]]) -> Slot:
    return tuple(
        tuple(Line(text, frozenset(_FIELD.findall(text))) for text in tier) for tier in tiers
    )


def _variant(entry: dict[str, Any], shared: dict[str, Slot]) -> Variant:
    fixed = {"name", "needs", "first", "subject", "paragraphs"}
    own = {name: _slot(tiers) for name, tiers in entry.items() if name not in fixed}
    return Variant(
        name=entry["name"],
        needs=frozenset(entry.get("needs", ())),
        first=entry.get("first", False),
        subject=_slot(entry["subject"]),
        paragraphs=tuple(tuple(names.split()) for names in entry["paragraphs"]),
        slots=MappingProxyType(shared | own),
    )


def _check(variant: Variant, kind: Kind) -> None:
    """Every line uses known values, and every slot has a line for a brief with no facts."""
    certain = ALWAYS | variant.needs
    for name, slot in _written_slots(variant, kind):
        for line in (line for tier in slot for line in tier):
            if not line.needs <= ALWAYS | WHEN_KNOWN:
                raise BadTemplate(f"{kind}/{variant.name}/{name}: {line.text}")
        if not any(line.needs <= certain for tier in slot for line in tier):
            raise BadTemplate(f"{kind}/{variant.name}/{name} can be left without a line")


def _written_slots(variant: Variant, kind: Kind) -> Iterator[tuple[str, Slot]]:
    yield "subject", variant.subject
    for name in (name for paragraph in variant.paragraphs for name in paragraph):
        if name == "history" and kind is Kind.REACTIVATION:
            continue
        if name not in variant.slots:
            raise BadTemplate(f"{kind}/{variant.name} has no slot {name}")
        yield name, variant.slots[name]
