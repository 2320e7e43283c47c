"""What a person's decision about an audited mail says, and what follows for authority."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.certificates import WINDOW, Subject, certificate, current_basis
from approvals.deciding import Ruling, decide, undo
from approvals.findings import react, record_finding
from approvals.models import (
    Audit,
    ChangeRequest,
    ChangeState,
    Choice,
    Finding,
    RejectReason,
    Revision,
    SeededDefect,
    Send,
    SendState,
)
from approvals.promoting import CERTIFICATES, reconsider
from approvals.revising import revise
from revenue.agents import authority
from revenue.models import Authority, House, LedgerEvent
from revenue.policies.conditions import parse_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind
from tests.approvals.granting import granted, opened
from tests.support.hearing import hear
from tests.support.rows import (
    BODY,
    FOUNDER,
    NOW,
    installed,
    make_pending_sends,
    make_send,
    publish_text,
)

pytestmark = pytest.mark.django_db
COLD = Subject("sender", "send_cold", "everything")
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def ruled(send: Send, choice: Choice, *, ms: int | None = 5_000, now: datetime = NOW) -> None:
    send.refresh_from_db()
    ruling = Ruling(
        choice=choice, visible_ms=ms,
        reason_code=RejectReason.UNTRUE if choice == Choice.REJECT else "",
        reason="Shorter" if choice == Choice.RETURN else "",
    )  # fmt: skip
    decide(send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=FOUNDER, now=now)


def edited(send: Send, body: str) -> None:
    revise(
        send_id=send.pk, revision_id=send.revision_id or 0, subject="The phone at half past five",
        body=body, by=FOUNDER, now=NOW,
    )  # fmt: skip


def found(send: Send) -> Finding | None:
    hear(react)
    audit = Audit.objects.get(send=send)
    assert (audit.finding is None) == (audit.found_at is None)
    return Finding(audit.finding) if audit.finding else None


def evidence(count: int, finding: Finding = Finding.CLEAN, **fields: Any) -> list[Audit]:
    """So many audits that were found under the current basis."""
    defaults = {
        "seat_id": "sender", "action_id": "send_cold", "segment_id": "everything", "level": 2,
        "rate": 1.0, "basis": current_basis("send_cold"), "drawn_at": NOW, "finding": finding,
        "found_at": NOW, "found_by": str(FOUNDER),
    }  # fmt: skip
    return Audit.objects.bulk_create(
        Audit(send=send, **{**defaults, **fields}) for send in make_pending_sends(count, now=NOW)
    )


def standing(segment: str = "everything") -> Authority:
    row = authority.standing_for("sender", "send_cold", segment)
    assert row is not None
    return row


# What a decision says ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "ms", "finding"),
    [
        (Choice.APPROVE, 1_000, Finding.CLEAN),
        (Choice.APPROVE, 999, Finding.NO_EVIDENCE),
        (Choice.APPROVE, None, Finding.NO_EVIDENCE),
        (Choice.REJECT, 5_000, Finding.DEFECT),
        (Choice.REJECT, 999, Finding.NO_EVIDENCE),
        (Choice.RETURN, 5_000, Finding.DEFECT),
    ],
)
def test_decision_is_a_finding(choice: Choice, ms: int | None, finding: Finding) -> None:
    send = opened()

    ruled(send, choice, ms=ms)

    assert found(send) == finding
    audit = Audit.objects.get(send=send)
    assert (audit.found_at, audit.found_by) == (NOW, str(FOUNDER))


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (BODY.replace("Hi Dana", "Hello Dana"), Finding.CLEAN),
        (f"{BODY}\n\nIt costs $50 a month.", Finding.DEFECT),
    ],
)
def test_edit_of_the_offer_is_a_fault_and_wording_is_not(body: str, finding: Finding) -> None:
    send = opened()
    edited(send, body)

    ruled(send, Choice.APPROVE, ms=100)

    assert found(send) == finding


def test_undone_is_no_finding_any_more_and_the_next_decision_counts() -> None:
    send = opened()
    ruled(send, Choice.REJECT)
    assert found(send) == Finding.DEFECT

    undo(send_id=send.pk, by=FOUNDER, now=NOW)
    assert found(send) is None

    ruled(send, Choice.APPROVE, now=LATER)
    assert found(send) == Finding.CLEAN


def test_planted_fault_says_nothing_of_the_agent() -> None:
    send = opened()
    original = send.revision
    assert original is not None
    planted = Revision(
        send=send, number=2, subject="Other", body="Other", footer=original.footer,
        from_name="Ana", from_address="ana@hollow-oak.example", claims=[], faults=[],
        planted=True, content_hash="1" * 64, written_at=NOW, written_by="system:seeding",
    )  # fmt: skip
    planted.save(force_insert=True)
    Send.objects.filter(pk=send.pk).update(revision=planted, revision_planted=True)
    SeededDefect.objects.create(
        send=send, revision=planted, kind="wrong_name", fragment="Other", planted_at=NOW
    )

    ruled(send, Choice.REJECT)

    assert found(send) is None


def test_hearing_twice_changes_nothing() -> None:
    send = opened()
    ruled(send, Choice.APPROVE)
    hear(react)
    before = Audit.objects.values().get(send=send)

    hear(react)

    assert Audit.objects.values().get(send=send) == before


def test_what_was_never_audited_gets_no_finding() -> None:
    send = make_send()
    ruled(send, Choice.APPROVE)

    record_finding(send_id=send.pk, now=NOW)

    assert not Audit.objects.exists()


def test_ledger_does_not_tell_which_were_audited() -> None:
    send = opened()
    ruled(send, Choice.APPROVE)
    hear(react)

    kinds = LedgerEvent.objects.filter(subject=f"send:{send.pk}").values_list("kind", flat=True)
    assert list(kinds) == ["send.approved"]


# The certificate ---------------------------------------------------------------------------------


def test_certificate_counts_this_basis_and_this_window_alone() -> None:
    evidence(4)
    evidence(1, Finding.DEFECT)
    evidence(2, Finding.NO_EVIDENCE)
    evidence(3, basis="another")
    evidence(5, found_at=NOW - WINDOW)
    evidence(6, segment_id="canada")

    now = certificate(COLD, basis=current_basis("send_cold"), now=NOW)

    assert (now.clean, now.faults, now.no_evidence) == (4, 1, 2)
    assert now.expires_at == NOW + WINDOW
    assert now.needed_for(0.05) == 123
    assert Subject("sender", "send_cold", "canada").audits().count() == 6


def test_another_policy_voids_it() -> None:
    evidence(4)
    text = seed_policy(PolicyKind.SEND).to_json()
    publish_text(parse_policy({**text, "rules": text["rules"][:-1]}))

    assert certificate(COLD, basis=current_basis("send_cold"), now=NOW).counted == 0


# Promotion ---------------------------------------------------------------------------------------


def test_next_level_is_proposed_once_when_the_bound_clears_its_bar() -> None:
    audits = evidence(67)
    (short,) = audits[-1:]
    Audit.objects.filter(pk=short.pk).update(finding=None, found_at=None, found_by=None)
    reconsider(audit=audits[0], now=NOW)
    assert not ChangeRequest.objects.exists()

    Audit.objects.filter(pk=short.pk).update(finding="clean", found_at=NOW, found_by=str(FOUNDER))
    reconsider(audit=short, now=NOW)
    reconsider(audit=short, now=NOW)

    change = ChangeRequest.objects.get()
    assert change.proposed_by == str(CERTIFICATES)
    assert change.grant is not None
    assert (change.grant["level"], change.grant["segment"]) == (3, "everything")
    assert change.evidence["certificate"]["clean"] == 67
    assert change.evidence["bar"] == 0.05
    assert "67 of 67 audited mails were clean" in change.why


def test_what_people_refused_is_not_proposed_again_on_the_same_basis() -> None:
    (audit, *_) = evidence(67)
    reconsider(audit=audit, now=NOW)
    ChangeRequest.objects.update(
        state=ChangeState.REJECTED, decided_at=NOW, decided_by=str(FOUNDER)
    )

    reconsider(audit=audit, now=LATER)

    assert ChangeRequest.objects.count() == 1


def test_nothing_is_proposed_above_the_highest_level() -> None:
    granted(4)
    (audit, *_) = evidence(67)

    reconsider(audit=audit, now=NOW)

    assert not ChangeRequest.objects.exists()


# Demotion ----------------------------------------------------------------------------------------


def certified(level: int = 3) -> Authority:
    """A grant that rests on 70 clean audits."""
    evidence(70)
    kept = certificate(COLD, basis=current_basis("send_cold"), now=NOW).as_json()
    return granted(level, evidence={"certificate": kept, "bar": 0.05}, per_day=50)


def test_bound_above_its_bar_takes_the_authority_and_empties_the_hold() -> None:
    certified()
    waiting = opened()
    (fault,) = evidence(1, Finding.DEFECT)

    reconsider(audit=fault, now=LATER)

    now = standing()
    assert (now.level, now.per_day, now.granted_by) == (2, 50, str(CERTIFICATES))
    assert now.evidence["why"].startswith("Of the audited mails, up to ")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approval_id) == (SendState.PENDING, None)
    assert waiting.state_reason == now.evidence["why"]


def test_grant_that_people_made_on_their_own_word_stays() -> None:
    granted(3)
    (fault,) = evidence(1, Finding.DEFECT)

    reconsider(audit=fault, now=LATER)

    assert standing().level == 3


def test_new_basis_does_not_demote_and_doubt_about_it_does() -> None:
    certified()
    House.objects.update(audited_bar=0.06)
    text = seed_policy(PolicyKind.SEND).to_json()
    publish_text(parse_policy({**text, "rules": text["rules"][:-1]}))
    (clean,) = evidence(1)

    reconsider(audit=clean, now=LATER)
    assert standing().level == 3

    *_, fault = evidence(3, Finding.DEFECT, found_at=LATER)
    reconsider(audit=fault, now=LATER)
    assert standing().level == 2


def test_evidence_that_has_expired_holds_up_nothing() -> None:
    certified()
    (clean,) = evidence(1, found_at=NOW + WINDOW)

    reconsider(audit=clean, now=NOW + WINDOW)

    assert standing().level == 2
