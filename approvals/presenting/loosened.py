"""Mails that a version would allow, as ``approvals/allowed_by.html`` takes them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from approvals.loosening import Freed, freed_rows
from revenue.models import PolicyKind, PolicyVersion
from revenue.policies import verdicts
from revenue.policies.verdicts import NoActivePolicy


def shown_freed(version: PolicyVersion) -> dict[str, Any]:
    """Each with the rule that holds it now; three statements."""
    rows, number = freed_rows(version.pk)
    queue, titles = reverse("approvals:queue"), _titles(version)
    return {
        "version": version,
        "number": number,
        "words": Freed(number, "").words,
        "more": number - len(rows),
        "rows": [
            {
                "id": row["id"],
                "url": f"{queue}{row['id']}/",
                "business": row["account_name"],
                "who": row["to_name"] or row["to_address"],
                "subject": row["subject"],
                "held_by": titles.get(row["held_by"], row["held_by"]),
            }
            for row in rows
        ],
    }


def _titles(version: PolicyVersion) -> dict[str, str]:
    """The names of the rules that hold now."""
    try:
        policy = verdicts.active(PolicyKind(version.kind))
    except NoActivePolicy:
        return {}
    return {rule.id: rule.name for rule in policy.text.rules}
