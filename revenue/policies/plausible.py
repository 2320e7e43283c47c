"""Values that a reader meets every day, to make an example of: never a count of a thousand million.

``sorts`` gives what ``boundaries.representatives`` gives, each sort of value by its most ordinary
member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from revenue.policies.boundaries import joined_text, parts, representatives
from revenue.policies.comparing import ascii_lower, compile_leaf, is_usable
from revenue.policies.conditions import Leaf
from revenue.policies.kleene import Truth
from revenue.policies.vocabulary import Fact, FactType, Unit

_COUNTRIES: Final = ("US", "CA", "GB", "DE", "AU", "FR", "NL", "IN")
_REGIONS: Final = ("BC", "WA", "ON", "CA", "NY")
ORDINARY: Final[Mapping[str, tuple[object, ...]]] = {
    "send.kind": ("cold", "reactivation", "follow_up", "reply"),
    "send.touch_number": (1, 2, 3),
    "send.age_hours": (2, 20),
    "send.unsupported_claims": (0, 1, 2),
    "send.copy_blockers": (0, 1, 2),
    "send.copy_warnings": (0, 1, 3),
    "send.word_count": (90, 120, 160, 250),
    "send.has_footer": (True,),
    "send.has_postal_address": (True,),
    "send.has_unsubscribe": (True,),
    "contact.suppressed": (False,),
    "contact.unsubscribed": (False,),
    "contact.country": _COUNTRIES,
    "contact.region": _REGIONS,
    "contact.consent": ("implied_published", "none", "existing_business", "express"),
    "contact.published_evidence": (True,),
    "contact.no_solicitation_note": (False,),
    "contact.role_relevant": (True,),
    "contact.legal_form": ("company", "sole_trader"),
    "contact.local_hour": (10, 16, 18, 7, 20),
    "contact.local_weekday": (2, 3, 6, 7),
    "contact.local_holiday": (False,),
    "contact.time_zone_known": (True,),
    "contact.days_since_touch": (45, 20, 7, 120, 400),
    "contact.days_since_reply": (60, 20, 7, 200, 400),
    "account.days_since_touch": (45, 20, 7, 120, 400),
    "account.touches_90d": (0, 1, 2, 4),
    "account.open_sends": (0, 1),
    "account.relationship_facts": (1, 2, 0),
    "account.days_since_relationship_fact": (120, 12, 400),
    "account.relationship_kinds": (["knows_us"], []),
    "account.icp_verdict": ("allow", "hold", "deny"),
    "mailbox.sent_today": (12, 39, 60),
    "mailbox.cap_today": (40, 20),
    "mailbox.cap_left": (12, 3, 0),
    "mailbox.bounce_rate_30d": (0.01, 0.04, 0.08),
    "mailbox.complaint_rate_30d": (0, 0.002),
    "mailbox.sent_30d": (220, 20, 600),
    "mailbox.paused": (False,),
    "mailbox.authenticated": (True,),
    "account.category": ("physiotherapy", "spa", "yoga_pilates", "dental", "restaurant"),
    "account.category_group": ("health_wellness", "beauty", "medical", "food"),
    "account.locations": (1, 2, 3, 5, 12),
    "account.employees_full_time": (6, 3, 15, 60),
    "account.employees_total": (9, 4, 20, 80),
    "account.has_website": (True,),
    "account.has_phone": (True,),
    "account.country": _COUNTRIES,
    "account.region": _REGIONS,
    "account.city": ("Langley", "Vancouver", "Seattle"),
    "account.name": ("Harbour Physio", "Cedar Spa"),
    "account.trade": ("physiotherapy clinic", "day spa", "yoga studio"),
    "account.rating": (4.5, 4, 3.5, 2),
    "account.review_count": (40, 12, 3, 150),
    "account.sources": (2, 1, 3),
    "account.source_names": ([],),
    "account.days_since_seen": (3, 40, 120),
    "account.is_national_chain": (False,),
}
"""By fact, the most ordinary first; facts without a row go by what they are compared with."""


def sorts(fact: Fact, comparisons: Iterable[Leaf]) -> tuple[object, ...]:
    """Known values of a fact, one for each way these comparisons come out, ordinary ones first."""
    asked = tuple(comparisons)
    tests = [compile_leaf(leaf) for leaf in asked]
    found: dict[tuple[Truth, ...], object] = {}
    for value in _candidates(fact, asked):
        get = {fact.name: value}.get
        found.setdefault(tuple([test(get) for test in tests]), value)
    return tuple(found.values())


def text_with(parts_inside: Sequence[str], wanted: Sequence[Leaf], fact: Fact) -> str:
    """A readable text that contains these parts and, of what is compared, nothing else."""
    exact = joined_text(parts_inside)
    readable = " ".join(parts_inside) or "something else"
    tests = [compile_leaf(leaf) for leaf in wanted]
    same = all(test({fact.name: readable}.get) is test({fact.name: exact}.get) for test in tests)
    return readable if same else exact


def _candidates(fact: Fact, comparisons: Sequence[Leaf]) -> Iterator[object]:
    yield from ORDINARY.get(fact.name, ())
    if fact.type is FactType.NUMBER:
        yield from _near(fact, comparisons)
    for value in representatives(fact, comparisons):
        if fact.type is FactType.TEXT:
            inside = [part for part in parts(fact, comparisons) if part in ascii_lower(str(value))]
            yield text_with(inside, comparisons, fact)
        yield value


def _near(fact: Fact, comparisons: Sequence[Leaf]) -> Iterator[float]:
    """What the comparisons name, and a step below and above it."""
    named: dict[float, None] = {}
    for leaf in comparisons:
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        named.update((value, None) for value in values if isinstance(value, int | float))
    for value in named:
        beside = (value / 2, value * 2) if fact.unit is Unit.SHARE else (value - 1, value + 1)
        yield from (near for near in (value, *beside) if is_usable(fact, near))
