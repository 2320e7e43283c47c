"""What the house writes to the businesses of the lists, judged as a whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

from revenue.agents.drafting.brief import Brief, Kind
from revenue.agents.drafting.calls import find_calls
from revenue.agents.drafting.claims import find_claims, unsupported
from revenue.agents.drafting.composer import DraftText, compose
from revenue.agents.drafting.copycheck import check_copy, word_count
from revenue.agents.drafting.faults import Severity
from tests.revenue.agents.drafting.samples import (
    FOOTER,
    Listed,
    context_of,
    evidence,
    listed_businesses,
    told,
)
from tests.revenue.agents.drafting.written import PATH, render

SEEDS = ("", ":2", ":3")
INVENTED = {"locations": 4, "rating": 4.7, "reviews": 90, "first_name": "Dana", "role": "Owner"}
HISTORY = ("met", "proposal_sent", "past_client", "asked_to_wait", "left_over_pricing")


def chance(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4])


def partial(brief: Brief, kind: Kind) -> Brief:
    """The brief with some of its facts and some invented ones, fixed by its seed."""
    known = ("account_name", "place", "city", "employees", "trade", "website")
    dropped: dict[str, Any] = {
        name: None for name in known if chance(f"{brief.seed}-{name}") % 4 == 0
    }
    added = {
        name: evidence(name, value)
        for name, value in INVENTED.items()
        if chance(f"{brief.seed}+{name}") % 3 == 0
    }
    some = replace(brief, kind=kind, **dropped, **added)
    if kind is Kind.COLD:
        return some
    days = 30 + chance(f"{brief.seed}-days") % 900
    some = replace(some, days_since_contact=evidence("days_since_contact", days))
    return told(some, HISTORY[days % 5]) if days % 2 else some


@cache
def corpus() -> tuple[tuple[Listed, Brief, DraftText], ...]:
    """Every other listed business with all its facts, and thrice with some of them."""
    made = []
    for listed in list(listed_businesses())[::2]:
        briefs = [listed.brief]
        for seed in SEEDS:
            again = replace(listed.brief, seed=listed.brief.seed + seed)
            briefs.append(partial(again, Kind.COLD))
        briefs.append(partial(listed.brief, Kind.REACTIVATION))
        made += [(listed, brief, compose(brief)) for brief in briefs]
    return tuple(made)


def test_corpus_has_hundreds_of_businesses() -> None:
    assert len({listed.record_id for listed, _, _ in corpus()}) > 400
    assert len({draft.template for _, _, draft in corpus()}) >= 18


def test_every_draft_passes_the_copy_checks() -> None:
    found = []
    for listed, brief, draft in corpus():
        faults = check_copy(
            subject=draft.subject,
            body=draft.body,
            footer=FOOTER,
            context=context_of(brief, draft),
        )
        found += [
            (listed.record_id, item.message)
            for item in faults
            if item.severity is not Severity.NOTE
        ]
    assert found == []


def test_every_draft_is_short_with_one_call() -> None:
    for listed, _, draft in corpus():
        assert 50 <= word_count(draft.body) <= 115, (listed.record_id, draft.body)
        assert [call.word for call in find_calls(draft.body)] == [draft.reply_word], draft.body


def test_most_drafts_have_sixty_to_a_hundred_and_ten_words() -> None:
    counts = [word_count(draft.body) for _, _, draft in corpus()]
    assert sum(60 <= count <= 110 for count in counts) >= 0.99 * len(counts)


def test_every_claim_is_supported() -> None:
    found = []
    for listed, brief, draft in corpus():
        for text in (draft.body, draft.subject):
            wrong = unsupported(find_claims(text, brief))
            found += [(listed.record_id, claim.sentence, claim.reason) for claim in wrong]
    assert found == []


def test_no_two_accounts_of_a_street_get_the_same_text() -> None:
    streets: dict[str, list[str]] = defaultdict(list)
    for listed, brief, draft in corpus():
        if listed.street and brief is listed.brief:
            name = brief.account_name.value if brief.account_name else ""
            streets[listed.street].append(draft.body.replace(name, "…") if name else draft.body)
    twins = sum(len(bodies) - len(set(bodies)) for bodies in streets.values())
    assert twins <= 2, "even with the names left out hardly any two are alike"
    whole = [draft.body for listed, brief, draft in corpus() if brief is listed.brief]
    assert len(whole) - len(set(whole)) <= 2, "accounts of one name at several places"


def test_a_second_attempt_reads_otherwise() -> None:
    first: dict[str, str] = {}
    same = 0
    for listed, brief, draft in corpus():
        if brief.kind is Kind.COLD and brief is not listed.brief:
            same += first.setdefault(listed.record_id, draft.body) == draft.body
    assert same - len(first) <= 0.01 * len(first)


def test_drafts_read_as_they_were_last_read() -> None:
    """``python -m tests.revenue.agents.drafting.written`` writes the file anew, to be read."""
    assert render() == PATH.read_text(encoding="utf-8")
