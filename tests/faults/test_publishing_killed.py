"""One policy is active, whatever is killed while it is published, delivered by or judged by."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from approvals.intake import judge
from approvals.models import Attempt, Send, SendState
from approvals.rejudging import judging, rejudge_waiting
from approvals.sweeping import WAITING
from revenue.models import LedgerEvent, PolicyState, PolicyStep, PolicyVersion
from tests.faults.nursery import Nursery
from tests.faults.sends import approve
from tests.faults.test_delivery_killed import (
    UNFINISHED,
    assert_never_twice_never_lost,
    smtp_process,
)
from tests.support.rows import make_pending_sends

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(480),
]

KILLS, DUE, PENDING = 40, 5, 100
"""Around each kill some mails come due; a round ends when one is begun and a version published."""
LEASE = 8.0
"""Seconds, far more than a mail takes; were one longer on the wire, it would end as uncertain."""
LIMIT = 350
NEVER = timedelta(days=1)
WORKS = ("deliver", "deliver", "judge", "publish")
UNPUBLISHED = {
    "draft": (["draft"], {"policy.written": 1}),
    "validated": (["draft", "validated"], {"policy.written": 1, "policy.validated": 1}),
}
"""The steps of a version by the state in which its publisher was killed, and what was told."""


def test_policies_published_while_everything_is_killed_hold_for_every_mail(
    tmp_path: Path,
) -> None:
    ids = approve(KILLS * DUE)
    make_pending_sends(PENDING, now=timezone.now())
    every = Send.objects.select_related("contact", "revision", "mailbox", "account", "draft")
    judge(list(every), now=timezone.now())
    Send.objects.filter(state=SendState.APPROVED).update(leaves_at=timezone.now() + NEVER)
    log = tmp_path / "kept"

    with smtp_process(log) as port:
        disturb_until_sent(port)
    wait_for_what_the_killed_had_ordered()

    assert_never_twice_never_lost(ids, log)
    assert_versions_are_published_whole_or_not_at_all()
    assert_each_attempt_began_while_its_version_was_active()
    rejudge_waiting(clock=timezone.now, busy_for=timedelta(seconds=60))
    assert_what_waits_was_judged_by_the_active_one()


def disturb_until_sent(port: int) -> None:
    """Let all work go on and kill somebody all the while; then let what is left be sent.

    Who is killed has to be alive: a worker that ended by itself fails the test.
    """
    name = str(connection.settings_dict["NAME"])
    environment = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "TEST_DATABASE": name}
    nursery, chance = Nursery(LEASE, environment), random.Random(11)
    pids = [nursery.fork(work) for work in WORKS]
    until = time.monotonic() + LIMIT
    try:
        for _ in range(KILLS):
            work_a_while(until)
            time.sleep(chance.uniform(0.0, 0.2))
            place = chance.randrange(len(pids))
            os.kill(pids[place], signal.SIGKILL)
            pids[place] = nursery.fork(WORKS[place])
        os.kill(pids.pop(WORKS.index("publish")), signal.SIGKILL)
        while Send.objects.filter(state__in=UNFINISHED).exists():
            assert time.monotonic() < until, Counter(Send.objects.values_list("state", flat=True))
            time.sleep(0.1)
    finally:
        nursery.close()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def work_a_while(until: float) -> None:
    """Let some mails come due, and wait until one is begun and a version is published."""
    published, begun = progress()
    later = timezone.now() + NEVER / 2
    due = Send.objects.filter(state=SendState.APPROVED, leaves_at__gt=later).order_by("id")[:DUE]
    Send.objects.filter(pk__in=list(due.values_list("pk", flat=True))).update(
        leaves_at=timezone.now()
    )
    now = progress()
    while now[0] == published or now[1] == begun:
        assert time.monotonic() < until, (now, Counter(Send.objects.values_list("state")))
        time.sleep(0.01)
        now = progress()


def progress() -> tuple[int, int]:
    """How many versions were published and how many mails begun."""
    published = PolicyVersion.objects.filter(kind="send", published_at__isnull=False)
    return published.count(), Attempt.objects.count()


def wait_for_what_the_killed_had_ordered() -> None:
    """The database may still be at the last statement of a process that is gone."""
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and backend_type = 'client backend' and pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
            assert time.monotonic() < until
            time.sleep(0.05)


def assert_versions_are_published_whole_or_not_at_all() -> None:
    """One is active, the last; each before it ended at the instant at which the next began."""
    versions = PolicyVersion.objects.filter(kind="send")
    published = list(versions.filter(published_at__isnull=False).order_by("published_at", "number"))
    assert [version.state for version in published[:-1]] == ["retired"] * (len(published) - 1)
    assert published[-1].state == PolicyState.ACTIVE
    ends = retired_at()
    for version, following in pairwise(published):
        assert version.number < following.number
        assert ends.pop(version.pk) == following.published_at
    assert ends == {}
    assert len(published) > KILLS

    for version in versions:
        steps = list(version.steps.order_by("id").values_list("state", flat=True))
        told = Counter(
            LedgerEvent.objects.filter(
                subject=f"policy:send:{version.number}", kind__startswith="policy."
            ).values_list("kind", flat=True)
        )
        if version.published_at is None:
            assert (steps, told) == UNPUBLISHED[version.state]
            continue
        ended = ["retired"] if version.state == PolicyState.RETIRED else []
        begun = version.steps.filter(state=PolicyState.ACTIVE)
        assert steps[-len(ended) - 1 :] == ["active", *ended]
        assert [step.stepped_at for step in begun] == [version.published_at]
        assert told["policy.published"] == 1


def retired_at() -> dict[int, datetime]:
    """When each version of the kind ended; none did twice."""
    ends = PolicyStep.objects.filter(policy__kind="send", state=PolicyState.RETIRED)
    assert ends.count() == ends.values("policy").distinct().count()
    return dict(ends.values_list("policy", "stepped_at"))


def assert_each_attempt_began_while_its_version_was_active() -> None:
    """By the rows alone, without any allowance: all times here are read from one machine's clock.

    A worker reads the clock for ``started_at`` after its claim was committed. The claim saw the
    version as active, so its publisher had committed, and had read the clock before that:
    ``published_at <= started_at``. The record of the attempt then holds the version, and who
    retires it reads the clock once it has the version to itself: ``started_at <= retired_at``.
    So the version was not retired at the claim either, which came first. The claim's own time is
    read before it waits for a publisher, so that it may be earlier than the publication, and
    nothing follows from it.
    """
    ends = retired_at()
    attempts = Attempt.objects.select_related("policy")
    wrong = [
        attempt
        for attempt in attempts
        if attempt.policy is None
        or attempt.policy.published_at is None
        or attempt.started_at < attempt.policy.published_at
        or attempt.started_at > ends.get(attempt.policy.pk, attempt.started_at)
    ]
    assert wrong == []
    assert len({attempt.policy_id for attempt in attempts}) >= KILLS / 2
    last = Attempt.objects.values("send").annotate(last=Max("id")).values("last")
    under = Attempt.objects.filter(pk__in=last).values_list("policy", "send__cleared_under")
    assert [pair for pair in under if pair[0] != pair[1]] == []


def assert_what_waits_was_judged_by_the_active_one() -> None:
    active = PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)
    assert judging().waiting == 0
    waiting = Send.objects.filter(state__in=WAITING)
    assert waiting.count() == PENDING
    assert set(waiting.values_list("state", "policy", "verdict__policy")) == {
        (SendState.PENDING, active.pk, active.pk)
    }
