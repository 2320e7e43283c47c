from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import Choice, Decision, RejectReason, Send, SendState
from revenue.access import Role
from revenue.conversation.suppression import suppress
from revenue.models import (
    Effect,
    House,
    LedgerEvent,
    SuppressionKind,
    SuppressionReason,
)
from tests.approvals.waiting import PART, decision, waiting_send, with_text
from tests.support.rows import FOUNDER, installed, make_send
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

QUEUE = "/approvals/"


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def decide(client: Client, send: Send, choice: str = "approve", **fields: object) -> Any:
    return client.post(f"{QUEUE}{send.pk}/decide", decision(send, choice, **fields), headers=PART)


def state_of(send: Send) -> str:
    send.refresh_from_db()
    return send.state


# Deciding ----------------------------------------------------------------------------------------


def test_approve_answers_with_the_next_item_and_a_way_back(founder: Client) -> None:
    send, following = waiting_send(), waiting_send()

    response = decide(founder, send)

    html = response.content.decode()
    made = Decision.objects.get(send=send)
    assert (state_of(send), made.visible_ms) == (SendState.APPROVED, 4200)
    assert f'data-send="{following.pk}"' in html
    assert f'hx-target="#row-{send.pk}" hx-swap="delete"' in html
    assert f'hx-post="{QUEUE}{send.pk}/undo"' in html
    assert 'data-lives="30"' in html
    assert response["HX-Replace-Url"] == f"{QUEUE}{following.pk}/"
    assert response["HX-Trigger"] == "decided"


def test_decision_takes_few_statements(founder: Client) -> None:
    last, middle, first = (waiting_send() for _ in range(3))
    for score, send in enumerate((last, middle, first)):
        Send.objects.filter(pk=send.pk).update(score=score)
    decide(founder, first)

    with statements() as found:
        html = decide(founder, middle).content.decode()

    assert f'data-send="{last.pk}"' in html
    assert len([sql for sql in found if sql not in {"BEGIN", "COMMIT"}]) == 12


def test_last_decision_says_that_nothing_waits(founder: Client) -> None:
    response = decide(founder, waiting_send())

    assert "Nothing more waits here" in response.content.decode()
    assert response["HX-Replace-Url"] == QUEUE


def test_following_item_is_the_next_of_the_list_then_the_first(founder: Client) -> None:
    first, second, third = (waiting_send() for _ in range(3))
    for score, send in enumerate((third, second, first)):
        Send.objects.filter(pk=send.pk).update(score=score)

    after_second = decide(founder, second).content.decode()
    after_third = decide(founder, third).content.decode()

    assert f'data-send="{third.pk}"' in after_second
    assert f'data-send="{first.pk}"' in after_third


def test_following_item_matches_the_filters(founder: Client) -> None:
    send, other = waiting_send(), waiting_send()
    Send.objects.filter(pk=other.pk).update(kind="reactivation")

    response = founder.post(f"{QUEUE}{send.pk}/decide?kind=cold", decision(send), headers=PART)

    assert "Nothing more waits here" in response.content.decode()
    assert response["HX-Replace-Url"] == f"{QUEUE}?kind=cold"


def test_two_reviewers_are_given_different_items(founder: Client) -> None:
    sends = [waiting_send() for _ in range(4)]
    other = visit_as(Role.FOUNDER)

    mine = decide(founder, sends[0]).content.decode()
    theirs = decide(other, sends[1]).content.decode()

    given = [f'data-send="{send.pk}"' for send in sends[2:]]
    assert [item in mine for item in given] != [item in theirs for item in given]


def test_approve_without_script_leads_to_the_next_with_a_message(founder: Client) -> None:
    send, following = waiting_send(name="Dana <b>"), waiting_send()

    response = founder.post(f"{QUEUE}{send.pk}/decide", decision(send))

    assert (response.status_code, response["Location"]) == (302, f"{QUEUE}{following.pk}/")
    told = messages_of(response)[0]
    assert told.startswith("Approved: Dana &lt;b&gt;.")
    assert f'href="{QUEUE}{send.pk}/"' in told


@pytest.mark.parametrize("reason", RejectReason)
def test_reject_keeps_reason_and_words(reason: RejectReason, founder: Client) -> None:
    send = waiting_send()

    decide(founder, send, "reject", reason_code=reason, reason="Zu steif\r\nbitte")

    made = Decision.objects.get(send=send)
    assert (made.choice, made.reason_code, made.reason) == ("reject", reason, "Zu steif\nbitte")
    assert state_of(send) == SendState.REJECTED


def test_return_keeps_note(founder: Client) -> None:
    send = waiting_send()

    decide(founder, send, "return", reason="Say one thing.")

    assert (state_of(send), Decision.objects.get().reason) == ("returned", "Say one thing.")


def test_hold_of_none_offers_no_undo(founder: Client) -> None:
    House.objects.update(hold_seconds=0)
    send = waiting_send()

    html = decide(founder, send).content.decode()

    assert f"{QUEUE}{send.pk}/undo" not in html


# What can't be decided ---------------------------------------------------------------------------


def test_second_reviewer_is_told_who_decided_and_keeps_the_words(founder: Client) -> None:
    send = waiting_send()
    decide(visit_as(Role.FOUNDER, first_name="Tomas", last_name="Lind"), send)

    response = decide(founder, send, "return", reason="My precious note")

    html = response.content.decode()
    assert response.status_code == 409
    assert "Somebody was first" in html
    assert "Tomas Lind" in html
    assert "approved this" in html
    assert "My precious note" in html
    assert Decision.objects.filter(send=send).count() == 1
    assert state_of(send) == SendState.APPROVED


def test_conflict_without_script_is_a_whole_page(founder: Client) -> None:
    send = waiting_send()
    decide(founder, send)

    response = founder.post(
        f"{QUEUE}{send.pk}/decide", decision(send, "return", reason="My precious note")
    )

    assert response.status_code == 409
    assert "<html" in response.content.decode()
    assert "My precious note" in response.content.decode()


def test_text_changed_since_it_was_seen_is_not_decided(founder: Client) -> None:
    send = waiting_send()
    seen = decision(send)
    with_text(send, body="Another text")

    response = founder.post(f"{QUEUE}{send.pk}/decide", seen, headers=PART)

    html = response.content.decode()
    assert (response.status_code, state_of(send)) == (409, SendState.PENDING)
    assert "The text has changed" in html
    assert f'value="{send.revision_id}"' in html


def test_revision_of_another_send_is_refused(founder: Client) -> None:
    send, other = waiting_send(), waiting_send()

    response = founder.post(f"{QUEUE}{send.pk}/decide", decision(other), headers=PART)

    assert (response.status_code, state_of(send), state_of(other)) == (409, "pending", "pending")


def test_suppressed_recipient_is_refused_with_reason(founder: Client) -> None:
    send = waiting_send()
    suppress(
        kind=SuppressionKind.ADDRESS,
        value=send.to_address,
        reason=SuppressionReason.ASKED,
        by=FOUNDER,
        now=timezone.now(),
    )

    response = decide(founder, send)

    assert (response.status_code, state_of(send)) == (409, SendState.PENDING)
    assert "suppression list" in response.content.decode()


def test_denied_mail_has_no_button_and_is_refused(founder: Client) -> None:
    send = make_send(effect=Effect.DENY)

    html = founder.get(f"{QUEUE}{send.pk}/").content.decode()
    response = decide(founder, send)

    assert "The policy denies it" in html
    assert (response.status_code, state_of(send)) == (409, SendState.PENDING)


@pytest.mark.parametrize("state", set(SendState) - {SendState.PENDING})
def test_decision_in_another_state_is_refused(state: SendState, founder: Client) -> None:
    send = make_send(state=state)

    response = decide(founder, send, "reject", reason_code="tone")

    assert (response.status_code, state_of(send)) == (409, state)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"choice": "undo"}, "Choose to approve"),
        ({"choice": ""}, "Choose to approve"),
        ({"choice": "reject"}, "Choose why"),
        ({"choice": "reject", "reason_code": "because"}, "Choose why"),
        ({"choice": "return", "reason": "  \n "}, "Say what should be different"),
        ({"choice": "return", "reason": "x" * 1001}, "longer than 1,000 characters"),
        ({"choice": "return", "reason": "a\x00b"}, "control character"),
        ({"revision": ""}, "not complete"),
        ({"revision": "-1"}, "not complete"),
        ({"revision": "0"}, "not complete"),
        ({"revision": "9" * 40}, "not complete"),
        ({"revision": "١٢"}, "not complete"),
    ],
)
def test_tampered_form_is_refused_with_words_kept(
    fields: dict[str, str], words: str, founder: Client
) -> None:
    send = waiting_send()

    response = founder.post(f"{QUEUE}{send.pk}/decide", decision(send) | fields, headers=PART)

    html = response.content.decode()
    assert (response.status_code, state_of(send)) == (422, SendState.PENDING)
    assert words in html
    assert fields.get("reason", "").strip("\x00 \n")[:1] in html


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1500", 1500), ("", None), ("-1", None), ("1e9", None), ("9" * 11, 2**31 - 1), ("x", None)],
)
def test_time_on_screen_is_kept_only_where_credible(
    typed: str, kept: int | None, founder: Client
) -> None:
    send = waiting_send()

    decide(founder, send, visible_ms=typed)

    assert Decision.objects.get(send=send).visible_ms == kept


def test_fields_of_the_recipient_are_ignored(founder: Client) -> None:
    send = waiting_send()
    address, account = send.to_address, send.account_id

    decide(founder, send, to_address="other@else.example", contact="1", account="1")

    send.refresh_from_db()
    assert (send.to_address, send.account_id, send.state) == (address, account, "approved")


def test_oversized_post_changes_nothing(founder: Client) -> None:
    send = waiting_send()

    response = decide(founder, send, "return", reason="x" * 2_000_000)

    assert (response.status_code, state_of(send)) == (400, SendState.PENDING)


def test_unknown_send_is_not_found(founder: Client) -> None:
    for name in ("decide", "snooze", "undo", "reopen", "edit"):
        form = {"choice": "approve", "revision": "1", "preset": "monday"}
        assert founder.post(f"{QUEUE}4711/{name}", form).status_code == 404


def test_get_decides_nothing(founder: Client) -> None:
    send = waiting_send()

    statuses = {
        founder.get(f"{QUEUE}{send.pk}/{name}").status_code
        for name in ("decide", "snooze", "undo", "reopen", "resolve", "look-up")
    }

    assert (statuses, state_of(send)) == ({405}, SendState.PENDING)


def test_form_without_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = visit_as(Role.FOUNDER).cookies
    send = waiting_send()

    assert decide(client, send).status_code == 403
    assert state_of(send) == SendState.PENDING


# Snooze, undo, bring back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "away"),
    [({"preset": "hour"}, timedelta(hours=1)), ({"preset": "monday"}, timedelta(days=7))],
)
def test_snooze_puts_it_away_and_moves_its_deadlines(
    form: dict[str, str], away: timedelta, founder: Client
) -> None:
    send = waiting_send()
    due = send.due_at

    form = {"revision": str(send.revision_id)} | form
    response = founder.post(f"{QUEUE}{send.pk}/snooze", form, headers=PART)

    assert (response.status_code, state_of(send)) == (200, SendState.SNOOZED)
    assert send.snoozed_until is not None
    assert timedelta(0) < send.snoozed_until - timezone.now() <= away
    assert send.due_at > due
    assert f'hx-post="{QUEUE}{send.pk}/undo"' in response.content.decode()


def test_snooze_to_a_local_time_is_meant_in_the_readers_zone() -> None:
    client = visit_as(Role.FOUNDER, time_zone="Asia/Tokyo")
    send = waiting_send()

    form = {"revision": str(send.revision_id), "until": "2031-05-01T08:30"}
    client.post(f"{QUEUE}{send.pk}/snooze", form, headers=PART)

    send.refresh_from_db()
    assert send.snoozed_until is not None
    assert send.snoozed_until.isoformat() == "2031-04-30T23:30:00+00:00"


@pytest.mark.parametrize("until", ["", "tomorrow", "0001-01-01T00:00", "2020-01-01T08:00"])
def test_snooze_to_no_time_is_refused(until: str, founder: Client) -> None:
    send = waiting_send()

    form = {"revision": str(send.revision_id), "until": until}
    response = founder.post(f"{QUEUE}{send.pk}/snooze", form, headers=PART)

    assert response.status_code in {409, 422}
    assert state_of(send) == SendState.PENDING


@pytest.mark.parametrize(
    ("choice", "fields"),
    [
        ("approve", {}),
        ("reject", {"reason_code": "tone"}),
        ("return", {"reason": "Say one thing."}),
    ],
)
def test_undo_brings_item_and_row_back(
    choice: str, fields: dict[str, str], founder: Client
) -> None:
    send = waiting_send()
    decide(founder, send, choice, **fields)

    response = founder.post(f"{QUEUE}{send.pk}/undo", headers=PART)

    html = response.content.decode()
    assert state_of(send) == SendState.PENDING
    assert f'data-send="{send.pk}"' in html
    assert f'id="row-{send.pk}"' in html
    assert Decision.objects.filter(send=send, choice=Choice.UNDO).count() == 1


def test_undo_wakes_a_snoozed_send_with_its_deadlines(founder: Client) -> None:
    send = waiting_send()
    due = send.due_at
    form = {"revision": str(send.revision_id), "until": "2031-05-01T08:30"}
    founder.post(f"{QUEUE}{send.pk}/snooze", form, headers=PART)

    founder.post(f"{QUEUE}{send.pk}/undo", headers=PART)

    assert state_of(send) == SendState.PENDING
    assert abs(send.due_at - due) < timedelta(seconds=30)
    assert LedgerEvent.objects.filter(subject=f"send:{send.pk}", kind="send.woken").exists()


def test_undo_after_it_left_is_told(founder: Client) -> None:
    send = make_send(state=SendState.SENT)

    response = founder.post(f"{QUEUE}{send.pk}/undo", headers=PART)

    assert (response.status_code, state_of(send)) == (409, SendState.SENT)
    assert "Too late to undo" in response.content.decode()


def test_undo_gives_way_to_a_newer_mail_to_the_same_person(founder: Client) -> None:
    send = waiting_send()
    decide(founder, send, "reject", reason_code="tone")
    make_send(contact=send.contact)

    response = founder.post(f"{QUEUE}{send.pk}/undo", headers=PART)

    assert (response.status_code, state_of(send)) == (409, SendState.REJECTED)
    assert "under way by now" in response.content.decode()


@pytest.mark.parametrize("state", ["revoked", "failed", "stale", "expired"])
def test_reopen_brings_it_back_judged_anew(state: str, founder: Client) -> None:
    send = make_send(state=SendState(state))

    response = founder.post(f"{QUEUE}{send.pk}/reopen", {"reason": "They asked for it"})

    assert (response.status_code, state_of(send)) == (302, SendState.PENDING)
    assert send.verdict is not None
    assert send.round == 2


def test_reopen_of_what_the_policy_denies_now_is_refused(founder: Client) -> None:
    send = make_send(state=SendState.REVOKED)
    suppress(
        kind=SuppressionKind.ADDRESS,
        value=send.to_address,
        reason=SuppressionReason.UNSUBSCRIBED,
        by=FOUNDER,
        now=timezone.now(),
    )

    response = founder.post(f"{QUEUE}{send.pk}/reopen", headers=PART)

    assert (response.status_code, state_of(send)) == (409, SendState.REVOKED)
    assert "Denied" in response.content.decode()
