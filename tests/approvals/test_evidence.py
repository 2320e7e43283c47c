"""What people decided after a verdict, as evidence for and against a rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.evidence import deals_of, decisions_on, send_names
from approvals.models import Channel, Choice, Decision, EditClass, RejectReason, Revision, Send
from revenue.models import Deal, DealStage, PolicyKind, Verdict
from revenue.policies import verdicts
from tests.revenue.policies.samples import ALLOWED
from tests.support.rows import ADMIN, FOUNDER, NOW, installed, make_send
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
EVERY = Verdict.objects.filter(subject__startswith="send:")


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def judged(send: Send, *, after: timedelta = timedelta()) -> int:
    policy = verdicts.active(PolicyKind.SEND)
    facts = {f"send:{send.pk}": ALLOWED}
    (verdict,) = verdicts.record(policy, facts, by=ADMIN, now=NOW + after)
    return verdict.pk


def decide(send: Send, choice: Choice = Choice.APPROVE, **fields: Any) -> Decision:
    revision = fields.pop("revision", send.revision)
    told = {"channel": Channel.PAGE, "round": send.round, "decided_at": NOW + 10 * SECOND}
    return Decision.objects.create(
        **{
            "send": send, "revision": revision, "choice": choice,
            "decided_by": str(FOUNDER), **told, **fields,
        }
    )  # fmt: skip


def edited(send: Send, *, as_a: EditClass, after: timedelta, planted: bool = False) -> Revision:
    first = send.revision
    assert first is not None
    number = send.revisions.count() + 1
    return Revision.objects.create(
        send=send, number=number, subject=first.subject, body=f"{first.body} {number}",
        footer=first.footer, from_name=first.from_name, from_address=first.from_address, claims=[],
        faults=[], content_hash="1" * 64, edit_class=as_a, written_at=NOW + after,
        written_by=str(FOUNDER), planted=planted,
    )  # fmt: skip


def test_the_first_decision_after_a_verdict_counts() -> None:
    send = make_send()
    verdict = judged(send)
    decide(send, Choice.RETURN, reason="Again, please")
    decide(send, round=2, decided_at=NOW + 20 * SECOND)

    assert decisions_on(EVERY) == {verdict: "returned"}


def test_a_decision_from_before_a_verdict_is_none_on_it() -> None:
    send = make_send()
    decide(send)
    judged(send, after=20 * SECOND)

    assert decisions_on(EVERY) == {}


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], "approved"),
        ([EditClass.NONE], "approved"),
        ([EditClass.COSMETIC], "cosmetic"),
        ([EditClass.OFFER, EditClass.COSMETIC], "offer"),
        ([EditClass.COSMETIC, EditClass.CLAIM], "claim"),
    ],
)
def test_an_approval_counts_by_the_gravest_edit_since_the_verdict(
    edits: list[EditClass], expected: str
) -> None:
    send = make_send()
    verdict = judged(send)
    revision = send.revision
    for number, as_a in enumerate(edits, start=1):
        revision = edited(send, as_a=as_a, after=number * SECOND)
    after_edits = judged(send, after=5 * SECOND)
    decide(send, revision=revision)

    # Asked about the text as it was edited, a person approved it as it was.
    assert decisions_on(EVERY) == {verdict: expected, after_edits: "approved"}


def test_what_was_undone_or_planted_is_no_evidence() -> None:
    undone, planted, rejected = (make_send() for _ in range(3))
    ids = [judged(send) for send in (undone, planted, rejected)]
    decide(undone)
    decide(undone, Choice.UNDO)
    fault = edited(planted, as_a=EditClass.NONE, after=SECOND, planted=True)
    decide(planted, Choice.REJECT, revision=fault, reason_code=RejectReason.UNTRUE)
    decide(rejected, Choice.REJECT, reason_code=RejectReason.TONE)

    assert decisions_on(EVERY) == {ids[2]: "rejected"}


def test_only_the_asked_verdicts_are_told_of() -> None:
    send, other = make_send(), make_send()
    verdict, _ = judged(send), judged(other)
    decide(send)
    decide(other)

    assert decisions_on(EVERY.filter(pk=verdict)) == {verdict: "approved"}


def test_deals_are_counted_once_by_how_they_stand() -> None:
    won, waits = make_send(), make_send()
    for send in (won, won, waits):
        judged(send)
    make_send()
    Deal.objects.filter(pk=won.deal_id).update(stage=DealStage.WON)

    assert deals_of(EVERY) == [("Won", 1), ("Lost", 0), ("Still open", 1)]


def test_mails_are_named_by_their_business_in_one_statement() -> None:
    one, two = make_send(), make_send()

    with statements() as made:
        names = send_names([f"send:{one.pk}", f"send:{two.pk}", "account:1", "send:x"])

    assert names == {f"send:{one.pk}": one.account.name, f"send:{two.pk}": two.account.name}
    assert len(made) == 1
