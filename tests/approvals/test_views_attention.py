"""Pages about planted faults: nothing before the decision, all of it with and after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.bulk import NotWhileMissing, order_bulk
from approvals.deciding import Ruling, decide
from approvals.models import BulkItem, Choice, Decision, SeededDefect, Send, SendState
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import LedgerEvent, User
from tests.approvals.planted import (
    NAMED,
    defect_of,
    named_send,
    past_grace,
    plant_all,
    planted_send,
    real_of,
    standing,
)
from tests.approvals.waiting import PART, decision, waiting_send
from tests.support.rows import installed, make_user
from tests.support.visits import statements

pytestmark = pytest.mark.django_db

QUEUE = "/approvals/"
ATTENTION = "/approvals/attention/"


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def person() -> User:
    return make_user(Role.FOUNDER, first_name="Mara", last_name="Lindholm")


@pytest.fixture
def founder(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, address: str, **kwargs: Any) -> str:
    response = client.get(address, **kwargs)
    assert response.status_code == 200
    html: str = response.content.decode()
    return html


def post(client: Client, send: Send, choice: str = "approve", **fields: object) -> Any:
    return client.post(f"{QUEUE}{send.pk}/decide", decision(send, choice, **fields), headers=PART)


def save(client: Client, send: Send, body: str, **fields: str) -> Any:
    form = {
        "revision": str(send.revision_id), "subject": standing(send).subject, "body": body,
        "then": "approve", "visible_ms": "1500",
    }  # fmt: skip
    return client.post(f"{QUEUE}{send.pk}/edit", form | fields, headers=PART)


def outcomes(by: User, caught: list[bool]) -> None:
    """Let this person have decided planted faults after their first twenty decisions."""
    actor = Actor.person(by)
    past_grace(actor)
    plant_all()
    for number, one in enumerate(caught):
        send = planted_send()
        ruling = Ruling(choice=Choice.REJECT if one else Choice.APPROVE, reason_code="tone")
        decide(
            send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=actor,
            now=timezone.now() + timedelta(minutes=number),
        )  # fmt: skip


# Before the decision -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "history", "rules", "edit"])
def test_no_page_of_a_planted_mail_tells(path: str, founder: Client) -> None:
    send = named_send(now=timezone.now())

    html = page(founder, f"{QUEUE}{send.pk}/{path}", headers=PART)

    for word in ("plant", "seeded", "defect"):
        assert word not in html.lower()


def test_planted_mail_looks_like_one_that_is_not(founder: Client) -> None:
    plain = waiting_send(business="Harbour Physio")
    send = planted_send(now=timezone.now())

    plain_page = page(founder, f"{QUEUE}{plain.pk}/", headers=PART)
    planted_page = page(founder, f"{QUEUE}{send.pk}/", headers=PART)

    shape = [line.strip().split(" ")[0] for line in plain_page.splitlines() if "<" in line]
    other = [line.strip().split(" ")[0] for line in planted_page.splitlines() if "<" in line]
    assert shape == other


def test_planted_mail_takes_as_many_statements_as_one_that_is_not(founder: Client) -> None:
    plain, send = waiting_send(), planted_send(now=timezone.now())
    page(founder, f"{QUEUE}{plain.pk}/", headers=PART)

    counts = []
    for one in (plain, send):
        with statements() as found:
            page(founder, f"{QUEUE}{one.pk}/", headers=PART)
        counts.append(len(found))

    assert counts[0] == counts[1]


def test_what_is_not_decided_has_no_page_of_its_fault(founder: Client) -> None:
    send = planted_send()

    assert founder.get(f"{QUEUE}{send.pk}/planted").status_code == 404


# The telling -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "fields", "words"),
    [
        ("approve", {}, "You let it through"),
        ("reject", {"reason_code": "untrue"}, "You caught it"),
        ("return", {"reason": "Another name"}, "You caught it"),
    ],
)
def test_decision_is_answered_with_the_fault_above_the_real_mail(
    choice: str, fields: dict[str, str], words: str, founder: Client
) -> None:
    send = named_send(now=timezone.now())

    response = post(founder, send, choice, **fields)

    html = response.content.decode()
    assert (response.status_code, response["HX-Replace-Url"]) == (200, f"{QUEUE}{send.pk}/")
    assert words in html
    assert "It was addressed to “Marcus”; the mail is to “Dana”." in html
    assert "Hi <mark>Marcus</mark>," in html
    assert "Hi Dana," in html
    assert f'value="{real_of(send).pk}"' in html
    assert f'hx-target="#row-{send.pk}" hx-swap="outerHTML"' in html
    assert 'data-key="u"' not in html
    assert ("Another name</textarea>" in html) is (choice == "return")


def test_without_a_script_the_fault_has_a_page(founder: Client) -> None:
    send = named_send(now=timezone.now())

    response = founder.post(f"{QUEUE}{send.pk}/decide", decision(send))

    html = response.content.decode()
    assert (response.status_code, "<h1" in html) == (200, True)
    assert "You let it through" in html
    assert page(founder, f"{QUEUE}{send.pk}/planted").count("Hi <mark>Marcus</mark>,") == 1


def test_somebody_else_is_not_called_you(founder: Client) -> None:
    send = named_send(now=timezone.now())
    post(founder, send)
    other = Client()
    other.force_login(make_user(Role.FOUNDER))

    html = page(other, f"{QUEUE}{send.pk}/planted")

    assert "They let it through" in html
    assert "Mara Lindholm" in html


def test_second_reviewer_meets_the_changed_text_and_no_telling(founder: Client) -> None:
    send = named_send(now=timezone.now())
    seen = decision(send)
    post(founder, send)
    other = Client()
    other.force_login(make_user(Role.FOUNDER))

    response = other.post(f"{QUEUE}{send.pk}/decide", seen, headers=PART)

    html = response.content.decode()
    assert response.status_code == 409
    assert "The text has changed" in html
    assert "fault-passage" not in html


def test_undo_says_why_not(founder: Client) -> None:
    send = planted_send(now=timezone.now())
    post(founder, send)

    response = founder.post(f"{QUEUE}{send.pk}/undo", headers=PART)

    assert response.status_code == 409
    assert "carried a planted fault" in response.content.decode()


def test_edit_tells_and_approves_nothing(founder: Client) -> None:
    send = named_send(now=timezone.now())

    response = save(founder, send, NAMED.replace("the calls", "those calls"))

    html = response.content.decode()
    assert (response.status_code, "You caught it" in html) == (200, True)
    assert "those calls" in standing(send).body
    assert send.state == SendState.PENDING
    assert defect_of(send).visible_ms == 1500
    assert "kept-text" not in html


def test_typed_words_that_do_not_fit_are_kept_to_copy(founder: Client) -> None:
    send = named_send(now=timezone.now())
    typed = standing(send).body + "\n\nMarcus or Marcus?"

    html = save(founder, send, typed).content.decode()

    assert "You let it through" in html
    assert "Marcus or Marcus?</textarea>" in html
    assert standing(send) == real_of(send)


def test_history_tells_afterwards(founder: Client) -> None:
    send = named_send(now=timezone.now())
    post(founder, send)

    html = page(founder, f"{QUEUE}{send.pk}/history", headers=PART)

    assert "let a planted fault through" in html
    assert "<del>Marcus</del><ins>Dana</ins>" in html


def test_history_of_an_edit_after_the_telling_is_told_against_the_real_text(
    founder: Client,
) -> None:
    send = named_send(now=timezone.now())
    post(founder, send)
    standing(send)
    save(founder, send, NAMED.replace("the calls", "those calls"), then="look")

    html = page(founder, f"{QUEUE}{send.pk}/", headers=PART)

    assert "Changed against the agent" in html
    assert "<del>the</del><ins>those</ins> calls" in html


def test_bulk_result_says_which_were_planted(founder: Client) -> None:
    send = planted_send(now=timezone.now())
    plain_ids = {"ids": [str(send.pk)], "choice": "approve"}

    response = founder.post(f"{QUEUE}bulk", plain_ids, follow=True)

    html = response.content.decode()
    assert "A planted fault" in html
    assert f"{QUEUE}{send.pk}/planted" in html
    assert BulkItem.objects.get().send == send


# How closely people read -------------------------------------------------------------------------


def test_page_tells_the_rate_with_its_number_and_interval(founder: Client, person: User) -> None:
    outcomes(person, [True, True, False, True, True, True])

    html = page(founder, ATTENTION)

    assert "5 of 6" in html
    assert "83 % (5 of 6; 44–97 %)" in html  # noqa: RUF001 - as it is set
    assert html.count("/planted") == 6


def test_first_twenty_decisions_do_not_count(founder: Client, person: User) -> None:
    past_grace(Actor.person(make_user(Role.FOUNDER)))
    plant_all()
    post(founder, planted_send(now=timezone.now()))

    html = page(founder, ATTENTION)

    assert "They count after your first 20 decisions" in html
    assert "does not count yet" in html


def test_everybody_who_decides_is_shown_with_the_faults_behind(
    founder: Client, person: User
) -> None:
    other = make_user(Role.FOUNDER, first_name="Theo")
    outcomes(other, [True])

    html = page(founder, f"{ATTENTION}?person={other.pk}")

    assert ("Theo" in html, "Mara" in html) == (True, True)
    assert html.count("/planted") == 1
    assert page(founder, ATTENTION).count("/planted") == 0


@pytest.mark.parametrize("person_id", ["", "x", "99999999999999999999", "-1"])
def test_an_unknown_person_shows_ones_own(person_id: str, founder: Client) -> None:
    assert "What was planted in the mails you decided" in page(
        founder, f"{ATTENTION}?person={person_id}"
    )


@pytest.mark.parametrize("number", [1, 3])
def test_attention_takes_the_same_statements_for_one_and_three(
    number: int, founder: Client, person: User
) -> None:
    outcomes(person, [True] * number)
    for _ in range(number - 1):
        make_user(Role.FOUNDER)
    page(founder, ATTENTION)

    with statements() as found:
        page(founder, ATTENTION)

    # session, person, roles; those who decide, their rates, the faults; names, seats, switches,
    # and what waits
    assert len(found) == 10


# In bulk -----------------------------------------------------------------------------------------


def test_who_misses_too_many_may_not_approve_in_bulk(founder: Client, person: User) -> None:
    outcomes(person, [False, False, False, True, True])
    plant_all(0)
    send = waiting_send()

    html = page(founder, QUEUE)
    response = founder.post(f"{QUEUE}bulk", {"ids": [str(send.pk)], "choice": "approve"})

    assert (
        "you caught 2 of the last 5 planted faults, and 70\N{NO-BREAK SPACE}% is asked for" in html
    )
    assert 'aria-describedby="bulk-refusal"' in html
    assert response.status_code == 422
    assert "It comes back when you catch the next 5." in response.content.decode()
    send.refresh_from_db()
    assert send.state == SendState.PENDING


def test_who_misses_too_many_may_still_reject_in_bulk(founder: Client, person: User) -> None:
    outcomes(person, [False] * 5)
    plant_all(0)
    send = waiting_send()

    founder.post(f"{QUEUE}bulk", {"ids": [str(send.pk)], "reason_code": "tone"})

    send.refresh_from_db()
    assert send.state == SendState.REJECTED


def test_too_few_stop_nobody(founder: Client, person: User) -> None:
    outcomes(person, [False] * 4)

    html = page(founder, QUEUE)

    assert "0 of 4 planted faults caught" in html
    assert "bulk-refusal" not in html


def test_list_says_nothing_while_nothing_is_planted(founder: Client) -> None:
    plant_all(0)
    waiting_send()

    assert ATTENTION not in page(founder, QUEUE)


# Never delivered ---------------------------------------------------------------------------------


def test_ledger_hears_of_the_fault_with_the_decision_only(founder: Client) -> None:
    send = planted_send(now=timezone.now())
    assert not LedgerEvent.objects.filter(kind__startswith="seeded").exists()

    post(founder, send)

    event = LedgerEvent.objects.get(kind="seeded.missed")
    assert event.data["decision"] == Decision.objects.get(send=send).pk
    assert event.data["revision"] == SeededDefect.objects.get(send=send).revision_id


def test_order_by_a_program_is_refused_too(person: User) -> None:

    outcomes(person, [False] * 5)
    plant_all(0)
    waiting_send()

    with pytest.raises(NotWhileMissing):
        order_bulk(
            sends=Send.objects.filter(state=SendState.PENDING), excluded=(),
            ruling=Ruling(choice=Choice.APPROVE), filters={}, by=Actor.person(person),
            now=timezone.now(),
        )  # fmt: skip
