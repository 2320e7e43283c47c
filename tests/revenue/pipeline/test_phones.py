from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline import phones
from revenue.pipeline.phones import Phone, read_phone


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("", "CA", Phone("", "")),
        ("604-534-5114", "CA", Phone("+16045345114", "")),
        ("(604) 534 5114", "CA", Phone("+16045345114", "")),
        ("1-604-534-5114", "US", Phone("+16045345114", "")),
        ("+1-604-534-5114", "", Phone("+16045345114", "")),
        ("604888-6679", "CA", Phone("+16048886679", "")),
        ("604--882-8222", "CA", Phone("+16048828222", "")),
        ("604-599-6800 EXT 23", "CA", Phone("+16045996800", "extension 23 left out")),
        ("1-519-679-2661 (ext 3397)", "CA", Phone("+15196792661", "")),
        ("1-800-235-2883 OPTION 0", "CA", Phone("+18002352883", "")),
        ("604-533-8981 (11 14855 100 AVE SURREY V3R 2W1)", "CA", Phone("+16045338981", "")),
        ("030 615 8728", "DE", Phone("+49306158728", "")),
        ("+49 (0)30 2164205", "DE", Phone("+49302164205", "")),
        ("+49 30 42010110;+49 304272627", "DE", Phone("+493042010110", "")),
        ("32591933;017643499561", "DE", Phone("+4917643499561", "")),
        ("still to come", "CA", Phone("", "is no telephone number")),
        ("TBA", "CA", Phone("", "is no telephone number")),
        ("534-6333", "CA", Phone("", "has no area code")),
        ("604-", "CA", Phone("", "is no valid telephone number")),
        ("6704-882-0505", "CA", Phone("", "is no valid telephone number")),
        ("604-534-5114", "", Phone("", "is no telephone number")),
        ("123", "DE", Phone("", "is no valid telephone number")),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, country: str, phone: Phone) -> None:
    assert read_phone(text, country) == phone


def by_library(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(
    area=st.integers(200, 999),
    exchange=st.integers(200, 999),
    line=st.integers(0, 9999),
    form=st.sampled_from(["{}-{}-{}", "({}) {}-{}", "{}{}{}", "+1 {} {} {}", "1.{}.{}.{}"]),
)
def test_the_short_way_agrees_with_the_library(
    area: int, exchange: int, line: int, form: str
) -> None:
    text = form.format(area, exchange, f"{line:04}")
    assert read_phone(text, "CA").e164 == by_library(text, "CA")


def test_an_area_code_taken_as_plain_is_valid_throughout() -> None:
    plain = [area for area in range(200, 1000) if phones._is_plain_area(str(area))]
    assert len(plain) > 400
    wrong = [
        (area, exchange)
        for area in plain
        for exchange in range(200, 1000, 23)
        if not phonenumbers.is_valid_number(
            phonenumbers.PhoneNumber(
                country_code=1, national_number=area * 10**7 + exchange * 10**4
            )
        )
    ]
    assert wrong == []
