from __future__ import annotations

import pytest

from revenue.agents.drafting.claims import find_claims
from revenue.agents.drafting.offers import offer_terms
from tests.revenue.agents.drafting.samples import a_brief


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("It costs $1,500 a month.", {"sum:$1500": 1, "term:a month": 1}),
        ("It costs 500 dollars.", {"sum:dollar500": 1}),
        ("It costs €2k.", {"sum:€2k": 1}),
        ("You get 20% off.", {"share:20": 1}),
        ("You get 20 per cent off.", {"share:20": 1}),
        ("A free trial for 14 days.", {"term:free trial": 1, "amount:14": 1}),
        ("We guarantee it, with a full refund.", {"term:guarantee": 1, "term:refund": 1}),
        ("No obligation and no contract.", {"term:no obligation": 1, "term:contract": 1}),
        ("Tell us by Friday.", {"deadline:by friday": 1}),
        ("It ends on March 3rd.", {"deadline:ends on march 3rd": 1}),
        ("Only three spots left.", {"deadline:spots left": 1, "amount:3": 1}),
        ("Reply MAP and I will send it.", {"call:MAP": 1}),
        ("Let me know.", {"call:let me know": 1}),
        ("I will send one page.", {"amount:1 page": 1}),
        ("I will send a one-page map.", {"amount:1 page": 1}),
        ("At nine in the evening, or 9 pm, or after five.", {}),
        ("Nobody is free to answer.", {}),
    ],
)
def test_terms_of_a_text(text: str, terms: dict[str, int]) -> None:
    assert dict(offer_terms(text)) == terms


def test_number_about_the_recipient_is_no_term() -> None:
    text = "With a team of five, two things get lost."
    claims = find_claims(text, a_brief(employees=5))
    assert dict(offer_terms(text, claims)) == {"amount:2": 1}


def test_price_is_a_term_even_where_it_is_also_a_claim() -> None:
    text = "You pay $300 and 5 % more."
    assert set(offer_terms(text, find_claims(text, a_brief()))) == {"sum:$300", "share:5"}
