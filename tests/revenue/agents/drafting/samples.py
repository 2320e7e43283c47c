"""Briefs for tests: invented ones, and those of the businesses in the lists that we ship."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from revenue.agents.drafting.brief import Brief, Evidenced, Kind, Sender
from revenue.agents.drafting.categories import categories
from revenue.agents.drafting.composer import DraftText
from revenue.agents.drafting.faults import CopyContext
from revenue.agents.drafting.names import spoken_name
from revenue.agents.drafting.phrases import default_banned_phrases
from revenue.policies.categories import categorise

LISTS = Path(__file__).parents[4] / "revenue" / "pipeline" / "lists"
SEEN = date(2026, 11, 20)
SENDER = Sender(name="Nick Rossi", company="Northside Growth")
ADDRESS = "12 Main Street, Langley BC V3A 1A1"
FOOTER = f"Nick Rossi, Northside Growth\n{ADDRESS}\n\nUnsubscribe: https://out.example/u/abc"

_FACTS = {
    "first_name": "contact.first_name",
    "last_name": "contact.last_name",
    "role": "contact.role",
    "days_since_contact": "contact.days_since_contact",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A real business: what its list says, and the brief made of it."""

    record_id: str
    street: str
    brief: Brief


def evidence(name: str, value: Any, *, source: str = "list:1", as_of: date = SEEN) -> Any:
    return Evidenced(value, _FACTS.get(name, f"account.{name}"), source, name, as_of)


def a_brief(kind: Kind = Kind.COLD, seed: str = "seed", **facts: Any) -> Brief:
    """A brief with these values as facts."""
    known = {name: evidence(name, value) for name, value in facts.items() if value is not None}
    return Brief(kind=kind, sender=SENDER, seed=seed, **known)


def told(brief: Brief, kind: str, since: date = date(2026, 3, 9)) -> Brief:
    """The same brief with one fact of the relationship more."""
    fact = Evidenced(kind, f"relationship.{kind}", "relationship:7", "kind", since)
    return replace(brief, relationship=(*brief.relationship, fact))


def context_of(brief: Brief, draft: DraftText) -> CopyContext:
    """What a draft to this business is checked by."""
    return CopyContext(
        first_touch=brief.kind is Kind.COLD,
        first_name=brief.first_name.value if brief.first_name else "",
        account_name=brief.account_name.value if brief.account_name else "",
        reply_word=draft.reply_word,
        postal_address=ADDRESS,
        banned_phrases=default_banned_phrases(),
    )


FULL: dict[str, Any] = {
    "first_name": "Dana",
    "last_name": "Okafor",
    "role": "Owner",
    "account_name": "Elements Massage",
    "category": "massage",
    "trade": "REGISTERED MASSAGE THERAPY CLINIC",
    "place": "Willowbrook",
    "city": "Langley",
    "locations": 3,
    "employees": 5,
    "website": "https://www.elementsmassage.ca/",
    "rating": 4.6,
    "reviews": 128,
}


def listed_businesses() -> Iterator[Listed]:
    """Every business of the lists that the house writes to."""
    yield from _langley()
    yield from _osm()


def _langley() -> Iterator[Listed]:
    for row in _rows("langley_business_licences.csv"):
        words = f"{row['business_name']} {row['licence_description']}"
        counts = [row[name] for name in ("full_time_employees", "part_time_employees")]
        facts = {
            "account_name": spoken_name(row["business_name"]),
            "category": categorise("langley", row, text=words),
            "trade": row["licence_description"],
            "place": row["community"],
            "city": row["city"],
            "employees": sum(int(count) for count in counts if count),
        }
        yield from _listed(row["record_id"], row["street_address"], facts)


def _osm() -> Iterator[Listed]:
    for row in _rows("osm_places.csv"):
        facts = {
            "account_name": spoken_name(row["name"]),
            "category": categorise("osm", row, text=row["name"]),
            "place": row["city"],
            "website": row["website"],
        }
        yield from _listed(row["record_id"], row["street"], facts)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (LISTS / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _listed(record_id: str, street: str, facts: dict[str, Any]) -> Iterator[Listed]:
    known = {name: value for name, value in facts.items() if value}
    words = categories().get(known["category"])
    if words is not None and words.plural:
        yield Listed(record_id, street, a_brief(seed=record_id, **known))
