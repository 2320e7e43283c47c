"""Publishing and delivery at the same moment, each in a session of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from approvals.delivery.claiming import claim
from approvals.delivery.sending import begin
from approvals.models import Attempt, Send, SendState
from revenue.actors import Actor
from revenue.models import PolicyKind
from revenue.policies import verdicts
from revenue.policies.vocabulary import Effect
from tests.approvals.changes.proposals import with_rule
from tests.support.rows import NOW, installed, make_send, publish_text

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = Actor.system("delivery-test")


def publish_slowly(published: Event, finish: Event) -> None:
    """Publish, and let the transaction stay open until told."""
    try:
        with transaction.atomic():
            publish_text(with_rule(Effect.DENY))
            published.set()
            finish.wait(timeout=20)
    finally:
        connection.close()


def test_mail_is_not_begun_while_another_policy_is_being_published() -> None:
    installed()
    send = make_send(state=SendState.APPROVED)
    taken = claim(by=WORKER, now=NOW)
    assert taken is not None
    published, finish = Event(), Event()

    with ThreadPoolExecutor(2) as pool:
        publishing = pool.submit(publish_slowly, published, finish)
        published.wait(timeout=20)
        beginning = pool.submit(begin_alone, taken.sends[0])
        with pytest.raises(TimeoutError):
            beginning.result(timeout=0.3)
        finish.set()
        publishing.result(timeout=20)
        begun = beginning.result(timeout=20)

    send.refresh_from_db()
    assert (begun, send.state, Attempt.objects.count()) == (None, SendState.APPROVED, 0)


def begin_alone(send: Send) -> object:
    try:
        return begin(send, by=WORKER, now=NOW)
    finally:
        connection.close()


def hold_alone() -> verdicts.Published:
    try:
        with transaction.atomic():
            return verdicts.hold_active(PolicyKind.SEND)
    finally:
        connection.close()


def test_who_waits_for_a_publication_holds_the_version_that_it_made_active() -> None:
    installed()
    published, finish = Event(), Event()

    with ThreadPoolExecutor(2) as pool:
        publishing = pool.submit(publish_slowly, published, finish)
        published.wait(timeout=20)
        holding = pool.submit(hold_alone)
        with pytest.raises(TimeoutError):
            holding.result(timeout=0.3)
        finish.set()
        publishing.result(timeout=20)
        held = holding.result(timeout=20)

    assert held.number == 2


def test_publishing_waits_for_a_claim_that_judges_by_the_policy() -> None:
    installed()
    published, finish = Event(), Event()
    finish.set()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = verdicts.hold_active(PolicyKind.SEND)
            publishing = pool.submit(publish_slowly, published, finish)
            assert not published.wait(timeout=0.3)
            assert verdicts.active(PolicyKind.SEND).version_id == held.version_id
        publishing.result(timeout=20)

    assert verdicts.active(PolicyKind.SEND).number == 2
