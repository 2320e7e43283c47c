"""The condition language: what a policy is, as validated, immutable JSON.

``{"all": […]}``, ``{"any": […]}``, ``{"not": {…}}`` and ``{"fact", "op", "value"}`` nest into one
condition; a rule gives a condition an effect, and a policy is a list of rules. Parsing checks
every value against the fact catalogue; what is wrong is told by JSON path and reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    Tag,
    TypeAdapter,
    ValidationError,
)

from revenue.policies.faults import Fault, PolicyInvalid, faults_of
from revenue.policies.limits import MAX_RULES, check_size, read_json
from revenue.policies.type_checks import leaf_fault
from revenue.policies.vocabulary import Effect, Mode, Operator, PolicyKind, Stage

TITLE_LENGTH = 200
_Word = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=TITLE_LENGTH, pattern=r"^[^\x00-\x1f]+$"),
]
_Sentence = Annotated[
    str, Field(strict=True, min_length=3, max_length=400, pattern=r"^[^\x00-\x1f]+$")
]
_Scalar = StrictBool | StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)] | _Word
Value = _Scalar | tuple[_Scalar, ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Leaf(_Frozen):
    """One fact compared with one value; ``is_known`` and ``is_unknown`` take no value."""

    fact: Annotated[str, Field(strict=True, max_length=80)]
    op: Operator
    value: Value | None = None


class AllOf(_Frozen):
    all: Annotated[tuple[Condition, ...], Field(min_length=1)]


class AnyOf(_Frozen):
    any: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Not(_Frozen):
    not_: Annotated[Condition, Field(alias="not")]


def _shape(value: Any) -> str:
    """Which kind of condition this is; a leaf when in doubt, whose errors say the most."""
    if isinstance(value, dict):
        return next((f"<{key}>" for key in ("all", "any", "not") if key in value), "<leaf>")
    return _SHAPES.get(type(value), "<leaf>")


Condition = Annotated[
    Annotated[AllOf, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Not, Tag("<not>")]
    | Annotated[Leaf, Tag("<leaf>")],
    Discriminator(_shape),
]


class Rule(_Frozen):
    """A condition with an effect.

    ``timing`` rules can only hold: they make a delivery wait and never touch the verdict.
    ``reason`` is a sentence for the founder, ``owner`` who answers for the rule.
    """

    id: Annotated[str, Field(strict=True, pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
    title: _Word | None = None
    when: Condition
    effect: Effect
    mode: Mode = Mode.ENFORCE
    stage: Stage = Stage.CONTENT
    reason: _Sentence
    owner: Annotated[_Word, Field(max_length=80)]

    @property
    def name(self) -> str:
        return self.title or self.id.replace("-", " ")


class PolicyText(_Frozen):
    """All rules of one policy version, in the order in which they are shown."""

    kind: PolicyKind
    title: _Word
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)]

    def rule(self, rule_id: str) -> Rule:
        """Raises ``KeyError``."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def to_json(self) -> dict[str, Any]:
        """JSON values that ``parse_policy`` reads back to an equal text."""
        return dump(self)

    @property
    def content_hash(self) -> str:
        """SHA-256 in hex of the canonical JSON."""
        canonical = json.dumps(
            self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


_SHAPES: dict[type, str] = {AllOf: "<all>", AnyOf: "<any>", Not: "<not>"}
for _model in (AllOf, AnyOf, Not, Rule, PolicyText):
    _model.model_rebuild()
_CONDITION: TypeAdapter[AllOf | AnyOf | Not | Leaf] = TypeAdapter(Condition)

Node = AllOf | AnyOf | Not | Leaf
"""A parsed condition, for signatures."""


def parse_policy(source: str | bytes | dict[str, Any]) -> PolicyText:
    """Read a policy from JSON text or parsed JSON. Raises ``PolicyInvalid``."""
    data = read_json(source)
    check_size(data)
    try:
        text = PolicyText.model_validate(data)
    except ValidationError as error:
        raise PolicyInvalid(faults_of(error, data)) from None
    if faults := tuple(_faults_of_text(text)):
        raise PolicyInvalid(faults)
    return text


def parse_condition(source: str | bytes | dict[str, Any], kind: PolicyKind) -> Node:
    """Read one condition of a policy of this kind. Raises ``PolicyInvalid``."""
    data = read_json(source)
    check_size(data)
    try:
        condition = _CONDITION.validate_python(data)
    except ValidationError as error:
        raise PolicyInvalid(faults_of(error, data)) from None
    if faults := tuple(_faults_of_condition(condition, kind, "$")):
        raise PolicyInvalid(faults)
    return condition


def dump(model: BaseModel) -> dict[str, Any]:
    """A policy, rule or condition as JSON values, without what is left at its default."""
    return model.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def children(condition: Node) -> tuple[Node, ...]:
    """The conditions directly inside one; none for a leaf."""
    match condition:
        case AllOf():
            return condition.all
        case AnyOf():
            return condition.any
        case Not():
            return (condition.not_,)
        case Leaf():
            return ()


def leaves(condition: Node) -> Iterator[Leaf]:
    """The comparisons inside a condition, from left to right."""
    if isinstance(condition, Leaf):
        yield condition
    for child in children(condition):
        yield from leaves(child)


def _faults_of_text(text: PolicyText) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, rule in enumerate(text.rules):
        path = f"$.rules[{position}]"
        if rule.id in seen:
            yield Fault(f"{path}.id", f"Another rule has the id {rule.id} already.")
        seen.add(rule.id)
        if rule.stage is Stage.TIMING and rule.effect is not Effect.HOLD:
            yield Fault(f"{path}.effect", "A timing rule can only hold: it makes delivery wait.")
        yield from _faults_of_condition(rule.when, text.kind, f"{path}.when")


def _faults_of_condition(condition: Node, kind: PolicyKind, path: str) -> Iterator[Fault]:
    match condition:
        case Leaf():
            if fault := leaf_fault(condition.fact, condition.op, condition.value, kind):
                field, reason = fault
                yield Fault(f"{path}.{field}", reason)
        case Not():
            yield from _faults_of_condition(condition.not_, kind, f"{path}.not")
        case AllOf() | AnyOf():
            word: Literal["all", "any"] = "all" if isinstance(condition, AllOf) else "any"
            for position, child in enumerate(children(condition)):
                yield from _faults_of_condition(child, kind, f"{path}.{word}[{position}]")
