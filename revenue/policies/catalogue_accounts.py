"""Facts about a business, which the ideal customer profile reads."""

from __future__ import annotations

from datetime import timedelta

from revenue.policies.categories import CATEGORIES, GROUPS
from revenue.policies.chains import CHAIN_LOCATIONS
from revenue.policies.vocabulary import Choice, Fact, FactType, PolicyKind, Unit

_ICP = frozenset({PolicyKind.ICP})
_NO_LIST_PROVES_ABSENCE = (
    "Yes when a source gives one. Not known when none does: a list that leaves it out does not "
    "prove that there is none."
)

ACCOUNT_FACTS: tuple[Fact, ...] = (
    Fact(
        "account.category",
        FactType.CHOICE,
        "line of business",
        "Our own category, mapped from the tags of the sources by a fixed table; other when no "
        "tag says anything.",
        _ICP,
        choices=tuple(Choice(category.slug, category.label) for category in CATEGORIES.values()),
        fixed=True,
    ),
    Fact(
        "account.category_group",
        FactType.CHOICE,
        "sector",
        "The group that the line of business belongs to.",
        _ICP,
        choices=tuple(Choice(slug, label) for slug, label in GROUPS.items()),
        fixed=True,
    ),
    Fact(
        "account.locations",
        FactType.NUMBER,
        "number of locations",
        "How many places in our lists carry the same brand; one for a business without a brand.",
        _ICP,
        minimum=0,
        whole=True,
        fixed=True,
    ),
    Fact(
        "account.employees_full_time",
        FactType.NUMBER,
        "number of full-time employees",
        "As the business licence states it. Not known when no source counts employees.",
        _ICP,
        minimum=0,
        whole=True,
        fixed=True,
    ),
    Fact(
        "account.employees_total",
        FactType.NUMBER,
        "number of employees",
        "Full-time and part-time together, from the sources that state either. Not known when "
        "none does.",
        _ICP,
        minimum=0,
        whole=True,
        fixed=True,
    ),
    Fact(
        "account.has_website",
        FactType.BOOL,
        "website",
        _NO_LIST_PROVES_ABSENCE,
        _ICP,
        yes="the business has a website",
        no="the business has no website",
    ),
    Fact(
        "account.has_phone",
        FactType.BOOL,
        "business phone",
        _NO_LIST_PROVES_ABSENCE,
        _ICP,
        yes="the business has a phone",
        no="the business has no phone",
    ),
    Fact(
        "account.country",
        FactType.TEXT,
        "country of the business",
        "Two capital letters (ISO 3166), from the address.",
        _ICP,
        fixed=True,
    ),
    Fact(
        "account.region",
        FactType.TEXT,
        "region of the business",
        "Province or state as the address writes it, such as BC.",
        _ICP,
        fixed=True,
    ),
    Fact(
        "account.city",
        FactType.TEXT,
        "city of the business",
        "As the address writes it.",
        _ICP,
        fixed=True,
    ),
    Fact(
        "account.name",
        FactType.TEXT,
        "name of the business",
        "The name that the best source gives.",
        _ICP,
        fixed=True,
    ),
    Fact(
        "account.trade",
        FactType.TEXT,
        "own description of the business",
        "What the business says it does, such as the text on its licence. Not known when no "
        "source has one.",
        _ICP,
        fixed=True,
    ),
    Fact(
        "account.rating",
        FactType.NUMBER,
        "public rating",
        "Average stars from 0 to 5, from a review site that allows its use. Not known for "
        "businesses from lists without reviews.",
        _ICP,
        minimum=0,
        maximum=5,
        freshness=timedelta(days=30),
    ),
    Fact(
        "account.review_count",
        FactType.NUMBER,
        "number of reviews",
        "From a review site that allows its use. Not known for businesses from lists without "
        "reviews.",
        _ICP,
        minimum=0,
        whole=True,
        freshness=timedelta(days=30),
    ),
    Fact(
        "account.sources",
        FactType.NUMBER,
        "number of sources",
        "How many of our lists know this business.",
        _ICP,
        minimum=0,
        whole=True,
    ),
    Fact(
        "account.source_names",
        FactType.SET,
        "set of sources",
        "The short names of the lists that know this business.",
        _ICP,
    ),
    Fact(
        "account.days_since_seen",
        FactType.NUMBER,
        "time since a source last listed it",
        "Days since the last import in which any source still had this business.",
        _ICP,
        Unit.DAYS,
        minimum=0,
    ),
    Fact(
        "account.is_national_chain",
        FactType.BOOL,
        "national chain",
        "Yes when its brand is on our list of known chains or has at least "
        f"{CHAIN_LOCATIONS} locations in our lists; no otherwise.",
        _ICP,
        yes="the business belongs to a national chain",
        no="the business belongs to no national chain",
        fixed=True,
    ),
)
