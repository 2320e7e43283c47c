"""A rule as form fields: there and back, its buttons, and faults beside their fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.models import PolicyKind
from revenue.policies.catalogue import facts_for
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind as Kind
from revenue.web.rule_buttons import change
from revenue.web.rule_form import RuleForm
from revenue.web.rule_tree import DEEPEST, Branch, TooLarge, condition_of, fresh, of_post
from tests.revenue.policies.strategies import policies

ICP_FACTS = tuple(facts_for(Kind.ICP))
RULE: dict[str, Any] = {
    "id": "small",
    "title": "Small",
    "when": {"fact": "account.locations", "op": "lt", "value": 2},
    "effect": "hold",
    "reason": "They are small.",
    "owner": "founder",
}


def text_of(*rules: dict[str, Any]) -> PolicyText:
    return parse_policy({"kind": "icp", "title": "Ours", "rules": list(rules)})


def fields_of(form: RuleForm) -> dict[str, list[str]]:
    """What a browser would send of the form as it is shown."""
    names = form.fields.fields
    sent = {name: [str(form.fields[name].value() or "")] for name in names}
    for branch in form.when.walk():
        sent[f"sort-{branch.path}"] = [branch.sort]
        if branch.sort == "leaf":
            sent[f"fact-{branch.path}"] = [branch.name]
            sent[f"op-{branch.path}"] = [branch.op]
            sent[f"value-{branch.path}"] = sent_values(branch)
            sent[f"upto-{branch.path}"] = [branch.upto]
    return {**sent, "was": [form.was]}


def sent_values(branch: Branch) -> list[str]:
    """Ticks are sent one by one, lines as one text with the line ends of a browser."""
    if branch.fact and branch.fact.choices:
        return branch.values
    return [branch.lines.replace("\n", "\r\n")]


def posted(sent: dict[str, list[str]]) -> QueryDict:
    post = QueryDict(mutable=True)
    for name, values in sent.items():
        post.setlist(name, values)
    return post


@given(text=policies(ICP_FACTS))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_rule_survives_its_form(text: PolicyText) -> None:
    for rule in text.rules:
        form = RuleForm.of(rule, PolicyKind.ICP)

        again = RuleForm.typed(posted(fields_of(form)), PolicyKind.ICP, checking=True)

        assert again.laid_over(text) == text, (rule, again.fields.errors, again.faults)


def test_a_rule_form_knows_every_policy_that_we_ship() -> None:
    for kind in Kind:
        text = seed_policy(kind)
        for rule in text.rules:
            form = RuleForm.of(rule, PolicyKind(kind.value))
            again = RuleForm.typed(posted(fields_of(form)), PolicyKind(kind.value), checking=True)
            assert again.laid_over(text) == text
            assert again.sentence()


ACTS = ("add", "group", "remove", "not", "affirm", "up", "down", "nonsense")


@given(data=st.data(), count=st.integers(1, 12))
def test_whatever_is_pressed_the_condition_stays_whole(data: st.DataObject, count: int) -> None:
    root = fresh(PolicyKind.ICP)
    for _ in range(count):
        paths = [branch.path for branch in root.walk()] + ["7-7"]
        act = f"{data.draw(st.sampled_from(ACTS))}:{data.draw(st.sampled_from(paths))}"
        faults: list[str] = []
        root, follow = change(root, act, faults)
        assert faults in ([], [TooLarge.__doc__])
        nodes = {branch.path: branch for branch in root.walk()}
        there_is = not act.startswith("nonsense") and not act.endswith("7-7") and not faults
        assert follow in nodes if there_is else follow == ""
        for path, branch in nodes.items():
            assert path.count("-") < DEEPEST
            inside = [f"{path}-{n}" for n in range(len(branch.branches))]
            assert [inner.path for inner in branch.branches] == inside
            assert (branch.sort == "leaf") is not bool(branch.branches)
            assert branch.sort != "not" or len(branch.branches) == 1


def test_a_comparison_beside_a_lone_one_makes_a_group() -> None:
    form = RuleForm.of(text_of(RULE).rules[0], PolicyKind.ICP)

    form.change("add:0")

    assert [branch.sort for branch in form.when.walk()] == ["all", "leaf", "leaf"]
    assert form.follow == "0-1"
    assert condition_of(form.when.branches[0], []) == RULE["when"]


def test_what_is_typed_survives_a_button() -> None:
    sent = fields_of(RuleForm.of(text_of(RULE).rules[0], PolicyKind.ICP))
    sent |= {"reason": ["  No"], "value-0": ["many"]}

    form = RuleForm.typed(posted(sent), PolicyKind.ICP, checking=False)
    form.change("not:0")

    assert form.fields["reason"].value() == "  No"
    assert [branch.value for branch in form.when.walk()] == ["", "many"]
    assert form.fields.errors == {}


def faults(**changes: str) -> RuleForm:
    sent = fields_of(RuleForm.of(text_of(RULE).rules[0], PolicyKind.ICP))
    sent |= {name: [value] for name, value in changes.items()}
    form = RuleForm.typed(posted(sent), PolicyKind.ICP, checking=True)
    assert form.laid_over(text_of(RULE, {**RULE, "id": "other"})) is None
    return form


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"reason": ""}, "reason", "This field is required."),
        ({"reason": "No"}, "reason", "This text is too short."),
        ({"reason": "x" * 401}, "reason", "This text is longer than 400 characters."),
        ({"owner": "x" * 81}, "owner", "This text is longer than 80 characters."),
        ({"rule_id": "Not So"}, "rule_id",
         "An id has small letters, digits and hyphens, at most 64."),
        ({"rule_id": "other"}, "rule_id", "Another rule has the id other already."),
        ({"effect": "deny", "stage": "timing"}, "effect",
         "A timing rule can only hold: it makes delivery wait."),
        ({"rule_id": "", "title": ""}, "title", "Give it a title."),
    ],
)  # fmt: skip
def test_a_fault_stands_beside_its_field(changes: dict[str, str], field: str, reason: str) -> None:
    form = faults(**changes)

    assert form.fields.errors == {field: [reason]}
    assert form.faults == []


def test_a_fault_inside_a_condition_stands_at_its_node() -> None:
    sent = fields_of(RuleForm.of(text_of(RULE).rules[0], PolicyKind.ICP))
    sent |= {
        "sort-0": ["any"],
        "sort-0-0": ["not"], "sort-0-0-0": ["leaf"], "fact-0-0-0": ["account.rating"],
        "op-0-0-0": ["between"], "value-0-0-0": ["4"], "upto-0-0-0": ["3"],
        "sort-0-1": ["leaf"], "fact-0-1": ["account.category_group"], "op-0-1": ["in"],
        "value-0-1": ["of_nobody"],
        "sort-0-2": ["leaf"], "fact-0-2": ["send.kind"], "op-0-2": ["eq"],
    }  # fmt: skip
    form = RuleForm.typed(posted(sent), PolicyKind.ICP, checking=True)

    assert form.laid_over(text_of(RULE)) is None
    told = {branch.path: branch.errors for branch in form.when.walk() if branch.errors}
    assert told["0-0-0"] == {"value": "The first number must not be above the second."}
    assert set(told["0-1"]) == {"value"}
    assert told["0-2"] == {"fact": "Choose what it asks about."}


def test_a_group_that_holds_nothing_is_told_so() -> None:
    sent = fields_of(RuleForm.of(text_of(RULE).rules[0], PolicyKind.ICP))
    form = RuleForm.typed(posted(sent | {"sort-0": ["all"]}), PolicyKind.ICP, checking=True)

    assert form.laid_over(text_of(RULE)) is None
    assert form.when.errors == {"sort": "At least one entry is needed."}


def test_a_new_rule_is_named_by_its_title_and_comes_last() -> None:
    sent = fields_of(RuleForm.of(text_of(RULE).rules[0], PolicyKind.ICP))
    sent |= {"was": [""], "rule_id": [""], "title": ["Small!"]}
    form = RuleForm.typed(posted(sent), PolicyKind.ICP, checking=True)

    changed = form.laid_over(text_of(RULE))

    assert changed is not None
    assert [rule.id for rule in changed.rules] == ["small", "small-2"]
    assert form.at == 1


@pytest.mark.parametrize(
    "sent",
    [
        {f"sort-{'-'.join(['0'] * depth)}": ["not"] for depth in range(1, 40)},
        {"sort-0": ["all"]} | {f"sort-0-{n}": ["leaf"] for n in range(400)},
    ],
    ids=["deep", "wide"],
)
def test_a_condition_that_is_too_large_for_a_form_is_refused(sent: dict[str, list[str]]) -> None:
    with pytest.raises(TooLarge):
        of_post(posted(sent), PolicyKind.ICP)
