"""Rules that every model keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models import Model, Q
from django.db.models.signals import ModelSignal, post_delete, post_save, pre_delete, pre_save

from revenue.models.fields import ActorField

OURS = [
    model for label in ("revenue", "approvals") for model in apps.get_app_config(label).get_models()
]
PARTNERS = ("at", "until")
SIGNALS: list[ModelSignal] = [pre_save, post_save, pre_delete, post_delete]

every_model = pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)


def actor_fields() -> Iterator[tuple[type[Model], str]]:
    for model in OURS:
        for field in model._meta.local_fields:
            if isinstance(field, ActorField) and field.name.endswith("_by"):
                yield model, field.name


def names_in(condition: Q) -> set[str]:
    """The fields that a condition reads."""
    found: set[str] = set()
    for child in condition.children:
        if isinstance(child, Q):
            found |= names_in(child)
        elif isinstance(child, tuple):
            found.add(str(child[0]).split("__")[0])
    return found


def constrained_together(model: type[Model], fields: set[str]) -> bool:
    conditions: list[Any] = [
        constraint.condition
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    ]
    return any(
        isinstance(condition, Q) and fields <= names_in(condition) for condition in conditions
    )


@pytest.mark.parametrize(("model", "by"), list(actor_fields()))
def test_who_and_when_are_set_together(model: type[Model], by: str) -> None:
    fields = {field.name: field for field in model._meta.local_fields}
    stem = by.removesuffix("_by")
    when = next((f"{stem}_{end}" for end in PARTNERS if f"{stem}_{end}" in fields), None)

    assert when is not None, f"{model.__name__}.{by} has no time beside it"
    assert fields[by].null == fields[when].null
    if fields[by].null:
        assert constrained_together(model, {by, when})


def test_the_pair_rule_finds_pairs() -> None:
    assert len(list(actor_fields())) > 10


@every_model
def test_a_model_has_no_default_order(model: type[Model]) -> None:
    assert list(model._meta.ordering or []) == []


@every_model
def test_a_model_saves_plainly(model: type[Model]) -> None:
    # AbstractUser brings a `save` of its own.
    own = [
        base for base in model.__mro__ if base.__module__.split(".")[0] in ("revenue", "approvals")
    ]

    assert [base for base in own if {"save", "delete", "save_base"} & set(vars(base))] == []
    assert [signal for signal in SIGNALS if signal.has_listeners(model)] == []


@every_model
def test_a_constraint_name_begins_with_what_it_is_about(model: type[Model]) -> None:
    names = [constraint.name for constraint in model._meta.constraints]

    assert len(names) == len(set(names))
    assert [name for name in names if not name or "_" not in name] == []


@every_model
def test_every_choice_has_words_for_people(model: type[Model]) -> None:
    for field in model._meta.local_fields:
        for value, label in field.flatchoices:
            assert str(label).strip(), f"{model.__name__}.{field.name}: {value!r}"
