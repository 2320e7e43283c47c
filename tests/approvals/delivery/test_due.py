"""At the claim the timing rules are asked, and it is kept that they were."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from approvals.delivery.claiming import claim
from approvals.models import Send, SendState
from revenue.actors import Actor
from revenue.models import DueBatch, Mailbox, PolicyKind, TimingVerdict
from revenue.policies import verdicts
from revenue.policies.counting import count_due, rule_counts
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import with_rule
from tests.support.rows import (
    NOW,
    installed,
    make_contact,
    make_draft,
    make_mailbox,
    make_send,
    publish_text,
)
from tests.support.visits import statements

WORKER = Actor.system("delivery-test")
NIGHT = NOW + timedelta(hours=10)


def approved(count: int = 1, *, mailbox: Mailbox | None = None) -> list[Send]:
    return [make_send(make_draft(mailbox=mailbox), state=SendState.APPROVED) for _ in range(count)]


def kept() -> list[tuple[int, int]]:
    """How many mails each batch asked about, and of how many a rule spoke."""
    batches = DueBatch.objects.order_by("id")
    return [(batch.mails, batch.verdicts.count()) for batch in batches]


@pytest.mark.usefixtures("house")
def test_mails_that_leave_are_counted_as_asked() -> None:
    approved(3)

    claim(by=WORKER, now=NOW)

    batch = DueBatch.objects.get()
    assert kept() == [(3, 0)]
    assert (batch.asked_at, batch.asked_by) == (NOW, "system:delivery-test")
    assert batch.policy_id == verdicts.active(PolicyKind.SEND).version_id


@pytest.mark.usefixtures("house")
def test_a_mail_that_waits_is_kept_with_its_rule_and_until_when() -> None:
    (send,) = approved()

    claim(by=WORKER, now=NIGHT)

    send.refresh_from_db()
    said = TimingVerdict.objects.get()
    assert (said.subject, said.fired, said.unknown) == (f"send:{send.pk}", ["quiet-hours"], [])
    assert (said.rule, said.asked_again_at) == ("quiet-hours", send.leaves_at)
    count_due(now=NIGHT)
    count = rule_counts(PolicyKind.SEND, now=NIGHT)["quiet-hours"]
    assert (count.asked_7, count.fired_7, count.decided_90) == (1, 1, 1)


@pytest.mark.usefixtures("house")
def test_each_asking_counts_anew() -> None:
    (send,) = approved()

    for at in (NIGHT, NIGHT + timedelta(minutes=1), NIGHT + timedelta(hours=13)):
        claim(by=WORKER, now=at)

    send.refresh_from_db()
    assert send.state == SendState.SENDING
    assert kept() == [(1, 1), (1, 0)]


@pytest.mark.usefixtures("house")
def test_a_mail_whose_zone_is_not_known_says_which_rules_could_not_be_told() -> None:
    contact = make_contact(country="US", region="", time_zone="")
    make_send(make_draft(contact), state=SendState.APPROVED)

    claim(by=WORKER, now=NOW)

    said = TimingVerdict.objects.get()
    assert said.fired == ["zone-unknown"]
    assert said.unknown == ["weekend", "quiet-hours", "public-holiday"]


@pytest.mark.usefixtures("house")
def test_what_is_revoked_is_not_asked_about_the_hour() -> None:
    approved(2)
    publish_text(with_rule(Effect.DENY))

    claim(by=WORKER, now=NIGHT)

    assert Send.objects.filter(state=SendState.REVOKED).count() == 2
    assert kept() == []


@pytest.mark.usefixtures("house")
def test_a_claim_that_is_undone_leaves_no_trace() -> None:
    approved()

    with transaction.atomic():
        claim(by=WORKER, now=NIGHT)
        transaction.set_rollback(True)

    assert kept() == []


@pytest.mark.usefixtures("house")
def test_a_claim_takes_one_more_statement_and_another_where_something_waits() -> None:
    def taken(at: datetime) -> int:
        with statements() as made:
            claim(by=WORKER, now=at)
        return sum("revenue_duebatch" in sql or "revenue_timingverdict" in sql for sql in made)

    approved(3)
    assert taken(NIGHT) == 2
    Send.objects.update(leaves_at=NOW)
    assert taken(NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_lose_no_count_and_wait_for_nobody() -> None:
    installed()
    mailboxes = [make_mailbox(address=f"box{number}@hollow-oak.example") for number in range(4)]
    for mailbox in mailboxes:
        approved(9, mailbox=mailbox)
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            start.wait(timeout=20)
            while claim(by=Actor.system(f"worker-{number}"), now=NIGHT, limit=2):
                pass
        except BaseException as error:  # told in the main thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sum(mails for mails, _ in kept()) == 36
    assert TimingVerdict.objects.values("subject").distinct().count() == 36
    count_due(now=NIGHT)
    count = rule_counts(PolicyKind.SEND, now=NIGHT)["quiet-hours"]
    assert (count.asked_7, count.fired_7) == (36, 36)
