"""Every address stands in the permission matrix, and answers each role as it says there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from approvals.models import Bulk, ChangeRequest
from revenue.access import MATRIX, PUBLIC, Role, Rule, may
from revenue.models import (
    Account,
    Authority,
    ColumnMapping,
    DoubtfulPair,
    ImportRun,
    ImportState,
    KillSwitch,
    LedgerEvent,
    PolicyVersion,
    Source,
    SourceRecord,
    Suppression,
    Verdict,
    VerdictObjection,
)
from revenue.pipeline.screening import screen_due
from tests.support.rows import (
    NOW,
    installed,
    make_account,
    make_relationship,
    make_send,
    make_user,
)

ONLY_WHILE_DEVELOPING = {"gallery"}
ANSWERS = {200, 302, 303, 400, 404, 409, 422}
"""What an open address may say to a bare request: each of these comes from the view itself."""


def patterns(resolver: Any = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every named address but those of Django's own admin pages."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            if not inner.startswith("admin:"):
                yield from patterns(entry, inner)
        else:
            yield f"{space}{entry.name}", entry


def names() -> set[str]:
    return {name for name, _ in patterns()}


def test_every_address_has_an_entry_or_is_public() -> None:
    assert names() - set(MATRIX) - PUBLIC == set()


def test_every_entry_has_an_address() -> None:
    assert (set(MATRIX) | PUBLIC) - names() - ONLY_WHILE_DEVELOPING == set()


def test_nothing_is_both_public_and_listed() -> None:
    assert set(MATRIX) & PUBLIC == set()


def test_an_unlisted_address_is_nobodys() -> None:
    assert not may(set(Role), "revenue:of_nobody", method="GET")


def test_every_entry_lets_somebody_do_something() -> None:
    assert [name for name, rule in MATRIX.items() if not rule.see | rule.post] == []


# Each address, each role -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with one role, with none, or not logged in."""

    name: str
    client: Client
    roles: frozenset[Role]
    is_known: bool


def expected(rule: Rule, visitor: Visitor, method: str) -> str:
    allowed = rule.see if method == "GET" else rule.post
    if not visitor.is_known:
        return "login"
    if not allowed:
        return "no such method"
    return "answered" if visitor.roles & allowed else "refused"


def outcome(visitor: Visitor, method: str, address: str) -> str:
    """What the address said; whatever it changed is taken back."""
    with transaction.atomic():
        response = getattr(visitor.client, method.lower())(address)
        if response.streaming:
            list(response.streaming_content)
        transaction.set_rollback(True)
    if response.status_code == 302 and response.headers["Location"].startswith("/login/"):
        return "login"
    told = {403: "refused", 405: "no such method"}
    return told.get(
        response.status_code,
        "answered" if response.status_code in ANSWERS else str(response.status_code),
    )


@pytest.fixture
def visitors(db: None) -> list[Visitor]:
    known = [Visitor(role.value, Client(), frozenset({role}), is_known=True) for role in Role]
    known.append(Visitor("nobody in particular", Client(), frozenset(), is_known=True))
    for visitor in known:
        visitor.client.force_login(make_user(*visitor.roles))
        visitor.client.raise_request_exception = False
    return [*known, Visitor("stranger", Client(), frozenset(), is_known=False)]


@pytest.fixture
def values(db: None) -> dict[str, Any]:
    """One row behind each name of a parameter."""
    installed()
    send = make_send()
    event = LedgerEvent.objects.create(
        at=NOW, kind="test.happened", subject="house", actor="system:test", seq=1, digest=b"x"
    )
    run, pair = make_run(), make_pair()
    mapping = run.mapping
    Account.objects.update(screened_at=None)
    screen_due(now=NOW)
    verdict, other = Verdict.objects.filter(subject__startswith="account:").order_by("id")[:2]
    objection = VerdictObjection.objects.create(
        verdict=other, reason="No", raised_at=NOW, raised_by="system:test"
    )
    return {
        "send_id": send.pk,
        "account_id": send.account_id,
        "contact_id": send.contact_id,
        "mailbox_id": send.mailbox_id,
        "person_id": make_user(Role.FOUNDER).pk,
        "seat": "closer",
        "action": "send_agreement",
        "segment": "everything",
        "authority_id": Authority.objects.earliest("id").pk,
        "seq": event.seq,
        "slug": mapping.pk,
        "run_id": run.pk,
        "pair_id": pair.pk,
        "verdict_id": verdict.pk,
        "objection_id": objection.pk,
        "kind": "send",
        "number": 1,
        "move": "newly_held",
        "side": "agreed",
        "rule": "suppressed",
        "key": "of-no-mail",
        **{name: make().pk for name, make in ROWS.items()},
    }


def make_run() -> ImportRun:
    return ImportRun.objects.create(
        mapping=ColumnMapping.objects.order_by("slug")[0], spec={}, file_name="a.csv", size=1,
        state=ImportState.DONE, started_at=NOW, started_by="system:test", moved_at=NOW,
        finished_at=NOW,
    )  # fmt: skip


def make_pair() -> DoubtfulPair:
    record = SourceRecord.objects.create(
        source=Source.objects.order_by("slug")[0], record_id="1", account=make_account(),
        fields={}, content_hash=b"x", name_key="x", first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    return DoubtfulPair.objects.create(
        record=record, account=make_account(), why="Same street", score=0.5, found_at=NOW
    )


ROWS: dict[str, Callable[[], Any]] = {
    "bulk_id": lambda: Bulk.objects.create(
        choice="approve", filters={}, ordered_at=NOW, ordered_by="system:test"
    ),
    "change_id": lambda: ChangeRequest.objects.create(
        kind="policy", policy=PolicyVersion.objects.get(kind="send"), title="A change",
        proposed_at=NOW, proposed_by="system:test",
    ),
    "switch_id": lambda: KillSwitch.objects.create(
        scope="seat", target="sender", thrown_at=NOW, thrown_by="system:test"
    ),
    "fact_id": make_relationship,
    "suppression_id": lambda: Suppression.objects.create(
        kind="domain", digest="0" * 64, value="example.org", reason="asked", suppressed_at=NOW,
        suppressed_by="system:test",
    ),
}  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.django_db
def test_each_role_gets_at_each_address_what_the_matrix_says(
    visitors: list[Visitor], values: dict[str, Any]
) -> None:
    wrong = []
    for name, entry in patterns():
        if name in PUBLIC or name not in MATRIX:
            continue
        parameters = {key: values[key] for key in entry.pattern.converters}
        address = reverse(name, kwargs=parameters)
        for method in ("GET", "POST"):
            for visitor in visitors:
                right = expected(MATRIX[name], visitor, method)
                said = outcome(visitor, method, address)
                if said != right:
                    wrong.append(f"{method} {name} as {visitor.name}: {said}, not {right}")

    assert wrong == []
