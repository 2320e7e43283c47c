"""The condition of a rule as form fields: a tree of groups and comparisons, changed by buttons.

A node's place is its path, ``0`` for the outermost and ``0-2-1`` inside it; the names of its
inputs end with it. What was typed stays as it was typed until it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from revenue.models import PolicyKind
from revenue.policies.catalogue import facts_for
from revenue.policies.conditions import AllOf, AnyOf, Leaf, Node, Not, children
from revenue.policies.entering import (
    Entry,
    NotReadable,
    entry_of,
    read_many,
    read_one,
    read_range,
    typed,
)
from revenue.policies.vocabulary import Fact, FactType, Operator
from revenue.policies.vocabulary import PolicyKind as Kind

GROUPS = ("all", "any")
DEEPEST = 10
MOST = 300
"""Nodes of one condition: more are not read from a form."""
_YES, _NO = "is:true", "is:false"
Told = list[tuple["Branch", str, str]]
"""What can't be read: the node, which of its inputs, and why."""


class TooLarge(ValueError):
    """The condition is larger or deeper than a form can hold; use the text instead."""


@dataclass(eq=False)
class Branch:
    """One group or comparison; ``sort`` is all, any, not or leaf.

    ``op`` is an operator, or for a yes-or-no fact ``is:true`` and ``is:false``. ``values`` is
    what is typed or ticked, ``upto`` the other end of a range. ``errors`` go by ``fact``, ``op``
    and ``value``; those of a group by ``sort``. ``offer`` is what its inputs offer.
    """

    path: str
    sort: str
    kind: PolicyKind
    branches: list[Branch] = field(default_factory=list)
    name: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)
    upto: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    offer: Any = None

    @property
    def fact(self) -> Fact | None:
        return facts_for(Kind(self.kind.value)).get(self.name)

    @property
    def operator(self) -> Operator | None:
        """The operator, where there is a fact that has it."""
        word = self.op.partition(":")[0]
        fact = self.fact
        return next((op for op in fact.operators if op == word), None) if fact else None

    @property
    def entry(self) -> str:
        """Which input the value needs; a yes-or-no fact needs none beside its operator."""
        if self.operator is None or self.operator is Operator.IS:
            return Entry.NOTHING
        return entry_of(self.operator)

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def lines(self) -> str:
        return "\n".join(self.values)

    @property
    def is_root(self) -> bool:
        return "-" not in self.path

    def walk(self) -> Iterator[Branch]:
        yield self
        for branch in self.branches:
            yield from branch.walk()


def fresh(kind: PolicyKind) -> Branch:
    """A comparison that nobody has filled in yet."""
    return Branch("0", "leaf", kind)


def of_condition(condition: Node, kind: PolicyKind) -> Branch:
    """The fields of a parsed condition."""
    return placed(_of(condition, kind))


def placed(branch: Branch, path: str = "0") -> Branch:
    """The tree with each node's path set to where it is."""
    branch.path = path
    for number, inner in enumerate(branch.branches):
        placed(inner, f"{path}-{number}")
    return branch


def _of(condition: Node, kind: PolicyKind) -> Branch:
    match condition:
        case Leaf():
            return _of_leaf(condition, kind)
        case AllOf():
            sort = "all"
        case AnyOf():
            sort = "any"
        case Not():
            sort = "not"
    return Branch("", sort, kind, [_of(child, kind) for child in children(condition)])


def _of_leaf(leaf: Leaf, kind: PolicyKind) -> Branch:
    fact = facts_for(Kind(kind.value))[leaf.fact]
    branch = Branch("", "leaf", kind, name=leaf.fact, op=leaf.op.value)
    given = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    if leaf.op is Operator.IS:
        branch.op = _YES if leaf.value else _NO
    elif leaf.value is not None:
        branch.values = [typed(fact, value) for value in given]
    if leaf.op is Operator.BETWEEN:
        branch.values, branch.upto = branch.values[:1], branch.values[1]
    return branch


def of_post(post: QueryDict, kind: PolicyKind) -> Branch:
    """What a form sent; what is missing is empty. Raises TooLarge."""
    left = [MOST]
    return _of_post(post, kind, "0", left)


def _of_post(post: QueryDict, kind: PolicyKind, path: str, left: list[int]) -> Branch:
    left[0] -= 1
    if left[0] < 0 or path.count("-") >= DEEPEST:
        raise TooLarge(TooLarge.__doc__)
    sort = post.get(f"sort-{path}", "leaf")
    if sort not in (*GROUPS, "not"):
        branch = Branch(path, "leaf", kind, name=post.get(f"fact-{path}", ""))
        branch.op = post.get(f"op-{path}", "")
        branch.values = [text.replace("\r\n", "\n") for text in post.getlist(f"value-{path}")]
        branch.upto = post.get(f"upto-{path}", "")
        _settle(branch)
        return branch
    branch = Branch(path, sort, kind)
    while f"sort-{path}-{len(branch.branches)}" in post:
        inner = f"{path}-{len(branch.branches)}"
        branch.branches.append(_of_post(post, kind, inner, left))
    return branch


def _settle(leaf: Branch) -> None:
    """Give a comparison an operator that its fact has; a list that was typed stays a list."""
    fact = leaf.fact
    if fact is None:
        leaf.op = ""
        return
    if leaf.operator is None or (leaf.operator is Operator.IS and leaf.op not in (_YES, _NO)):
        leaf.op = _YES if fact.type is FactType.BOOL else fact.operators[0].value
    leaf.values = [line for text in leaf.values for line in text.split("\n")]


# Reading ----------------------------------------------------------------------------------------


def condition_of(branch: Branch, told: Told) -> dict[str, Any]:
    """The condition as JSON; what can't be read is left out of it and told."""
    if branch.sort in GROUPS:
        return {branch.sort: [condition_of(inner, told) for inner in branch.branches]}
    if branch.sort == "not":
        inside = branch.branches[:1]
        return {"not": condition_of(inside[0], told) if inside else None}
    fact, op = branch.fact, branch.operator
    if fact is None or op is None:
        told.append((branch, "fact", "Choose what it asks about."))
        return {"fact": branch.name[:80], "op": Operator.IS_KNOWN.value}
    condition: dict[str, Any] = {"fact": fact.name, "op": op.value}
    try:
        value = _value(branch, fact, op)
    except NotReadable as error:
        told.append((branch, "value", str(error)))
        value = None
    return condition if value is None else {**condition, "value": value}


def _value(branch: Branch, fact: Fact, op: Operator) -> Any:
    if op is Operator.IS:
        return branch.op == _YES
    match entry_of(op):
        case Entry.NOTHING:
            return None
        case Entry.ONE:
            return read_one(fact, branch.value)
        case Entry.RANGE:
            return read_range(fact, branch.value, branch.upto)
        case Entry.MANY:
            return read_many(fact, branch.values)


def put_fault(root: Branch, inside: str, reason: str) -> bool:
    """Tell a fault at the node that a path such as ``.when.all[0].value`` names.

    False where there is no such node.
    """
    place, _, part = re.sub(r"(\.value)\[\d+\]$", r"\1", inside).rpartition(".")
    node = dict(places(root)).get(place)
    if node is None:
        return False
    node.errors.setdefault(part if part in {"fact", "op", "value"} else "sort", reason)
    return True


def places(branch: Branch, path: str = ".when") -> Iterator[tuple[str, Branch]]:
    """Each node by its JSON path inside the rule."""
    yield path, branch
    for number, inner in enumerate(branch.branches):
        step = ".not" if branch.sort == "not" else f".{branch.sort}[{number}]"
        yield from places(inner, f"{path}{step}")
