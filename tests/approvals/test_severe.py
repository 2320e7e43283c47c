"""A sent mail that did harm takes the authority by which such mails left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from approvals.models import Send, SendState, SevereEvent, SevereKind
from approvals.severe import NotSent, react, report_severe
from revenue.access import Role
from revenue.agents import authority
from revenue.conversation.suppression import forget, suppress
from revenue.models import LedgerEvent, SuppressionKind, SuppressionReason
from tests.approvals.granting import granted, opened
from tests.support.hearing import hear
from tests.support.rows import FOUNDER, NOW, installed, make_contact, make_draft, make_send
from tests.support.visits import messages_of, visit_as

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def level(segment: str = "everything", action: str = "send_cold") -> int:
    row = authority.standing_for("sender", action, segment)
    assert row is not None
    return row.level


def let_go_and_sent(email: str = "dana@harbour.example") -> Send:
    send = opened(make_draft(make_contact(email=email)))
    assert send.state == SendState.APPROVED
    Send.objects.filter(pk=send.pk).update(state=SendState.SENT, sent_at=NOW, state_at=NOW)
    return send


def report(send: Send, kind: SevereKind = SevereKind.WRONG_RECIPIENT) -> SevereEvent:
    return report_severe(send_id=send.pk, kind=kind, note="They wrote", by=FOUNDER, now=LATER)


def test_report_takes_every_authority_to_act_alone_and_empties_the_hold() -> None:
    granted(4)
    granted(3, segment="canada")
    granted(3, action="send_reactivation")
    send, waiting = let_go_and_sent(), opened()

    event = report(send)

    assert (level(), level("canada"), level(action="send_reactivation")) == (2, 2, 3)
    row = authority.standing_for("sender", "send_cold", "everything")
    assert row is not None
    assert row.evidence == {
        "severe": event.pk,
        "why": "Harm was reported: it went to the wrong person.",
    }
    waiting.refresh_from_db()
    assert waiting.state == SendState.PENDING
    told = LedgerEvent.objects.get(kind="send.did_harm")
    assert told.data == {
        "kind": "wrong_recipient",
        "reason": "It went to the wrong person. They wrote",
    }


def test_report_about_a_mail_that_a_person_approved_counts_too() -> None:
    granted(3)

    report(make_send(state=SendState.SENT))

    assert level() == 2


def test_second_report_of_the_same_kind_changes_nothing() -> None:
    send = make_send(state=SendState.SENT)
    first = report(send)
    granted(3)

    assert report(send) == first
    assert level() == 3
    assert report(send, SevereKind.UNSUPPORTED_CLAIM) != first
    assert level() == 2


@pytest.mark.parametrize("state", [SendState.PENDING, SendState.APPROVED, SendState.FAILED])
def test_only_what_was_sent_did_harm(state: SendState) -> None:
    granted(3)

    with pytest.raises(NotSent):
        report(make_send(state=state))

    assert level() == 3


# Complaints --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SuppressionKind.ADDRESS, "Dana@Harbour.example"),
        (SuppressionKind.DOMAIN, "harbour.example"),
        (SuppressionKind.ACCOUNT, ""),
    ],
)
def test_complaint_reports_what_the_policy_let_go_to_them(
    kind: SuppressionKind, value: str
) -> None:
    granted(3)
    send = let_go_and_sent()
    let_go_and_sent("other@other.example")
    by_person = make_send(
        make_draft(make_contact(email="two@harbour.example")), state=SendState.SENT
    )
    suppress(
        kind=kind, value=value or str(send.account_id), reason=SuppressionReason.COMPLAINT,
        by=FOUNDER, now=LATER,
    )  # fmt: skip

    hear(react)
    hear(react)

    event = SevereEvent.objects.get()
    assert (event.send, event.kind, event.reported_by) == (send, "complaint", "system:complaints")
    assert event.send != by_person
    assert level() == 2


def test_complaint_after_another_reason_is_heard_of() -> None:
    granted(3)
    send = let_go_and_sent()
    for reason in (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT):
        suppress(
            kind=SuppressionKind.ADDRESS, value=send.to_address, reason=reason, by=FOUNDER, now=NOW
        )

    hear(react)

    assert level() == 2


def test_forgotten_address_is_found_by_its_digest() -> None:
    granted(3)
    send = let_go_and_sent()
    address = SuppressionKind.ADDRESS
    suppress(
        kind=address, value=send.to_address, reason=SuppressionReason.COMPLAINT, by=FOUNDER, now=NOW
    )
    forget(kind=address, value=send.to_address, by=FOUNDER, now=NOW)

    hear(react)

    assert level() == 2


@pytest.mark.parametrize("reason", [SuppressionReason.UNSUBSCRIBED, SuppressionReason.BOUNCED])
def test_other_suppressions_take_nothing(reason: SuppressionReason) -> None:
    granted(3)
    send = let_go_and_sent()
    suppress(
        kind=SuppressionKind.ADDRESS, value=send.to_address, reason=reason, by=FOUNDER, now=NOW
    )

    hear(react)

    assert level() == 3


# The form ----------------------------------------------------------------------------------------


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def test_sent_mail_offers_the_report_and_takes_it(founder: Client) -> None:
    granted(3)
    send = let_go_and_sent()
    page = founder.get(f"/approvals/{send.pk}/?state=sent").content.decode()
    assert f'action="/approvals/{send.pk}/harm' in page

    response = founder.post(f"/approvals/{send.pk}/harm", {"kind": "complaint", "note": "Rude"})

    assert SevereEvent.objects.get().note == "Rude"
    assert messages_of(response) == [
        "Noted. Mails of this kind wait for a person from now on, whatever was granted."
    ]
    assert response.headers["Location"] == f"/approvals/{send.pk}/?state=sent"


def test_waiting_mail_offers_no_report(founder: Client) -> None:
    send = make_send()

    assert "/harm" not in founder.get(f"/approvals/{send.pk}/").content.decode()


@pytest.mark.parametrize("kind", ["", "rude", "complaint "])
def test_report_of_nothing_is_refused(kind: str, founder: Client) -> None:
    send = make_send(state=SendState.SENT)

    response = founder.post(f"/approvals/{send.pk}/harm", {"kind": kind})

    assert messages_of(response) == ["Say what happened: choose one of the three."]
    assert not SevereEvent.objects.exists()


def test_report_about_what_is_not_sent_is_refused(founder: Client) -> None:
    response = founder.post(f"/approvals/{make_send().pk}/harm", {"kind": "complaint"})

    assert messages_of(response) == ["Only a mail that was sent can have done harm."]


def test_report_about_a_mail_that_there_is_not(founder: Client) -> None:
    assert founder.post("/approvals/99/harm", {"kind": "complaint"}).status_code == 404
