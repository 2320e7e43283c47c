from __future__ import annotations

from typing import Any

import pytest

from revenue.models import ColumnMapping, LedgerEvent, Source
from revenue.pipeline.mappings import InvalidMappingError
from revenue.pipeline.saved_mappings import OtherTermsError, ShippedMappingError, save_mapping
from tests.revenue.pipeline.support import BY, LATER, NOW, counts, imported

pytestmark = pytest.mark.django_db

SPEC: dict[str, Any] = {
    "slug": "guide",
    "title": "City guide",
    "kind": "accounts",
    "source": {"slug": "guide", "name": "City guide", "keep_days": 30},
    "record_id": "No",
    "fields": {"name": "Firm"},
}


def test_a_saved_mapping_reads_a_file() -> None:
    save_mapping(spec=SPEC, by=BY, now=NOW)
    assert counts(imported("No;Firm\n1;Harbour\n", "guide")) == {"created": 1}
    assert Source.objects.get().keep_days == 30
    assert LedgerEvent.objects.filter(kind="mapping.created", subject="mapping:guide").exists()


def test_saving_again_replaces_it_and_keeps_who_made_it() -> None:
    save_mapping(spec=SPEC, by=BY, now=NOW)
    save_mapping(spec=SPEC | {"fields": {"name": "Name"}}, by=BY, now=LATER)
    saved = ColumnMapping.objects.get()
    assert (saved.spec["fields"]["name"]["columns"], saved.created_at) == (["Name"], NOW)
    assert LedgerEvent.objects.filter(kind="mapping.changed").count() == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"slug": "osm"}, ShippedMappingError),
        ({"fields": {}}, InvalidMappingError),
        ({"slug": "other", "source": {"slug": "guide", "name": "x"}}, OtherTermsError),
    ],
)
def test_a_mapping_that_can_not_be_saved_leaves_nothing(
    change: dict[str, Any], error: type[Exception]
) -> None:
    save_mapping(spec=SPEC, by=BY, now=NOW)
    with pytest.raises(error):
        save_mapping(spec=SPEC | change, by=BY, now=NOW)
    assert ColumnMapping.objects.count() == 1
