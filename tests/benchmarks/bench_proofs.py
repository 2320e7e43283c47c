"""How long it takes to decide over all inputs whether one policy is looser than another."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

from revenue.policies.catalogue import facts_for
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.proofs import proof_of
from revenue.policies.proving import compare
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Fact, FactType, PolicyKind, Stage
from tests.benchmarks.table import Row, at_most, milliseconds

LIMIT_S = 2.0
RULES = 40
COUNTRIES = ["AT", "CA", "DE", "FR", "GB", "JP", "MX", "NZ", "US"]
LOOSENED = {"unsupported-claims", "canada-no-basis", "answer-first", "quiet-hours"}


def measure(rounds: int) -> list[Row]:
    """Two texts that hardly differ, and two that have nothing in common; the slowest round."""
    first = first_send_policy()
    other = changed(first)
    one, another = tangled(seed=1), tangled(seed=2)
    works: dict[str, Callable[[], object]] = {
        "looser-check, two 40-rule policies, 8 rules apart": lambda: compare(first, other),
        "looser-check, two 40-rule policies, all apart": lambda: compare(one, another),
    }
    rows = [_row(name, _slowest(work, rounds), LIMIT_S) for name, work in works.items()]
    whole = _slowest(lambda: proof_of(first, other), rounds)
    return [*rows, _row("proof of the former with findings and words", whole, None)]


def _slowest(work: Callable[[], object], rounds: int) -> float:
    """Seconds of processor time: others may be using the machine."""
    slowest = 0.0
    for _ in range(rounds):
        began = time.process_time()
        work()
        slowest = max(slowest, time.process_time() - began)
    return slowest


def first_send_policy() -> PolicyText:
    """The policy that a new house starts with, filled up to 40 rules."""
    text = seed_policy(PolicyKind.SEND)
    more = [_tangle(Random(number), number) for number in range(RULES - len(text.rules))]
    return _parsed([*text.to_json()["rules"], *more])


def changed(text: PolicyText) -> PolicyText:
    """Looser by four rules that only mark any more, tighter by four allowances that hold now."""
    rules = text.to_json()["rules"]
    allowing = [rule for rule in rules if rule["effect"] == "allow"][:4]
    for rule in rules:
        if rule["id"] in LOOSENED:
            rule["mode"] = "warn"
        if rule in allowing:
            rule["effect"] = "hold"
    return _parsed(rules)


def tangled(seed: int) -> PolicyText:
    """Forty rules of six comparisons each, nested, over all facts of the catalogue."""
    random = Random(seed)
    return _parsed([_tangle(random, number) for number in range(RULES)])


def _parsed(rules: list[dict[str, Any]]) -> PolicyText:
    return parse_policy({"kind": PolicyKind.SEND.value, "title": "A benchmark", "rules": rules})


def _tangle(random: Random, number: int) -> dict[str, Any]:
    facts = list(facts_for(PolicyKind.SEND).values())
    leaves = [_comparison(random, fact) for fact in random.sample(facts, 6)]
    return {
        "id": f"tangle-{number}",
        "when": {
            "any": [
                {"all": leaves[:3]},
                {"all": [leaves[3], {"not": {"any": leaves[4:]}}]},
            ]
        },
        "effect": random.choice(["deny", "hold", "allow", "allow"]),
        "stage": Stage.CONTENT.value,
        "reason": "A benchmark.",
        "owner": "nobody",
    }


def _comparison(random: Random, fact: Fact) -> dict[str, Any]:
    op, value = _asked(random, fact)
    return {"fact": fact.name, "op": op, "value": value}


def _asked(random: Random, fact: Fact) -> tuple[str, Any]:
    choices = [choice.value for choice in fact.choices]
    match fact.type:
        case FactType.BOOL:
            return "is", random.choice([True, False])
        case FactType.CHOICE:
            return "in", random.sample(choices, min(2, len(choices)))
        case FactType.NUMBER:
            low, high = max(fact.minimum, -20), min(fact.maximum, 400)
            value = random.randint(int(low), int(high))
            return random.choice(["lt", "gt"]), value
        case FactType.TEXT:
            return "in", random.sample(COUNTRIES, 3)
        case FactType.SET:
            return "has_any", random.sample(choices or COUNTRIES, 2)


def _row(what: str, seconds: float, limit: float | None) -> Row:
    if limit is None:
        return Row(what, milliseconds(seconds))
    target = f"≤ {milliseconds(limit)}"
    return Row(what, milliseconds(seconds), target=target, verdict=at_most(seconds, limit))
