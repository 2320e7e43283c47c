"""Column mappings that people save for their own files."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import ColumnMapping, Source
from revenue.pipeline.mappings import Mapping, read_mapping, shipped_mappings


class ShippedMappingError(ValueError):
    """A mapping that comes with the product is not changed; save it under another name."""


class OtherTermsError(ValueError):
    """The source is known with other terms; one source has one name and one time limit."""


@transaction.atomic
def save_mapping(*, spec: object, by: Actor, now: datetime) -> ColumnMapping:
    """Save a mapping from a form under its slug, over one of the same slug.

    Imports that run keep the mapping they began with. Raises InvalidMappingError,
    ShippedMappingError and OtherTermsError.
    """
    mapping = read_mapping(spec)
    if mapping.slug in shipped_mappings():
        raise ShippedMappingError(ShippedMappingError.__doc__)
    _know_source(mapping)
    saved, created = ColumnMapping.objects.update_or_create(
        slug=mapping.slug,
        defaults={
            "title": mapping.title,
            "spec": mapping.model_dump(mode="json", exclude_defaults=True),
        },
        create_defaults={
            "slug": mapping.slug,
            "title": mapping.title,
            "spec": mapping.model_dump(mode="json", exclude_defaults=True),
            "created_at": now,
            "created_by": str(by),
        },
    )
    ledger.append(
        kind="mapping.created" if created else "mapping.changed",
        subject=f"mapping:{mapping.slug}",
        by=by,
        now=now,
        data={"spec": saved.spec},
    )
    return saved


def _know_source(mapping: Mapping) -> None:
    terms = mapping.source
    source, _ = Source.objects.get_or_create(
        slug=terms.slug,
        defaults={
            "name": terms.name,
            "attribution": terms.attribution,
            "keep_days": terms.keep_days,
        },
    )
    if source.keep_days != terms.keep_days:
        raise OtherTermsError(OtherTermsError.__doc__)
