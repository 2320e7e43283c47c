"""The audited mails behind the figures of a certificate."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals import audits
from approvals.certificates import Subject
from approvals.changes.proposing import propose_grant
from approvals.deciding import Ruling, decide
from approvals.findings import react
from approvals.granting import evidence_for
from approvals.models import Audit, Channel, Choice, Finding, RejectReason, Send, SendState
from approvals.promoting import CERTIFICATES, lower
from approvals.revising import revise
from revenue.access import Role
from revenue.agents import authority
from revenue.agents.authority import Grant
from revenue.models import Authority
from tests.approvals.granting import AUDITED, granted, opened
from tests.support.hearing import hear
from tests.support.rows import BODY, FOUNDER, installed
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db
COLD = Subject("sender", "send_cold", "everything")
PATH = "/seats/sender/audits/send_cold/everything/"
LONG_AGO = timedelta(hours=2)


@pytest.fixture(autouse=True)
def house() -> None:
    installed(now=timezone.now())


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def shown(client: Client, path: str = PATH) -> str:
    return " ".join(client.get(path).content.decode().split())


def audited(
    choice: Choice = Choice.APPROVE,
    *,
    at: datetime | None = None,
    ms: int | None = 5_000,
    body: str = "",
    over: bool = True,
    channel: Channel = Channel.PAGE,
) -> Send:
    """A mail that the policy would have let go, decided by a person, and gone by now."""
    at = at or timezone.now() - LONG_AGO
    send = opened(draw=AUDITED, now=at)
    if body:
        revise(
            send_id=send.pk, revision_id=send.revision_id or 0, subject="The phone",
            body=body, by=FOUNDER, now=at,
        )  # fmt: skip
        send.refresh_from_db()
    ruling = Ruling(
        choice=choice, visible_ms=ms, channel=channel,
        reason_code=RejectReason.TONE if choice == Choice.REJECT else "",
        reason="" if choice == Choice.APPROVE else "Too <loud>",
    )  # fmt: skip
    decide(send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=FOUNDER, now=at)
    hear(react)
    if over and choice == Choice.APPROVE:
        Send.objects.filter(pk=send.pk).update(state=SendState.SENT, sent_at=at)
    return send


def listed(finding: str = "") -> list[int]:
    now = timezone.now()
    behind, over = audits.behind_now(COLD, now=now), audits.is_over(now=now)
    rows = audits.page(behind, finding=finding, after="", over=over).rows
    return [row["send_id"] for row in rows]


# What was decided, and why it counts -------------------------------------------------------------


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        ({}, ["Approved as drafted", "Clean", "read for 5 s"]),
        (
            {"body": BODY.replace("Hi Dana", "Hello Dana")},
            ["Approved with other wording", "Clean", "only wording was changed"],
        ),
        (
            {"body": f"{BODY}\n\nIt costs $50 a month."},
            ["The offer was changed, then approved", "At fault", "offered could not stay"],
        ),
        (
            {"choice": Choice.REJECT},
            ["Rejected: Tone is off", "“Too &lt;loud&gt;”", "At fault", "would not have left"],
        ),
        ({"choice": Choice.RETURN}, ["Sent back", "At fault"]),
        ({"ms": 400}, ["Not counted", "decided after 0.4 s; nobody reads a mail in less than 1 s"]),
        ({"ms": None}, ["Not counted", "nobody measured how long it was read"]),
        ({"ms": None, "channel": Channel.BULK}, ["Not counted", "approved with others at once"]),
    ],
)
def test_each_audit_says_what_was_decided_and_why_it_counts(
    decided: dict[str, Any], words: list[str], founder: Client
) -> None:
    send = audited(**decided)

    body = shown(founder).partition("<tbody>")[2]

    assert [word for word in words if word not in body] == []
    assert f'href="/approvals/{send.pk}/"' in body


def test_each_figure_of_the_seat_opens_to_exactly_its_audits(founder: Client) -> None:
    clean, fault, fast = audited(), audited(Choice.REJECT), audited(ms=100)
    Audit.objects.filter(send=audited()).update(basis="another")
    Audit.objects.filter(send=audited()).update(found_at=timezone.now() - timedelta(days=181))

    seat = shown(founder, "/seats/sender/")

    assert f'<a href="{PATH}?finding=clean">1 clean</a>' in seat
    assert f'<a href="{PATH}?finding=defect">1 at fault</a>' in seat
    assert f'<a href="{PATH}?finding=no_evidence">1 decided too fast to count</a>' in seat
    assert listed(Finding.CLEAN) == [clean.pk]
    assert listed(Finding.DEFECT) == [fault.pk]
    assert listed(Finding.NO_EVIDENCE) == [fast.pk]


# Nobody learns of an audit that they can still decide --------------------------------------------


@pytest.mark.parametrize(
    "decided",
    [
        {"over": False},  # approved, waits to leave
        {"choice": Choice.REJECT, "at": timedelta()},  # within the undo window
        {"choice": Choice.RETURN, "at": timedelta()},
    ],
)
def test_what_can_be_taken_back_is_counted_and_not_named(
    decided: dict[str, Any], founder: Client
) -> None:
    at = decided.pop("at", LONG_AGO)
    send = audited(**decided, at=timezone.now() - at)

    page = shown(founder)

    assert f"/approvals/{send.pk}/" not in page
    assert "1 is counted but not named yet" in page


@pytest.mark.parametrize("state", ["revoked", "stale", "expired", "pending", "snoozed"])
def test_what_may_come_up_again_is_not_named(state: str) -> None:
    send = audited(over=False)
    until = timezone.now() + LONG_AGO if state == "snoozed" else None
    Send.objects.filter(pk=send.pk).update(state=state, snoozed_until=until, approval=None)

    assert listed() == []


# As it was then ----------------------------------------------------------------------------------


def test_change_opens_to_the_audits_of_its_time(founder: Client) -> None:
    before = audited(at=timezone.now() - timedelta(days=3))
    then = timezone.now() - timedelta(days=2)
    grant = Grant("sender", "send_cold", 3)
    change = propose_grant(
        grant=grant, why="", evidence=evidence_for(grant, now=then), by=CERTIFICATES, now=then
    )
    after = audited()

    sheet = shown(founder, f"/approvals/changes/{change.pk}/")
    page = shown(founder, f"{PATH}?change={change.pk}")

    assert f'<a href="{PATH}?change={change.pk}&amp;finding=clean">1 clean</a>' in sheet
    assert f"/approvals/{before.pk}/" in page
    assert f"/approvals/{after.pk}/" not in page
    assert "Written down then" not in page


def test_figures_that_changed_since_are_said(founder: Client) -> None:
    send = audited(at=timezone.now() - timedelta(days=3))
    then = timezone.now() - timedelta(days=2)
    row = granted(3, now=then, evidence=evidence_for(Grant("sender", "send_cold", 3), now=then))
    Audit.objects.filter(send=send).update(finding=Finding.DEFECT)

    seat = shown(founder, "/seats/sender/")
    page = shown(founder, f"{PATH}?grant={row.pk}")

    assert f'href="{PATH}?grant={row.pk}"' in seat
    assert "Written down then: 1 clean, 0 at fault, 0 not counted." in page


def test_authority_that_was_lowered_shows_what_spoke_against_it(founder: Client) -> None:
    month = timezone.now() - timedelta(days=30)
    row = granted(3, now=month)
    doubted = audited(Choice.REJECT)
    Audit.objects.filter(send=doubted).update(basis="newer")
    evidence = {
        "certificate": {"clean": 0, "faults": 1, "no_evidence": 0, "bound": 1.0, "basis": "older"},
        "since": month.isoformat(),
    }
    lower([row], why="Too many", evidence=evidence, now=timezone.now())
    lowered = authority.standing_for("sender", "send_cold", "everything")
    assert lowered is not None

    page = shown(founder, f"{PATH}?grant={lowered.pk}")

    assert f"/approvals/{doubted.pk}/" in page
    assert "and all that was found after the grant before it" in page


# The page ----------------------------------------------------------------------------------------


def test_page_says_what_will_appear_while_nothing_was_audited(founder: Client) -> None:
    assert "Audited mails appear here once they are decided" in shown(founder)


def test_finding_without_audits_says_so(founder: Client) -> None:
    audited()

    assert "None of them is here" in shown(founder, f"{PATH}?finding=defect")


def test_accountant_reads_the_list_and_opens_no_mail() -> None:
    send = audited()

    page = shown(visit_as(Role.ACCOUNTANT))

    assert send.account.name in page
    assert f"/approvals/{send.pk}/" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/seats/nobody/audits/send_cold/everything/",
        "/seats/sender/audits/send_moon/everything/",
        "/seats/sender/audits/send_cold/moon/",
        f"{PATH}?change=1",
        f"{PATH}?change=x",
        f"{PATH}?grant=0",
        f"{PATH}?grant=99999999",
    ],
)
def test_what_there_is_not(path: str, founder: Client) -> None:
    assert founder.get(path).status_code == 404


def test_grant_without_figures_has_no_list(founder: Client) -> None:
    row = Authority.objects.get(seat="sender", action="send_cold", ended_at=None)

    assert founder.get(f"{PATH}?grant={row.pk}").status_code == 404


def test_pages_follow_one_another_without_gap_or_repetition(
    founder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "PAGE", 2)
    at = timezone.now() - LONG_AGO
    sends = [audited(at=at).pk for _ in range(5)]
    seen: list[int] = []
    path = PATH
    while path:
        page = shown(founder, path)
        seen += [int(pk) for pk in re.findall(r'href="/approvals/(\d+)/" data-row-link', page)]
        older = re.search(r'href="([^"]+)" rel="next"', page)
        path = html.unescape(older[1]) if older else ""

    assert seen == sends[::-1]


def test_page_takes_the_same_statements_with_one_audit_and_three(founder: Client) -> None:
    audited()
    shown(founder)
    with statements() as one:
        shown(founder)
    audited(Choice.REJECT)
    audited(ms=10)
    with statements() as three:
        shown(founder)

    # session, person, roles; seat, action, segment; policy; undo window, counts, audits, decisions,
    # edits; the frame's four
    assert (len(one), len(three)) == (16, 16)
