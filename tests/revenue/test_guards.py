"""Each named constraint and trigger of this part is broken once, and refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
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
    Backtest,
    BacktestSlice,
    ColumnMapping,
    Deal,
    DealStage,
    DoubtfulPair,
    Draft,
    DueBatch,
    House,
    ImportChunk,
    ImportRun,
    ImportState,
    KillSwitch,
    LedgerEvent,
    LedgerHead,
    PolicyEdit,
    PolicyState,
    PolicyStep,
    PolicyVersion,
    PreviewRecord,
    RelationshipFact,
    RuleDay,
    Seat,
    Segment,
    ShadowVerdict,
    Source,
    SourceRecord,
    Suppression,
    TimingVerdict,
    Verdict,
    VerdictObjection,
)
from tests.support.breaking import again, change, composite_keys, delete, triggers, truncate
from tests.support.rows import (
    NOW,
    make_account,
    make_contact,
    make_draft,
    make_mailbox,
    make_relationship,
)

pytestmark = pytest.mark.django_db

BY = "system:test"
CARRIERS = {"seat_side", "action_limits", "authority_has_level", "relationship_of_account"}
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


def make_next(**fields: Any) -> PolicyVersion:
    """A second version that may be published: proven to let no more through, and proposed."""
    proof = {"number": 2, "loosens": False, "proposed_at": NOW, "proposed_by": "person:2"}
    return make_policy(**{**proof, **fields})


def make_candidate(**fields: Any) -> PolicyVersion:
    """A version that was not published yet."""
    return make_policy(published_at=None, published_by=None, **fields)


def make_edit() -> PolicyEdit:
    return PolicyEdit.objects.create(
        kind="send", number=1, text={}, note="Moved a rule.", saved_at=NOW, saved_by=BY
    )


def make_step() -> PolicyStep:
    return PolicyStep.objects.create(
        policy=make_policy(), state=PolicyState.ACTIVE, stepped_at=NOW, stepped_by=BY
    )


def make_shadow() -> ShadowVerdict:
    return ShadowVerdict.objects.create(
        policy=make_candidate(number=2, state=PolicyState.SHADOW), verdict=make_verdict(),
        effect="hold", trace={},
    )  # fmt: skip


def make_due() -> DueBatch:
    return DueBatch.objects.create(policy=make_policy(), mails=1, asked_at=NOW, asked_by=BY)


def make_timing(**fields: Any) -> TimingVerdict:
    defaults = {
        "subject": "send:1", "fired": ["quiet"], "unknown": [], "rule": "quiet",
        "asked_again_at": NOW,
    }  # fmt: skip
    return TimingVerdict.objects.create(batch=make_due(), **{**defaults, **fields})


def make_rule_day() -> RuleDay:
    return RuleDay.objects.create(
        kind="send",
        stage="content",
        rule="suppressed",
        day=NOW.date(),
        asked=1,
        fired=1,
        unknown=0,
        decided=1,
    )


def make_backtest() -> Backtest:
    return Backtest.objects.create(
        policy=make_candidate(number=2, state=PolicyState.VALIDATED), against=make_policy(),
        last_id=1, ordered_at=NOW, ordered_by=BY,
    )  # fmt: skip


def make_slice() -> BacktestSlice:
    return BacktestSlice.objects.create(backtest=make_backtest(), number=1, first_id=1, last_id=1)


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


def granted() -> Authority:
    seats()
    return Authority.objects.get(seat="prospector", action="screen_account")


def ended() -> Authority:
    authority = granted()
    change(authority, ended_at=NOW, ended_by=BY, end_reason="No longer needed.")
    return authority


def segment() -> Segment:
    seats()
    return Segment.objects.get(pk="canada")


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
    "policy_one_active_per_kind": lambda: (make_policy(), make_next()),
    "policy_one_shadow_per_kind": lambda: again(make_candidate(state=PolicyState.SHADOW), number=2),
    "policy_proposal_is_whole": lambda: make_policy(proposed_at=NOW),
    "policy_published_was_proven": lambda: make_next(loosens=None),
    "policy_loosening_needs_another": lambda: make_next(loosens=True, published_by="person:2"),
    "policy_publication_is_whole": lambda: make_policy(published_by=None),
    "policy_active_was_published": lambda: make_policy(published_at=None, published_by=None),
    "edit_number_once": lambda: again(make_edit()),
    "shadow_once_per_verdict": lambda: again(make_shadow()),
    "timing_waits_until_a_time": lambda: make_timing(asked_again_at=None),
    "timing_only_where_a_rule_spoke": lambda: make_timing(fired=[]),
    "rule_day_once": lambda: again(make_rule_day()),
    "backtest_one_open": lambda: again(make_backtest()),
    "slice_number_once": lambda: again(make_slice()),
    "objection_once_per_verdict": lambda: again(make_objection()),
    "objection_has_reason": lambda: change(make_objection(), reason=""),
    "objection_withdrawal_is_whole": lambda: change(make_objection(), withdrawn_at=NOW),
    "seat_has_one_owner": lambda: Seat.objects.create(
        slug="x", title="X", stage="close", side="commitment", is_agent=True, position=9
    ),
    "authority_once": lambda: grant("prospector", "screen_account"),
    "authority_of_one_seat": lambda: grant("pipeline", "send_cold"),
    "authority_end_is_whole": lambda: change(granted(), ended_at=NOW, ended_by=BY),
    "authority_below_ceiling": lambda: grant("prospector", "answer_objection", level=3),
    "authority_discovery_cannot_commit": lambda: grant("prospector", "send_agreement"),
    "authority_side_of_seat": lambda: grant("accounting", "screen_account", seat_side="discovery"),
    "authority_limits_of_action": lambda: grant(
        "prospector", "answer_objection", ceiling=4, level=4
    ),
    "relationship_is_sourced": lambda: make_relationship(source=""),
    "relationship_ends_after_start": lambda: make_relationship(
        valid_until=NOW.date() - timedelta(days=1)
    ),
    "relationship_not_its_own": lambda: make_relationship(id=1, supersedes_id=1),
    "relationship_supersedes_own": lambda: make_relationship(supersedes=make_relationship()),
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
    yield from composite_keys("revenue")


def test_every_constraint_is_broken_here() -> None:
    assert set(CONSTRAINTS) == set(declared()) - CARRIERS


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_refuses(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        CONSTRAINTS[name]()


def refused(name: str, act: Callable[..., object], *arguments: object, **changes: object) -> None:
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


def test_who_proposed_a_loosening_may_publish_it_neither_at_once_nor_without_a_reason() -> None:
    alone: dict[str, Any] = {"loosens": True, "published_by": "person:2"}
    because, yesterday = "Nobody else is here.", NOW - timedelta(hours=24)
    make_policy(state=PolicyState.RETIRED)

    for short in (
        {"alone_because": because},
        {"alone_because": because, "proposed_at": yesterday + timedelta(microseconds=1)},
        {"proposed_at": yesterday},
    ):
        refused("policy_loosening_needs_another", make_next, **alone, **short)

    assert make_next(**alone, alone_because=because, proposed_at=yesterday).pk


def test_a_loosening_is_published_by_somebody_else() -> None:
    make_policy(state=PolicyState.RETIRED)

    assert make_next(loosens=True, published_by="person:3").pk


def test_a_version_that_nobody_proposed_is_not_published() -> None:
    refused("policy_published_was_proven", make_next, proposed_at=None, proposed_by=None)


def test_another_segment_and_what_has_ended_leave_room_for_a_grant() -> None:
    first = ended()

    grant("prospector", "screen_account")
    grant("prospector", "screen_account", segment=segment())

    refused("authority_once", grant, "prospector", "screen_account", segment=segment())
    assert Authority.objects.filter(seat=first.seat, action=first.action).count() == 3


def test_a_statement_says_something_and_holds_at_least_its_first_day() -> None:
    refused("relationship_is_sourced", make_relationship, statement="")

    assert make_relationship(valid_until=NOW.date()).pk


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
        lambda: change(make_candidate(state=PolicyState.DRAFT), text={"rules": []}),
        lambda: change(make_policy(), published_at=NOW + timedelta(hours=1)),
        lambda: change(make_policy(), published_by="person:3"),
        lambda: change(make_next(), proposed_by="person:3"),
        lambda: change(make_next(), loosens=None),
        lambda: change(make_next(), analysis={"looser": []}),
        lambda: change(make_next(), alone_because="Nobody else is here."),
        lambda: change(make_next(), compared_with=make_policy(state=PolicyState.RETIRED)),
        lambda: change(make_next(), based_on=make_policy(state=PolicyState.RETIRED)),
    ],
    "revenue_policyversion_no_delete": [lambda: make_policy().delete()],
    "revenue_policyversion_no_truncate": [lambda: truncate(PolicyVersion)],
    "revenue_verdict_no_change": [
        lambda: change(make_verdict(), effect="allow"),
        lambda: make_verdict().delete(),
    ],
    "revenue_verdict_no_truncate": [lambda: truncate(Verdict)],
    "revenue_policyedit_no_change": [
        lambda: change(make_edit(), text={"rules": []}),
        lambda: delete(make_edit()),
    ],
    "revenue_policyedit_no_truncate": [lambda: truncate(PolicyEdit)],
    "revenue_policystep_no_change": [
        lambda: change(make_step(), stepped_by="person:3"),
        lambda: delete(make_step()),
    ],
    "revenue_policystep_no_truncate": [lambda: truncate(PolicyStep)],
    "revenue_shadowverdict_no_change": [
        lambda: change(make_shadow(), effect="allow"),
        lambda: delete(make_shadow()),
    ],
    "revenue_shadowverdict_no_truncate": [lambda: truncate(ShadowVerdict)],
    "revenue_duebatch_no_change": [
        lambda: change(make_due(), mails=2),
        lambda: delete(make_due()),
    ],
    "revenue_duebatch_no_truncate": [lambda: truncate(DueBatch)],
    "revenue_timingverdict_no_change": [
        lambda: change(make_timing(), fired=["cap"]),
        lambda: delete(make_timing()),
    ],
    "revenue_timingverdict_no_truncate": [lambda: truncate(TimingVerdict)],
    "revenue_segment_no_change": [
        lambda: change(segment(), condition=None),
        lambda: delete(segment()),
    ],
    "revenue_segment_no_truncate": [lambda: truncate(Segment)],
    "revenue_authority_stays": [
        lambda: change(granted(), level=4),
        lambda: change(granted(), segment=segment()),
        lambda: change(granted(), valid_until=NOW),
        lambda: change(granted(), per_day=1000),
        lambda: change(granted(), max_value_minor=None, evidence={"clean": 60}),
        lambda: change(granted(), granted_by="person:3"),
        lambda: change(ended(), ended_at=None, ended_by=None, end_reason=None),
        lambda: change(ended(), end_reason="Another reason."),
    ],
    "revenue_authority_no_delete": [lambda: delete(granted()), lambda: delete(ended())],
    "revenue_authority_no_truncate": [lambda: truncate(Authority)],
    "revenue_relationshipfact_stays": [
        lambda: change(make_relationship(), statement="They love us."),
        lambda: change(make_relationship(), kind="knows_us"),
        lambda: change(make_relationship(), valid_until=NOW.date()),
        lambda: change(make_relationship(), supersedes=make_relationship()),
        lambda: change(make_relationship(), noted_by="person:3"),
    ],
    "revenue_relationshipfact_no_delete": [lambda: delete(make_relationship())],
    "revenue_relationshipfact_no_truncate": [lambda: truncate(RelationshipFact)],
    "revenue_draft_no_change": [
        lambda: change(make_draft_row(), body="Other words"),
        lambda: make_draft_row().delete(),
    ],
    "revenue_draft_no_truncate": [lambda: truncate(Draft)],
}


def test_every_trigger_is_tried_here() -> None:
    assert set(ATTEMPTS) == triggers("revenue")


@pytest.mark.parametrize(
    "attempt", [attempt for attempts in ATTEMPTS.values() for attempt in attempts]
)
def test_a_trigger_refuses(attempt: Callable[[], object]) -> None:
    refusal = "append-only|never edited|never changes"

    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        attempt()


def test_a_seal_is_the_one_change_that_the_ledger_takes() -> None:
    event = make_event()

    change(event, seq=1, digest=b"x")

    event.refresh_from_db()
    assert (event.seq, bytes(event.digest or b"")) == (1, b"x")


STEPS = {
    ("draft", "validated"), ("validated", "backtested"), ("validated", "shadow"),
    ("backtested", "shadow"), ("shadow", "backtested"), ("shadow", "validated"),
    ("validated", "active"), ("backtested", "active"), ("shadow", "active"), ("active", "retired"),
}  # fmt: skip


@pytest.mark.parametrize("before", PolicyState.values)
@pytest.mark.parametrize("after", PolicyState.values)
def test_a_policy_version_goes_from_state_to_state_in_order(before: str, after: str) -> None:
    version = make_next(state=before)

    if before == after or (before, after) in STEPS:
        change(version, state=after)
    else:
        with (
            pytest.raises(DatabaseError, match=f"does not go from {before} to {after}"),
            transaction.atomic(),
        ):
            change(version, state=after)


def test_the_first_version_of_a_kind_may_be_published_as_it_is_written() -> None:
    version = make_candidate(state=PolicyState.DRAFT)

    change(version, state=PolicyState.ACTIVE, published_at=NOW, published_by=BY)

    version.refresh_from_db()
    assert version.state == PolicyState.ACTIVE


def test_the_end_is_the_one_change_that_an_authority_takes() -> None:
    authority = ended()

    authority.refresh_from_db()
    assert (authority.ended_by, authority.end_reason) == (BY, "No longer needed.")


def test_a_relationship_fact_goes_over_to_another_account_with_all_that_led_to_it() -> None:
    older, other = make_relationship(), make_account()
    newer = make_relationship(older.account, supersedes=older)

    refused("relationship_supersedes_own", change, newer, account=other)
    RelationshipFact.objects.filter(account=older.account).update(account=other)

    assert set(RelationshipFact.objects.values_list("account", flat=True)) == {other.pk}
    refused("supersedes_id", make_relationship, other, supersedes=older)
