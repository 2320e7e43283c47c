from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.faults import CopyContext
from revenue.agents.drafting.subjects import subject_faults

FAKED = [
    "Re: your clinic",
    "RE: your clinic",
    "RE : your clinic",
    "re:your clinic",
    "Re[2]: your clinic",
    "Re (3): your clinic",
    "Fwd: your clinic",
    "FW: your clinic",
    "Fw : your clinic",
    "AW: Ihre Anfrage",
    "WG: Ihre Anfrage",
    "Antw: uw vraag",
    "TR: votre demande",
    "SV: din klinik",
    "Odp: klinika",
    "RV: su consulta",
    "回复: hello",
    "[EXT] Re: your clinic",
    "  Re: your clinic",
    "(Re): your clinic",
    "Re\uff1a your clinic",
    "Re\ua789 your clinic",
    "R\u200be: your clinic",
    "\u200bRe: your clinic",
    "R\u0435: your clinic",
    "\u1587e: your clinic",
    "\uff32\uff45: your clinic",
    "\U0001d411\U0001d41e: your clinic",
    "R\u0332e\u0332: your clinic",
    "F\u051d: your clinic",
    "re\u00ad: your clinic",
    ">Re: your clinic",
]


def codes(subject: str, **context: Any) -> set[str]:
    return {found.code for found in subject_faults(subject, CopyContext(**context))}


@pytest.mark.parametrize("subject", FAKED)
def test_faked_reply_is_found(subject: str) -> None:
    assert "subject.faked_reply" in codes(subject)


@pytest.mark.parametrize("subject", FAKED)
def test_reply_mark_in_a_real_thread_is_fine(subject: str) -> None:
    assert codes(subject, in_thread=True, first_touch=False) == set()


@pytest.mark.parametrize(
    "subject",
    [
        "three small leaks",
        "the phone: a question",
        "Regina: a question",
        "reception at noon",
        "freight: a question",
        "I wonder: who answers?",
        "retention",
        "one number",
    ],
)
def test_honest_subject_is_fine(subject: str) -> None:
    assert codes(subject) == set()


def test_bare_reply_mark_is_a_warning() -> None:
    assert codes("re your enquiries line") >= {"subject.looks_like_reply"}


@pytest.mark.parametrize(
    "subject", ["following up", "our call on Monday", "your order", "URGENT notice", "as discussed"]
)
def test_misleading_subject_of_a_first_touch(subject: str) -> None:
    assert "subject.misleading" in codes(subject)
    assert "subject.misleading" not in codes(subject, first_touch=False)


@pytest.mark.parametrize("subject", ["", "  ", "\n"])
def test_missing_subject(subject: str) -> None:
    assert codes(subject) == {"subject.missing"}


def test_long_subject() -> None:
    assert codes("a" * 60) == set()
    assert codes("a" * 61) == {"subject.too_long"}


@given(st.text(max_size=100))
def test_any_subject_is_judged(subject: str) -> None:
    for found in subject_faults(subject, CopyContext()):
        assert 0 <= found.start <= found.end <= len(subject)


@given(st.sampled_from(["Re", "FW", "Aw", "wg"]), st.text("\u200b\u200d\u2060 \u00ad", max_size=6))
def test_invisible_padding_does_not_hide_a_faked_reply(mark: str, padding: str) -> None:
    assert "subject.faked_reply" in codes(f"{padding}{mark}{padding[:2]}: hello")
