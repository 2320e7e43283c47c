from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.edits import (
    EditClass,
    Span,
    SpanKind,
    classify_edit,
    gravest,
    word_diff,
)
from revenue.agents.drafting.brief import Kind
from revenue.agents.drafting.claims import find_claims
from revenue.agents.drafting.composer import compose
from tests.revenue.agents.drafting.samples import FULL, a_brief, told

BRIEF = a_brief(**FULL)
MAIL = (
    "Hi Dana,\n\nWith a team of five, the phone in Willowbrook rings while everyone is busy.\n\n"
    "This is a plain sentence about nothing.\n\nReply MAP and I will send one page."
)


def classified(before: str, after: str) -> EditClass:
    return classify_edit(before, after, find_claims(before, BRIEF), find_claims(after, BRIEF))


def edited(old: str, new: str) -> EditClass:
    assert old in MAIL
    return classified(MAIL, MAIL.replace(old, new))


# What an edit is ---------------------------------------------------------------------------------


def test_same_text_is_no_edit() -> None:
    assert classified(MAIL, MAIL) is EditClass.NONE
    assert classified(MAIL, MAIL.replace("\n", "\r\n") + "\r\n") is EditClass.NONE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("plain sentence", "simple line"),
        ("Hi Dana", "Hello Dana"),
        ("This is a plain sentence about nothing.\n\n", ""),
        ("Reply MAP and", "Just reply MAP, and"),
        ("With a team of five, the phone", "With the team of five the phone"),
        ("busy.", "busy!"),
        ("in Willowbrook rings", "rings in Willowbrook"),
        ("nothing.", "nothing at nine in the evening."),
    ],
)
def test_wording_is_cosmetic(old: str, new: str) -> None:
    assert edited(old, new) is EditClass.COSMETIC


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("team of five", "team of nine"),
        ("team of five", "team"),
        ("Willowbrook", "Surrey"),
        ("rings while", "never rings while"),
        ("nothing.", "nothing. You miss calls."),
        ("nothing.", "nothing. I called your clinic."),
        ("nothing.", "nothing. Your award-winning team."),
        ("five", "fve"),
    ],
)
def test_factual_sentence_that_changed_is_a_claim(old: str, new: str) -> None:
    assert edited(old, new) is EditClass.CLAIM


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Reply MAP", "Reply PLAN"),
        ("Reply MAP and I will send one page.", "Goodbye."),
        ("one page", "two pages"),
        ("one page.", "one page. It costs $300."),
        ("one page.", "one page for free."),
        ("one page.", "one page by Friday."),
        ("one page.", "one page. We guarantee it."),
        ("one page.", "one page. You get 20% off."),
        ("one page.", "one page. Or book a call with me."),
        ("team of five, the phone", "team of nine at a discount, the phone"),
    ],
)
def test_other_offer_counts_over_all_else(old: str, new: str) -> None:
    assert edited(old, new) is EditClass.OFFER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("It is $300.", "It is $400."),
        ("It is $300.", "It is €300."),
        ("It is $1,000.", "It is $10,000."),
        ("You get 10 %.", "You get 15 %."),
        ("Tell us by Friday.", "Tell us by Monday."),
        ("Your 3 locations pay $5 each.", "Your 3 locations pay $6 each."),
    ],
)
def test_terms_that_changed_are_an_offer(before: str, after: str) -> None:
    assert classified(before, after) is EditClass.OFFER


def test_same_price_typed_otherwise_is_cosmetic() -> None:
    assert classified("It is $1000 then.", "It is $1,000 then.") is EditClass.COSMETIC


def test_gravest_of_several_parts() -> None:
    assert gravest(EditClass.COSMETIC, EditClass.CLAIM, EditClass.NONE) is EditClass.CLAIM
    assert gravest() is EditClass.NONE


@given(seed=st.integers(0, 10_000), kind=st.sampled_from(Kind), data=st.data())
def test_spaces_and_commas_alone_are_cosmetic(seed: int, kind: Kind, data: st.DataObject) -> None:
    brief = a_brief(kind, str(seed), **FULL)
    brief = told(brief, "met") if kind is Kind.REACTIVATION else brief
    body = compose(brief).body
    gaps = [at for at, sign in enumerate(body) if sign == " " and body[at - 1].isalpha()]
    chosen = data.draw(st.sets(st.sampled_from(gaps), min_size=1))
    fillings = st.sampled_from(["  ", ", ", "\n", "; ", " \t", "\u00a0"])
    after = "".join(data.draw(fillings) if at in chosen else sign for at, sign in enumerate(body))
    kind_of_edit = classify_edit(body, after, find_claims(body, brief), find_claims(after, brief))
    assert kind_of_edit is EditClass.COSMETIC


@given(seed=st.integers(0, 10_000), word=st.from_regex(r"[A-Z]{3,8}", fullmatch=True))
def test_another_reply_word_is_an_offer(seed: int, word: str) -> None:
    brief = a_brief(seed=str(seed), **FULL)
    body = compose(brief).body
    after = body.replace("eply MAP", f"eply {word}")
    claims = find_claims(body, brief), find_claims(after, brief)
    expected = EditClass.NONE if word == "MAP" else EditClass.OFFER
    assert classify_edit(body, after, *claims) is expected


# The difference, word by word --------------------------------------------------------------------


def test_word_diff_shows_words_in_place() -> None:
    spans = word_diff("We met in March, the quick fox.", "We met in May, a slow fox.")
    assert spans == (
        Span(SpanKind.SAME, "We met in "),
        Span(SpanKind.REMOVED, "March"),
        Span(SpanKind.ADDED, "May"),
        Span(SpanKind.SAME, ", "),
        Span(SpanKind.REMOVED, "the quick"),
        Span(SpanKind.ADDED, "a slow"),
        Span(SpanKind.SAME, " fox."),
    )


@pytest.mark.parametrize(
    ("before", "after", "spans"),
    [
        ("", "", ()),
        ("a", "a", (Span(SpanKind.SAME, "a"),)),
        ("", "a b", (Span(SpanKind.ADDED, "a b"),)),
        ("a b", "", (Span(SpanKind.REMOVED, "a b"),)),
        ("one two", "one", (Span(SpanKind.SAME, "one"), Span(SpanKind.REMOVED, " two"))),
    ],
)
def test_word_diff_at_the_edges(before: str, after: str, spans: tuple[Span, ...]) -> None:
    assert word_diff(before, after) == spans


def rebuilt(spans: tuple[Span, ...], leaving_out: SpanKind) -> str:
    return "".join(span.text for span in spans if span.kind is not leaving_out)


words = st.lists(st.sampled_from(["a", "b", "the", " ", "  ", "\n", ",", ".", "é", "\x00"]))


@given(words.map("".join), words.map("".join))
def test_word_diff_rebuilds_both_texts(before: str, after: str) -> None:
    spans = word_diff(before, after)
    assert rebuilt(spans, SpanKind.ADDED) == before
    assert rebuilt(spans, SpanKind.REMOVED) == after
    assert all(span.text for span in spans)
    for left, right in pairwise(spans):
        assert left.kind is not right.kind


@given(st.text(max_size=200), st.text(max_size=200))
def test_word_diff_rebuilds_any_texts(before: str, after: str) -> None:
    spans = word_diff(before, after)
    assert rebuilt(spans, SpanKind.ADDED) == before
    assert rebuilt(spans, SpanKind.REMOVED) == after


@given(words, st.data())
def test_word_diff_of_one_inserted_word_adds_only_that(
    tokens: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(tokens)))
    before = " ".join(tokens)
    after = " ".join([*tokens[:at], "ZEBRA", *tokens[at:]])
    added = [span.text for span in word_diff(before, after) if span.kind is SpanKind.ADDED]
    assert sum(text.count("ZEBRA") for text in added) == 1
    assert "".join(added).strip().strip(" ") == "ZEBRA"


chance = random.Random(5)
HOSTILE = {
    "alternating": ("a b " * 5_000, "b a " * 5_000),
    "unlike": ("a " * 10_000, "b " * 10_000),
    "noise": tuple("".join(chance.choice("ab .") for _ in range(20_000)) for _ in range(2)),
    "punctuation": ("!" * 20_000, "!?" * 10_000),
    "shifted": (" ".join(map(str, range(4_000))), " ".join(map(str, range(2_000, 6_000)))),
    "one long word": ("a" * 20_000, "b" * 20_000),
    "too long": ("x " * 200_000, "y " * 200_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_word_diff_of_hostile_texts_is_bounded(name: str) -> None:
    before, after = HOSTILE[name]
    started = time.process_time()
    spans = word_diff(before, after)
    assert time.process_time() - started < 2
    assert rebuilt(spans, SpanKind.ADDED) == before
    assert rebuilt(spans, SpanKind.REMOVED) == after


def test_word_diff_of_a_whole_mail_stays_readable() -> None:
    after = MAIL.replace("five", "nine").replace("one page", "two pages")
    changed = [span.text for span in word_diff(MAIL, after) if span.kind is not SpanKind.SAME]
    assert changed == ["five", "nine", "one page", "two pages"]
