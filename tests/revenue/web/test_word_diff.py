"""Two sentences word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from revenue.web.word_diff import LONGEST, Part, word_diff

SENTENCES = st.lists(st.sampled_from(["hold", "when", "Spa", "is", "14", " "]), max_size=12).map(
    " ".join
)


@given(before=SENTENCES, after=SENTENCES)
def test_the_parts_make_up_both_texts(before: str, after: str) -> None:
    parts = word_diff(before, after)

    assert "".join(part.text for part in parts if part.op != "added") == before
    assert "".join(part.text for part in parts if part.op != "removed") == after


def test_only_the_word_that_changed_is_marked() -> None:
    assert word_diff("less than 2 places", "less than 3 places") == (
        Part("same", "less than "),
        Part("removed", "2"),
        Part("added", "3"),
        Part("same", " places"),
    )


def test_a_very_long_text_is_shown_as_replaced() -> None:
    assert word_diff("x" * (LONGEST + 1), "y") == (
        Part("removed", "x" * (LONGEST + 1)),
        Part("added", "y"),
    )
