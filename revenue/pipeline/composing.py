"""What an account's source records say together: pure.

Records come in order of precedence, the one that was seen first ahead. A later record only fills
what the earlier ones leave empty, so one more source never rewrites what is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from revenue.pipeline.names import brand_key, name_key
from revenue.policies.categories import OTHER

Fields = Mapping[str, Any]

_TEXTS = (
    "trade", "phone", "website", "unit", "street", "area", "city", "region", "postcode", "country",
)  # fmt: skip
_TOGETHER = (("latitude", "longitude"), ("employees_full_time", "employees_part_time"))


def compose(records: Sequence[Fields], *, fallback: str) -> dict[str, Any]:
    """The account's columns by name. ``fallback`` is its name when no record may be kept any more:
    the provider's id.
    """
    name = _first(records, "name") or fallback
    columns: dict[str, Any] = {"name": name, "name_key": name_key(str(name))}
    for column in _TEXTS:
        columns[column] = _first(records, column) or ""
    for group in _TOGETHER:
        stated = next((record for record in records if group[0] in record), {})
        columns |= {column: stated.get(column) for column in group}
    kind = next((record for record in records if record.get("category", OTHER) != OTHER), {})
    columns["category"] = kind.get("category", OTHER)
    columns["category_group"] = kind.get("category_group", OTHER)
    brand = str(_first(records, "brand") or "")
    key = name_key(brand) if brand else str(columns["name_key"])
    group = columns["category_group"]
    columns["brand_key"] = brand_key(key, group, stated=bool(brand)) if records else ""
    columns["brand_stated"] = bool(brand)
    return columns


def _first(records: Sequence[Fields], field: str) -> object:
    for record in records:
        if value := record.get(field):
            return value
    return None
