from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.brief import Brief, Kind
from revenue.agents.drafting.claims import MAX_CLAIMS, Claim, find_claims, unsupported
from tests.revenue.agents.drafting.samples import FULL, SEEN, a_brief, evidence, told

COLD = a_brief(**FULL)
BARE = a_brief()


def claimed(text: str, brief: Brief = COLD) -> list[tuple[str, str, bool]]:
    return [
        (text[claim.start : claim.end], claim.fact, claim.supported)
        for claim in find_claims(text, brief)
    ]


SUPPORTED = [
    ("With three locations, calls get lost.", "three locations", "account.locations"),
    ("You run 3 busy Willowbrook locations.", "3 busy Willowbrook locations", "account.locations"),
    ("A call to your locations gets lost.", "your locations", "account.locations"),
    ("Your second location is quieter.", "Your second location", "account.locations"),
    ("With a team of five, somebody is busy.", "team of five", "account.employees"),
    ("You have five therapists.", "five therapists", "account.employees"),
    ("Your 5 employees are busy.", "5 employees", "account.employees"),
    ("A rating of 4.6 is good.", "rating of 4.6", "account.rating"),
    ("You hold 4.6 stars.", "4.6 stars", "account.rating"),
    ("You hold 4.6 out of 5.", "4.6 out of 5", "account.rating"),
    ("Your 128 Google reviews tell a story.", "128 Google reviews", "account.reviews"),
    ("Somebody in Willowbrook calls.", "Willowbrook", "account.place"),
    ("Somebody in Langley calls.", "Langley", "account.city"),
    ("Most massage clinics miss calls.", "massage", "account.category"),
    ("Your clinic is busy.", "Your clinic", "account.category"),
    ("Your website is open all night.", "Your website", "account.website"),
    ("See elementsmassage.ca for more.", "elementsmassage.ca", "account.website"),
    ("As the owner, you decide.", "As the owner", "contact.role"),
]


@pytest.mark.parametrize(("text", "words", "fact"), SUPPORTED)
def test_claim_that_the_record_bears_out(text: str, words: str, fact: str) -> None:
    assert (words, fact, True) in claimed(text)
    assert unsupported(find_claims(text, COLD)) == ()


@pytest.mark.parametrize(("text", "words", "fact"), SUPPORTED)
def test_claim_without_a_record(text: str, words: str, fact: str) -> None:
    found = [(said, supported) for said, _, supported in claimed(text, BARE)]
    assert found
    assert not any(supported for _, supported in found)


CONTRADICTED = [
    ("With five locations, calls get lost.", "the text says five, the record says 3"),
    ("Your 12 clinics are busy.", "the text says 12, the record says 3"),
    ("Your fourth location is quieter.", "the text says your fourth location, the record says 3"),
    ("Both locations are busy.", "the text says both, the record says 3"),
    ("With a team of nine, somebody is busy.", "the text says nine, the record says 5"),
    ("A rating of 4.9 is good.", "the text says 4.9, the record says 4.6"),
    ("Your 5-star service is known.", "the text says 5, the record says 4.6"),
    ("Your 900 reviews tell a story.", "the text says 900, the record says 128"),
    ("You have hundreds of reviews.", "the text says hundreds, the record says 128"),
    ("Somebody in Surrey calls.", "the text says Surrey, the record says Willowbrook"),
    ("Your Burnaby clinic is busy.", "the text says Burnaby, the record says Willowbrook"),
    ("Most dental clinics miss calls.", "the text says dental, the record says massage"),
    ("Your yoga studio is lovely.", "the text says yoga, the record says massage"),
    ("Your restaurant is busy.", "the text says restaurant, the record says massage"),
    ("As the founder, you decide.", "the text says founder, the record says Owner"),
    ("See otherclinic.ca for more.", "the text says otherclinic.ca, the record says "),
]


@pytest.mark.parametrize(("text", "reason"), CONTRADICTED)
def test_claim_that_the_record_contradicts(text: str, reason: str) -> None:
    wrong = unsupported(find_claims(text, COLD))
    assert any(claim.reason.startswith(reason) for claim in wrong), wrong
    assert all(claim.source == "list:1" for claim in wrong if claim.value)


INVENTED = [
    ("You are the only massage clinic with a sauna.", "account.superlative"),
    ("Your award-winning team is known.", "account.superlative"),
    ("Elements Massage is one of the best clinics.", "account.superlative"),
    ("Your family-run clinic is known.", "account.superlative"),
    ("Your glowing reviews say it all.", "account.superlative"),
    ("You recently moved to a larger place.", "account.superlative"),
    ("You miss calls every day.", "account.conduct"),
    ("Elements Massage is losing callers.", "account.conduct"),
    ("Your phone goes to voicemail at noon.", "account.conduct"),
    ("You miss calls while you work.", "account.conduct"),
    ("You probably struggle to keep up.", "account.conduct"),
    ("Your front desk doesn't answer after five.", "account.conduct"),
    ("I called your clinic twice last week.", "sender.action"),
    ("I noticed your booking page is slow.", "sender.action"),
    ("We tested your contact form.", "sender.action"),
    ("A friend of mine recommended you.", "sender.action"),
    ("One of your clients told me about you.", "sender.action"),
    ("Most clinics miss 30% of their calls.", "statistic"),
    ("One in three callers hangs up.", "statistic"),
    ("Half of your callers hang up.", "statistic"),
    ("You lose $4,000 a month.", "account.money"),
    ("Each missed call is worth 90 dollars.", "account.money"),
    ("You have been open for 12 years.", "account.years"),
    ("You opened in 2009.", "account.years"),
    ("Your clinic, established 1998, is known.", "account.years"),
    ("You see 400 patients.", "account.number"),
    ("You offer hot stone treatments.", "account.statement"),
    ("You have a sauna.", "account.statement"),
    ("You charge less than others.", "account.statement"),
    ("Most of your clients come back.", "account.statement"),
    ("Congratulations on the new rooms.", "account.superlative"),
    ("Clients rave about the place.", "account.superlative"),
    ("A third of new enquiries goes cold.", "statistic"),
    ("Reply MAP and I'll show you how they won 22 bookings.", "account.number"),
    ("When I called on Tuesday it rang and rang.", "sender.action"),
    ("The Walnut Grove clinic is swamped.", "account.place"),
    ("As we discussed, this is about calls.", "relationship.talked"),
    ("When we spoke in March you asked for a price.", "relationship.talked"),
    ("We sent you a proposal.", "relationship.proposal"),
    ("You worked with us until May.", "relationship.client"),
    ("The person we dealt with has moved on.", "relationship.champion"),
    ("We parted over the price.", "relationship.pricing"),
    ("You asked us to come back later.", "relationship.timing"),
    ("We met at the fair.", "relationship.met"),
    ("It has been a year since we were last in touch.", "relationship.contact"),
]


@pytest.mark.parametrize(("text", "fact"), INVENTED)
def test_claim_that_nothing_bears_out(text: str, fact: str) -> None:
    assert fact in {claim.fact for claim in unsupported(find_claims(text, COLD))}


HARMLESS = [
    "Hi Dana,",
    "Reply MAP and I will send you two pages.",
    "It would help if I called first.",
    "Reply MAP and I will send you three examples.",
    "Reply MAP and I will send you a one-page map of it.",
    "When somebody writes at nine in the evening, who answers?",
    "It is open until half past five.",
    "4C is the system we run for this.",
    "If you miss a call, nobody notices.",
    "Do you miss calls?",
    "Somebody rings while everyone is busy.",
    "It is the only thing I would like to ask you.",
    "You know Elements Massage and I don't.",
    "I have no idea what happens inside Elements Massage.",
    "We help local health and wellness businesses answer their calls.",
    "Which of the two you would be, I can't tell.",
    "You will hear from me on Thursday.",
    "Nobody is careless, and remembering is nobody's job.",
    "They try the second number on the list.",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_text_that_states_nothing_of_the_recipient(text: str) -> None:
    assert unsupported(find_claims(text, replace(COLD, locations=None, employees=None))) == ()


HISTORY = [
    ("met", "We met in March 2026."),
    ("call_held", "We spoke in March 2026."),
    ("call_held", "Our last call was in March."),
    ("proposal_sent", "In March 2026 we sent you a proposal."),
    ("past_client", "We worked together until March 2026."),
    ("asked_to_wait", "You asked us in March 2026 to come back later."),
    ("left_over_pricing", "We parted over the price in March 2026."),
    ("went_quiet", "Our conversation went quiet in March 2026."),
    ("champion_moved", "The person we dealt with has since moved on."),
]


@pytest.mark.parametrize(("kind", "text"), HISTORY)
def test_history_that_a_fact_proves(kind: str, text: str) -> None:
    claims = find_claims(text, told(a_brief(Kind.REACTIVATION), kind))
    assert claims
    assert unsupported(claims) == ()
    assert {claim.source for claim in claims} == {"relationship:7"}


@pytest.mark.parametrize(
    "text", ["We met in April 2026.", "We met in March 2025.", "We met eight months ago."]
)
def test_history_with_another_date_is_unsupported(text: str) -> None:
    wrong = unsupported(find_claims(text, told(a_brief(Kind.REACTIVATION), "met")))
    assert [claim.reason for claim in wrong] == ["no date on record fits"]


@pytest.mark.parametrize(
    ("days", "words", "holds"),
    [
        (250, "about eight months", True),
        (250, "eight months", True),
        (250, "about two months", False),
        (500, "over a year", True),
        (340, "over a year", False),
        (380, "a year", True),
        (90, "a few months", True),
        (20, "about three weeks", True),
        (900, "about two years", True),
    ],
)
def test_time_since_the_last_contact(days: int, words: str, *, holds: bool) -> None:
    brief = replace(
        a_brief(Kind.REACTIVATION), days_since_contact=evidence("days_since_contact", days)
    )
    claims = find_claims(f"It has been {words} since we were last in touch.", brief)
    assert [claim.supported for claim in claims] == [holds, True]


def test_month_of_the_last_contact_follows_from_its_days() -> None:
    brief = replace(
        a_brief(Kind.REACTIVATION), days_since_contact=evidence("days_since_contact", 60)
    )
    assert unsupported(find_claims("We were last in touch in September 2026.", brief)) == ()


def test_claim_carries_its_evidence() -> None:
    text = "Hi Dana,\n\nNo deck. With a team of  five,\nsomebody is busy.\n\nNick"
    (claim,) = find_claims(text, COLD)
    assert claim == Claim(
        start=text.index("team"),
        end=text.index(",\nsomebody"),
        sentence="With a team of  five,\nsomebody is busy.",
        fact="account.employees",
        value="5",
        source="list:1",
        field="employees",
        as_of=SEEN,
        supported=True,
    )


def test_claim_survives_json() -> None:
    claims = find_claims("With a team of nine, in Surrey, you miss calls.", COLD)
    assert len(claims) >= 3
    for claim in claims:
        assert Claim.from_json(json.loads(json.dumps(claim.as_json()))) == claim


@pytest.mark.parametrize(
    "text",
    [
        "With  three   locations calls get lost",
        "With three\nlocations, calls get lost.",
        "With “three” locations, calls get lost.",
        "WITH THREE LOCATIONS, calls get lost!",
        "With three, locations: calls get lost.",
    ],
)
def test_claim_is_found_in_any_typing(text: str) -> None:
    assert [(claim.fact, claim.supported) for claim in find_claims(text, COLD)] == [
        ("account.locations", True)
    ]


def test_name_of_the_account_states_nothing() -> None:
    brief = a_brief(account_name="Surrey Dental Yoga 3 Locations", category="massage")
    assert find_claims("Hello Surrey Dental Yoga 3 Locations team,", brief) == ()


def test_place_is_known_as_registered_and_as_said() -> None:
    brief = a_brief(place="Brookswood / Fernridge")
    assert unsupported(find_claims("Somebody in Brookswood calls.", brief)) == ()


def test_reader_who_works_alone() -> None:
    text = "You do it all on your own."
    assert claimed(text, a_brief(employees=1)) == [("on your own", "account.employees", True)]
    assert [claim.supported for claim in find_claims(text, COLD)] == [False]
    assert find_claims("If you do it on your own, it is hard.", COLD) == ()


def test_claims_are_limited_and_the_unsupported_ones_kept() -> None:
    text = "Somebody in Langley calls. " * 250 + "You miss calls."
    claims = find_claims(text, COLD)
    assert len(claims) == MAX_CLAIMS
    assert claims[-1].fact == "account.conduct"
    assert not claims[-1].supported


def test_place_is_known_without_preposition() -> None:
    assert claimed("Langley's phones are ringing.") == [("Langley", "account.city", True)]


def test_kind_of_relationship_that_the_house_does_not_know_proves_contact_only() -> None:
    brief = told(a_brief(Kind.REACTIVATION), "sang_together", since=date(2026, 3, 1))
    assert unsupported(find_claims("We were last in touch in March 2026.", brief)) == ()
    assert unsupported(find_claims("We met in March 2026.", brief))


@given(st.text(max_size=600))
def test_claims_lie_inside_their_sentences(text: str) -> None:
    for claim in find_claims(text, COLD):
        assert 0 <= claim.start < claim.end <= len(text)
        assert text[claim.start : claim.end] in claim.sentence


@given(
    st.lists(
        st.sampled_from([text for text, *_ in SUPPORTED + CONTRADICTED + INVENTED]),
        min_size=1,
        max_size=6,
    )
)
def test_claims_of_sentences_add_up(sentences: list[str]) -> None:
    def alone(text: str) -> list[tuple[str, str, bool]]:
        return [(said.lower(), fact, ok) for said, fact, ok in claimed(text)]

    together = alone("\n\n".join(sentences))
    assert together == [claim for text in sentences for claim in alone(text)]
