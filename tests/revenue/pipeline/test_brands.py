from __future__ import annotations

from datetime import timedelta

import pytest

from revenue.models import Account, Brand
from revenue.pipeline.brands import group_brands
from tests.revenue.pipeline.support import LATER, NOW, OSM, account_of, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]


def make(name: str, key: str, *, latitude: float | None = None, stated: bool = False) -> Account:
    return Account.objects.create(
        name=name,
        name_key=name.lower(),
        brand_key=key,
        brand_stated=stated,
        latitude=latitude,
        longitude=None if latitude is None else -122.6,
        created_at=NOW,
        changed_at=NOW,
    )


def brands() -> dict[str, tuple[str, int]]:
    return {brand.key: (brand.name, brand.locations) for brand in Brand.objects.all()}


def test_accounts_of_one_key_at_two_places_are_a_brand() -> None:
    one, two = make("Harbour", "h/harbour", latitude=49.1), make("Harbour", "h/harbour")
    alone = make("Cedar", "h/cedar")
    assert group_brands(now=LATER) == 2
    assert brands() == {"h/harbour": ("Harbour", 2)}
    for account in (one, two, alone):
        account.refresh_from_db()
    assert one.brand == two.brand is not None
    assert (alone.brand, alone.changed_at) == (None, NOW)
    assert one.changed_at == LATER


def test_two_records_of_one_spot_are_no_brand() -> None:
    make("Harbour", "h/harbour", latitude=49.10001)
    make("Harbour", "h/harbour", latitude=49.10002)
    assert group_brands(now=LATER) == 0
    assert brands() == {}


def test_a_name_that_begins_with_a_stated_brand_belongs_to_it() -> None:
    make("Starbucks", "food/starbucks", latitude=49.1, stated=True)
    longer = make("Starbucks Coffee", "food/starbuckscoffee", latitude=49.2)
    other = make("Starbucks Repair", "trade/starbucksrepair", latitude=49.3)
    group_brands(now=LATER)
    assert brands() == {"food/starbucks": ("Starbucks", 2)}
    longer.refresh_from_db()
    other.refresh_from_db()
    assert longer.brand is not None
    assert other.brand is None


def test_a_brand_that_shrinks_to_one_place_is_none_any_more() -> None:
    one = make("Harbour", "h/harbour", latitude=49.1)
    two = make("Harbour", "h/harbour", latitude=49.2)
    group_brands(now=NOW)
    Account.objects.filter(pk=two.pk).update(brand_key="")
    assert group_brands(now=LATER) == 2
    assert brands() == {}
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.brand, two.brand, one.changed_at) == (None, None, LATER)
    assert group_brands(now=LATER + timedelta(days=1)) == 0


def test_a_new_place_gives_the_whole_brand_a_new_verdict() -> None:
    one = make("Harbour", "h/harbour", latitude=49.1)
    make("Harbour", "h/harbour", latitude=49.2)
    group_brands(now=NOW)
    Account.objects.update(screened_at=LATER + timedelta(hours=1))
    make("Harbour", "h/harbour", latitude=49.3)
    group_brands(now=LATER)
    one.refresh_from_db()
    assert one.changed_at > LATER + timedelta(hours=1)


def test_the_brands_of_a_real_list_have_their_places_counted() -> None:
    imported(OSM, "osm")
    found = dict(brands().values())
    assert found["Starbucks"] > 150
    assert found["Mrs. Sporty"] == 12
    assert account_of("BER-00017").brand is not None
    assert not {"Zahnarztpraxis", "Medical Clinic", "Dental Clinic", "Pizza"} & set(found)
