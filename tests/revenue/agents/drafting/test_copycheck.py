from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.claims import find_claims
from revenue.agents.drafting.copycheck import check_copy, word_count, worst
from revenue.agents.drafting.faults import FAULTS, CopyContext, CopyFault, Severity, Where
from revenue.agents.drafting.phrases import MAX_PHRASES, default_banned_phrases, phrases
from tests.revenue.agents.drafting.samples import ADDRESS, FOOTER, FULL, a_brief

CONTEXT = CopyContext(
    first_name="Dana",
    last_name="Okafor",
    account_name="Elements Massage",
    reply_word="MAP",
    postal_address=ADDRESS,
    banned_phrases=default_banned_phrases(),
)
GOOD = (
    "Hi Dana,\n\nNo deck, no newsletter, no meeting. One question.\n\n"
    "Who answers at Elements Massage after five?\n\nReply MAP and I will send one page.\n\nNick"
)


def checked(
    *,
    subject: str = "after five",
    body: str = GOOD,
    footer: str = FOOTER,
    context: CopyContext = CONTEXT,
) -> list[CopyFault]:
    return list(check_copy(subject=subject, body=body, footer=footer, context=context))


def codes(**parts: str) -> set[str]:
    return {found.code for found in checked(**parts)}  # type: ignore[arg-type]


def with_line(line: str) -> str:
    return GOOD.replace("Who answers", f"{line}\n\nWho answers")


def test_good_copy_has_no_fault() -> None:
    assert checked() == []
    assert worst(()) is None


IN_BODY = [
    ("I hope this finds you well.", "style.filler"),
    ("I hope you’re doing well.", "style.filler"),  # noqa: RUF001
    ("In today's fast-paced world, calls get lost.", "style.filler"),
    ("It works — always.", "style.dash"),
    ("It works – always.", "style.dash"),  # noqa: RUF001
    ("It works -- always.", "style.dash"),
    ("A seamless, powerful system.", "style.adjectives"),
    ("An innovative and robust system.", "style.adjectives"),
    ("Fast, reliable, scalable answers.", "style.adjectives"),
    ("I just wanted to ask.", "style.hedging"),
    ("Perhaps it could help, or maybe not.", "style.hedging"),
    ("We leverage what is there.", "style.inflated"),
    ("This is a GREAT big CHANCE.", "style.all_caps"),
    ("Good news! Great news!", "style.exclamation"),
    ("It works 🚀", "style.emoji"),
    ("It **really** works.", "style.formatting"),
    ("## A heading", "style.formatting"),
    ("Act now.", "phrase.banned"),
    ("This is a\ngame changer.", "phrase.banned"),
    ("See https://example.com/page for more.", "link.first_touch"),
    ("See www.example.com for more.", "link.first_touch"),
    ("See example.com for more.", "link.first_touch"),
    ("Write to nick@example.com for more.", "link.first_touch"),
    ('<img src="x.png">', "text.markup"),
    ("It is <b>bold</b>.", "text.markup"),
    ("Hello {{ first_name }}, how are you.", "text.placeholder"),
    ("Hello {first_name}, how are you.", "text.placeholder"),
    ("Hello [Name], how are you.", "text.placeholder"),
    ("Hello <first name>, how are you.", "text.placeholder"),
    ("Hello %FIRST_NAME%, how are you.", "text.placeholder"),
    ("Hello *|FNAME|*, how are you.", "text.placeholder"),
    ("Hello ${name}, how are you.", "text.placeholder"),
    ("Hello ____, how are you.", "text.placeholder"),
    ("The price is XXX.", "text.placeholder"),
    ("Lorem ipsum dolor.", "text.placeholder"),
    ("Hidden\u200bword.", "text.control"),
    ("Right\u202eleft.", "text.control"),
    ("Bell\x07.", "text.control"),
    ("Let me know what you think.", "cta.several"),
    ("Reply PLAN if you prefer.", "cta.several"),
    ("Reply PLAN if you prefer.", "cta.other_word"),
]


@pytest.mark.parametrize(("line", "code"), IN_BODY)
def test_fault_in_the_body(line: str, code: str) -> None:
    body = with_line(line)
    found = [item for item in checked(body=body) if item.code == code]
    assert found
    for item in found:
        assert item.where is Where.BODY
        assert item.severity is FAULTS[code].severity
        assert item.message.startswith(FAULTS[code].label)
        assert 0 <= item.start <= item.end <= len(body)


@pytest.mark.parametrize(
    "line",
    [
        "We are open 9–5 on weekdays.",  # noqa: RUF001
        "A one-page map, no more.",
        "Perhaps it helps.",
        "The ICBC desk is closed.",
        "It is simple.",
        "Nobody there is free.",
        "At 9.30 a.m. it is quiet.",
        "Good news!",
        "- one line\n- another line",
        "Is it you who answers at Elements Massage?",
        "We work with phones, e.g. yours.",
    ],
)
def test_ordinary_line_is_fine(line: str) -> None:
    assert checked(body=with_line(line)) == []


def test_missing_call() -> None:
    body = GOOD.replace("Reply MAP and I will send one page.", "That is all.")
    assert codes(body=body) == {"cta.missing"}


def test_length_counts_words_of_the_body_only() -> None:
    long = GOOD.replace("One question.", "word " * (130 - word_count(GOOD) + 2))
    assert word_count(long) == 130
    assert checked(body=long) == []
    assert codes(body=long.replace("word word", "word more word", 1)) == {"body.too_long"}
    assert word_count("- one\n- two three") == 3


def test_missing_parts() -> None:
    assert codes(subject="") == {"subject.missing"}
    assert codes(footer=" ") == {"footer.missing"}
    assert "body.missing" in codes(body="\n ")


def test_footer_needs_address_and_way_out() -> None:
    assert codes(footer=f"Nick\n{ADDRESS}") == {"footer.no_way_out"}
    assert codes(footer="Nick\nUnsubscribe: x") == {"footer.no_address"}
    spread = "12 Main Street\nLangley, BC  V3A 1A1\nDon't want these? Unsubscribe: x"
    assert codes(footer=spread) == set()


def test_footer_without_a_postal_address_on_record_is_a_fault() -> None:
    context = CopyContext(first_name="Dana", account_name="Elements Massage", postal_address=" ,")
    found = check_copy(subject="after five", body=GOOD, footer=FOOTER, context=context)
    assert [item.code for item in found] == ["footer.no_address"]


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("Re: after five", "subject.faked_reply"),
        ("AFTER FIVE AT NOON", "style.all_caps"),
        ("AFTER FIVE", "style.all_caps"),
        ("after five\nBcc: x@y.z", "text.control"),
        ("after\rfive", "text.control"),
        ("after\x00five", "text.control"),
        ("after five, {name}", "text.placeholder"),
        ("a quick question", "phrase.banned"),
        ("after five — a note", "style.dash"),
    ],
)
def test_fault_in_the_subject(subject: str, code: str) -> None:
    found = checked(subject=subject)
    assert code in {item.code for item in found if item.where is Where.SUBJECT}


def test_link_in_a_later_mail_is_fine() -> None:
    context = CopyContext(first_touch=False, first_name="Dana", postal_address=ADDRESS)
    body = with_line("See https://example.com/page for more.")
    assert not check_copy(subject="after five", body=body, footer=FOOTER, context=context)


def test_account_may_be_called_anything() -> None:
    name = "Elevate ACME Smart, Easy BODY b.com"
    context = CopyContext(account_name=name, reply_word="MAP", postal_address=ADDRESS)
    body = GOOD.replace("Elements Massage", name).replace("Hi Dana", "Hello")
    assert not check_copy(
        subject=f"after five at {name}", body=body, footer=FOOTER, context=context
    )


def test_banned_phrase_of_the_admin_is_found_in_any_typing() -> None:
    context = CopyContext(
        first_name="Dana",
        postal_address=ADDRESS,
        banned_phrases=("  It’s a   Steal ", "", " "),  # noqa: RUF001
    )
    body = with_line("IT'S A\nsteal, and it's a stealthy one.")
    found = check_copy(subject="after five", body=body, footer=FOOTER, context=context)
    assert [body[item.start : item.end] for item in found] == ["IT'S A\nsteal"]


def test_banned_list_is_read_to_its_limit_only() -> None:
    listed = tuple(f"phrase {number}" for number in range(MAX_PHRASES + 5))
    assert len(phrases(listed).entries) == MAX_PHRASES
    assert phrases(("x" * 121,)).entries == ()


def test_findings_come_in_the_order_of_the_mail() -> None:
    found = checked(subject="Re: x", body=with_line("It — works. Act now."), footer="x")
    places = [(list(Where).index(item.where), item.start) for item in found]
    assert places == sorted(places)
    assert worst(tuple(found)) is Severity.BLOCK


def test_fault_survives_json() -> None:
    for item in checked(subject="Re: x", body="Act now —", footer=""):
        assert CopyFault.from_json(json.loads(json.dumps(item.as_json()))) == item


def test_every_code_is_reported_by_some_copy() -> None:
    seen = {code for _, code in IN_BODY}
    seen |= codes(subject="") | codes(subject="Re: x") | codes(subject="re x")
    seen |= codes(subject="following up " + "x" * 60) | codes(body="") | codes(footer="")
    seen |= codes(body=GOOD.replace("Dana", "Sarah")) | codes(body=GOOD.replace("Hi Dana", "Hi "))
    seen |= codes(body="x" * 20_001) | codes(body="word " * 140) | codes(footer="x")
    assert seen == set(FAULTS)


HOSTILE: list[Callable[[int], str]] = [
    lambda size: "a" * size,
    lambda size: " " * size,
    lambda size: "\n" * size,
    lambda size: "\n " * (size // 2),
    lambda size: "!" * size + "x",
    lambda size: "{" * size,
    lambda size: "{{" * (size // 2) + "}",
    lambda size: "[" * size,
    lambda size: "[a" * (size // 2),
    lambda size: "<a " * (size // 3),
    lambda size: "_" * size + "x",
    lambda size: "**a" * (size // 3),
    lambda size: "1," * (size // 2),
    lambda size: "1.1" * (size // 3),
    lambda size: "you " * (size // 4),
    lambda size: "your a-b " * (size // 9),
    lambda size: "three " * (size // 6),
    lambda size: "In Aa " * (size // 6),
    lambda size: "Aa " * (size // 3),
    lambda size: "a.b." * (size // 4),
    lambda size: "a@b." * (size // 4),
    lambda size: "reply to me " * (size // 12),
    lambda size: "Reply me me me " * (size // 15),
    lambda size: "—" * size,
    lambda size: "fast, " * (size // 6),
    lambda size: "maybe " * (size // 6),
    lambda size: "SHOUT " * (size // 6),
    lambda size: "we met in March. " * (size // 17),
    lambda size: "massage " * (size // 8),
    lambda size: "\u200b" * size,
    lambda size: "Elements Massage " * (size // 17),
    lambda size: "$1 " * (size // 3),
    lambda size: "I've just just " * (size // 15),
]


@pytest.mark.parametrize("build", HOSTILE)
def test_hostile_text_costs_time_in_step_with_its_length(build: Callable[[int], str]) -> None:
    brief = a_brief(**FULL)

    def cost(size: int) -> float:
        text = build(size)
        started = time.process_time()
        check_copy(subject=text, body=text, footer=text, context=CONTEXT)
        find_claims(text, brief)
        return time.process_time() - started

    cost(1_000)
    assert cost(20_000) < 1.5


@given(subject=st.text(max_size=80), body=st.text(max_size=500), footer=st.text(max_size=200))
def test_any_text_is_judged(subject: str, body: str, footer: str) -> None:
    parts = {Where.SUBJECT: subject, Where.BODY: body, Where.FOOTER: footer}
    for item in checked(subject=subject, body=body, footer=footer):
        assert 0 <= item.start <= item.end <= len(parts[item.where])
