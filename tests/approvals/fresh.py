"""The send policy with one more rule: look first where something was noted lately."""

from __future__ import annotations

from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind

RULE = {
    "id": "fresh-relationship",
    "title": "Something was noted lately",
    "when": {
        "all": [
            {"fact": "account.relationship_facts", "op": "gt", "value": 0},
            {"fact": "account.days_since_relationship_fact", "op": "lt", "value": 30},
        ]
    },
    "effect": "hold",
    "reason": "Something about the relationship was noted less than 30 days ago.",
    "owner": "Theo",
}


def looks_first() -> PolicyText:
    text = seed_policy(PolicyKind.SEND).to_json()
    return parse_policy({**text, "rules": [RULE, *text["rules"]]})
