"""Each named constraint and trigger of this part is broken once, and refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.utils import DatabaseError, IntegrityError

from approvals.models import (
    Attempt,
    AttemptOutcome,
    Audit,
    Bulk,
    BulkItem,
    ChangeRequest,
    Choice,
    Decision,
    Revision,
    SeededDefect,
    Send,
    SendState,
    SevereEvent,
)
from revenue.models import PolicyKind, PolicyVersion
from revenue.policies import verdicts
from tests.approvals.granting import granted, opened
from tests.approvals.waiting import with_text
from tests.support.breaking import again, change, composite_keys, delete, triggers, truncate
from tests.support.rows import FOUNDER, NOW, approve_row, installed, make_draft, make_send

pytestmark = pytest.mark.django_db

BY = "system:test"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
CARRIERS = {"decision_about_revision", "revision_of_send", "revision_is_planted"}
"""Unique by their primary key alone; they are there for the composite foreign keys to point at."""


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def first_text(send: Send) -> Revision:
    assert send.revision is not None
    return send.revision


def rule(choice: Choice = Choice.APPROVE, send: Send | None = None, **fields: Any) -> Decision:
    send = send or make_send()
    defaults = {
        "revision": first_text(send), "round": 1, "choice": choice, "reason_code": "tone",
        "reason": "Why", "channel": "page", "decided_at": NOW, "decided_by": str(FOUNDER),
    }  # fmt: skip
    return Decision.objects.create(send=send, **{**defaults, **fields})


def attempt(send: Send | None = None, **fields: Any) -> Attempt:
    send = send or make_send(state=SendState.SENDING)
    defaults = {
        "mailbox": send.mailbox, "number": 1, "revision": first_text(send), "started_at": NOW,
        "started_by": BY,
    }  # fmt: skip
    return Attempt.objects.create(send=send, **{**defaults, **fields})


def let_go(**fields: Any) -> Decision:
    """A decision of the policy, whole unless ``fields`` break it."""
    send = opened()
    by = granted(4)
    defaults = {
        "revision": first_text(send), "round": 1, "choice": "approve", "verdict": send.verdict,
        "authority": by, "authority_level": 4, "channel": "policy", "decided_at": NOW,
        "decided_by": "seat:sender",
    }  # fmt: skip
    return Decision.objects.create(send=send, **{**defaults, **fields})


def audit(**fields: Any) -> Audit:
    defaults = {
        "seat_id": "sender", "action_id": "send_cold", "segment_id": "everything", "level": 2,
        "rate": 1.0, "basis": "b", "drawn_at": NOW,
    }  # fmt: skip
    return Audit.objects.create(send=make_send(), **{**defaults, **fields})


def severe(**fields: Any) -> SevereEvent:
    send = make_send(state=SendState.SENT)
    defaults = {"kind": "complaint", "reported_at": NOW, "reported_by": BY}
    return SevereEvent.objects.create(send=send, **{**defaults, **fields})


def planted_text(send: Send) -> Revision:
    """A second text of the send that carries a planted fault; it does not stand yet."""
    first = first_text(send)
    again(first, number=2, planted=True)
    return Revision.objects.get(send=send, planted=True)


def planted() -> Send:
    """A send in which a planted text stands."""
    send = make_send()
    change(send, revision=planted_text(send), revision_planted=True)
    send.refresh_from_db()
    return send


def seeded(**fields: Any) -> SeededDefect:
    send = planted()
    defaults = {
        "revision": first_text(send), "kind": "wrong_name", "fragment": "Marcus",
        "original": "Dana", "planted_at": NOW,
    }  # fmt: skip
    return SeededDefect.objects.create(send=send, **{**defaults, **fields})


def order(**fields: Any) -> Bulk:
    defaults = {"choice": "approve", "filters": {}, "ordered_at": NOW, "ordered_by": BY}
    return Bulk.objects.create(**{**defaults, **fields})


def asked(**fields: Any) -> ChangeRequest:
    defaults = {
        "kind": "policy", "policy": PolicyVersion.objects.get(kind="send"), "title": "Version 1",
        "proposed_at": NOW, "proposed_by": BY,
    }  # fmt: skip
    return ChangeRequest.objects.create(**{**defaults, **fields})


def item() -> BulkItem:
    send = make_send()
    return BulkItem.objects.create(bulk=order(), send=send, revision=first_text(send))


CONSTRAINTS: dict[str, Callable[[], object]] = {
    "attempt_number_once": lambda: again(
        attempt(finished_at=NOW, outcome=AttemptOutcome.TEMPORARY)
    ),
    "attempt_one_open_per_send": lambda: again(attempt(), number=2),
    "attempt_settled_whole": lambda: attempt(finished_at=NOW),
    "attempt_revision_of_send": lambda: attempt(revision=first_text(make_send())),
    "attempt_never_planted": lambda: attempt(
        send := make_send(state=SendState.SENDING), revision=planted_text(send),
        revision_planted=True,
    ),
    "attempt_revision_planted_or_not": lambda: attempt(
        send := make_send(state=SendState.SENDING), revision=planted_text(send)
    ),
    "audit_rate_is_a_share": lambda: audit(rate=0),
    "audit_finding_is_whole": lambda: audit(finding="clean"),
    "bulk_approve_or_reject": lambda: order(choice="reject"),
    "bulk_item_once": lambda: again(item()),
    "change_is_of_one_thing": lambda: asked(grant={"seat": "sender"}),
    "change_decision_is_whole": lambda: asked(state="approved", decided_at=NOW),
    "change_decided_iff_closed": lambda: asked(state="rejected"),
    "change_approved_by_another": lambda: asked(
        state="approved", decided_at=NOW + DAY, decided_by=BY
    ),
    "change_scheduled_has_time": lambda: asked(state="scheduled", takes_effect_at=NOW + DAY),
    "change_one_open_per_policy": lambda: again(asked()),
    "decision_first_wins": lambda: again(rule(), choice=Choice.REJECT),
    "decision_undone_once": lambda: again(rule(Choice.UNDO)),
    "decision_reject_has_reason": lambda: rule(Choice.REJECT, reason_code=""),
    "decision_return_has_note": lambda: rule(Choice.RETURN, reason=""),
    "decision_by_seat_needs_verdict": lambda: let_go(verdict=None),
    "decision_by_policy_needs_authority": lambda: let_go(authority=None, authority_level=None),
    "decision_level_of_authority": lambda: let_go(authority=granted(2), authority_level=3),
    "decision_revision_of_send": lambda: rule(revision=first_text(make_send())),
    "revision_number_once": lambda: again(first_text(make_send())),
    "send_allowed_by_decision": lambda: change(make_send(), state="approved", leaves_at=NOW),
    "send_approval_is_approve": lambda: change(make_send(), approval_choice="reject"),
    "send_approval_of_revision": lambda: with_text(make_send(state=SendState.APPROVED)),
    "send_revision_is_own": lambda: change(make_send(), revision=first_text(make_send())),
    "send_leaves_under_a_policy": lambda: change(
        make_send(state=SendState.APPROVED), state="sending", lease_until=NOW, lease_by=BY
    ),
    "send_message_id_before_wire": lambda: change(
        make_send(state=SendState.APPROVED, message_id=None),
        state="sending", lease_until=NOW, lease_by=BY,
        cleared_under=verdicts.active(PolicyKind.SEND).version_id,
    ),
    "send_message_id_once": lambda: make_send(message_id=make_send().message_id),
    "send_token_once": lambda: make_send(token=make_send().token),
    "send_leased_while_sending": lambda: change(
        make_send(), lease_until=NOW, lease_by=BY
    ),
    "send_lease_is_whole": lambda: change(make_send(state=SendState.SENDING), lease_by=None),
    "send_reservation_is_whole": lambda: change(make_send(), reserved_until=NOW),
    "send_sent_at_iff_sent": lambda: change(make_send(), sent_at=NOW),
    "send_snoozed_until_a_time": lambda: change(make_send(), state="snoozed"),
    "send_one_open_per_contact": lambda: make_send(make_draft(make_send().contact)),
    "send_draw_is_a_share": lambda: make_send(draw=1),
    "send_planted_never_allowed": lambda: change(
        send := planted(), state="approved", approval=approve_row(send), leaves_at=NOW
    ),
    "send_revision_planted_or_not": lambda: change(
        send := make_send(), revision=planted_text(send)
    ),
    "seeded_decision_is_whole": lambda: seeded(caught=True),
    "seeded_revision_of_send": lambda: seeded(revision=first_text(make_send())),
    "severe_once_per_kind": lambda: again(severe()),
}  # fmt: skip


def declared() -> Iterator[str]:
    for model in apps.get_app_config("approvals").get_models():
        yield from (constraint.name for constraint in model._meta.constraints)
    yield from composite_keys("approvals")


def test_every_constraint_is_broken_here() -> None:
    assert set(CONSTRAINTS) == set(declared()) - CARRIERS


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_refuses(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        CONSTRAINTS[name]()


# The other side of each that has two -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "changes"),
    [
        ("send_allowed_by_decision", SendState.APPROVED, {"approval": None}),
        ("send_allowed_by_decision", SendState.APPROVED, {"leaves_at": None}),
        ("send_allowed_by_decision", SendState.SENT, {"approval": None}),
        ("send_allowed_by_decision", SendState.UNCERTAIN, {"approval": None}),
        ("send_leased_while_sending", SendState.SENDING, {"lease_until": None, "lease_by": None}),
        ("send_reservation_is_whole", SendState.PENDING, {"reserved_by": BY}),
        ("send_sent_at_iff_sent", SendState.SENT, {"sent_at": None}),
        ("send_snoozed_until_a_time", SendState.PENDING, {"snoozed_until": NOW}),
    ],
)
def test_half_of_what_belongs_together_is_refused(
    name: str, state: SendState, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        change(make_send(state=state), **changes)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("change_is_of_one_thing", {"policy": None}),
        ("change_is_of_one_thing", {"kind": "grant"}),
        ("change_decision_is_whole", {"decided_by": BY}),
        ("change_decided_iff_closed", {"decided_at": NOW, "decided_by": BY}),
        (
            "change_approved_by_another",
            {
                "state": "approved", "alone_because": "In a hurry", "decided_by": BY,
                "decided_at": NOW + DAY - SECOND,
            },
        ),
        ("change_scheduled_has_time", {"state": "scheduled", "alone_because": "Alone"}),
    ],
)  # fmt: skip
def test_a_change_request_has_no_way_around(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        asked(**fields)


def test_alone_a_change_is_approved_after_a_day_with_a_reason() -> None:
    made = asked(state="approved", alone_because="Nobody else", decided_by=BY, decided_at=NOW + DAY)

    assert made.pk


def test_a_rejection_is_no_approval_even_where_it_is_called_one() -> None:
    send = make_send()
    rejection = rule(Choice.REJECT, send)

    with pytest.raises(IntegrityError, match="send_approval_of_revision"), transaction.atomic():
        change(send, state="approved", approval=rejection, leaves_at=NOW)


def test_an_approval_of_another_send_is_none_of_this_one() -> None:
    approval = approve_row(make_send())

    with pytest.raises(IntegrityError, match="send_approval_of_revision"), transaction.atomic():
        change(make_send(), state="approved", approval=approval, leaves_at=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"authority_level": None},
        {"authority": None},
        {"decided_by": "system:test"},
        {"decided_by": str(FOUNDER)},
        {"channel": "page", "decided_by": str(FOUNDER)},
        {"channel": "page", "decided_by": str(FOUNDER), "authority": None},
    ],
)
def test_only_the_policy_decides_by_authority_and_never_without(changes: dict[str, Any]) -> None:
    name = "decision_by_policy_needs_authority"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        let_go(**changes)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_no_level_below_three_lets_anything_go(level: int) -> None:
    name = "decision_by_policy_needs_authority"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        let_go(authority=granted(level), authority_level=level)


@pytest.mark.parametrize("draw", [-0.0001, 1, float("nan")])
def test_a_draw_is_at_least_nothing_and_below_one(draw: float) -> None:
    with pytest.raises(IntegrityError, match="send_draw_is_a_share"), transaction.atomic():
        make_send(draw=draw)


@pytest.mark.parametrize("rate", [-0.1, 0, 1.1])
def test_a_rate_of_audits_is_a_share(rate: float) -> None:
    with pytest.raises(IntegrityError, match="audit_rate_is_a_share"), transaction.atomic():
        audit(rate=rate)


@pytest.mark.parametrize("state", ["approved", "sending", "sent", "failed", "uncertain"])
def test_no_state_of_what_is_allowed_holds_a_planted_text(state: str) -> None:
    send = planted()
    name = "send_planted_never_allowed"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        change(
            send, state=state, approval=approve_row(send), leaves_at=NOW,
            sent_at=NOW if state == "sent" else None,
            lease_until=NOW if state == "sending" else None,
            lease_by=BY if state == "sending" else None,
            cleared_under=verdicts.active(PolicyKind.SEND).version_id,
        )  # fmt: skip


def test_a_planted_text_is_not_called_a_real_one() -> None:
    name = "send_revision_planted_or_not"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        change(planted(), revision_planted=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"decided_at": NOW},
        {"decided_by": BY},
        {"caught": False, "decided_at": NOW},
        {"decided_at": NOW, "decided_by": BY},
    ],
)
def test_a_planted_fault_is_decided_as_a_whole(changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="seeded_decision_is_whole"), transaction.atomic():
        seeded(**changes)


# Triggers ----------------------------------------------------------------------------------------

ATTEMPTS: dict[str, list[Callable[[], object]]] = {
    "approvals_revision_no_change": [
        lambda: change(first_text(make_send()), body="Other words"),
        lambda: delete(first_text(make_send())),
    ],
    "approvals_revision_no_truncate": [lambda: truncate(Revision)],
    "approvals_decision_no_change": [
        lambda: change(rule(), reason="Another reason"),
        lambda: change(rule(), decided_at=NOW + timedelta(days=1)),
        lambda: delete(rule()),
    ],
    "approvals_decision_no_truncate": [lambda: truncate(Decision)],
    "approvals_changerequest_no_delete": [lambda: delete(asked())],
    "approvals_changerequest_no_truncate": [lambda: truncate(ChangeRequest)],
    "approvals_send_recipient_stays": [
        lambda: change(make_send(), to_address="other@other.example"),
        lambda: change(make_send(), token="x" * 32),
        lambda: change(make_send(), contact=make_send().contact),
        lambda: change(make_send(), account=make_send().account),
        lambda: change(make_send(), draft=make_draft()),
        lambda: change(make_send(), message_id="<other@other.example>"),
        lambda: change(make_send(), message_id=None),
        lambda: change(make_send(draw=0.5), draw=0.4),
    ],
    "approvals_send_no_delete": [
        lambda: delete(make_send()),
    ],
    "approvals_severeevent_no_change": [
        lambda: change(severe(), note="Other words"),
        lambda: delete(severe()),
    ],
    "approvals_severeevent_no_truncate": [lambda: truncate(SevereEvent)],
}


REFUSAL = r"is append-only|of a send never changes"


def test_every_trigger_is_tried_here() -> None:
    assert set(ATTEMPTS) == triggers("approvals")


@pytest.mark.parametrize("act", [act for acts in ATTEMPTS.values() for act in acts])
def test_a_trigger_refuses(act: Callable[[], object]) -> None:
    with (
        pytest.raises(DatabaseError, match=REFUSAL),
        transaction.atomic(),
    ):
        act()


def test_a_message_id_may_be_given_once() -> None:
    send = make_send(message_id=None)

    change(send, message_id="<first@hollow-oak.example>")

    send.refresh_from_db()
    assert send.message_id == "<first@hollow-oak.example>"
