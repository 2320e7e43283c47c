"""Planting a fault in what comes up for a person, and telling of it with the decision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.bulk import carry_out, order_bulk
from approvals.deciding import (
    CannotUndo,
    Denied,
    Ruling,
    TextChanged,
    decide,
    reopen,
    snooze,
    undo,
)
from approvals.intake import judge, open_send
from approvals.letting_go import let_go
from approvals.models import (
    Audit,
    BulkResult,
    Channel,
    Choice,
    Decision,
    PlantedFault,
    Revision,
    SeededDefect,
    Send,
    SendState,
)
from approvals.revising import Revised, revise
from approvals.sweeping import expire_pending, reconsider, wake_snoozed
from revenue.actors import Actor
from revenue.conversation.suppression import suppress
from revenue.models import House, LedgerEvent, SuppressionKind, SuppressionReason
from tests.approvals.granting import granted
from tests.approvals.planted import (
    NAMED,
    defect_of,
    named_send,
    past_grace,
    plant_all,
    planted_send,
    real_of,
    standing,
)
from tests.support.rows import FOUNDER, NOW, installed, make_contact, make_draft, make_send

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
SECOND = Actor("person", "7")
RULINGS = [
    Ruling(choice=Choice.APPROVE, visible_ms=4200),
    Ruling(choice=Choice.REJECT, reason_code="untrue", reason="Not there", visible_ms=4200),
    Ruling(choice=Choice.RETURN, reason="Another name", visible_ms=4200),
]


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def rule(send: Send, ruling: Ruling = RULINGS[0], *, by: Actor = FOUNDER) -> Send:
    return decide(
        send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=by, now=LATER
    )


def edit(send: Send, body: str, *, subject: str = "") -> Revised:
    return revise(
        send_id=send.pk, revision_id=send.revision_id or 0,
        subject=subject or standing(send).subject, body=body, by=FOUNDER, now=LATER, visible_ms=900,
    )  # fmt: skip


def kinds_of(send: Send) -> list[str]:
    events = LedgerEvent.objects.filter(subject=f"send:{send.pk}").order_by("id")
    return list(events.values_list("kind", flat=True))


# Planting ----------------------------------------------------------------------------------------


def test_planted_text_stands_and_all_else_is_that_of_the_real_one() -> None:
    send = planted_send()

    planted, real, defect = standing(send), real_of(send), defect_of(send)
    assert (planted.planted, send.revision_planted, send.state) == (True, True, SendState.PENDING)
    assert (real.body, real.planted) == (send.draft.body, False)
    assert planted.body != real.body
    assert defect.fragment in planted.body
    assert (defect.kind in PlantedFault.values, defect.revision) == (True, planted)
    assert (defect.caught, defect.decided_at, defect.decided_by) == (None, None, None)
    same = ("subject", "footer", "from_name", "from_address", "faults", "edit_class")
    for name in (*same, "written_at", "written_by"):
        assert getattr(planted, name) == getattr(real, name), name
    assert planted.content_hash != real.content_hash


def test_verdict_is_that_of_the_real_text_also_when_it_is_asked_again() -> None:
    send = planted_send()
    assert send.verdict is not None
    before = dict(send.verdict.facts)

    reconsider(Send.objects.filter(pk=send.pk), now=NOW)

    send.refresh_from_db()
    assert send.verdict is not None
    assert send.verdict.facts == before
    assert before["send.word_count"] == len(send.draft.body.split())


def test_ledger_tells_nothing_of_it_before_the_decision() -> None:
    send = planted_send()

    assert kinds_of(send) == ["send.opened"]
    assert not LedgerEvent.objects.filter(kind__startswith="seeded").exists()


def test_nothing_is_planted_before_people_have_decided_enough() -> None:
    plant_all()

    send = open_send(draft=make_draft(), now=NOW)

    assert not send.revision_planted
    assert standing(send).number == 1


def test_share_of_nothing_plants_nothing() -> None:
    past_grace()
    plant_all(0)

    assert not any(open_send(draft=make_draft(), now=NOW).revision_planted for _ in range(20))


def test_share_says_how_many_are_planted() -> None:
    past_grace()
    plant_all(0.5)

    planted = sum(open_send(draft=make_draft(), now=NOW).revision_planted for _ in range(120))

    # Five standard deviations on either side of the half: wrong once in two million runs.
    assert 33 <= planted <= 87


def test_nothing_is_planted_where_nothing_fits() -> None:
    past_grace()
    plant_all()

    send = open_send(draft=make_draft(body="Hello\nabout the calls\nAna"), now=NOW)

    assert (send.revision_planted, standing(send).number) == (False, 1)
    assert not SeededDefect.objects.exists()


def test_what_the_policy_denies_carries_no_fault() -> None:
    past_grace()
    plant_all()
    contact = make_contact()
    suppress(
        kind=SuppressionKind.ADDRESS, value=contact.email, reason=SuppressionReason.ASKED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip

    send = open_send(draft=make_draft(contact), now=NOW)

    assert (send.state, send.revision_planted) == (SendState.DENIED, False)


# Beside what leaves without a click --------------------------------------------------------------


def let_go_or_planted(*, draw: float) -> Send:
    """A send as the intake leaves it where each that comes up for a person is to be planted."""
    send = make_send(make_draft(), draw=draw)
    judge([send], now=NOW)
    let_go(send=send, seeded_share=1, now=NOW)
    return send


def test_what_the_policy_lets_go_carries_no_fault() -> None:
    past_grace()
    granted(3)

    send = let_go_or_planted(draw=0.5)

    assert (send.state, send.revision_planted) == (SendState.APPROVED, False)


@pytest.mark.parametrize(("level", "draw"), [(3, 0.05), (2, 0.5)])
def test_planted_mail_is_no_audit(level: int, draw: float) -> None:
    past_grace()
    granted(level)

    send = let_go_or_planted(draw=draw)

    assert (send.state, send.revision_planted) == (SendState.PENDING, True)
    assert not Audit.objects.exists()


def test_mail_that_carries_no_fault_is_an_audit() -> None:
    granted(2)

    send = let_go_or_planted(draw=0.5)

    assert (send.revision_planted, Audit.objects.get().send) == (False, send)


# Deciding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ruling", RULINGS)
def test_decision_tells_and_brings_the_real_text_back(ruling: Ruling) -> None:
    send = planted_send()
    planted = standing(send)

    decided = rule(send, ruling)

    caught = ruling.choice != Choice.APPROVE
    decided.refresh_from_db()
    assert (decided.state, decided.round, decided.revision_planted) == (SendState.PENDING, 2, False)
    assert (decided.revision, decided.approval, decided.leaves_at) == (real_of(send), None, None)
    defect = defect_of(send)
    assert (defect.caught, defect.visible_ms) == (caught, 4200)
    assert (defect.decided_at, defect.decided_by) == (LATER, str(FOUNDER))
    decision = Decision.objects.get(send=send)
    assert (decision.revision, decision.round, decision.verdict) == (planted, 1, None)
    assert (decision.choice, decision.reason) == (ruling.choice, ruling.reason)
    assert kinds_of(send)[-1] == ("seeded.caught" if caught else "seeded.missed")


def test_real_text_is_then_decided_like_any_other() -> None:
    send = rule(planted_send())

    approved = rule(send)

    assert (approved.state, approved.revision) == (SendState.APPROVED, real_of(send))
    assert kinds_of(send) == ["send.opened", "seeded.missed", "send.approved"]


def test_second_reviewer_is_told_that_the_text_changed_and_nothing_more() -> None:
    send = planted_send()
    seen = send.revision_id or 0
    rule(send)

    with pytest.raises(TextChanged):
        decide(send_id=send.pk, revision_id=seen, ruling=RULINGS[1], by=SECOND, now=LATER)

    assert defect_of(send).decided_by == str(FOUNDER)
    assert Decision.objects.filter(send=send).count() == 1


def test_decision_about_a_planted_text_cannot_be_undone() -> None:
    send = rule(planted_send())

    with pytest.raises(CannotUndo, match="planted fault"):
        undo(send_id=send.pk, by=FOUNDER, now=LATER)

    assert kinds_of(send)[-1] == "seeded.missed"


def test_decision_about_the_real_text_can_be_undone() -> None:
    send = rule(rule(planted_send()))

    undone = undo(send_id=send.pk, by=FOUNDER, now=LATER)

    assert (undone.state, undone.round) == (SendState.PENDING, 3)


def test_denied_planted_text_is_not_told_by_an_approval() -> None:
    send = planted_send()
    Send.objects.filter(pk=send.pk).update(effect="deny")

    with pytest.raises(Denied):
        rule(send)

    assert defect_of(send).caught is None
    assert standing(send).planted


# Editing -----------------------------------------------------------------------------------------


def test_edit_that_takes_the_fault_out_catches_it() -> None:
    send = named_send()

    done = edit(send, NAMED)

    assert done.told is not None
    assert (done.told.caught, done.told.visible_ms, done.is_kept) == (True, 900, True)
    assert (standing(send), done.revision) == (real_of(send), real_of(send))
    assert kinds_of(send) == ["send.opened", "seeded.caught"]


def test_edit_that_takes_it_out_and_more_keeps_the_words() -> None:
    send = named_send()
    body = NAMED.replace("the calls", "the many calls")

    done = edit(send, body)

    assert done.told is not None
    assert done.told.caught
    assert (standing(send).body, standing(send).number, done.is_kept) == (body, 3, True)
    assert (send.round, send.revision_planted) == (2, False)
    assert kinds_of(send) == ["send.opened", "seeded.caught", "send.edited"]


def test_edit_that_leaves_the_fault_misses_it_and_keeps_the_words() -> None:
    send = named_send()
    wrong = standing(send).body

    done = edit(send, wrong.replace("the calls", "the many calls"), subject="Calls")

    assert done.told is not None
    assert (done.told.caught, done.is_kept) == (False, True)
    body = NAMED.replace("the calls", "the many calls")
    assert (standing(send).subject, standing(send).body) == ("Calls", body)
    assert kinds_of(send) == ["send.opened", "seeded.missed", "send.edited"]


def test_edit_whose_words_do_not_fit_leaves_the_real_text() -> None:
    send = named_send()

    done = edit(send, standing(send).body + "\n\nMarcus, Marcus")

    assert done.told is not None
    assert (done.told.caught, done.is_kept) == (False, False)
    assert standing(send) == real_of(send)


def test_unchanged_text_tells_nothing() -> None:
    send = named_send()

    done = edit(send, standing(send).body)

    assert (done.told, done.revision) == (None, standing(send))
    assert defect_of(send).caught is None


def test_edit_is_no_decision() -> None:
    send = named_send()

    edit(send, NAMED)

    assert not Decision.objects.filter(send=send).exists()


# Time and the world ------------------------------------------------------------------------------


def test_snoozed_fault_comes_back_and_still_counts() -> None:
    send = planted_send()
    until = NOW + timedelta(hours=1)
    snooze(send_id=send.pk, revision_id=send.revision_id or 0, until=until, by=FOUNDER, now=NOW)

    wake_snoozed(now=until)

    assert standing(send).planted
    assert rule(send).state == SendState.PENDING
    assert defect_of(send).caught is False


def test_expired_fault_counts_as_nothing_and_may_be_brought_back() -> None:
    send = planted_send()
    later = send.expires_at

    expire_pending(now=later)

    assert standing(send).planted
    assert (send.state, defect_of(send).caught) == (SendState.EXPIRED, None)
    reopened = reopen(send_id=send.pk, reason="", by=FOUNDER, now=later)
    assert reopened.state == SendState.PENDING
    assert rule(reopened, RULINGS[1]).state == SendState.PENDING
    assert defect_of(send).caught is True


def test_replaced_fault_counts_as_nothing() -> None:
    send = planted_send()

    newer = open_send(draft=make_draft(send.contact, replaces=send.draft), now=LATER)

    send.refresh_from_db()
    assert (send.state, newer.state) == (SendState.SUPERSEDED, SendState.PENDING)
    assert defect_of(send).caught is None


def test_overtaken_fault_counts_as_nothing() -> None:
    send = planted_send()
    suppress(
        kind=SuppressionKind.ADDRESS, value=send.to_address, reason=SuppressionReason.ASKED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip

    reconsider(Send.objects.filter(pk=send.pk), now=NOW)

    send.refresh_from_db()
    assert (send.state, defect_of(send).caught) == (SendState.STALE, None)


# In bulk -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
def test_bulk_order_tells_of_planted_ones_and_decides_the_others(choice: Choice) -> None:
    plain = open_send(draft=make_draft(), now=NOW)
    send = planted_send()
    bulk = order_bulk(
        sends=Send.objects.filter(pk__in=[plain.pk, send.pk]), excluded=(),
        ruling=Ruling(choice=choice, reason_code="tone"), filters={}, by=FOUNDER, now=NOW,
    )  # fmt: skip

    carry_out(bulk=bulk, now=LATER)

    results = dict(bulk.items.values_list("send_id", "result"))
    assert results == {plain.pk: BulkResult.DECIDED, send.pk: BulkResult.PLANTED}
    assert defect_of(send).caught is (choice == Choice.REJECT)
    assert Decision.objects.get(send=send).channel == Channel.BULK
    assert standing(send) == real_of(send)


def test_bulk_order_given_before_the_telling_finds_the_text_changed() -> None:
    send = planted_send()
    bulk = order_bulk(
        sends=Send.objects.filter(pk=send.pk), excluded=(), ruling=RULINGS[0], filters={},
        by=SECOND, now=NOW,
    )  # fmt: skip
    rule(send)

    carry_out(bulk=bulk, now=LATER)

    assert bulk.items.get().result == BulkResult.CHANGED
    assert send.decisions.count() == 1


def test_each_planted_text_is_one_revision_of_its_send() -> None:
    send = planted_send()
    rule(send)

    numbers = list(Revision.objects.filter(send=send).order_by("number").values_list("planted"))
    assert numbers == [(False,), (True,)]
    assert House.objects.get(pk=1).seeded_share == 1
