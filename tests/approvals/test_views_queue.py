from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import queries
from approvals.deciding import Ruling, decide, undo
from approvals.models import Choice, Send, SendState
from approvals.queries import Filters
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import MailKind
from tests.approvals.waiting import PART, waiting_send, with_text
from tests.support.rows import FOUNDER, installed, make_account, make_contact, make_draft, make_send
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

QUEUE = "/approvals/"
HOSTILE = '<script>alert("x")</script><b>'


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def page(client: Client, url: str = QUEUE, **headers: Any) -> str:
    response = client.get(url, **headers)
    assert response.status_code == 200
    return response.content.decode()


def order_of(html: str) -> list[int]:
    """The sends of the list, from the top."""
    return [int(part.partition('"')[0]) for part in html.split('id="row-')[1:]]


# Who ---------------------------------------------------------------------------------------------


def test_queue_without_login_leads_to_login() -> None:
    response = Client().get(QUEUE)

    assert (response.status_code, response["Location"]) == (302, "/login/?next=/approvals/")


def test_queue_is_closed_to_accountant() -> None:
    assert visit_as(Role.ACCOUNTANT).get(QUEUE).status_code == 403


@pytest.mark.parametrize("name", ["decide", "edit", "snooze", "undo", "reopen", "resolve"])
def test_admin_may_not_decide(name: str) -> None:
    send = waiting_send()

    response = visit_as(Role.ADMIN).post(reverse(f"approvals:{name}", args=[send.pk]))

    send.refresh_from_db()
    assert (response.status_code, send.state) == (403, SendState.PENDING)


def test_admin_sees_no_buttons_and_why() -> None:
    send = waiting_send()

    html = page(visit_as(Role.ADMIN), f"{QUEUE}{send.pk}/")

    assert "deciding is for the founder" in html
    assert f"{QUEUE}{send.pk}/decide" not in html
    assert 'name="ids"' not in html


def test_founder_sees_every_decision_with_its_key(founder: Client) -> None:
    send = waiting_send()

    html = page(founder, f"{QUEUE}{send.pk}/")

    keys = [key for key in "aerbsf1234567" if f'data-key="{key}"' in html]
    assert keys == list("aerbsf1234567")
    assert "Approve and send in 30 s" in html
    assert "Return to Nick" in html


# What --------------------------------------------------------------------------------------------


def test_item_shows_verdict_evidence_and_reason(founder: Client) -> None:
    send = waiting_send(business="Harbour Physio")

    html = page(founder, f"{QUEUE}{send.pk}/")

    assert "The customer profile accepted them." in html
    assert "Allowed: Canadian law allows it" in html
    assert "What would have stopped it" in html
    assert "Implied: address published for business" in html
    assert "expected value of the deal" in html
    assert "CA$4,800.00" in html
    assert "None: this would be the first mail to this business." in html


def test_item_of_unknown_number_is_not_found(founder: Client) -> None:
    assert founder.get(f"{QUEUE}{10**25}/").status_code == 404
    assert founder.get(f"{QUEUE}4711/").status_code == 404


def test_htmx_gets_the_item_alone_and_no_cache_keeps_it(founder: Client) -> None:
    send = waiting_send()

    response = founder.get(f"{QUEUE}{send.pk}/", headers=PART)

    html = response.content.decode()
    assert "<html" not in html
    assert f'data-visible-item="send:{send.pk}:{send.revision_id}"' in html
    assert "no-store" in response["Cache-Control"]
    assert "HX-Request-Type" in response["Vary"]


def test_going_back_in_history_gets_the_whole_page(founder: Client) -> None:
    send = waiting_send()
    headers = {"HX-Request": "true", "HX-Request-Type": "full"}

    assert "<html" in page(founder, f"{QUEUE}{send.pk}/", headers=headers)


def test_resting_rules_are_fetched_on_demand(founder: Client) -> None:
    send = waiting_send()

    html = page(founder, f"{QUEUE}{send.pk}/rules", headers=PART)

    assert "Suppression list" in html
    assert "Canada: consent, or published with evidence" not in html
    assert "<html" in page(founder, f"{QUEUE}{send.pk}/rules")


def test_history_tells_of_edit_decision_and_undo(founder: Client) -> None:
    send = waiting_send()
    now = timezone.now()
    ruling = Ruling(choice=Choice.REJECT, reason_code="tone", reason="Too stiff", visible_ms=7000)
    assert send.revision_id is not None
    decide(send_id=send.pk, revision_id=send.revision_id, ruling=ruling, by=FOUNDER, now=now)
    undo(send_id=send.pk, by=FOUNDER, now=now)

    html = page(founder, f"{QUEUE}{send.pk}/history", headers=PART)

    told = ["drafted it", "put it up for a decision", "rejected it after 7 s on screen"]
    told += ["Tone is off: “Too stiff”", "took that back"]
    assert [words for words in told if words in html] == told


def test_earlier_contact_leads_to_the_other_send(founder: Client) -> None:
    account = make_account()
    other = make_send(make_draft(make_contact(account)), state=SendState.SENT)
    send = make_send(make_draft(make_contact(account)))

    html = page(founder, f"{QUEUE}{send.pk}/")

    assert f'href="{QUEUE}{other.pk}/?state=sent"' in html


@pytest.mark.parametrize("state", SendState)
def test_item_in_any_state_says_so(state: SendState, founder: Client) -> None:
    send = make_send(state=state)

    html = page(founder, f"{QUEUE}{send.pk}/?state={state}")

    assert (state.label in html) is (state != SendState.PENDING)
    assert ("/decide" in html) is (state == SendState.PENDING)
    assert ("/reopen" in html) is (state in {"revoked", "failed", "stale", "expired"})


def test_approved_item_counts_down_and_offers_to_take_it_back(founder: Client) -> None:
    send = waiting_send()
    founder.post(f"{QUEUE}{send.pk}/decide", {"revision": send.revision_id, "choice": "approve"})

    html = page(founder, f"{QUEUE}{send.pk}/")

    assert 'class="countdown"' in html
    assert 'hx-trigger="load delay:32s"' in html or 'hx-trigger="load delay:31s"' in html
    assert f'action="{QUEUE}{send.pk}/undo"' in html


def test_item_given_to_another_reviewer_says_who_has_it(founder: Client) -> None:
    send = waiting_send()
    other = visit_as(Role.FOUNDER, first_name="Tomas", last_name="Lind")
    by = Actor("person", other.session["_auth_user_id"])
    queries.next_pending(Filters(), by=by, now=timezone.now())

    assert "Tomas Lind" in page(founder, f"{QUEUE}{send.pk}/")


# Hostile names -----------------------------------------------------------------------------------


def test_markup_in_every_field_is_escaped(founder: Client) -> None:
    account = make_account(
        name=HOSTILE, trade=HOSTILE, area=HOSTILE, website=f"javascript:{HOSTILE}"
    )
    contact = make_contact(account, name=HOSTILE, role=HOSTILE, published_url=f"data:{HOSTILE}")
    draft = make_draft(contact, subject=HOSTILE, body=f"Hi,\n\n{HOSTILE}", why_now=HOSTILE)
    send = make_send(draft, state_reason=HOSTILE, risk_marks=[HOSTILE])
    claim = {"start": 4, "end": 9, "as_of": "2026-01-01", "supported": True}
    claim |= dict.fromkeys(("sentence", "fact", "value", "source", "field", "reason"), HOSTILE)
    fault = {"code": "x", "severity": "block", "message": HOSTILE}
    with_text(send, footer=HOSTILE, from_name=HOSTILE, faults=[fault], claims=[claim])
    other = visit_as(Role.FOUNDER, first_name=HOSTILE)

    for client in (founder, other):
        for url in (QUEUE, f"{QUEUE}{send.pk}/", f"{QUEUE}{send.pk}/edit"):
            html = page(client, url)
            assert HOSTILE not in html
            assert "<script>alert" not in html
            assert 'href="javascript:' not in html
            assert 'href="data:' not in html
    assert escape(HOSTILE) in page(founder)


# The list ----------------------------------------------------------------------------------------


def test_list_shows_the_most_pressing_first(founder: Client) -> None:
    late, early = waiting_send(), waiting_send()
    Send.objects.filter(pk=late.pk).update(score=1)
    Send.objects.filter(pk=early.pk).update(score=2)

    assert order_of(page(founder)) == [early.pk, late.pk]


def test_list_marks_what_is_due_soon_and_what_is_late(founder: Client) -> None:
    now = timezone.now()
    make_send(now=now - timedelta(hours=20))
    make_send(now=now - timedelta(hours=30))
    make_send(now=now)

    html = page(founder)

    assert html.count('class="list-aside" data-state="wait">due in 4 h') == 0
    assert html.count('data-state="wait">due in 3 h') == 1
    assert html.count('data-state="stop">6 h late') == 1
    assert html.count('class="list-aside">due in 23 h') == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["cold", "warm"]),
        ("?kind=reactivation", ["warm"]),
        ("?kind=nonsense", ["cold", "warm"]),
        ("?seat=pipeline", ["warm"]),
        ("?risk=3", ["warm"]),
        ("?risk=9", ["cold", "warm"]),
        ("?held_by=copy-faults", ["warm"]),
        ("?held_by=nothing", []),
        ("?state=sent", []),
        ("?state=%00", ["cold", "warm"]),
    ],
)
def test_filters_narrow_the_list(query: str, expected: list[str], founder: Client) -> None:
    make_send(make_draft(make_contact(make_account(name="cold"))))
    warm = make_draft(
        make_contact(make_account(name="warm")), kind=MailKind.REACTIVATION, seat_id="pipeline"
    )
    make_send(warm, risk=3, held_by="copy-faults")

    html = page(founder, f"{QUEUE}{query}")

    assert [name for name in ("cold", "warm") if f"<bdi>{name}</bdi>" in html] == expected


def test_nul_in_a_filter_is_dropped(founder: Client) -> None:
    waiting_send()

    assert len(order_of(page(founder, f"{QUEUE}?held_by=%00"))) == 1


def test_filters_travel_with_every_address(founder: Client) -> None:
    send = waiting_send()

    html = page(founder, f"{QUEUE}?kind=cold")

    assert f'href="{QUEUE}{send.pk}/?kind=cold"' in html
    assert f'action="{QUEUE}bulk?kind=cold"' in html


def test_tabs_count_by_state(founder: Client) -> None:
    waiting_send()
    make_send(state=SendState.SENT)

    html = " ".join(page(founder).split())

    assert 'Waiting <span class="num">1</span>' in html
    assert 'Sent <span class="num">1</span>' in html


def test_counts_stop_at_a_thousand(founder: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "COUNT_LIMIT", 1)
    monkeypatch.setattr("approvals.presenting.lists.COUNT_LIMIT", 1)
    waiting_send()
    waiting_send()

    assert "1+ mails wait for you" in page(founder)


def test_pages_follow_without_repeating_or_losing(
    founder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries.page, "__kwdefaults__", {"after": "", "size": 2})
    sends = [waiting_send() for _ in range(5)]
    Send.objects.update(score=1.5)

    seen: list[int] = []
    url = QUEUE
    while url:
        html = page(founder, url)
        seen += order_of(html)
        url = html.partition('id="more"')[2].partition('href="')[2].partition('"')[0]
        url = url.replace("&amp;", "&")

    assert seen == sorted((send.pk for send in sends), reverse=True)


@pytest.mark.parametrize("after", ["x", "1~", "nan~1", "1e999~1", f"1~{2**70}", "2026-01-01~1"])
def test_spoilt_place_in_the_list_is_no_error(after: str, founder: Client) -> None:
    waiting_send()

    for state in ("pending", "sent"):
        assert founder.get(QUEUE, {"after": after, "state": state}).status_code == 200


def test_rows_alone_for_htmx(founder: Client) -> None:
    send = waiting_send()
    place = queries.write_cursor(send.score + 1, 1)

    html = page(founder, f"{QUEUE}?after={place}", headers=PART)

    assert "<html" not in html
    assert order_of(html) == [send.pk]


def test_tabs_alone_for_htmx_carry_fresh_counts(founder: Client) -> None:
    waiting_send()

    html = page(founder, headers=PART)

    assert "1 mail waits for you" in html
    assert "<html" not in html


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Drafts that need your word appear here"),
        ("?kind=cold", "Nothing waits that matches"),
        ("?state=sent", "Nothing is in this state"),
    ],
)
def test_empty_list_says_what_will_appear(query: str, words: str, founder: Client) -> None:
    assert words in page(founder, f"{QUEUE}{query}")


# How much it takes -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_queue_takes_the_same_statements_for_one_and_three(number: int, founder: Client) -> None:
    for _ in range(number):
        waiting_send()
    page(founder)

    with statements() as found:
        page(founder)

    assert len(found) == 11


@pytest.mark.parametrize("number", [1, 3])
def test_item_takes_the_same_statements_for_one_and_three(number: int, founder: Client) -> None:
    sends = [waiting_send() for _ in range(number)]
    page(founder, f"{QUEUE}{sends[0].pk}/", headers=PART)

    with statements() as found:
        page(founder, f"{QUEUE}{sends[0].pk}/", headers=PART)

    assert len(found) == 6


def test_list_fetches_no_whole_text(founder: Client) -> None:
    with_text(waiting_send(), body="x" * 20_000)

    with statements() as found:
        html = page(founder)

    assert "x" * 500 not in html
    assert not [sql for sql in found if '"body"' in sql and "LEFT(" not in sql]
