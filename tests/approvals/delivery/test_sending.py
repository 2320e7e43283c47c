from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.delivery import sending
from approvals.delivery.claiming import LEASE, claim
from approvals.delivery.sending import begin, deliver_due
from approvals.delivery.settling import MAX_ATTEMPTS, recover_expired, resolve_uncertain
from approvals.models import Attempt, AttemptOutcome, Send, SendState
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.conversation.suppression import is_suppressed
from revenue.models import Mailbox, PolicyKind, Suppression, SwitchScope
from revenue.policies import verdicts
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import with_rule
from tests.support.rows import FOUNDER, NOW, make_mailbox, make_send, publish_text
from tests.support.smtp_server import Fault, SmtpServer

WORKER = Actor.system("delivery-test")


def deliver(*, after: timedelta = timedelta()) -> int:
    return deliver_due(by=WORKER, clock=lambda: NOW + after)


def claimed() -> Send:
    """The one send that is due, claimed by the worker of these tests."""
    taken = claim(by=WORKER, now=NOW)
    assert taken is not None
    return taken.sends[0]


def approved(**fields: Any) -> Send:
    return make_send(state=SendState.APPROVED, **fields)


def test_approved_send_arrives_as_it_was_approved(server: SmtpServer) -> None:
    send = approved()

    assert deliver() == 1

    send.refresh_from_db()
    attempt = Attempt.objects.get(send=send)
    mail = server.kept[0].message
    assert (send.state, send.sent_at) == (SendState.SENT, NOW)
    assert (attempt.outcome, attempt.number) == (AttemptOutcome.ACCEPTED, 1)
    assert mail["Message-ID"] == send.message_id
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/u/{send.token}>" in mail["List-Unsubscribe"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Reply MAP and I will send you one page" in body.get_content()
    assert "1200 Harbour Street" in body.get_content()


def test_batch_of_a_mailbox_without_pace_leaves_over_one_connection(server: SmtpServer) -> None:
    sends = [approved() for _ in range(5)]

    assert deliver() == 5

    assert {kept.message_id for kept in server.kept} == {send.message_id for send in sends}
    assert server.connections == 1


def test_mailbox_with_a_pace_sends_one_and_waits(server: SmtpServer) -> None:
    Mailbox.objects.update(gap_min_s=60, gap_max_s=300)
    for _ in range(3):
        approved()

    counts = [deliver(), deliver(), deliver(after=timedelta(seconds=301))]

    assert counts == [1, 0, 1]
    gap = Mailbox.objects.get().next_send_at
    assert gap is not None
    assert NOW + timedelta(seconds=361) <= gap <= NOW + timedelta(seconds=601)


def test_pending_send_never_leaves(server: SmtpServer) -> None:
    make_send()

    assert deliver(after=timedelta(days=1)) == 0
    assert server.kept == []


def test_send_waits_until_its_hold_is_over(server: SmtpServer) -> None:
    send = approved()
    Send.objects.filter(pk=send.pk).update(leaves_at=NOW + timedelta(seconds=30))

    assert [deliver(), deliver(after=timedelta(seconds=30))] == [0, 1]


def test_temporary_refusal_is_tried_again_with_growing_delay(server: SmtpServer) -> None:
    server.set_faults(Fault("rcpt", reply="451 4.3.2 Try later", first=2))
    send = approved()

    deliver()
    send.refresh_from_db()
    first_wait = (send.leaves_at or NOW) - NOW
    deliver(after=timedelta(hours=1))
    send.refresh_from_db()
    second_wait = (send.leaves_at or NOW) - NOW - timedelta(hours=1)
    deliver(after=timedelta(hours=3))

    send.refresh_from_db()
    assert timedelta() < first_wait < second_wait
    assert (send.state, send.attempts) == (SendState.SENT, 3)
    assert [kept.message_id for kept in server.kept] == [send.message_id]


def test_temporary_refusals_end_as_failed(server: SmtpServer) -> None:
    server.set_faults(Fault("rcpt", reply="451 4.3.2 Try later"))
    send = approved()

    for day in range(MAX_ATTEMPTS + 2):
        deliver(after=timedelta(days=day, hours=0))

    send.refresh_from_db()
    assert (send.state, send.attempts) == (SendState.FAILED, MAX_ATTEMPTS)
    assert "Gave up after 6 attempts" in send.state_reason


def test_unknown_address_fails_and_is_suppressed(server: SmtpServer) -> None:
    server.set_faults(Fault("rcpt", reply="550 5.1.1 No such user here"))
    send = approved()

    deliver()

    send.refresh_from_db()
    assert send.state == SendState.FAILED
    entry = Suppression.objects.get()
    assert (entry.value, entry.reason) == (send.to_address, "bounced")


def test_configuration_fault_pauses_the_mailbox_and_keeps_the_address(server: SmtpServer) -> None:
    server.set_faults(Fault("after", reply="550 5.7.515 Domain fails authentication"))
    send = approved()

    deliver()

    send.refresh_from_db()
    mailbox = Mailbox.objects.get()
    assert (send.state, mailbox.paused_at) == (SendState.APPROVED, NOW)
    assert not is_suppressed(address=send.to_address, account_id=None, key="for tests only " * 3)
    assert deliver(after=timedelta(days=1)) == 0


@pytest.mark.parametrize("keep", [True, False])
def test_connection_lost_after_the_content_is_uncertain_and_never_retried(
    server: SmtpServer, keep: bool
) -> None:
    server.set_faults(Fault("after", drop=True, keep=keep))
    send = approved()

    deliver()
    server.set_faults()
    deliver(after=timedelta(days=1))

    send.refresh_from_db()
    assert (send.state, send.attempts) == (SendState.UNCERTAIN, 1)
    assert len(server.kept) == int(keep)


def test_connection_lost_before_the_content_is_tried_again(server: SmtpServer) -> None:
    server.set_faults(Fault("data", drop=True, first=1))
    send = approved()

    deliver()
    deliver(after=timedelta(hours=1))

    send.refresh_from_db()
    assert (send.state, len(server.kept)) == (SendState.SENT, 1)


def test_worker_that_died_before_an_attempt_gives_the_send_back(server: SmtpServer) -> None:
    send = approved()
    claim(by=Actor.system("dead"), now=NOW)

    recover_expired(by=WORKER, now=NOW + LEASE + timedelta(seconds=1))
    delivered = deliver(after=LEASE + timedelta(seconds=2))

    send.refresh_from_db()
    assert (delivered, send.state, send.attempts) == (1, SendState.SENT, 1)


def test_worker_that_died_during_an_attempt_leaves_it_uncertain(server: SmtpServer) -> None:
    send = approved()
    begin(claimed(), by=WORKER, now=NOW)

    late = NOW + LEASE + timedelta(seconds=1)
    recovered = recover_expired(by=WORKER, now=late)

    send.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (recovered, send.state) == (1, SendState.UNCERTAIN)
    assert (attempt.outcome, attempt.finished_at) == (AttemptOutcome.UNCERTAIN, late)


def test_late_worker_can_not_begin_after_its_lease(server: SmtpServer) -> None:
    approved()

    late = begin(claimed(), by=WORKER, now=NOW + LEASE + timedelta(seconds=1))

    assert late is None
    assert Attempt.objects.count() == 0


def test_uncertain_send_that_arrived_is_sent(server: SmtpServer) -> None:
    send = approved()
    begin(claimed(), by=WORKER, now=NOW)
    recover_expired(by=WORKER, now=NOW + LEASE + timedelta(seconds=1))

    resolve_uncertain(send_id=send.pk, delivered=True, note="In the log", by=FOUNDER, now=NOW)

    send.refresh_from_db()
    assert send.state == SendState.SENT


def test_uncertain_send_that_never_arrived_is_sent_with_the_same_id(server: SmtpServer) -> None:
    send = approved()
    begin(claimed(), by=WORKER, now=NOW)
    recover_expired(by=WORKER, now=NOW + LEASE + timedelta(seconds=1))

    resolve_uncertain(send_id=send.pk, delivered=False, note="", by=FOUNDER, now=NOW)
    deliver(after=timedelta(minutes=5))

    send.refresh_from_db()
    assert (send.state, [kept.message_id for kept in server.kept]) == (
        SendState.SENT,
        [send.message_id],
    )
    assert list(Attempt.objects.order_by("number").values_list("number", "outcome")) == [
        (1, "uncertain"),
        (2, "accepted"),
    ]


@pytest.mark.parametrize(
    ("scope", "target", "delivered"),
    [
        (SwitchScope.EVERYTHING, "", 0),
        (SwitchScope.SEAT, "sender", 0),
        (SwitchScope.SEAT, "prospector", 0),
        (SwitchScope.ACTION, "send_cold", 0),
        (SwitchScope.SEAT, "pipeline", 1),
        (SwitchScope.ACTION, "send_reactivation", 1),
    ],
)
def test_kill_switch_stops_what_it_names(
    server: SmtpServer, scope: SwitchScope, target: str, delivered: int
) -> None:
    approved()
    killswitch.throw(scope=scope, target=target, reason="", by=FOUNDER, now=NOW)

    assert deliver() == delivered
    assert len(server.kept) == delivered


def test_kill_switch_thrown_between_claim_and_wire_stops_the_mail(server: SmtpServer) -> None:
    send = approved()
    taken = claimed()
    killswitch.throw(scope=SwitchScope.EVERYTHING, target="", reason="stop", by=FOUNDER, now=NOW)

    assert begin(taken, by=WORKER, now=NOW) is None

    send.refresh_from_db()
    assert (send.state, Attempt.objects.count()) == (SendState.APPROVED, 0)


def test_policy_published_between_claim_and_wire_sends_the_mail_back_to_be_claimed_anew(
    server: SmtpServer,
) -> None:
    send = approved()
    taken = claimed()
    second = publish_text(with_rule(Effect.HOLD, country="FR"))

    assert begin(taken, by=WORKER, now=NOW) is None
    send.refresh_from_db()
    assert (send.state, send.lease_by, Attempt.objects.count()) == (SendState.APPROVED, None, 0)
    assert send.waits_for == "The send policy has changed; it is judged again."

    assert deliver() == 1
    assert Attempt.objects.get().policy_id == second.pk


def test_mail_that_the_published_policy_denies_is_revoked_when_claimed_anew(
    server: SmtpServer,
) -> None:
    send = approved()
    taken = claimed()
    publish_text(with_rule(Effect.DENY))
    begin(taken, by=WORKER, now=NOW)

    assert deliver() == 0

    send.refresh_from_db()
    assert (send.state, send.state_reason) == (SendState.REVOKED, "We are careful in CA.")
    assert server.kept == []


def test_batch_stops_where_a_policy_is_published_and_goes_on_under_it(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        approved()
    first, hand_over = verdicts.active(PolicyKind.SEND).version_id, sending.hand_over

    def publish_after_the_second(*arguments: Any) -> Any:
        if Attempt.objects.count() == 2:
            publish_text(with_rule(Effect.HOLD, country="FR"))
        return hand_over(*arguments)

    monkeypatch.setattr(sending, "hand_over", publish_after_the_second)
    counts = [deliver(), deliver()]

    second = verdicts.active(PolicyKind.SEND).version_id
    policies = list(Attempt.objects.order_by("id").values_list("policy_id", flat=True))
    assert (counts, policies) == ([2, 2], [first, first, second, second])


def test_attempt_that_was_recorded_before_the_policy_was_published_is_made(
    server: SmtpServer,
) -> None:
    approved()
    taken = claimed()
    first = begin(taken, by=WORKER, now=NOW)
    publish_text(with_rule(Effect.DENY))
    taken.attempts = 0

    again = begin(taken, by=WORKER, now=NOW)

    assert first is not None
    assert again is not None
    assert again.attempt.pk == first.attempt.pk


def test_two_mailboxes_share_nothing(server: SmtpServer) -> None:
    other = make_mailbox(address="second@hollow-oak.example")
    Mailbox.objects.filter(address="ana@hollow-oak.example").update(
        paused_at=NOW, paused_by=str(FOUNDER), pause_reason="holiday"
    )
    approved()
    waiting = approved()
    Send.objects.filter(pk=waiting.pk).update(mailbox=other)

    assert [deliver(), deliver()] == [1, 0]


def test_step_that_was_committed_before_its_connection_broke_is_not_repeated(
    server: SmtpServer,
) -> None:
    approved()
    taken = claimed()
    first = begin(taken, by=WORKER, now=NOW)
    assert first is not None
    as_the_worker_knows_it = Send.objects.select_related("mailbox", "revision").get(pk=taken.pk)
    as_the_worker_knows_it.attempts = 0

    again = begin(as_the_worker_knows_it, by=WORKER, now=NOW)

    assert again is not None
    assert again.attempt.pk == first.attempt.pk
    assert Attempt.objects.count() == 1
