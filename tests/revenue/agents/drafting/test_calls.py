from __future__ import annotations

import pytest

from revenue.agents.drafting.calls import asks_for_reply, find_calls, reply_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Reply MAP and I will send it.", ("MAP",)),
        ("If it helps, reply MAP and I will.", ("MAP",)),
        ("Reply with the word “MAP”, nothing more.", ("MAP",)),
        ("Just text me back YES.", ("YES",)),
        ("Reply\n  MAP and I will send it.", ("MAP",)),
        ("Reply, MAP, and I will.", ("MAP",)),
        ("Reply MAP or, if you prefer, reply NOTE.", ("MAP", "NOTE")),
        ("Reply MAP. Again: reply MAP.", ("MAP",)),
        ("Reply map and I will send it.", ()),
        ("The reply was kind.", ()),
    ],
)
def test_reply_words_of_a_text(text: str, words: tuple[str, ...]) -> None:
    assert reply_words(text) == words
    assert asks_for_reply("Reply MAP now") is True


@pytest.mark.parametrize(
    "text",
    [
        "Let me know what you think.",
        "Would you be open to a chat?",
        "Book a call with me.",
        "Are you free on Tuesday?",
        "Give me a ring.",
        "Just reply to this email.",
        "Click here to see it.",
        "Does Thursday work?",
        "Shall we talk next week?",
        "Worth a quick chat?",
        "Pick a time that suits.",
        "Sign up today.",
        "Please get in touch.",
        "Tell me when you are back.",
    ],
)
def test_calls_without_a_reply_word(text: str) -> None:
    (call,) = find_calls(text)
    assert call.word == ""
    assert text[call.start : call.end] == call.text


@pytest.mark.parametrize(
    "text",
    [
        "I won't ask you to book a call.",
        "No calendar link, no way to pick a time, no click here.",
        "This isn't a way to get on a call with you.",
        "They found you and get in touch.",
        "Somebody rings and nobody replies.",
        "They call a different business.",
    ],
)
def test_calls_that_are_denied_or_of_others_are_none(text: str) -> None:
    assert find_calls(text) == ()


def test_denial_ends_with_its_sentence() -> None:
    assert len(find_calls("I have no deck. Let me know what you think.")) == 1


def test_calls_come_in_order_with_their_places() -> None:
    text = "Let me know, or reply MAP."
    assert [(call.word, text[call.start : call.end]) for call in find_calls(text)] == [
        ("", "Let me know"),
        ("MAP", "reply MAP"),
    ]
