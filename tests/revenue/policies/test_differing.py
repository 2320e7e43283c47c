"""Two texts side by side: what was added, removed, changed or moved."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.differing import DifferenceKind, PartChanged, differences
from tests.revenue.policies.strategies import policies


def rule(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "when": {"fact": "account.locations", "op": "ge", "value": 2},
        "effect": "allow",
        "reason": f"The reason of {name}.",
        "owner": "founder",
    } | changes


def text(*rules: dict[str, Any]) -> PolicyText:
    return parse_policy({"kind": "icp", "title": "Mine", "rules": list(rules)})


def seen(old: PolicyText, new: PolicyText) -> list[tuple[str, str]]:
    return [(found.kind.value, found.rule) for found in differences(old, new)]


@given(policies())
def test_text_does_not_differ_from_itself(mine: PolicyText) -> None:
    assert differences(mine, mine) == ()


@given(policies(), policies())
def test_differences_name_each_rule_that_stands_on_one_side_only(
    old: PolicyText, new: PolicyText
) -> None:
    before, after = ({one.id for one in mine.rules} for mine in (old, new))
    found = differences(old, new)

    by_kind = {
        kind: {one.rule for one in found if one.kind is kind}
        for kind in (DifferenceKind.ADDED, DifferenceKind.REMOVED)
    }
    assert by_kind == {
        DifferenceKind.ADDED: after - before,
        DifferenceKind.REMOVED: before - after,
    }
    assert all(bool(one.before) == (one.rule in before) for one in found)
    assert all(bool(one.after) == (one.rule in after) for one in found)


def test_rule_that_stays_alone_is_not_told() -> None:
    assert seen(text(rule("a"), rule("b")), text(rule("c"), rule("b"))) == [
        ("added", "c"),
        ("removed", "a"),
    ]


def test_added_rule_is_read_as_a_sentence() -> None:
    (found,) = differences(text(), text(rule("two-shops")))

    assert (found.before, found.after) == (
        "",
        "Allow when the number of locations is at least 2, because the reason of two-shops.",
    )


def test_changed_rule_says_which_part_in_words() -> None:
    when = {"fact": "account.locations", "op": "ge", "value": 5}
    new = rule("a", when=when, effect="hold", mode="warn", owner="admin", title="Big")

    (found,) = differences(text(rule("a")), text(new))

    assert (found.kind, found.name) == (DifferenceKind.CHANGED, "Big")
    assert found.parts == (
        PartChanged(
            "condition",
            "the number of locations is at least 2",
            "the number of locations is at least 5",
        ),
        PartChanged("title", "a", "Big"),
        PartChanged("effect", "allow", "hold"),
        PartChanged("mode", "on", "only marks"),
        PartChanged("owner", "founder", "admin"),
    )


def test_one_rule_moved_past_others_is_the_only_one_told() -> None:
    a, b, c, d = (rule(name) for name in "abcd")

    (found,) = differences(text(a, b, c, d), text(d, a, b, c))

    assert (found.kind, found.rule) == (DifferenceKind.MOVED, "d")
    assert found.parts == (PartChanged("place", "4 of 4", "1 of 4"),)


def test_another_title_is_told_before_the_rules() -> None:
    old = text(rule("a"))
    new = text(rule("a"), rule("b")).model_copy(update={"title": "Yours"})

    (title, _) = differences(old, new)

    assert (title.kind, title.rule) == (DifferenceKind.CHANGED, "")
    assert title.parts == (PartChanged("title", "Mine", "Yours"),)


def test_rule_that_changed_and_moved_is_told_once() -> None:
    a, b, c = (rule(name) for name in "abc")

    (found,) = differences(text(a, b, c), text(rule("c", owner="admin"), a, b))

    assert found.kind is DifferenceKind.CHANGED
    assert [part.label for part in found.parts] == ["owner", "place"]
