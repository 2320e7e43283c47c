"""Faults in real mails: what they change, where none fits, and what an edit does with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.models import PlantedFault
from approvals.planting import (
    LONGEST,
    OFFER,
    PRAISE,
    Fault,
    Others,
    Planted,
    Recipient,
    handled,
    plant,
    without,
)
from revenue.agents.drafting.brief import Brief, Kind
from revenue.agents.drafting.claims import Claim, find_claims, unsupported
from revenue.agents.drafting.composer import DraftText, compose
from revenue.agents.drafting.copycheck import check_copy
from revenue.agents.drafting.faults import CopyContext
from tests.revenue.agents.drafting.samples import ADDRESS, FOOTER, FULL, a_brief

RECIPIENT = Recipient("Dana", "Elements Massage", ("Willowbrook", "Langley", "Township of Langley"))
OTHERS = Others(
    first_names=("Marcus", "Priya", "Jean-Luc"),
    businesses=("Northgate Dental", "Zen Salon"),
    places=("North Harbour", "Abbotsford", "Langley"),
)
KEYS = sorted(set(FULL) - {"first_name"})


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    """A brief with some of the facts, cold or not."""
    kind = draw(st.sampled_from(Kind))
    missing = draw(st.sets(st.sampled_from(KEYS)))
    facts = {name: value for name, value in FULL.items() if name not in missing}
    seed = draw(st.integers(0, 10_000))
    return a_brief(kind, f"seed {seed}", days_since_contact=100, **facts)


def planted_in(text: DraftText, chance: Random, others: Others = OTHERS) -> Planted | None:
    return plant(
        body=text.body, claims=text.claims, recipient=RECIPIENT, others=others, chance=chance
    )


def found(text: DraftText, chance: Random) -> Planted:
    planted = planted_in(text, chance)
    assert planted is not None
    return planted


def each_kind(brief: Brief) -> dict[Fault, Planted]:
    """One fault of each kind that fits the mail of this brief."""
    text = compose(brief)
    tries = (planted_in(text, Random(seed)) for seed in range(60))
    return {planted.kind: planted for planted in tries if planted}


def test_kinds_are_those_that_rows_hold() -> None:
    assert [fault.value for fault in Fault] == PlantedFault.values


# The house's mails -------------------------------------------------------------------------------


@given(briefs(), st.randoms(use_true_random=False))
def test_planted_text_differs_by_the_fragment_alone(brief: Brief, chance: Random) -> None:
    text = compose(brief)
    planted = found(text, chance)

    back = without(planted.body, fragment=planted.fragment, original=planted.original)

    assert back == text.body
    assert planted.body != text.body
    assert planted.body.count(planted.fragment) == 1
    assert planted.fragment.casefold() not in text.body.casefold()
    assert 0 < len(planted.fragment) <= LONGEST


@given(briefs(), st.randoms(use_true_random=False))
def test_claims_beside_it_are_those_of_the_real_text(brief: Brief, chance: Random) -> None:
    text = compose(brief)
    planted = found(text, chance)

    for real, shown in zip(text.claims, planted.claims, strict=True):
        words = planted.body[shown.start : shown.end]
        assert replace(shown, start=0, end=0) == replace(real, start=0, end=0)
        assert words == text.body[real.start : real.end] or planted.fragment in words


@given(briefs(), st.randoms(use_true_random=False))
def test_mail_keeps_its_shape(brief: Brief, chance: Random) -> None:
    text = compose(brief)
    planted = found(text, chance)

    assert planted.body.count("\n") == text.body.count("\n")
    assert planted.body.splitlines()[-1] == text.body.splitlines()[-1]
    assert "  " not in planted.body
    assert abs(len(planted.body.split()) - len(text.body.split())) <= 15


def test_each_kind_comes_up_in_the_houses_mails() -> None:
    brief = a_brief(seed="any", **FULL)
    lone = a_brief(
        seed="any", **{name: value for name, value in FULL.items() if name != "locations"}
    )
    tried: Counter[Fault] = Counter()
    for number in range(20):
        tried.update(each_kind(replace(brief, seed=f"seed {number}")).keys())
        tried.update(each_kind(replace(lone, seed=f"seed {number}")).keys())

    assert set(tried) == set(Fault)


def test_what_is_borrowed_is_true_of_somebody_else_only() -> None:
    for number in range(30):
        faults = each_kind(a_brief(seed=f"seed {number}", **FULL))
        for planted in faults.values():
            if planted.kind is Fault.WRONG_NAME:
                assert planted.original == "Dana"
                assert planted.fragment in OTHERS.first_names
            if planted.kind is Fault.WRONG_BUSINESS:
                assert planted.original == "Elements Massage"
                assert planted.fragment in OTHERS.businesses
            if planted.kind is Fault.WRONG_PLACE:
                assert planted.original in RECIPIENT.places
                assert planted.fragment in ("North Harbour", "Abbotsford")
            if planted.kind is Fault.WRONG_NUMBER:
                assert planted.original.split()[-1] == planted.fragment.split()[-1] or (
                    planted.original.split()[0] == planted.fragment.split()[0]
                )


@pytest.mark.parametrize("sentence", [*PRAISE, *OFFER])
def test_machine_does_not_mark_what_is_invented(sentence: str) -> None:
    """A reader has no help with these: neither claims nor copy checks know them."""
    context = CopyContext(
        first_touch=True, first_name="Dana", last_name="Okafor", account_name="Elements Massage",
        label="4C", reply_word="MAP", postal_address=ADDRESS, banned_phrases=(),
    )  # fmt: skip
    for number in range(12):
        brief = a_brief(seed=f"seed {number}", **FULL)
        text = compose(brief)
        paragraphs = text.body.split("\n\n")
        paragraphs[-2] += f" {sentence}"
        body = "\n\n".join(paragraphs)

        before = check_copy(subject="a", body=text.body, footer=FOOTER, context=context)
        after = check_copy(subject="a", body=body, footer=FOOTER, context=context)
        told = len(unsupported(find_claims(body, brief)))

        assert told == len(unsupported(text.claims))
        assert Counter(fault.code for fault in after) == Counter(fault.code for fault in before)


# Where none fits ---------------------------------------------------------------------------------


@given(st.randoms(use_true_random=False))
def test_nothing_is_planted_where_nothing_fits(chance: Random) -> None:
    text = "Hello\nAna"

    assert plant(body=text, claims=(), recipient=RECIPIENT, others=OTHERS, chance=chance) is None


@given(st.text(max_size=300), st.randoms(use_true_random=False))
def test_any_text_is_given_back_or_left_alone(body: str, chance: Random) -> None:
    planted = plant(body=body, claims=(), recipient=RECIPIENT, others=OTHERS, chance=chance)

    if planted is not None:
        back = without(planted.body, fragment=planted.fragment, original=planted.original)
        assert back == body


def counting(body: str, words: str, value: str) -> Claim:
    start = body.index(words)
    return Claim(
        start=start, end=start + len(words), sentence=body, fact="account.locations", value=value,
        source="", field="", as_of=None, supported=True,
    )  # fmt: skip


@pytest.mark.parametrize("words", ["all your locations", "one location", "a single location"])
def test_what_states_no_number_above_one_gets_no_other(words: str) -> None:
    body = f"Hello\nabout {words} here"

    planted = plant(
        body=body, claims=[counting(body, words, "1")], recipient=RECIPIENT, others=OTHERS,
        chance=Random(1),
    )  # fmt: skip

    assert planted is None


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("three locations", {"two locations", "four locations", "five locations", "six locations"}),
        ("Two locations", {"Three locations", "Four locations"}),
        ("12 locations", {"11 locations", "13 locations", "14 locations", "24 locations"}),
    ],
)
def test_another_number_is_written_as_the_first_was(words: str, others: set[str]) -> None:
    body = f"Hello\n{words} here"
    claims = [counting(body, words, "any")]

    fragments = {
        planted.fragment
        for seed in range(60)
        if (
            planted := plant(
                body=body, claims=claims, recipient=RECIPIENT, others=OTHERS, chance=Random(seed)
            )
        )
    }

    assert fragments == others


def test_place_within_the_business_name_is_no_place() -> None:
    recipient = replace(RECIPIENT, business="Langley Physio")
    body = "Hello\nat Langley Physio here"
    start = body.index("Langley")
    claim = replace(counting(body, "Langley", "Langley"), start=start, fact="account.city")

    planted = plant(
        body=body, claims=[claim], recipient=recipient, chance=Random(1),
        others=Others(places=("North Harbour",)),
    )  # fmt: skip

    assert planted is None


# What an edit says -------------------------------------------------------------------------------


REAL = "Hi Dana,\n\nSomebody in Walnut Grove asks.\n\nReply MAP.\n\nAna"
WRONG = REAL.replace("Walnut Grove", "North Harbour")
MORE = REAL.replace("Reply MAP.", "Reply MAP. The first month is on us.")


@pytest.mark.parametrize(
    ("planted", "typed", "fragment", "original", "caught", "body"),
    [
        (WRONG, REAL, "North Harbour", "Walnut Grove", True, REAL),
        (WRONG, WRONG.replace("North Harbour", "Brookswood"), "North Harbour", "Walnut Grove", True,
         REAL.replace("Walnut Grove", "Brookswood")),
        (WRONG, WRONG.replace(" in North Harbour", ""), "North Harbour", "Walnut Grove", True,
         REAL.replace(" in Walnut Grove", "")),
        (WRONG, WRONG.replace("asks", "calls"), "North Harbour", "Walnut Grove", False,
         REAL.replace("asks", "calls")),
        (WRONG, WRONG.replace("North Harbour", "north  harbour"), "North Harbour", "Walnut Grove",
         False, None),
        (WRONG, WRONG.replace("North Harbour", "North Harbor"), "North Harbour", "Walnut Grove",
         True, None),
        (WRONG, WRONG + "\nNorth Harbour", "North Harbour", "Walnut Grove", False, None),
        (MORE, REAL, "The first month is on us.", "", True, REAL),
        (MORE, MORE.replace("Hi", "Hello"), "The first month is on us.", "", False,
         REAL.replace("Hi", "Hello")),
        (MORE, MORE.replace("The first month", "Everything"), "The first month is on us.", "", True,
         None),
        (MORE, "Something else", "The first month is on us.", "", True, "Something else"),
    ],
)  # fmt: skip
def test_edit_of_a_planted_text(
    planted: str, typed: str, fragment: str, original: str, *, caught: bool, body: str | None
) -> None:
    found = handled(planted=planted, typed=typed, fragment=fragment, original=original)

    assert (found.caught, found.body) == (caught, body)


WORDS = st.text(alphabet="abc The month\n.", max_size=40)


@given(briefs(), st.randoms(use_true_random=False), WORDS, WORDS, st.floats(0, 1), st.floats(0, 1))
def test_no_edit_carries_the_fault_over(
    brief: Brief, chance: Random, put: str, more: str, at: float, length: float
) -> None:
    planted = found(compose(brief), chance)
    start = int(at * len(planted.body))
    end = start + int(length * (len(planted.body) - start))
    typed = f"{planted.body[:start]}{put}{planted.body[end:]}{more}"

    result = handled(
        planted=planted.body, typed=typed, fragment=planted.fragment, original=planted.original
    )

    kept = " ".join(planted.fragment.split()).casefold() in " ".join(typed.split()).casefold()
    assert result.caught is not kept
    assert result.body is None or planted.fragment.casefold() not in result.body.casefold()


@given(briefs(), st.randoms(use_true_random=False), WORDS)
def test_words_typed_elsewhere_are_kept(brief: Brief, chance: Random, put: str) -> None:
    text = compose(brief)
    planted = found(text, chance)

    result = handled(
        planted=planted.body, typed=f"{planted.body}\n\n{put}", fragment=planted.fragment,
        original=planted.original,
    )  # fmt: skip

    if not result.caught and result.body is not None:
        assert result.body == f"{text.body}\n\n{put}"
