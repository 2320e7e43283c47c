"""Who may see and who may post at each address: the whole permission matrix.

The middleware of ``revenue.web.access`` refuses whatever is not listed here.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """The groups of people; the value is the group's name."""

    FOUNDER = "founder"
    ACCOUNTANT = "accountant"
    ADMIN = "admin"


class Rule(NamedTuple):
    see: frozenset[Role]
    post: frozenset[Role]


NOBODY: frozenset[Role] = frozenset()
EVERYONE = frozenset(Role)
FOUNDER = frozenset({Role.FOUNDER})
ADMIN = frozenset({Role.ADMIN})
DECIDERS = FOUNDER | ADMIN

PUBLIC = frozenset(
    {"login", "logout", "healthz", "welcome", "revenue:join", "approvals:unsubscribe"},
)
"""Addresses that need no login; each guards itself."""

MATRIX: dict[str, Rule] = {
    "revenue:home": Rule(EVERYONE, NOBODY),
    "revenue:preferences": Rule(EVERYONE, EVERYONE),
    "revenue:accounts": Rule(EVERYONE, NOBODY),
    "revenue:account": Rule(EVERYONE, NOBODY),
    "revenue:account_suppress": Rule(NOBODY, DECIDERS),
    "revenue:contact_add": Rule(DECIDERS, DECIDERS),
    "revenue:contact_edit": Rule(DECIDERS, DECIDERS),
    "revenue:contact_reply": Rule(NOBODY, DECIDERS),
    "revenue:relationship_add": Rule(DECIDERS, DECIDERS),
    "revenue:relationship_replace": Rule(DECIDERS, DECIDERS),
    "revenue:icp_review": Rule(DECIDERS, NOBODY),
    "revenue:icp_objections": Rule(DECIDERS, NOBODY),
    "revenue:icp_object": Rule(NOBODY, DECIDERS),
    "revenue:icp_withdraw": Rule(NOBODY, DECIDERS),
    "revenue:imports": Rule(DECIDERS, DECIDERS),
    "revenue:import": Rule(DECIDERS, NOBODY),
    "revenue:import_act": Rule(NOBODY, DECIDERS),
    "revenue:import_issues": Rule(DECIDERS, NOBODY),
    "revenue:mapping_new": Rule(DECIDERS, DECIDERS),
    "revenue:mapping": Rule(DECIDERS, DECIDERS),
    "revenue:pairs": Rule(DECIDERS, NOBODY),
    "revenue:pair_answer": Rule(NOBODY, DECIDERS),
    "revenue:pair_undo": Rule(NOBODY, DECIDERS),
    "revenue:policies": Rule(EVERYONE, NOBODY),
    "revenue:policy_version": Rule(EVERYONE, NOBODY),
    "revenue:policy_check": Rule(NOBODY, DECIDERS),
    "revenue:policy_restore": Rule(NOBODY, DECIDERS),
    "revenue:policy_edit": Rule(DECIDERS, DECIDERS),
    "revenue:policy_arrange": Rule(NOBODY, DECIDERS),
    "revenue:policy_title": Rule(DECIDERS, DECIDERS),
    "revenue:policy_import": Rule(DECIDERS, DECIDERS),
    "revenue:policy_export": Rule(EVERYONE, NOBODY),
    "revenue:policy_export_writing": Rule(DECIDERS, NOBODY),
    "revenue:policy_compare": Rule(EVERYONE, NOBODY),
    "revenue:policy_text": Rule(NOBODY, DECIDERS),
    "revenue:policy_backtest": Rule(EVERYONE, DECIDERS),
    "revenue:policy_moved": Rule(EVERYONE, NOBODY),
    "revenue:policy_shadow": Rule(EVERYONE, DECIDERS),
    "revenue:policy_shadow_rows": Rule(EVERYONE, NOBODY),
    "revenue:policy_rule": Rule(EVERYONE, NOBODY),
    "revenue:policy_publish": Rule(NOBODY, DECIDERS),
    "revenue:seats": Rule(EVERYONE, NOBODY),
    "revenue:segments": Rule(EVERYONE, NOBODY),
    "revenue:segment_new": Rule(ADMIN, ADMIN),
    "revenue:segment_mails": Rule(EVERYONE, NOBODY),
    "revenue:kill_throw": Rule(NOBODY, DECIDERS),
    "revenue:kill_release": Rule(NOBODY, DECIDERS),
    "revenue:seat_owner": Rule(NOBODY, ADMIN),
    "revenue:ledger": Rule(EVERYONE, NOBODY),
    "revenue:ledger_event": Rule(EVERYONE, NOBODY),
    "revenue:suppressions": Rule(DECIDERS, DECIDERS),
    "revenue:suppressions_find": Rule(NOBODY, DECIDERS),
    "revenue:suppression_lift": Rule(NOBODY, DECIDERS),
    "revenue:suppressions_import": Rule(NOBODY, DECIDERS),
    "revenue:suppressions_export": Rule(DECIDERS, NOBODY),
    "revenue:settings": Rule(ADMIN, ADMIN),
    "revenue:mailbox_add": Rule(ADMIN, ADMIN),
    "revenue:mailbox_edit": Rule(ADMIN, ADMIN),
    "revenue:mailbox_pause": Rule(NOBODY, ADMIN),
    "revenue:mailbox_resume": Rule(NOBODY, ADMIN),
    "revenue:people": Rule(ADMIN, ADMIN),
    "revenue:person": Rule(ADMIN, ADMIN),
    "revenue:person_invite": Rule(NOBODY, ADMIN),
    "approvals:queue": Rule(DECIDERS, NOBODY),
    "approvals:send": Rule(DECIDERS, NOBODY),
    "approvals:rules": Rule(DECIDERS, NOBODY),
    "approvals:history": Rule(DECIDERS, NOBODY),
    "approvals:decide": Rule(NOBODY, FOUNDER),
    "approvals:edit": Rule(FOUNDER, FOUNDER),
    "approvals:snooze": Rule(NOBODY, FOUNDER),
    "approvals:undo": Rule(NOBODY, FOUNDER),
    "approvals:reopen": Rule(NOBODY, FOUNDER),
    "approvals:bulk": Rule(NOBODY, FOUNDER),
    "approvals:bulk_result": Rule(DECIDERS, NOBODY),
    "approvals:bulk_undo": Rule(NOBODY, FOUNDER),
    "approvals:harm": Rule(NOBODY, FOUNDER),
    "approvals:hold": Rule(DECIDERS, NOBODY),
    "approvals:hold_stop": Rule(NOBODY, FOUNDER),
    "approvals:allowed_by": Rule(DECIDERS, NOBODY),
    "approvals:attention": Rule(FOUNDER, NOBODY),
    "approvals:planted": Rule(DECIDERS, NOBODY),
    "approvals:seat": Rule(EVERYONE, DECIDERS),
    "approvals:seat_end": Rule(NOBODY, DECIDERS),
    "approvals:seat_audits": Rule(EVERYONE, NOBODY),
    "approvals:changes": Rule(DECIDERS, NOBODY),
    "approvals:change": Rule(DECIDERS, NOBODY),
    "approvals:change_propose": Rule(NOBODY, DECIDERS),
    "approvals:change_decide": Rule(NOBODY, DECIDERS),
    "approvals:change_withdraw": Rule(NOBODY, DECIDERS),
    "approvals:change_alone": Rule(NOBODY, DECIDERS),
    "approvals:trouble": Rule(DECIDERS, NOBODY),
    "approvals:resolve": Rule(NOBODY, FOUNDER),
    "approvals:look_up": Rule(NOBODY, FOUNDER),
    "approvals:mailbox": Rule(EVERYONE, NOBODY),
    "approvals:mail": Rule(EVERYONE, NOBODY),
    "gallery": Rule(EVERYONE, NOBODY),
}


def may(roles: AbstractSet[Role], url_name: str, *, method: str) -> bool:
    """Whether people with these roles may use the address; an unlisted one is nobody's."""
    rule = MATRIX.get(url_name)
    if rule is None:
        return False
    allowed = rule.see if method in ("GET", "HEAD") else rule.post
    return bool(roles & allowed)
