"""Versions are numbered, published one at a time, and recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from revenue.actors import Actor
from revenue.models import LedgerEvent, PolicyKind, PolicyState, PolicyStep, PolicyVersion
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import (
    PUBLISHABLE,
    CannotPublish,
    NeedsAnother,
    NotProven,
    WrongState,
    keep_proof,
    propose,
    publish,
    step,
    write_version,
)
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.rows import ADMIN, FOUNDER, NOW, publish_text

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
A_DAY_ON = NOW + timedelta(hours=24)


def text(kind: Kind = Kind.ICP, title: str = "Mine") -> PolicyText:
    return seed_policy(kind).model_copy(update={"title": title})


def written(kind: Kind = Kind.ICP, title: str = "Mine") -> PolicyVersion:
    return write_version(text=text(kind, title), by=FOUNDER, now=NOW)


def standing() -> PolicyVersion:
    return PolicyVersion.objects.get(kind=PolicyKind.ICP, state=PolicyState.ACTIVE)


def prove(version: PolicyVersion, *, loosens: bool = False, now: datetime = NOW) -> None:
    keep_proof(
        version=version, compared_with=standing(), loosens=loosens, analysis={"looser": loosens},
        by=ADMIN, now=now,
    )  # fmt: skip


def proposed(*, loosens: bool = False, title: str = "Next", by: Actor = ADMIN) -> PolicyVersion:
    """A version beside an active first one, proven and proposed."""
    if not PolicyVersion.objects.exists():
        publish_text(text())
    version = written(title=title)
    prove(version, loosens=loosens)
    propose(version=version, by=by, now=NOW)
    return version


def life(version: PolicyVersion) -> list[tuple[str, str, str]]:
    rows = PolicyStep.objects.filter(policy=version).order_by("id")
    return list(rows.values_list("state", "note", "stepped_by"))


def refused(
    version: PolicyVersion,
    why: type[CannotPublish],
    *,
    by: Actor = FOUNDER,
    now: datetime = LATER,
    alone_because: str = "",
) -> None:
    """Publishing raises exactly this, and nothing is written."""
    before = states(), PolicyStep.objects.count(), LedgerEvent.objects.count()
    with pytest.raises(CannotPublish) as caught:
        publish(version=version, by=by, now=now, alone_because=alone_because)

    assert caught.type is why
    assert (states(), PolicyStep.objects.count(), LedgerEvent.objects.count()) == before


def states() -> list[tuple[str, int, str]]:
    rows = PolicyVersion.objects.order_by("kind", "number")
    return list(rows.values_list("kind", "number", "state"))


def test_versions_are_numbered_by_kind_and_begin_as_drafts() -> None:
    for kind in (Kind.ICP, Kind.SEND, Kind.ICP):
        written(kind)

    assert states() == [("icp", 1, "draft"), ("icp", 2, "draft"), ("send", 1, "draft")]


def test_text_comes_back_as_it_was_written() -> None:
    version = written(title="Ours")

    version.refresh_from_db()
    assert parse_policy(version.text) == text(title="Ours")
    assert version.content_hash == text(title="Ours").content_hash
    assert (version.written_by, version.written_at) == (str(FOUNDER), NOW)


def test_publishing_retires_the_one_before_and_no_other_kind() -> None:
    publish_text(text())
    publish_text(text(Kind.SEND))
    publish_text(text(title="Other"), now=LATER)

    assert states() == [("icp", 1, "retired"), ("icp", 2, "active"), ("send", 1, "active")]
    active = PolicyVersion.objects.get(kind=PolicyKind.ICP, state=PolicyState.ACTIVE)
    assert (active.published_by, active.published_at) == (str(FOUNDER), LATER)


def test_ledger_tells_of_each_step_with_the_hash_of_the_text() -> None:
    version = publish_text(text(), now=LATER)

    events = LedgerEvent.objects.order_by("id").values_list("kind", "subject", "at", "data")
    data = {"version": version.pk, "content_hash": version.content_hash}
    assert list(events) == [
        ("policy.written", "policy:icp:1", LATER, data),
        ("policy.published", "policy:icp:1", LATER, data),
    ]


# Proof -------------------------------------------------------------------------------------------


def test_a_proof_makes_a_draft_validated_and_says_what_it_was_compared_with() -> None:
    first = publish_text(text())
    version = written(title="Next")

    prove(version, loosens=True)

    version.refresh_from_db()
    assert (version.state, version.loosens, version.analysis, version.compared_with) == (
        PolicyState.VALIDATED, True, {"looser": True}, first,
    )  # fmt: skip
    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.subject, event.data["loosens"]) == (
        "policy.validated", "policy:icp:2", True,
    )  # fmt: skip


def test_a_version_that_is_proven_again_keeps_its_state() -> None:
    publish_text(text())
    version = written(title="Next")
    prove(version, loosens=True)
    step(version=version, to=PolicyState.SHADOW, by=ADMIN, now=NOW)

    prove(version, now=LATER)

    version.refresh_from_db()
    assert (version.state, version.loosens) == (PolicyState.SHADOW, False)
    assert life(version) == [
        ("draft", "", "person:1"),
        ("validated", "", "person:2"),
        ("shadow", "", "person:2"),
        ("shadow", "Compared anew.", "person:2"),
    ]


def test_what_was_published_is_not_proven_again() -> None:
    version = proposed()
    publish(version=version, by=FOUNDER, now=NOW)

    with pytest.raises(WrongState):
        keep_proof(
            version=version, compared_with=None, loosens=False, analysis={}, by=ADMIN, now=LATER
        )


# Steps -------------------------------------------------------------------------------------------

STEPS = {
    ("validated", "backtested"), ("shadow", "backtested"), ("validated", "shadow"),
    ("backtested", "shadow"), ("shadow", "validated"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "to"), list(product(PolicyState, sorted({PolicyState(to) for _, to in STEPS})))
)
def test_a_step_leads_on_only_from_the_states_before_it(
    before: PolicyState, to: PolicyState
) -> None:
    publish_text(text())
    version = PolicyVersion.objects.create(
        kind="icp", number=2, text={}, content_hash="0" * 64, state=before, written_at=NOW,
        written_by=str(ADMIN), proposed_at=NOW, proposed_by=str(ADMIN), loosens=False,
        **_published(before),
    )  # fmt: skip

    if (before.value, to.value) in STEPS:
        step(version=version, to=to, by=ADMIN, now=LATER, note="Looks right.")
        assert (version.state, life(version)) == (to, [(to, "Looks right.", "person:2")])
    else:
        with pytest.raises(WrongState):
            step(version=version, to=to, by=ADMIN, now=LATER)
        version.refresh_from_db()
        assert (version.state, life(version)) == (before, [])


def _published(state: PolicyState) -> dict[str, object]:
    if state not in (PolicyState.ACTIVE, PolicyState.RETIRED):
        return {}
    PolicyVersion.objects.filter(state=PolicyState.ACTIVE).update(state=PolicyState.RETIRED)
    return {"published_at": NOW, "published_by": str(FOUNDER)}


def test_a_long_note_is_cut_where_it_is_kept() -> None:
    publish_text(text())
    version = written(title="Next")
    prove(version)

    step(version=version, to=PolicyState.SHADOW, by=ADMIN, now=NOW, note="n" * 600)

    assert life(version)[-1][1] == "n" * 500


# Proposing ---------------------------------------------------------------------------------------


def test_a_draft_is_not_proposed() -> None:
    with pytest.raises(WrongState):
        propose(version=written(), by=ADMIN, now=NOW)


def test_the_newest_proposal_counts() -> None:
    version = proposed()

    propose(version=version, by=FOUNDER, now=LATER)

    assert (version.proposed_by, version.proposed_at) == (str(FOUNDER), LATER)


def test_what_was_published_is_not_proposed_again() -> None:
    version = proposed()
    publish(version=version, by=FOUNDER, now=NOW)

    with pytest.raises(WrongState):
        propose(version=version, by=ADMIN, now=LATER)


# Publishing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", PUBLISHABLE)
def test_a_tightening_is_published_at_once_by_who_proposed_it(state: PolicyState) -> None:
    version = proposed()
    if state != PolicyState.VALIDATED:
        step(version=version, to=state, by=ADMIN, now=NOW)

    now_active = publish(version=version, by=ADMIN, now=NOW)

    assert now_active == standing() == version
    assert (now_active.published_by, now_active.alone_because) == (str(ADMIN), "")
    assert states() == [("icp", 1, "retired"), ("icp", 2, "active")]
    first = PolicyVersion.objects.get(number=1)
    assert (life(first)[-1], life(version)[-1]) == (
        ("retired", "", "person:2"),
        ("active", "", "person:2"),
    )


def test_a_loosening_is_published_by_another_person() -> None:
    version = proposed(loosens=True)

    publish(version=version, by=FOUNDER, now=NOW)

    assert standing() == version


def test_who_proposed_a_loosening_needs_another() -> None:
    refused(proposed(loosens=True), NeedsAnother, by=ADMIN)


def test_alone_a_loosening_takes_a_reason_and_a_day() -> None:
    version = proposed(loosens=True)
    because = "There is nobody else here."

    refused(version, NeedsAnother, by=ADMIN, now=A_DAY_ON)
    early = A_DAY_ON - timedelta(microseconds=1)
    refused(version, NeedsAnother, by=ADMIN, now=early, alone_because=because)

    publish(version=version, by=ADMIN, now=A_DAY_ON, alone_because=because)
    assert (standing(), standing().alone_because) == (version, because)
    assert life(version)[-1] == ("active", because, "person:2")


def test_a_proposal_that_is_renewed_begins_its_day_anew() -> None:
    version = proposed(loosens=True)
    propose(version=version, by=ADMIN, now=LATER)

    refused(version, NeedsAnother, by=ADMIN, now=A_DAY_ON, alone_because="Nobody else is here.")


def test_a_proof_against_an_older_version_is_none() -> None:
    version = proposed()
    publish(version=proposed(title="Another"), by=FOUNDER, now=NOW)

    refused(version, NotProven)

    prove(version, now=LATER)
    publish(version=version, by=FOUNDER, now=LATER)
    assert states() == [("icp", 1, "retired"), ("icp", 2, "active"), ("icp", 3, "retired")]


def test_a_proof_that_turns_out_looser_needs_another_after_all() -> None:
    version = proposed()
    prove(version, loosens=True, now=LATER)

    refused(version, NeedsAnother, by=ADMIN)


def test_what_was_not_proposed_is_not_published() -> None:
    publish_text(text())
    version = written(title="Next")

    refused(version, CannotPublish)
    prove(version)
    refused(version, CannotPublish)


def test_a_version_is_published_once() -> None:
    version = proposed()
    publish(version=version, by=FOUNDER, now=NOW)
    refused(version, CannotPublish)

    publish(version=proposed(title="After it"), by=FOUNDER, now=LATER)
    refused(version, CannotPublish)
