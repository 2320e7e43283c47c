"""Each named constraint and trigger of this part is broken once, and refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.db.utils import DatabaseError, IntegrityError

from revenue.actors import Actor
from revenue.agents.seats import install_seats
from revenue.models import (
    Action,
    Authority,
    ColumnMapping,
    Deal,
    DealStage,
    DoubtfulPair,
    Draft,
    House,
    ImportChunk,
    ImportRun,
    ImportState,
    KillSwitch,
    LedgerEvent,
    LedgerHead,
    PolicyState,
    PolicyVersion,
    PreviewRecord,
    Seat,
    Source,
    SourceRecord,
    Suppression,
    Verdict,
    VerdictObjection,
)
from tests.support.breaking import again, change, truncate
from tests.support.rows import NOW, make_account, make_contact, make_draft, make_mailbox

pytestmark = pytest.mark.django_db

BY = "system:test"
GUARDS = Path(__file__).parents[2] / "revenue/migrations/0002_guards.py"
TRIGGERS = re.findall(r"create trigger (\w+)", GUARDS.read_text())
COMPOSITE_KEYS = re.findall(r"add constraint (\w+)", GUARDS.read_text())
CARRIERS = {"seat_side", "action_limits"}
"""Unique by their primary key alone; they are there for the composite foreign keys to point at."""


def seats() -> None:
    install_seats(by=Actor.system("test"), now=NOW)


def make_deal(**fields: Any) -> Deal:
    contact = make_contact()
    defaults = {"value_minor": 1, "currency": "CAD", "opened_at": NOW, "opened_by": BY}
    return Deal.objects.create(account=contact.account, contact=contact, **{**defaults, **fields})


def make_record() -> SourceRecord:
    source = Source.objects.create(slug="list", name="A list")
    return SourceRecord.objects.create(
        source=source, record_id="1", account=make_account(), fields={}, content_hash=b"x",
        name_key="x", first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip


def make_run() -> ImportRun:
    mapping = ColumnMapping.objects.create(
        slug="list", title="A list", spec={}, created_at=NOW, created_by=BY
    )
    return ImportRun.objects.create(
        mapping=mapping, spec={}, file_name="a.csv", size=1, started_at=NOW, started_by=BY,
        moved_at=NOW,
    )  # fmt: skip


def make_policy(**fields: Any) -> PolicyVersion:
    defaults = {
        "kind": "send", "number": 1, "text": {}, "content_hash": "0" * 64,
        "state": PolicyState.ACTIVE, "written_at": NOW, "written_by": BY, "published_at": NOW,
        "published_by": BY,
    }  # fmt: skip
    return PolicyVersion.objects.create(**{**defaults, **fields})


def make_verdict() -> Verdict:
    return Verdict.objects.create(
        policy=make_policy(), subject="account:1", effect="deny", facts={}, trace={},
        given_at=NOW, given_by=BY,
    )  # fmt: skip


def make_objection() -> VerdictObjection:
    return VerdictObjection.objects.create(
        verdict=make_verdict(), reason="No", raised_at=NOW, raised_by=BY
    )


def make_switch() -> KillSwitch:
    return KillSwitch.objects.create(scope="seat", target="sender", thrown_at=NOW, thrown_by=BY)


def make_suppression() -> Suppression:
    return Suppression.objects.create(
        kind="address", digest="0" * 64, value="a@b.example", reason="asked", suppressed_at=NOW,
        suppressed_by=BY,
    )  # fmt: skip


def make_event(**fields: Any) -> LedgerEvent:
    return LedgerEvent.objects.create(
        **{"at": NOW, "kind": "test.happened", "subject": "thing:1", "actor": BY, **fields}
    )


def make_draft_row() -> models.Model:
    seats()
    return make_draft()


def grant(seat: str, action: str, **changes: Any) -> None:
    """Insert an authority as it would have to look for this seat and action."""
    seats()
    holder, power = Seat.objects.get(pk=seat), Action.objects.get(pk=action)
    right = {
        "seat": holder, "seat_side": holder.side, "action": power, "action_side": power.side,
        "ceiling": power.ceiling, "only_seat": power.only_seat, "level": 0, "granted_at": NOW,
        "granted_by": BY,
    }  # fmt: skip
    Authority.objects.create(**{**right, **changes})


def make_pair(**fields: Any) -> DoubtfulPair:
    record = make_record()
    return DoubtfulPair.objects.create(
        record=record, account=make_account(), why="Same street", score=0.5, found_at=NOW, **fields
    )


CONSTRAINTS: dict[str, Callable[[], object]] = {
    "account_effect_by_verdict": lambda: change(make_account(), icp_verdict=None),
    "contact_address_once_per_account": lambda: again(
        make_contact(email="Dana@harbour.example"), email="dana@HARBOUR.example"
    ),
    "contact_publication_is_dated": lambda: make_contact(published_on=None),
    "deal_one_open_per_account": lambda: again(make_deal(), stage=DealStage.PROPOSAL),
    "deal_value_not_negative": lambda: make_deal(value_minor=-1),
    "house_is_one": lambda: House.objects.create(id=2),
    "house_due_first": lambda: House.objects.create(id=1, due_hours=3, expire_hours=2),
    "record_once_per_source": lambda: again(make_record()),
    "pair_once": lambda: again(make_pair()),
    "pair_answer_is_whole": lambda: make_pair(answer="same"),
    "import_run_ends": lambda: change(make_run(), state=ImportState.DONE),
    "import_chunk_once": lambda: again(
        ImportChunk.objects.create(run=make_run(), number=1, data=b"x")
    ),
    "preview_once_per_run": lambda: again(
        PreviewRecord.objects.create(run=make_run(), record_id="1", account=-1, name_key="x")
    ),
    "ledger_seq_unique": lambda: [make_event(seq=1, digest=b"x") for _ in "12"],
    "ledger_seal_is_whole": lambda: make_event(seq=1),
    "ledger_text_is_one_line": lambda: make_event(kind="test.a\ntest.b"),
    "ledger_one_head": lambda: LedgerHead.objects.create(id=2, seq=0, digest=b"x"),
    "mailbox_gap_ordered": lambda: make_mailbox(gap_min_s=2, gap_max_s=1),
    "mailbox_pause_is_whole": lambda: make_mailbox(paused_at=NOW),
    "policy_number_once": lambda: again(make_policy(), state=PolicyState.RETIRED),
    "policy_one_active_per_kind": lambda: again(make_policy(), number=2),
    "policy_publication_is_whole": lambda: make_policy(published_by=None),
    "policy_active_was_published": lambda: make_policy(published_at=None, published_by=None),
    "objection_once_per_verdict": lambda: again(make_objection()),
    "objection_has_reason": lambda: change(make_objection(), reason=""),
    "objection_withdrawal_is_whole": lambda: change(make_objection(), withdrawn_at=NOW),
    "seat_has_one_owner": lambda: Seat.objects.create(
        slug="x", title="X", stage="close", side="commitment", is_agent=True, position=9
    ),
    "authority_once": lambda: grant("prospector", "screen_account"),
    "authority_of_one_seat": lambda: grant("pipeline", "send_cold"),
    "authority_below_ceiling": lambda: grant("prospector", "answer_objection", level=3),
    "authority_discovery_cannot_commit": lambda: grant("prospector", "send_agreement"),
    "authority_side_of_seat": lambda: grant("accounting", "screen_account", seat_side="discovery"),
    "authority_limits_of_action": lambda: grant(
        "prospector", "answer_objection", ceiling=4, level=4
    ),
    "kill_switch_thrown_once": lambda: again(make_switch()),
    "kill_switch_has_target": lambda: again(make_switch(), target=""),
    "kill_switch_release_has_reason": lambda: change(
        make_switch(), released_at=NOW, released_by=BY, release_reason=""
    ),
    "suppression_once": lambda: again(make_suppression()),
    "suppression_lift_has_reason": lambda: change(
        make_suppression(), lifted_at=NOW, lifted_by=BY, lift_reason=""
    ),
}


def declared() -> Iterator[str]:
    for model in apps.get_app_config("revenue").get_models():
        yield from (constraint.name for constraint in model._meta.constraints)
    yield from COMPOSITE_KEYS


def test_every_constraint_is_broken_here() -> None:
    assert set(CONSTRAINTS) == set(declared()) - CARRIERS


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_refuses(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        CONSTRAINTS[name]()


def refused(name: str, act: Callable[..., None], *arguments: object, **changes: object) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act(*arguments, **changes)


def test_the_commitment_side_stays_closed_when_the_seat_is_said_to_be_on_it() -> None:
    """The lie is found by the key that binds the copied side to the seat."""
    refused("authority_side_of_seat", grant, "prospector", "log_outcome", seat_side="commitment")


def test_a_seat_that_holds_commitment_actions_can_not_move_to_discovery() -> None:
    seats()
    closer = Seat.objects.get(pk="closer")

    refused("authority_discovery_cannot_commit", change, closer, side="discovery")


def test_a_ceiling_can_not_sink_below_a_level_that_was_granted() -> None:
    seats()
    screening = Action.objects.get(pk="screen_account")

    refused("authority_below_ceiling", change, screening, ceiling=2)


# Triggers ----------------------------------------------------------------------------------------


def sealed_event() -> LedgerEvent:
    event = make_event()
    change(event, seq=1, digest=b"x")
    return event


ATTEMPTS: dict[str, list[Callable[[], object]]] = {
    "revenue_ledgerevent_seals_only": [
        lambda: change(make_event(), data={"a": 1}),
        lambda: change(make_event(), kind="test.other"),
        lambda: change(make_event(), seq=1, digest=b"x", subject="thing:2"),
        lambda: change(sealed_event(), digest=b"y"),
        lambda: change(sealed_event(), seq=2),
        lambda: change(sealed_event(), seq=None, digest=None),
    ],
    "revenue_ledgerevent_no_delete": [
        lambda: make_event().delete(),
        lambda: sealed_event().delete(),
    ],
    "revenue_ledgerevent_no_truncate": [lambda: truncate(LedgerEvent)],
    "revenue_policyversion_text_stays": [
        lambda: change(make_policy(), text={"rules": []}),
        lambda: change(make_policy(), number=2),
        lambda: change(make_policy(), written_by="person:1"),
        lambda: change(make_policy(), content_hash="1" * 64),
    ],
    "revenue_policyversion_no_delete": [lambda: make_policy().delete()],
    "revenue_policyversion_no_truncate": [lambda: truncate(PolicyVersion)],
    "revenue_verdict_no_change": [
        lambda: change(make_verdict(), effect="allow"),
        lambda: make_verdict().delete(),
    ],
    "revenue_verdict_no_truncate": [lambda: truncate(Verdict)],
    "revenue_draft_no_change": [
        lambda: change(make_draft_row(), body="Other words"),
        lambda: make_draft_row().delete(),
    ],
    "revenue_draft_no_truncate": [lambda: truncate(Draft)],
}


def test_every_trigger_is_tried_here() -> None:
    assert set(ATTEMPTS) == set(TRIGGERS)


@pytest.mark.parametrize(
    "attempt", [attempt for attempts in ATTEMPTS.values() for attempt in attempts]
)
def test_a_trigger_refuses(attempt: Callable[[], object]) -> None:
    refusal = "append-only|never edited|immutable"

    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        attempt()


def test_a_seal_is_the_one_change_that_the_ledger_takes() -> None:
    event = make_event()

    change(event, seq=1, digest=b"x")

    event.refresh_from_db()
    assert (event.seq, bytes(event.digest or b"")) == (1, b"x")


def test_the_state_of_a_policy_version_may_move() -> None:
    version = make_policy()

    change(version, state=PolicyState.RETIRED)

    version.refresh_from_db()
    assert version.state == PolicyState.RETIRED
