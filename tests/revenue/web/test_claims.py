from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.claims import Claim
from revenue.web.claims import Part, parts_of, shown_claims

BODY = "I saw your two clinics in Langley."


def claim(words: str, *, supported: bool = True, body: str = BODY) -> Claim:
    start = body.index(words)
    return Claim(
        start=start,
        end=start + len(words),
        sentence=body,
        fact="account.locations",
        value="2",
        source="langley:LAN-20",
        field="LOCATIONS",
        as_of=date(2026, 11, 1),
        supported=supported,
        reason="" if supported else "nothing on record says so",
    )


def test_shown_claims_are_numbered_in_the_order_of_the_text() -> None:
    shown = shown_claims(BODY, [claim("Langley"), claim("two clinics")])
    assert [(one.number, one.text) for one in shown] == [(1, "two clinics"), (2, "Langley")]


def test_shown_claim_with_support_says_what_is_stored() -> None:
    (shown,) = shown_claims(BODY, [claim("two clinics")])
    assert (shown.state, shown.evidence, shown.source) == (
        "go",
        "Locations: 2",
        "langley:LAN-20 · LOCATIONS",
    )


def test_shown_claim_without_support_says_why() -> None:
    (shown,) = shown_claims(BODY, [claim("two clinics", supported=False)])
    assert (shown.state, shown.evidence) == ("stop", "Locations: nothing on record says so")


def test_parts_of_cuts_the_body_at_its_claims() -> None:
    shown = shown_claims(BODY, [claim("two clinics")])
    assert parts_of(BODY, shown) == [
        Part("I saw your "),
        Part("two clinics", shown[0]),
        Part(" in Langley."),
    ]


def test_parts_of_leaves_an_overlapping_claim_to_the_list() -> None:
    shown = shown_claims(BODY, [claim("two clinics"), claim("clinics in")])
    assert [part.text for part in parts_of(BODY, shown) if part.claim] == ["two clinics"]


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


@given(spans)
def test_parts_of_never_loses_or_repeats_a_character(found: list[tuple[int, int]]) -> None:
    some = claim("two clinics")
    claims = [replace(some, start=start, end=end) for start, end in found]
    assert "".join(part.text for part in parts_of(BODY, shown_claims(BODY, claims))) == BODY
