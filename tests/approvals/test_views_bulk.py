from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from kombu.exceptions import OperationalError

from approvals import bulk as bulks
from approvals import tasks
from approvals.deciding import Ruling
from approvals.models import (
    Bulk,
    BulkItem,
    BulkResult,
    Choice,
    Decision,
    Send,
    SendState,
)
from approvals.views import bulk as bulk_views
from revenue.access import Role
from tests.approvals.waiting import decision, waiting_send, with_text
from tests.support.rows import FOUNDER, NOW, installed
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

ORDER = "/approvals/bulk"


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def order(client: Client, sends: list[Send], query: str = "", **fields: Any) -> Any:
    form = {"choice": "approve", "ids": [send.pk for send in sends], **fields}
    return client.post(f"{ORDER}{query}", form)


def states(sends: list[Send]) -> list[str]:
    found = dict(Send.objects.values_list("pk", "state"))
    return [found[send.pk] for send in sends]


def test_ticked_ones_are_approved_and_the_result_names_each(founder: Client) -> None:
    sends = [waiting_send(business=f"Clinic {number}") for number in range(3)]

    response = order(founder, sends[:2])

    bulk = Bulk.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"{ORDER}/{bulk.pk}/")
    assert states(sends) == ["approved", "approved", "pending"]
    html = founder.get(response["Location"]).content.decode()
    assert [f"Clinic {number}" in html for number in range(3)] == [True, True, False]
    assert "2 approved" in html
    assert f'href="/approvals/{sends[0].pk}/"' in html


def test_ticked_ones_are_rejected_with_the_reason_of_the_button(founder: Client) -> None:
    sends = [waiting_send()]

    order(founder, sends, choice="approve", reason_code="bad_timing")

    made = Decision.objects.get()
    assert (made.choice, made.reason_code, made.channel) == ("reject", "bad_timing", "bulk")


def test_all_that_match_leaves_out_what_was_unticked(founder: Client) -> None:
    kept, unticked, other_kind = waiting_send(), waiting_send(), waiting_send()
    Send.objects.filter(pk=other_kind.pk).update(kind="reactivation")
    below = waiting_send()

    shown = f"{kept.pk},{unticked.pk},"
    order(founder, [kept], "?kind=cold", scope="all", shown=shown)

    assert states([kept, unticked, other_kind, below]) == [
        "approved", "pending", "pending", "approved",
    ]  # fmt: skip


def test_each_item_is_decided_by_itself(founder: Client) -> None:
    good, decided, changed = waiting_send(), waiting_send(), waiting_send()
    bulk = bulks.order_bulk(
        sends=Send.objects.filter(pk__in=[good.pk, decided.pk, changed.pk]),
        excluded=(),
        ruling=Ruling(choice=Choice.APPROVE),
        filters={},
        by=FOUNDER,
        now=NOW,
    )
    founder.post(f"/approvals/{decided.pk}/decide", decision(decided, "reject", reason_code="tone"))
    with_text(changed, body="Another text")

    bulks.carry_out(bulk=bulk, now=NOW)

    results = dict(BulkItem.objects.values_list("send_id", "result"))
    assert results == {
        good.pk: BulkResult.DECIDED,
        decided.pk: BulkResult.ALREADY,
        changed.pk: BulkResult.CHANGED,
    }
    html = founder.get(f"{ORDER}/{bulk.pk}/").content.decode()
    assert "1 approved, 2 not" in html
    assert "Somebody else was first" in html
    assert "The text changed meanwhile" in html


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"choice": "return"}, "Choose to approve or to reject"),
        ({"choice": ""}, "Choose to approve or to reject"),
        ({"reason_code": "because"}, "Choose why"),
        ({"ids": []}, "None of these waits"),
        ({"ids": ["x", "-3", "9" * 30]}, "None of these waits"),
    ],
)
def test_unusable_order_decides_nothing(
    fields: dict[str, Any], words: str, founder: Client
) -> None:
    sends = [waiting_send()]

    response = order(founder, sends, **fields)

    assert (response.status_code, states(sends)) == (422, ["pending"])
    assert words in response.content.decode()


def test_only_what_waits_is_decided(founder: Client) -> None:
    send = waiting_send()
    Send.objects.filter(pk=send.pk).update(state="expired")

    response = order(founder, [send], "?state=expired")

    assert (response.status_code, states([send])) == (422, ["expired"])


def test_larger_set_is_left_to_the_worker_and_its_page_shows_progress(
    founder: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(bulk_views, "AT_ONCE", 1)
    hurried: list[bool] = []
    monkeypatch.setattr(tasks.carry_out_bulks, "delay", lambda: hurried.append(True))
    sends = [waiting_send(), waiting_send()]

    with django_capture_on_commit_callbacks(execute=True):
        response = order(founder, sends)

    url = response["Location"]
    assert (states(sends), hurried) == (["pending", "pending"], [True])
    assert 'hx-trigger="every 1s"' in founder.get(url).content.decode()
    tasks.carry_out_bulks()
    assert states(sends) == ["approved", "approved"]
    assert "hx-trigger" not in founder.get(url).content.decode()


def test_broker_that_is_down_loses_nothing(
    founder: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(bulk_views, "AT_ONCE", 0)
    monkeypatch.setattr(tasks.carry_out_bulks, "delay", refuse)
    sends = [waiting_send()]

    with django_capture_on_commit_callbacks(execute=True):
        assert order(founder, sends).status_code == 302
    tasks.carry_out_bulks()

    assert states(sends) == ["approved"]


def test_undo_takes_back_what_this_order_decided(founder: Client) -> None:
    mine, again = waiting_send(), waiting_send()
    order(founder, [mine, again])
    bulk = Bulk.objects.get()
    founder.post(f"/approvals/{again.pk}/undo")
    again.refresh_from_db()
    founder.post(f"/approvals/{again.pk}/decide", decision(again))

    response = founder.post(f"{ORDER}/{bulk.pk}/undo")

    assert states([mine, again]) == ["pending", "approved"]
    assert messages_of(response)[-1] == "1 taken back; for 1 it was too late."


def test_undo_stops_what_is_not_decided_yet(
    founder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_views, "AT_ONCE", 0)
    sends = [waiting_send()]
    order(founder, sends)
    bulk = Bulk.objects.get()

    founder.post(f"{ORDER}/{bulk.pk}/undo")
    tasks.carry_out_bulks()

    bulk.refresh_from_db()
    assert (states(sends), bulk.finished_at is not None) == (["pending"], True)
    assert BulkItem.objects.get().note == bulks.STOPPED


def test_admin_may_look_at_the_result_only(founder: Client) -> None:
    send = waiting_send()
    order(founder, [send])
    url = f"{ORDER}/{Bulk.objects.get().pk}/"
    admin = visit_as(Role.ADMIN)

    html = admin.get(url).content.decode()

    assert "1 approved" in html
    assert "/undo" not in html
    assert admin.post(f"{url}undo").status_code == 403
    assert order(admin, [send]).status_code == 403


def test_unknown_order_is_not_found(founder: Client) -> None:
    assert founder.get(f"{ORDER}/4711/").status_code == 404
    assert founder.post(f"{ORDER}/4711/undo").status_code == 404


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40])
def test_spoilt_page_of_the_result_is_the_first(after: str, founder: Client) -> None:
    order(founder, [waiting_send(business="Clinic")])

    response = founder.get(f"{ORDER}/{Bulk.objects.get().pk}/", {"after": after})

    assert "Clinic" in response.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_result_takes_the_same_statements_for_one_and_three(number: int, founder: Client) -> None:
    order(founder, [waiting_send() for _ in range(number)])
    url = f"{ORDER}/{Bulk.objects.get().pk}/"
    founder.get(url)

    with statements() as found:
        founder.get(url)

    assert len(found) == 11


def test_results_are_paged(founder: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_views, "PAGE", 1)
    first, second = waiting_send(business="Clinic 1"), waiting_send(business="Clinic 2")
    Send.objects.filter(pk=first.pk).update(score=2)
    Send.objects.filter(pk=second.pk).update(score=1)
    order(founder, [first, second])
    url = f"{ORDER}/{Bulk.objects.get().pk}/"

    html = founder.get(url).content.decode()
    after = BulkItem.objects.get(send=first).pk
    rest = founder.get(url, {"after": after}).content.decode()

    assert ("Clinic 1" in html, "Clinic 2" in html) == (True, False)
    assert f"{url}?after={after}" in html
    assert ("Clinic 1" in rest, "Clinic 2" in rest) == (False, True)


def test_state_of_a_finished_order_is_not_asked_again(founder: Client) -> None:
    order(founder, [waiting_send()])

    assert Bulk.objects.get().finished_at is not None
    assert Send.objects.filter(state=SendState.APPROVED).count() == 1
