from __future__ import annotations

from typing import Any

import pytest

from revenue.models import ColumnMapping, LedgerEvent
from revenue.pipeline.mapping_keeping import (
    MappingTakenError,
    add_mapping,
    change_mapping,
    fitting_mapping,
)
from revenue.pipeline.mappings import InvalidMappingError
from tests.revenue.pipeline.support import BY, LANGLEY, NOW

pytestmark = pytest.mark.django_db


def spec(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "gyms",
        "title": "Gyms",
        "kind": "accounts",
        "source": {"slug": "gyms", "name": "Gyms"},
        "record_id": {"columns": ["id"]},
        "fields": {"name": {"columns": ["company"]}},
        **changes,
    }


def test_a_mapping_is_saved_with_its_text_on_record() -> None:
    row = add_mapping(spec=spec(), by=BY, now=NOW)

    assert (row.pk, row.title, row.created_by) == ("gyms", "Gyms", str(BY))
    event = LedgerEvent.objects.get(kind="mapping.added")
    assert (event.subject, event.data["spec"]) == ("mapping:gyms", spec())


def test_a_name_is_taken_once() -> None:
    add_mapping(spec=spec(), by=BY, now=NOW)

    with pytest.raises(MappingTakenError):
        add_mapping(spec=spec(title="Others"), by=BY, now=NOW)
    assert ColumnMapping.objects.get().title == "Gyms"


def test_an_invalid_mapping_is_refused_with_its_path() -> None:
    with pytest.raises(InvalidMappingError, match="fields must hold name"):
        add_mapping(spec=spec(fields={}), by=BY, now=NOW)
    assert not ColumnMapping.objects.exists()


def test_a_mapping_can_get_another_text_but_no_other_slug() -> None:
    row = add_mapping(spec=spec(), by=BY, now=NOW)

    assert change_mapping(mapping=row, spec=spec(title="All gyms"), by=BY, now=NOW)
    assert not change_mapping(mapping=row, spec=spec(title="All gyms"), by=BY, now=NOW)
    with pytest.raises(InvalidMappingError, match="slug"):
        change_mapping(mapping=row, spec=spec(slug="other"), by=BY, now=NOW)

    row.refresh_from_db()
    assert (row.title, row.spec["title"]) == ("All gyms", "All gyms")
    assert LedgerEvent.objects.filter(kind="mapping.changed").count() == 1


@pytest.mark.usefixtures("mappings")
def test_a_file_finds_the_mapping_that_was_made_for_it() -> None:
    columns = LANGLEY.read_text(encoding="utf-8-sig").splitlines()[0].split(",")

    found = fitting_mapping(columns)

    assert found is not None
    assert found.pk == "langley"
    assert fitting_mapping(["RECORD_ID", "Name", "phone"]) == ColumnMapping(pk="accounts")
    assert fitting_mapping(["a", "b"]) is None


def test_a_mapping_that_is_not_valid_any_more_is_passed_over() -> None:
    ColumnMapping.objects.create(
        slug="old", title="Old", spec={}, created_at=NOW, created_by=str(BY)
    )

    assert fitting_mapping(["id", "company"]) is None
