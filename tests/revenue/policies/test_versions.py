"""Versions are numbered, published one at a time, and recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from revenue.models import LedgerEvent, PolicyKind, PolicyState, PolicyVersion
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.rows import FOUNDER, NOW, publish_text

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def text(kind: Kind = Kind.ICP, title: str = "Mine") -> PolicyText:
    return seed_policy(kind).model_copy(update={"title": title})


def written(kind: Kind = Kind.ICP, title: str = "Mine") -> PolicyVersion:
    return write_version(text=text(kind, title), by=FOUNDER, now=NOW)


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
