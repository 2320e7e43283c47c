from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.addresses import (
    cell_of,
    cells_around,
    city_key,
    display_street,
    distance,
    domain_of,
    read_country,
    read_postcode,
    read_street,
    read_website,
    street_key,
)


@pytest.mark.parametrize(
    ("street", "number", "unit", "country", "line", "out_unit", "key"),
    [
        ("8621 201 ST", "", "400", "CA", "8621 201 ST", "400", "8621 201 st"),
        ("200 Street", "8621", "", "CA", "8621 200 Street", "", "8621 200 st"),
        ("5932 200th St", "", "", "CA", "5932 200th St", "", "5932 200 st"),
        ("Fraser Hwy", "102-20108", "", "CA", "20108 Fraser Hwy", "102", "20108 fraser hwy"),
        ("Fraser Hwy", "#110-12011", "", "CA", "12011 Fraser Hwy", "110", "12011 fraser hwy"),
        ("Bentley St", "9191. Unit 101", "", "CA", "9191 Bentley St", "101", "9191 bentley st"),
        ("Kingsway", "Unit 5, 701", "", "CA", "701 Kingsway", "5", "701 kingsway"),
        ("W Broadway", "#120 4260", "", "CA", "4260 W Broadway", "120", "4260 w broadway"),
        ("101-20353 64 Ave", "", "", "CA", "20353 64 Ave", "101", "20353 64 ave"),
        ("East 15th Avenue", "663", "Suite 2", "CA", "663 East 15th Avenue", "2", "663 e 15 ave"),
        ("Kantstraße", "12 a", "", "DE", "Kantstraße 12A", "", "12a kantstr"),
        ("Kantstr. 5-7", "", "", "DE", "Kantstr. 5-7", "", "5-7 kantstr"),
        ("Prenzlauer Straße", "3", "", "DE", "Prenzlauer Straße 3", "", "3 prenzlauerstr"),
        ("Mavis Avenue", "", "", "CA", "Mavis Avenue", "", ""),
        ("", "", "B", "CA", "", "B", ""),
    ],
)  # fmt: skip
def test_a_street_is_read_in_its_countrys_order(
    street: str, number: str, unit: str, country: str, line: str, out_unit: str, key: str
) -> None:
    read = read_street(street, number, unit, country)
    assert (read.line, read.unit, read.key) == (line, out_unit, key)


def test_spelling_habits_make_no_other_street() -> None:
    assert street_key("Saint Edwards Drive") == street_key("St. Edwards Dr")
    assert street_key("No. 3 Road") == street_key("Number 3 Rd")
    assert street_key("Hauptstraße") == street_key("Hauptstr.") == street_key("Haupt Strasse")


def test_a_street_in_capitals_is_written_normally() -> None:
    assert display_street("20728 WILLOUGHBY TOWN CENTRE DR") == "20728 Willoughby Town Centre Dr"
    assert display_street("Unter den Linden 5") == "Unter den Linden 5"


@pytest.mark.parametrize(
    ("text", "country", "postcode"),
    [
        ("v6h3g8", "CA", ("V6H 3G8", "")),
        ("V6C", "CA", ("", "is no postcode of CA")),
        ("10117", "DE", ("10117", "")),
        ("98101-1234", "US", ("98101", "")),
        ("sw1a1aa", "GB", ("SW1A 1AA", "")),
        ("75001", "FR", ("75001", "")),
        ("", "CA", ("", "")),
    ],
)
def test_a_postcode_has_its_countrys_shape(
    text: str, country: str, postcode: tuple[str, str]
) -> None:
    assert read_postcode(text, country) == postcode


def test_a_country_is_a_code_or_a_common_name() -> None:
    names = ("ca", "Canada", "Deutschland", "UK", "Österreich", "ZZ", "Langley")
    assert [read_country(text) for text in names] == ["CA", "CA", "DE", "GB", "AT", None, None]


def test_a_city_is_one_by_each_of_its_names() -> None:
    names = ("Langley ", "Township of Langley", "Langley Township", "City of Langley/Border")
    assert {city_key(name) for name in names} == {"langley"}
    assert city_key("North Vancouver City") == city_key("District of North Vancouver")


@pytest.mark.parametrize(
    ("text", "website"),
    [
        ("www.caffe.com", "http://www.caffe.com"),
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("a.example;b.example", "http://a.example"),
        ("javascript:alert(1)", None),
        ("ftp://a.example", None),
        ("http://user@a.example", None),
        ("n/a", None),
        ("http://[::1", None),
        ("not a site", None),
    ],
)
def test_a_website_is_an_address_of_the_web(text: str, website: str | None) -> None:
    assert read_website(text) == website


def test_a_domain_is_the_host_without_www() -> None:
    assert domain_of("https://www.Caffe.com/x") == "caffe.com"


places = st.tuples(st.floats(-75, 75), st.floats(-179, 179))


@given(place=places, angle=st.floats(0, 2 * math.pi), metres=st.floats(0, 199))
def test_the_squares_around_hold_every_place_within_200_m(
    place: tuple[float, float], angle: float, metres: float
) -> None:
    latitude, longitude = place
    north = math.degrees(metres * math.cos(angle) / 6_371_000)
    east = math.degrees(metres * math.sin(angle) / 6_371_000) / math.cos(math.radians(latitude))
    other = (latitude + north, longitude + east)
    assert distance(place, other) == pytest.approx(metres, abs=0.5)
    assert cell_of(*other) in cells_around(*place)
    assert cell_of(*place) in cells_around(*place)
