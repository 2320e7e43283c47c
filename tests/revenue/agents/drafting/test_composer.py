from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.brief import Brief, Kind
from revenue.agents.drafting.claims import find_claims, unsupported
from revenue.agents.drafting.composer import DraftText, NoHistory, compose
from revenue.agents.drafting.copycheck import check_copy, word_count
from revenue.agents.drafting.house import history_kinds, templates
from tests.revenue.agents.drafting.samples import (
    FOOTER,
    FULL,
    SENDER,
    a_brief,
    context_of,
    evidence,
    told,
)

SEEDS = [str(number) for number in range(60)]


def faults(brief: Brief, draft: DraftText) -> list[str]:
    context = context_of(brief, draft)
    found = check_copy(subject=draft.subject, body=draft.body, footer=FOOTER, context=context)
    return [item.message for item in found]


def drafts(kind: Kind = Kind.COLD, **facts: Any) -> list[DraftText]:
    return [compose(a_brief(kind, seed, **facts)) for seed in SEEDS]


def test_compose_is_deterministic_by_seed() -> None:
    assert compose(a_brief(**FULL)) == compose(a_brief(**FULL))
    assert len({draft.body for draft in drafts(**FULL)}) > 30


def test_compose_names_its_template() -> None:
    draft = compose(a_brief(**FULL))
    kind, _, name = draft.template.partition("/")
    house = templates(Kind(kind))
    assert name in {variant.name for variant in house.variants}
    assert draft.template_version == house.version
    assert draft.reply_word == "MAP"


def test_compose_without_any_fact_states_nothing() -> None:
    for draft in drafts():
        assert draft.claims == ()
        assert "{" not in draft.body + draft.subject
        assert draft.body.startswith("Hello,\n\n")


def test_compose_uses_all_variants() -> None:
    plain = {name: value for name, value in FULL.items() if name != "locations"}
    used = {compose(a_brief(seed=str(seed), **plain)).template for seed in range(300)}
    expected = {variant.name for variant in templates(Kind.COLD).variants if not variant.first}
    assert used == {f"cold/{name}" for name in expected}


def test_compose_speaks_of_the_locations_where_there_are_several() -> None:
    for draft in drafts(**FULL):
        located = [claim for claim in draft.claims if claim.fact == "account.locations"]
        assert located, draft.body
        assert all(claim.value == "3" for claim in located)


@pytest.mark.parametrize("count", [1, 0])
def test_compose_does_not_count_a_single_location(count: int) -> None:
    for draft in drafts(**FULL | {"locations": count}):
        assert not [claim for claim in draft.claims if claim.fact == "account.locations"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("employees", 5, "team of five"),
        ("rating", 4.6, "rating of 4.6"),
        ("website", "https://x.example", "your website"),
        ("place", "Willowbrook", "Willowbrook"),
        ("account_name", "Elements Massage", "Elements Massage"),
        ("first_name", "Dana", "Dana,"),
        ("category", "massage", "massage clinics"),
    ],
)
def test_compose_writes_a_fact_only_where_it_is_known(name: str, value: object, words: str) -> None:
    def mails(facts: dict[str, Any]) -> list[str]:
        found = [compose(a_brief(seed=str(seed), **facts)) for seed in range(150)]
        return [f"{draft.subject}\n{draft.body}" for draft in found]

    known = {key: value for key, value in FULL.items() if key not in ("locations", "city", "trade")}
    assert any(words in mail for mail in mails(known | {name: value}))
    without = {key: value for key, value in known.items() if key != name}
    if name == "category":
        without.pop("account_name")
    assert not any(words in mail for mail in mails(without))


@pytest.mark.parametrize(("rating", "employees"), [(3.9, 1), (4.2, 40)])
def test_compose_leaves_out_what_would_not_help(rating: float, employees: int) -> None:
    facts: dict[str, Any] = {
        "rating": rating,
        "employees": employees,
        "account_name": "Elements Massage",
    }
    for seed in range(150):
        body = compose(a_brief(seed=str(seed), **facts)).body
        assert "rating" not in body
        assert "team of" not in body


def test_compose_says_you_to_somebody_alone() -> None:
    bodies = [compose(a_brief(seed=seed, category="massage", employees=1)).body for seed in SEEDS]
    assert any("you are mid-massage" in body for body in bodies)


def test_compose_says_the_place_as_people_do() -> None:
    facts: dict[str, Any] = {
        "place": "Brookswood / Fernridge",
        "account_name": "Reed Spa",
        "category": "spa",
    }
    bodies = [draft.body for draft in drafts(**facts)]
    assert any("Brookswood" in body for body in bodies)
    assert not any("Fernridge" in body for body in bodies)


def test_compose_says_the_name_as_people_do() -> None:
    for draft in drafts(account_name="SURREY DENTAL HEALTH SYSTEMS LTD", category="spa"):
        assert "LTD" not in draft.body
        assert unsupported(draft.claims) == ()
    for draft in drafts(account_name="0953350 BC LTD"):
        assert "0953350" not in draft.body + draft.subject


def test_compose_leaves_out_a_name_nobody_would_say() -> None:
    name = "The Greater Fraser Valley Association of Complementary Health"
    for draft in drafts(account_name=name):
        assert name not in draft.body + draft.subject


def test_compose_takes_label_and_sender_from_the_brief() -> None:
    sender = replace(SENDER, name="Ada Lee", company="Riverbend", label="Backstop")
    body = compose(replace(a_brief(**FULL), sender=sender)).body
    assert body.endswith("\n\nAda Lee\nRiverbend")
    assert "Backstop" in body
    assert "4C" not in body


KINDS = [kind for kind, entry in history_kinds().items() if entry.lines and kind != "last_contact"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bare", [True, False])
def test_reactivation_tells_its_history(kind: str, *, bare: bool) -> None:
    facts: dict[str, Any] = {} if bare else FULL | {"days_since_contact": 256}
    used = set()
    for seed in SEEDS:
        brief = told(a_brief(Kind.REACTIVATION, seed, **facts), kind)
        draft = compose(brief)
        used.add(draft.template)
        assert f"relationship.{kind}" in {claim.fact for claim in draft.claims}
        assert unsupported(draft.claims) == ()
        assert faults(brief, draft) == []
        assert 50 <= word_count(draft.body) <= 125
    assert len(used) >= (2 if kind == "champion_moved" else 4)


@pytest.mark.parametrize("days", [9, 40, 97, 200, 380, 500, 900, 2000])
def test_reactivation_from_the_last_contact_alone(days: int) -> None:
    for seed in SEEDS:
        brief = a_brief(Kind.REACTIVATION, seed, days_since_contact=days, account_name="Reed Spa")
        draft = compose(brief)
        assert "contact.days_since_contact" in {claim.fact for claim in draft.claims}
        assert unsupported(draft.claims) == ()
        assert faults(brief, draft) == []


def test_reactivation_prefers_the_weightier_fact() -> None:
    brief = told(told(a_brief(Kind.REACTIVATION), "met"), "left_over_pricing")
    assert "over the price" in compose(brief).body


@pytest.mark.parametrize("kind", ["pays_late", "cfo_must_sign", "unheard_of"])
def test_reactivation_never_tells_what_is_not_for_the_recipient(kind: str) -> None:
    with pytest.raises(NoHistory):
        compose(told(a_brief(Kind.REACTIVATION), kind))


def test_reactivation_without_history_is_refused() -> None:
    with pytest.raises(NoHistory):
        compose(a_brief(Kind.REACTIVATION, **FULL))


OPTIONAL = sorted(FULL)


@given(
    known=st.sets(st.sampled_from(OPTIONAL)),
    kind=st.sampled_from(Kind),
    seed=st.integers(0, 10_000),
)
def test_any_set_of_facts_gives_a_clean_mail(known: set[str], kind: Kind, seed: int) -> None:
    facts = {name: FULL[name] for name in sorted(known)}
    brief = a_brief(kind, str(seed), **facts)
    if kind is Kind.REACTIVATION:
        brief = replace(brief, days_since_contact=evidence("days_since_contact", 256))
    draft = compose(brief)
    assert faults(brief, draft) == []
    assert unsupported(draft.claims) == ()
    assert unsupported(find_claims(draft.subject, brief)) == ()
    assert 60 <= word_count(draft.body) <= 115


@given(name=st.text(max_size=60), place=st.text(max_size=40), first=st.text(max_size=30))
def test_any_text_in_the_facts_is_written_as_it_stands(name: str, place: str, first: str) -> None:
    facts: dict[str, Any] = {"account_name": name, "place": place, "first_name": first}
    draft = compose(a_brief(**{key: value for key, value in facts.items() if value.strip()}))
    assert "\n\n\n" not in draft.body
    assert "\n" not in draft.subject
