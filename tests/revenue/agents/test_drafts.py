"""Who is written to next, and what a written draft brings with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from revenue.agents import killswitch
from revenue.agents.drafting.claims import Claim
from revenue.agents.drafts import QUIET_AFTER_REPLY, REST, draft_due, rewrite
from revenue.models import (
    Brand,
    Contact,
    Deal,
    DealStage,
    Draft,
    Effect,
    House,
    LedgerEvent,
    Mailbox,
    MailKind,
    SwitchScope,
)
from tests.support.rows import FOUNDER, NOW, installed, make_account, make_contact, make_draft

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def draft_all(**changes: Any) -> list[Draft]:
    """Let the seats write; what they wrote."""
    known = set(Draft.objects.values_list("pk", flat=True))
    written = draft_due(**{"now": NOW, "limit": 10, **changes})
    new = list(Draft.objects.exclude(pk__in=known).select_related("deal").order_by("id"))
    assert len(new) == written
    return new


def silent_contact(days: int = 61, **fields: Any) -> Contact:
    return make_contact(last_reply_at=NOW - days * DAY, **fields)


# A draft -----------------------------------------------------------------------------------------


def test_cold_draft_belongs_to_its_seat_and_opens_a_deal() -> None:
    contact = make_contact()

    (draft,) = draft_all()

    assert (draft.contact_id, draft.account_id, draft.kind) == (
        contact.pk,
        contact.account_id,
        MailKind.COLD,
    )
    assert (draft.seat_id, draft.written_by, draft.written_at) == (
        "prospector",
        "seat:prospector",
        NOW,
    )
    assert (draft.deal.value_minor, draft.deal.currency, draft.deal.opened_by) == (
        480_000,
        "CAD",
        "seat:prospector",
    )
    assert "Dana," in draft.body.partition("\n")[0]
    assert draft.template.startswith("cold/")
    event = LedgerEvent.objects.get(kind="draft.written")
    assert (event.subject, event.actor, event.data) == (
        f"draft:{draft.pk}",
        "seat:prospector",
        {
            "account": contact.account_id,
            "contact": contact.pk,
            "template": draft.template,
            "replaces": None,
        },
    )
    assert LedgerEvent.objects.get(kind="deal.opened").subject == f"deal:{draft.deal_id}"


def test_every_claim_of_a_house_text_is_supported() -> None:
    brand = Brand.objects.create(key="harbour", name="Harbour Physio", locations=4)
    for _ in range(6):
        make_contact(make_account(brand=brand, employees_full_time=5, employees_part_time=1))

    claims = [Claim.from_json(claim) for draft in draft_all() for claim in draft.claims]

    assert claims != []
    assert [claim for claim in claims if not claim.supported] == []
    assert {claim.fact for claim in claims} >= {"account.locations"}


def test_why_now_names_locations_and_silence() -> None:
    make_contact(make_account(brand=Brand.objects.create(key="h", name="H", locations=4)))
    make_contact()
    silent_contact(75)

    assert [draft.why_now for draft in draft_all()] == [
        "They last replied 75 days ago and have been silent since.",
        "The customer profile accepted them (4 locations), and nobody has written to them yet.",
        "The customer profile accepted them (a strong single location), and nobody has written"
        " to them yet.",
    ]


def test_why_now_of_a_later_draft_does_not_say_that_nobody_wrote() -> None:
    make_contact()
    draft_all()

    (later,) = draft_all(now=NOW + 91 * DAY)

    assert later.why_now.endswith("and the last draft to them is 91 days old.")


def test_open_deal_is_kept_and_a_lost_one_followed_by_another() -> None:
    contact = make_contact()
    (first,) = draft_all()
    (second,) = draft_all(now=NOW + REST)
    assert second.deal == first.deal

    Deal.objects.filter(pk=first.deal_id).update(stage=DealStage.LOST)
    (third,) = draft_all(now=NOW + 2 * REST)
    assert third.deal != first.deal
    assert Deal.objects.filter(account=contact.account_id).count() == 2


# Who is next -------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [Effect.DENY, Effect.HOLD, ""])
def test_only_accepted_accounts_are_written_to(effect: str) -> None:
    make_contact(make_account(icp_effect=effect))

    assert draft_all() == []


def test_one_contact_of_an_account_is_written_to() -> None:
    first = make_contact()
    make_contact(first.account)

    assert [draft.contact_id for draft in draft_all()] == [first.pk]
    assert draft_all(now=NOW + DAY) == []


def test_an_account_rests_for_ninety_days_after_a_draft_to_anybody() -> None:
    contact = make_contact()
    make_draft(make_contact(contact.account))

    assert draft_all(now=NOW + 90 * DAY - timedelta(seconds=1)) == []
    assert len(draft_all(now=NOW + 90 * DAY)) == 1


def test_a_contact_who_fell_silent_is_written_to_first_by_the_pipeline_seat() -> None:
    make_contact()
    silent = silent_contact()

    (draft,) = draft_all(limit=1)

    assert (draft.contact_id, draft.kind, draft.seat_id) == (
        silent.pk,
        MailKind.REACTIVATION,
        "pipeline",
    )


def test_a_contact_who_replied_lately_is_left_alone() -> None:
    silent_contact(QUIET_AFTER_REPLY.days)

    assert draft_all() == []


def test_no_more_than_the_limit_is_written_and_who_waited_longest_comes_first() -> None:
    last = make_contact(make_account(screened_at=NOW))
    first = make_contact(make_account(screened_at=NOW - DAY))

    assert [draft.contact_id for draft in draft_all(limit=1)] == [first.pk]
    assert draft_all(limit=0) == []
    assert [draft.contact_id for draft in draft_all()] == [last.pk]


def test_without_a_mailbox_that_may_send_nothing_is_written() -> None:
    make_contact()
    Mailbox.objects.update(paused_at=NOW, paused_by=str(FOUNDER), pause_reason="Bounces")

    assert draft_all() == []


# The kill switch ---------------------------------------------------------------------------------

BOTH = ["reactivation", "cold"]


@pytest.mark.parametrize(
    ("scope", "target", "kinds"),
    [
        (SwitchScope.EVERYTHING, "", []),
        (SwitchScope.SEAT, "prospector", ["reactivation"]),
        (SwitchScope.SEAT, "pipeline", ["cold"]),
        (SwitchScope.ACTION, "draft_cold", ["reactivation"]),
        (SwitchScope.ACTION, "draft_reactivation", ["cold"]),
        (SwitchScope.SEAT, "sender", BOTH),
        (SwitchScope.ACTION, "send_cold", BOTH),
    ],
)
def test_thrown_switch_stops_the_drafting_that_it_names(
    scope: SwitchScope, target: str, kinds: list[str]
) -> None:
    make_contact()
    silent_contact()
    killswitch.throw(scope=scope, target=target, reason="", by=FOUNDER, now=NOW)

    assert [draft.kind for draft in draft_all()] == kinds


# Anew --------------------------------------------------------------------------------------------


def test_rewritten_draft_replaces_the_first_with_other_words() -> None:
    make_contact()
    (draft,) = draft_all()

    again = rewrite(draft=draft, note="Warmer", now=NOW + DAY)

    assert again is not None
    assert (again.replaces_id, again.deal_id, again.why_now) == (
        draft.pk,
        draft.deal_id,
        draft.why_now,
    )
    assert again.body != draft.body
    event = LedgerEvent.objects.get(kind="draft.rewritten")
    assert (event.subject, event.data) == (f"draft:{again.pk}", {"note": "Warmer"})


def test_stopped_seat_rewrites_nothing() -> None:
    make_contact()
    (draft,) = draft_all()
    killswitch.throw(scope=SwitchScope.EVERYTHING, target="", reason="", by=FOUNDER, now=NOW)

    assert rewrite(draft=draft, note="Warmer", now=NOW + DAY) is None
    assert Draft.objects.count() == 1


def test_label_of_the_house_is_in_the_mail() -> None:
    House.objects.update(label="Front Door")
    make_contact()

    (draft,) = draft_all()

    assert "Front Door" in draft.body
