"""Writing the next version of a policy in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import Effect, PolicyEdit, PolicyKind, PolicyState, PolicyVersion
from revenue.policies import verdicts
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.editing import Writing, save_edit, writing
from revenue.policies.rearranging import arranged
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.rows import FOUNDER, ICP_FACTS, NOW, publish_text
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

EDIT, ARRANGE, TEXT = (f"/policies/icp/{name}/" for name in ("edit", "arrange", "text"))
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
HOSTILE = "<script>alert(1)</script>\"'><b>{{ 7 }}"
RULES = ("small", "rated")


def rule(rule_id: str = "small", **changes: Any) -> dict[str, Any]:
    return {
        "id": rule_id,
        "title": rule_id.capitalize(),
        "when": {"fact": "account.locations", "op": "lt", "value": 2},
        "effect": "hold",
        "reason": "They are small.",
        "owner": "founder",
        **changes,
    }


def text_of(*rules: dict[str, Any]) -> PolicyText:
    return parse_policy({"kind": "icp", "title": "Ours", "rules": list(rules)})


@pytest.fixture
def active() -> PolicyVersion:
    return publish_text(text_of(*(rule(rule_id) for rule_id in RULES)))


@pytest.fixture
def client(active: PolicyVersion) -> Client:
    return visit_as(Role.ADMIN)


def now_written() -> Writing:
    return writing(PolicyKind.ICP)


def fields(**changes: object) -> dict[str, object]:
    """A new rule as a browser sends it."""
    return {
        "act": "save", "was": "", "seen": now_written().seen, "title": "Lone", "rule_id": "",
        "effect": "hold", "mode": "enforce", "stage": "content", "owner": "admin",
        "reason": "One place only.", "sort-0": "leaf", "fact-0": "account.locations",
        "op-0": "eq", "value-0": "1", **changes,
    }  # fmt: skip


def shown(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.content.decode())


def test_the_rules_stand_as_cards_in_order(client: Client) -> None:
    page = shown(client.get(EDIT))

    assert page.index('id="rule-small"') < page.index('id="rule-rated"')
    assert "Hold when the number of locations is less than 2, because they are small." in page
    assert "Nothing yet." in page


def test_a_rule_opens_in_its_place(client: Client) -> None:
    page = shown(client.get(EDIT, {"rule": "rated"}))

    assert 'id="rule-rated-form"' in page
    assert 'id="rule-small-form"' not in page
    assert '<option value="account.locations" selected>' in " ".join(page.split())


def test_only_the_card_is_sent_to_htmx(client: Client) -> None:
    page = shown(client.get(EDIT, {"rule": "rated"}, headers=PART))

    assert page.strip().startswith('<li id="rule-rated"')
    assert "<html" not in page


def test_a_new_rule_is_saved_and_seen_in_the_side(client: Client) -> None:
    response = client.post(EDIT, fields(), headers=PART)

    page = shown(response)
    assert response.headers["HX-Retarget"] == "#new"
    assert "Added “Lone”." in page
    assert [one.id for one in now_written().text.rules] == [*RULES, "lone"]
    assert 'data-kind="added"' in page


def test_without_scripts_a_save_leads_back_to_the_list(client: Client) -> None:
    response = client.post(EDIT, fields())

    assert response.status_code == 302
    assert response.headers["Location"] == f"{EDIT}#rule-lone"
    assert messages_of(response) == ["Added “Lone”."]


def test_a_fault_comes_back_beside_its_field_with_all_that_was_typed(client: Client) -> None:
    typed = fields(**{"reason": HOSTILE, "value-0": "a few", "owner": ""})

    page = shown(client.post(EDIT, typed), 422)

    assert "Type a number, such as 14." in page
    assert "This field is required." in page
    assert 'value="a few"' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert PolicyEdit.objects.count() == 0


def test_a_button_of_the_condition_keeps_what_was_typed(client: Client) -> None:
    page = shown(client.post(EDIT, fields(act="add:0", reason="Half a rea"), headers=PART))

    assert 'name="fact-0-1"' in page
    assert 'name="sort-0"' in page
    assert "Half a rea" in page
    assert PolicyEdit.objects.count() == 0


def test_another_fact_brings_its_own_operators(client: Client) -> None:
    typed = fields(**{"act": "show", "fact-0": "account.has_website", "op-0": "eq"})

    page = shown(client.post(EDIT, typed, headers=PART))

    words = " ".join(page.split())
    assert '<option value="is:true" selected>the business has a website</option>' in words


def test_the_sentence_is_read_back_while_one_types(client: Client) -> None:
    page = shown(client.post(EDIT, fields(act="read", reason="No"), headers=PART))

    assert page.startswith("Hold when the number of locations is 1, because")


def test_the_sentence_of_half_a_rule_says_so(client: Client) -> None:
    assert "Not a whole sentence yet" in shown(
        client.post(EDIT, fields(**{"act": "read", "value-0": ""}), headers=PART)
    )


def test_who_saves_second_is_told_and_loses_nothing(client: Client) -> None:
    typed = fields(was="small", rule_id="small", title="Smaller", reason="Truly one place.")
    somebody_else(arranged(now_written().text, "off:rated").text, "Switched “Rated” off.")

    page = shown(client.post(EDIT, typed, headers=PART), 409)

    assert "Somebody saved before you" in page
    assert "Switched “Rated” off." in page
    assert "Truly one place." in page
    assert now_written().seen in page
    again = client.post(EDIT, {**typed, "seen": now_written().seen}, headers=PART)
    assert again.status_code == 200
    rules = now_written().text.rules
    assert [(one.id, one.name, one.mode.value) for one in rules] == [
        ("small", "Smaller", "enforce"), ("rated", "Rated", "off"),
    ]  # fmt: skip


def test_a_rule_that_was_taken_out_meanwhile_is_kept_and_added_again(client: Client) -> None:
    typed = fields(was="small", rule_id="small", title="Smaller", reason="Truly one place.")
    somebody_else(arranged(now_written().text, "remove:small").text, "Took out “Small”.")

    page = shown(client.post(EDIT, typed, headers=PART), 409)

    assert "Somebody took this rule out before you saved" in page
    assert "Truly one place." in page
    assert "Add it again" in page
    again = client.post(EDIT, {**typed, "seen": now_written().seen}, headers=PART)
    assert "Added “Smaller”." in shown(again)
    assert (again.headers["HX-Retarget"], again.headers["HX-Reswap"]) == ("#rule-small", "delete")
    assert [one.id for one in now_written().text.rules] == ["rated", "small"]


def test_without_scripts_a_rule_that_was_taken_out_stands_open_behind_the_others(
    client: Client,
) -> None:
    typed = fields(was="small", rule_id="small", reason="Truly one place.")
    somebody_else(arranged(now_written().text, "remove:small").text, "Took out “Small”.")

    page = shown(client.post(EDIT, typed), 409)

    assert page.index('id="rule-rated"') < page.index('id="rule-small-form"')
    assert "Truly one place." in page


def test_a_form_asks_whether_its_rule_is_still_there(client: Client) -> None:
    typed = fields(act="show", was="small", rule_id="small", reason="Half a rea")
    there = shown(client.post(EDIT, typed, headers=PART))
    somebody_else(arranged(now_written().text, "remove:small").text, "Took out “Small”.")

    gone = shown(client.post(EDIT, typed, headers=PART))

    assert ("data-gone" in there, "data-gone" in gone) == (False, True)
    assert "This rule was taken out while you had it open." in gone
    assert "Half a rea" in gone


def test_a_condition_that_a_form_could_not_send_is_not_made(client: Client) -> None:
    deep = {f"sort-{'-'.join('0' * n)}": "not" for n in range(1, 10)}
    last = "-".join("0" * 10)
    typed = fields(**deep, **{f"sort-{last}": "leaf", f"fact-{last}": "account.locations"})

    page = shown(client.post(EDIT, {**typed, "act": f"not:{last}"}, headers=PART))

    assert "The condition is larger or deeper than a form can hold" in page
    assert f'name="fact-{last}"' in page


def somebody_else(text: PolicyText, note: str) -> Writing:
    return save_edit(
        kind=PolicyKind.ICP, text=text, seen=now_written().seen, note=note, by=FOUNDER, now=NOW
    )


@pytest.mark.parametrize(
    ("act", "left"),
    [
        ("off:small", ["small off", "rated enforce"]),
        ("down:small", ["rated enforce", "small enforce"]),
        ("remove:small", ["rated enforce"]),
        ("remove:of-nobody", ["small enforce", "rated enforce"]),
    ],
)
def test_a_rule_is_switched_moved_or_taken_out(client: Client, act: str, left: list[str]) -> None:
    response = client.post(ARRANGE, {"act": act, "seen": now_written().seen}, headers=PART)

    assert response.status_code == 200
    assert response.headers["HX-Reswap"] == "outerMorph"
    assert [f"{one.id} {one.mode}" for one in now_written().text.rules] == left


def test_an_order_is_taken_over(client: Client) -> None:
    given = {"act": "order", "order": "rated,small", "seen": now_written().seen}

    client.post(ARRANGE, given, headers=PART)

    assert [one.id for one in now_written().text.rules] == ["rated", "small"]


def test_a_click_after_somebody_elses_is_not_carried_out(client: Client) -> None:
    given = {"act": "remove:small", "seen": now_written().seen}
    somebody_else(text_of(rule("small"), rule("rated"), rule("third")), "Added “Third”.")

    page = shown(client.post(ARRANGE, given, headers=PART), 409)

    assert "Your last click was not carried out" in page
    assert "Added “Third”." in page
    assert len(now_written().text.rules) == 3


def test_what_was_taken_out_comes_back_by_undo(client: Client) -> None:
    client.post(ARRANGE, {"act": "remove:small", "seen": now_written().seen})

    client.post(f"{TEXT}?act=undo&seen={now_written().seen}", headers=PART)

    assert not now_written().is_open
    assert [one.id for one in now_written().text.rules] == list(RULES)


def test_the_text_is_kept_and_checked_at_once(client: Client) -> None:
    client.post(EDIT, fields())

    response = client.post(TEXT, {"act": "keep", "seen": now_written().seen})

    assert response.headers["Location"] == "/policies/icp/2/"
    version = PolicyVersion.objects.get(kind="icp", number=2)
    assert version.state == PolicyState.VALIDATED
    page = shown(client.get("/policies/icp/2/"))
    assert "What it changes" in page
    assert "Lone" in page


def test_a_text_is_given_up(client: Client) -> None:
    client.post(EDIT, fields())

    client.post(TEXT, {"act": "give_up", "seen": now_written().seen})

    assert not now_written().is_open


def test_an_older_text_is_written_on(client: Client) -> None:
    publish_text(text_of(rule("small")))

    response = client.post("/policies/icp/1/restore/", {"seen": now_written().seen})

    assert response.headers["Location"] == EDIT
    assert [one.id for one in now_written().text.rules] == list(RULES)


def test_values_seen_lately_stand_beside_the_input(client: Client) -> None:
    policy = verdicts.active(PolicyKind.ICP)
    facts = {f"account:{n}": {**ICP_FACTS[Effect.ALLOW], "account.locations": n} for n in (3, 3, 4)}
    facts["account:9"] = {}
    verdicts.record(policy, facts, by=FOUNDER, now=NOW)

    page = " ".join(shown(client.get(EDIT, {"rule": "small"})).split())

    assert '<bdi>3</bdi> <span class="num faint">(1)</span>' in page
    assert 'not known <span class="num faint">(1)</span>' in page


@pytest.mark.parametrize(
    "name", ["title", "reason", "owner", "rule_id", "value-0", "fact-0", "op-0"]
)
def test_whatever_is_typed_is_only_text(client: Client, name: str) -> None:
    response = client.post(EDIT, fields(**{name: HOSTILE}), headers=PART)

    assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"sort-0": "all"},
        {"sort-0": "nothing", "fact-0": "\x00"},
        {"sort-0": "not", "sort-0-0": "not", "sort-0-0-0": "all"},
        {"reason": "x" * 100_000},
        {"seen": "\x00", "was": "../../etc"},
        {"mode": "loud", "stage": "never", "effect": "explode"},
        {"value-0": "9" * 100_000},
        {"act": "remove:0"},
        {"act": "up:" + "0-" * 500},
        {"act": "\x00"},
        {"act": "group:0-0-0-0-0-0-0-0-0-0"},
        {**{f"sort-{'-'.join(['0'] * n)}": "not" for n in range(1, 60)}},
    ],
)
def test_hostile_posts_are_answered_and_change_nothing(
    client: Client, changes: dict[str, str]
) -> None:
    response = client.post(EDIT, fields(**changes), headers=PART)

    assert response.status_code in {200, 302, 409, 413, 422}
    assert PolicyEdit.objects.count() == 0


def test_the_accountant_reads_and_does_not_write(active: PolicyVersion) -> None:
    client = visit_as(Role.ACCOUNTANT)

    assert client.get(EDIT).status_code == 403
    assert client.post(EDIT, fields()).status_code == 403
    assert "Change the rules" not in shown(client.get("/policies/"))


def test_a_kind_that_there_is_not_is_not_found(client: Client) -> None:
    assert client.get("/policies/nothing/edit/").status_code == 404


def test_the_editor_takes_the_same_statements_with_one_rule_and_many(client: Client) -> None:
    with statements() as few:
        shown(client.get(EDIT, {"rule": "small"}))
    publish_text(seed_policy(Kind.ICP))
    with statements() as many:
        shown(client.get(EDIT, {"rule": seed_policy(Kind.ICP).rules[0].id}))

    # session, person, roles, latest save, active version, values seen lately, last saves;
    # switches, changes that wait
    assert (len(few), len(many)) == (9, 9)
