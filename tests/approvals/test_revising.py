"""A person's edit: the next revision, judged anew, which loses what was said of the one before."""

from __future__ import annotations

import inspect
from unicodedata import category

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from approvals.deciding import AlreadyDecided, NotPending, Ruling, TextChanged, decide, undo
from approvals.hashing import content_hash
from approvals.intake import open_send
from approvals.models import Choice, Decision, EditClass, Revision, Send, SendState
from approvals.revising import (
    MAX_BODY,
    MAX_SUBJECT,
    Unreadable,
    clean_body,
    clean_subject,
    revise,
)
from revenue.actors import Actor
from revenue.models import Effect, LedgerEvent, Verdict
from tests.support.rows import BODY, FOUNDER, NOW, installed, make_draft, make_send

pytestmark = pytest.mark.django_db

SUBJECT = "The phone at half past five"
OTHER = Actor("person", "2")
APPROVE = Ruling(choice=Choice.APPROVE)


@pytest.fixture
def send() -> Send:
    installed()
    return open_send(draft=make_draft(), now=NOW)


def edit(
    send: Send, *, subject: str = SUBJECT, body: str = BODY, seen: int | None = None
) -> Revision:
    return revise(
        send_id=send.pk, revision_id=seen or send.revision_id or 0, subject=subject, body=body,
        by=FOUNDER, now=NOW,
    ).revision  # fmt: skip


def approve(send: Send, revision: int | None = None) -> Send:
    seen = revision or send.revision_id or 0
    return decide(send_id=send.pk, revision_id=seen, ruling=APPROVE, by=OTHER, now=NOW)


# A new text --------------------------------------------------------------------------------------


def test_edit_makes_the_next_revision_and_keeps_the_first(send: Send) -> None:
    first = send.revision
    assert first is not None

    second = edit(send, subject="The phone at six")

    send.refresh_from_db()
    assert (send.revision_id, second.number, second.written_by) == (second.pk, 2, str(FOUNDER))
    assert (second.subject, second.body, second.footer) == (
        "The phone at six",
        first.body,
        first.footer,
    )
    assert second.content_hash == content_hash(
        second.from_address, send.to_address, second.subject, second.body, second.footer
    )
    first.refresh_from_db()
    assert first.subject == SUBJECT
    event = LedgerEvent.objects.get(kind="send.edited")
    assert event.data == {
        "revision": second.pk,
        "from_revision": first.pk,
        "edit_class": EditClass.COSMETIC,
    }


def test_edit_is_judged_anew_and_a_false_claim_holds(send: Send) -> None:
    before = send.verdict_id

    second = edit(send, body=BODY.replace("Ana Petrov", "You have 14 locations.\n\nAna Petrov"))

    send.refresh_from_db()
    assert [claim["supported"] for claim in second.claims] == [False]
    assert second.edit_class == EditClass.CLAIM
    assert send.verdict_id != before
    assert (send.effect, send.held_by, send.risk_marks) == (
        Effect.HOLD,
        "unsupported-claims",
        ["unsupported_claim"],
    )
    assert Verdict.objects.filter(subject=f"send:{send.pk}").count() == 2


@pytest.mark.parametrize("body", [BODY, f"\n {BODY}\n", BODY.replace("\n", "\r\n")])
def test_same_text_makes_no_revision(send: Send, body: str) -> None:
    revision = edit(send, subject=f" {SUBJECT} ", body=body)

    assert revision == send.revision
    assert Revision.objects.count() == 1
    assert not LedgerEvent.objects.filter(kind="send.edited").exists()


# What was decided --------------------------------------------------------------------------------


def test_decision_about_the_text_before_is_refused(send: Send) -> None:
    seen = send.revision_id
    edit(send, subject="The phone at six")

    with pytest.raises(TextChanged):
        approve(send, seen)

    assert not Decision.objects.exists()


def test_edit_of_a_text_that_changed_meanwhile_is_refused(send: Send) -> None:
    seen = send.revision_id
    edit(send, subject="The phone at six")

    with pytest.raises(TextChanged):
        edit(send, subject="The phone at seven", seen=seen)

    assert Revision.objects.count() == 2


def test_edit_after_the_decision_is_told_of_it(send: Send) -> None:
    approve(send)

    with pytest.raises(AlreadyDecided) as caught:
        edit(send, subject="The phone at six")

    assert caught.value.decision.decided_by == str(OTHER)
    assert Revision.objects.count() == 1


def test_edit_of_an_expired_send_is_refused(send: Send) -> None:
    Send.objects.filter(pk=send.pk).update(state=SendState.EXPIRED)

    with pytest.raises(NotPending):
        edit(send, subject="The phone at six")


def test_approval_never_passes_to_another_text(send: Send) -> None:
    """An approved send keeps its text: the database binds the approval to the revision."""
    approve(send)
    second = Revision.objects.create(
        send=send, number=2, subject="Other", body="Other", footer="f", from_name="A",
        from_address="a@b.example", claims=[], faults=[], content_hash="1" * 64,
        written_at=NOW, written_by=str(FOUNDER),
    )  # fmt: skip

    with pytest.raises(IntegrityError, match="send_approval_of_revision"), transaction.atomic():
        Send.objects.filter(pk=send.pk).update(revision=second)


def test_edit_after_undo_needs_a_decision_of_its_own(send: Send) -> None:
    approve(send)
    undo(send_id=send.pk, by=OTHER, now=NOW)

    second = edit(send, subject="The phone at six")

    send.refresh_from_db()
    assert (send.state, send.approval_id) == (SendState.PENDING, None)
    approve(send, second.pk)
    send.refresh_from_db()
    assert send.approval is not None
    assert (send.approval.revision_id, send.approval.round) == (second.pk, 2)


def test_edit_has_no_way_to_change_the_recipient(send: Send) -> None:
    before = (send.to_address, send.to_name, send.account_id, send.contact_id, send.mailbox_id)

    edit(send, subject="The phone at six", body=f"{BODY}\n\nTo: other@other.example")

    send.refresh_from_db()
    after = (send.to_address, send.to_name, send.account_id, send.contact_id, send.mailbox_id)
    assert after == before
    assert set(inspect.signature(revise).parameters) == {
        "send_id", "revision_id", "subject", "body", "by", "now", "visible_ms",
    }  # fmt: skip


def test_revision_of_another_send_is_refused(send: Send) -> None:
    other = make_send()

    with pytest.raises(TextChanged):
        edit(send, subject="The phone at six", seen=other.revision_id)


# What can't be taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("", "subject is empty"),
        (" \t ", "subject is empty"),
        ("x" * (MAX_SUBJECT + 1), "longer than 200"),
        ("after five\r\nBcc: x@y.example", "line break or a control"),
        ("after five\nBcc: x@y.example", "line break or a control"),
        ("after\x00five", "line break or a control"),
        ("after\u2028five", "line break or a control"),
        ("after\u202efive", "line break or a control"),
        ("after\x85five", "line break or a control"),
    ],
)
def test_unusable_subject_is_refused_and_nothing_is_kept(
    send: Send, subject: str, words: str
) -> None:
    with pytest.raises(Unreadable, match=words):
        edit(send, subject=subject)

    assert Revision.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "text is empty"),
        ("\r\n\t", "text is empty"),
        ("x" * (MAX_BODY + 1), "longer than 20,000"),
        ("Hi\x00Dana", "control character"),
        ("Hi\x1b[2JDana", "control character"),
        ("Hi\x7fDana", "control character"),
        ("Hi\x85Dana", "control character"),
    ],
)
def test_unusable_body_is_refused_and_nothing_is_kept(send: Send, body: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        edit(send, body=body)

    assert Revision.objects.count() == 1


@given(st.text(max_size=MAX_SUBJECT + 5))
def test_subject_is_one_printable_line_or_refused(text: str) -> None:
    try:
        subject = clean_subject(text)
    except Unreadable:
        return

    assert subject == subject.strip()
    assert subject.isprintable()
    assert 0 < len(subject) <= MAX_SUBJECT
    assert clean_subject(subject) == subject


@given(st.text())
def test_body_has_plain_line_ends_and_no_controls_or_is_refused(text: str) -> None:
    try:
        body = clean_body(text)
    except Unreadable:
        return

    assert "\r" not in body
    assert all(category(character) != "Cc" or character in "\n\t" for character in body)
    assert clean_body(body) == body
