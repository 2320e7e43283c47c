"""What people decided on judged subjects, and what became of them, as the parts above tell it.

``settings`` names the functions as text, since this part never imports those above it:
``POLICY_DECISIONS`` give a decision by verdict, ``POLICY_OUTCOMES`` counts with their labels, and
``SUBJECT_NAMES`` the names of subjects such as ``send:12``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from revenue.models import Account, Verdict

Decider = Callable[[QuerySet[Verdict]], Mapping[int, str]]
Outcomes = Callable[[QuerySet[Verdict]], Sequence[tuple[str, int]]]
Namer = Callable[[Sequence[str]], Mapping[str, str]]


class Decided(StrEnum):
    """What a person did first with a subject after it was judged."""

    APPROVED = "approved"
    COSMETIC = "cosmetic"
    CLAIM = "claim"
    OFFER = "offer"
    REJECTED = "rejected"
    RETURNED = "returned"


def decisions_on(verdicts: QuerySet[Verdict]) -> dict[int, Decided]:
    """What people decided, by the id of the verdict; those nobody decided on are missing."""
    found: dict[int, Decided] = {}
    for path in settings.POLICY_DECISIONS:
        decider: Decider = import_string(path)
        found |= {key: Decided(choice) for key, choice in decider(verdicts).items()}
    return found


def outcomes_of(verdicts: QuerySet[Verdict]) -> list[tuple[str, int]]:
    """What became of the subjects' deals: labels in order, each with its number."""
    told: list[tuple[str, int]] = []
    for path in settings.POLICY_OUTCOMES:
        outcomes: Outcomes = import_string(path)
        told += outcomes(verdicts)
    return told


def names_of(subjects: Iterable[str]) -> dict[str, str]:
    """Names of the subjects that have one; each function has one statement."""
    asked = list(dict.fromkeys(subjects))
    named: dict[str, str] = {}
    for path in settings.SUBJECT_NAMES:
        namer: Namer = import_string(path)
        named |= namer(asked)
    return named


def account_names(subjects: Sequence[str]) -> dict[str, str]:
    """The names of ``account:7`` and the like."""
    numbers = numbers_of("account", subjects)
    rows = Account.objects.filter(pk__in=numbers).values_list("pk", "name")
    return {f"account:{number}": name for number, name in rows}


def numbers_of(sort: str, subjects: Sequence[str]) -> list[int]:
    """The ids behind the subjects of one sort."""
    parts = (subject.partition(":") for subject in subjects)
    return [int(number) for prefix, _, number in parts if prefix == sort and number.isdecimal()]
