"""The page of one seat: what it may do, on what evidence, and the form to change it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from approvals.certificates import current_basis
from approvals.models import Audit, ChangeRequest
from approvals.presenting.bounds import across, bound_bar
from approvals.presenting.evidence import evidence_lines, percent
from revenue.access import Role
from revenue.agents import authority
from revenue.models import Authority
from tests.approvals.granting import granted
from tests.support.rows import FOUNDER, installed, make_pending_sends
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db
SENDER = "/seats/sender/"


@pytest.fixture(autouse=True)
def house() -> None:
    installed(now=timezone.now())


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def shown(client: Client, path: str = SENDER) -> str:
    return client.get(path).content.decode()


def form(**fields: Any) -> dict[str, Any]:
    return {
        "action": "send_cold", "segment": "everything", "level": "3", "max_value": "",
        "per_day": "", "valid_until": "", "why": "They are good", **fields,
    }  # fmt: skip


def audits(count: int, finding: str = "clean", **fields: Any) -> None:
    now = timezone.now()
    defaults = {
        "seat_id": "sender", "action_id": "send_cold", "segment_id": "everything", "level": 2,
        "rate": 1.0, "basis": current_basis("send_cold"), "drawn_at": now, "finding": finding,
        "found_at": now, "found_by": str(FOUNDER),
    }  # fmt: skip
    Audit.objects.bulk_create(
        Audit(send=send, **{**defaults, **fields}) for send in make_pending_sends(count, now=now)
    )


# Looking -----------------------------------------------------------------------------------------


def test_grants_stand_by_segment_with_limits_validity_and_evidence(founder: Client) -> None:
    granted(
        3, segment="known-contacts", max_value_minor=800_000, per_day=20, now=timezone.now(),
        valid_until=timezone.now() + timedelta(days=90), evidence={"why": "A <good> month"},
    )  # fmt: skip

    page = shown(founder)

    assert "Known contacts" in page
    assert "deals up to CA$8,000.00, at most 20 a day" in page
    assert "A &lt;good&gt; month" in page


def test_certificate_says_what_was_found_and_how_far_it_is(founder: Client) -> None:
    audits(24)
    audits(2, "no_evidence")
    audits(5, basis="another")

    page = " ".join(shown(founder).split())

    assert "At most <strong>12 %</strong> at fault" in page
    words = re.sub("<[^>]+>", "", page)
    assert "24 clean, 0 at fault, 2 decided too fast to count. 43 more clean audits" in words


def test_seat_without_audits_says_so(founder: Client) -> None:
    assert "Nothing audited yet" in shown(founder)
    assert "67 more clean audits in a row for level 3." in shown(founder)


def test_history_tells_what_ended_and_why(founder: Client) -> None:
    row = granted(3, now=timezone.now())
    authority.end(authority_id=row.pk, reason="Too <rude>", by=FOUNDER, now=timezone.now())

    page = shown(founder)

    assert "Too &lt;rude&gt;" in page
    assert "What it was allowed before" in page


def test_seat_that_sends_nothing_has_no_certificate(founder: Client) -> None:
    page = shown(founder, "/seats/closer/")

    assert "Send an agreement" in page
    assert "audited" not in page.partition("Change what it may do")[0].partition("heading")[2]


def test_accountant_looks_and_changes_nothing() -> None:
    accountant = visit_as(Role.ACCOUNTANT)

    page = shown(accountant)

    assert "Send a cold mail" in page
    assert "Take back" not in page
    assert "Propose it" not in page
    assert accountant.post(SENDER, form()).status_code == 403


def test_seat_that_there_is_not(founder: Client) -> None:
    assert founder.get("/seats/nobody/").status_code == 404


def test_page_takes_the_same_statements_with_one_grant_and_three(founder: Client) -> None:
    shown(founder)  # the text of the active policy is read once
    with statements() as one:
        shown(founder)
    granted(3, segment="canada", now=timezone.now())
    granted(3, segment="united-states", now=timezone.now())
    audits(2)
    granted(2, segment="united-states", now=timezone.now())
    with statements() as three:
        shown(founder)

    # session, person, roles; seat, currency, actions, segments; what stands, audits with version
    # and segments, bars, currency, what ended, what is proposed; the frame's six
    assert (len(one), len(three)) == (19, 19)


# Asking ------------------------------------------------------------------------------------------


def test_more_is_proposed(founder: Client) -> None:
    until = "2027-03-01"
    response = founder.post(
        SENDER,
        form(segment="known-contacts", max_value="8000", per_day="20", valid_until=until),
    )

    assert (response.status_code, response.headers["Location"]) == (302, SENDER)
    assert messages_of(response) == [
        "Proposed. It takes effect when somebody else has approved it."
    ]
    grant = ChangeRequest.objects.get().grant
    assert grant is not None
    valid_until = datetime.fromisoformat(grant.pop("valid_until"))
    assert valid_until.astimezone(ZoneInfo("America/Vancouver")).date().isoformat() <= "2027-03-02"
    assert grant == {
        "seat": "sender", "action": "send_cold", "segment": "known-contacts", "level": 3,
        "max_value_minor": 800_000, "per_day": 20,
    }  # fmt: skip


def test_less_is_done(founder: Client) -> None:
    granted(3, now=timezone.now())

    response = founder.post(SENDER, form(level="2"))

    (message,) = messages_of(response)
    assert message.startswith("Done: ")
    row = authority.standing_for("sender", "send_cold", "everything")
    assert row is not None
    assert row.level == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"level": "5"}, "Choose one of the five levels."),
        ({"level": ""}, "This field is required."),
        ({"action": "send_agreement"}, "Choose an action that this seat may have."),
        ({"action": "answer_objection"}, "First answer to an objection never rises above level 2."),
        ({"segment": "moon"}, "Choose one of the parts of the mail."),
        ({"max_value": "-1"}, "greater than or equal to 1"),
        ({"per_day": "x"}, "Enter a whole number."),
        ({"valid_until": "soon"}, "Enter a valid date."),
        ({"why": " "}, "This field is required."),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_typed_is_lost(
    wrong: dict[str, str], words: str, founder: Client
) -> None:
    response = founder.post(SENDER, form(**{"why": "Kept words", **wrong}))

    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert wrong.get("why") or "Kept words" in page
    assert not ChangeRequest.objects.exists()


def test_what_waits_already_is_said(founder: Client) -> None:
    founder.post(SENDER, form())

    response = founder.post(SENDER, form())

    assert response.status_code == 422
    assert "This has been proposed already and waits for a decision." in response.content.decode()
    assert "Proposed, and waits for a decision." in shown(founder)


# Taking back -------------------------------------------------------------------------------------


def test_taking_back_needs_a_reason_and_is_done_once(founder: Client) -> None:
    row = granted(3, now=timezone.now())
    path = f"{SENDER}end/{row.pk}/"

    told = [messages_of(founder.post(path, {"reason": why}))[-1] for why in (" ", "No", "No")]

    assert told == [
        "Say why: the reason stays with the grant.",
        "Taken back. What it had let go waits for a person.",
        "This authority has ended already.",
    ]
    assert Authority.objects.get(pk=row.pk).end_reason == "No"


def test_authority_of_another_seat_is_not_taken_here(founder: Client) -> None:
    row = granted(3, now=timezone.now())

    assert founder.post(f"/seats/closer/end/{row.pk}/", {"reason": "No"}).status_code == 404


# Drawing -----------------------------------------------------------------------------------------


def test_axis_runs_from_a_thousandth_to_all() -> None:
    assert [round(across(share)) for share in (0.0001, 0.001, 0.01, 0.1, 1.0)] == [
        0, 0, 80, 160, 240,
    ]  # fmt: skip


def test_bar_is_marked_once_it_clears_any_bar() -> None:
    bars = {3: 0.05, 4: 0.01}

    assert "bound-cleared" in bound_bar(0.05, bars)
    assert "bound-cleared" not in bound_bar(0.0501, bars)


def test_evidence_of_a_proposal_is_told_in_words() -> None:
    certificate = {"clean": 70, "faults": 1, "no_evidence": 2, "bound": 0.0791, "basis": "x"}

    told = evidence_lines({"certificate": certificate, "bar": 0.1, "note": "Calm weeks"})

    assert told == [
        ("at fault", "at most 7.9 % (95 %, watched continuously)"),
        ("bar of this level", "10 %, cleared"),
        ("note", "Calm weeks"),
    ]


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100 %"), (0.123, "12 %"), (0.0491, "4.9 %"), (0.00973, "0.97 %")],
)
def test_shares_are_said_with_the_digits_that_count(share: float, words: str) -> None:
    assert percent(share) == words
