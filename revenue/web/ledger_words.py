"""What the ledger's kinds and subjects mean in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from revenue.models import PolicyKind, User

# Each follows the name of whoever did it.
KINDS = {
    "account.changed": "took over what changed at its source",
    "accounts.screened": "asked the customer profile about accounts",
    "accounts.imported": "took over accounts from a list",
    "authority.ended": "took a level of authority back",
    "authority.granted": "set a level of authority",
    "authority.ran_out": "found that a level of authority had run out",
    "backtest.finished": "learned what a policy version would have done",
    "backtest.ordered": "asked what a policy version would have done",
    "bulk.ordered": "decided many mails at once",
    "change.approved": "approved a change of what may be done alone",
    "change.lapsed": "closed a change request that was overtaken",
    "change.proposed": "proposed a change of what may be done alone",
    "change.rejected": "rejected a change of what may be done alone",
    "change.scheduled": "set a time for a change that nobody else could approve",
    "change.waiting": "left a change to somebody else, who may decide by now",
    "change.withdrawn": "took a proposed change back",
    "contact.added": "added a contact",
    "contact.changed": "changed a contact",
    "contact.replied": "replied to us",
    "deal.opened": "opened a deal",
    "draft.rewritten": "wrote a draft anew",
    "draft.written": "wrote a draft",
    "house.changed": "changed how the house works",
    "import.cancelled": "stopped reading a list",
    "import.failed": "could not read a list",
    "import.finished": "finished reading a list",
    "import.started": "began to read a list",
    "kill_switch.released": "released a kill switch",
    "kill_switch.thrown": "threw a kill switch",
    "mailbox.added": "added a mailbox",
    "mailbox.changed": "changed a mailbox",
    "mailbox.paused": "paused a mailbox",
    "mailbox.resumed": "resumed a mailbox",
    "mapping.added": "saved a way to read lists",
    "mapping.changed": "changed a way to read lists",
    "pair.different": "said that two records are two businesses",
    "pair.reopened": "opened a question about two records again",
    "pair.same": "said that two records are one business",
    "person.added": "let somebody in",
    "person.changed": "changed somebody's roles",
    "person.password_chosen": "chose a password",
    "person.preferred": "changed how they read",
    "person.welcomed": "welcomed the first person",
    "policy.edit_closed": "closed the text of the next version",
    "policy.edited": "changed the text of the next version",
    "policy.moved": "moved a policy version on",
    "policy.published": "made a policy version the active one",
    "policy.validated": "checked a policy version over all inputs",
    "policy.written": "wrote a policy version",
    "record.moved": "moved a record that changed to another account",
    "records.purged": "removed records whose time was up",
    "relationship.noted": "noted what holds between us and an account",
    "seat.assigned": "gave a seat to somebody",
    "segment.written": "wrote a part of the mail that authority can be granted for",
    "seeded.caught": "caught a planted fault",
    "seeded.missed": "let a planted fault through",
    "send.approved": "approved a mail",
    "send.deferred": "put delivery off",
    "send.denied": "found a mail denied by policy",
    "send.did_harm": "reported that a sent mail did harm",
    "send.edited": "edited a mail",
    "send.expired": "let a mail expire",
    "send.failed": "could not deliver a mail",
    "send.opened": "put a mail up for decision",
    "send.pending": "put a mail up for decision again",
    "send.rejected": "rejected a mail",
    "send.reopened": "opened a mail for decision again",
    "send.resolved": "settled an uncertain delivery",
    "send.returned": "sent a mail back to its writer",
    "send.revoked": "took back an approved mail",
    "send.sending": "began to deliver a mail",
    "send.sent": "delivered a mail",
    "send.snoozed": "put a decision off",
    "send.stale": "set a mail aside because things changed",
    "send.superseded": "replaced a mail by a newer one",
    "send.uncertain": "does not know whether a mail arrived",
    "send.undone": "undid a decision",
    "send.unsubscribed": "unsubscribed",
    "send.woken": "brought a put-off decision back",
    "sends.judged_again": "asked a new policy about mails that wait",
    "suppression.added": "suppressed a recipient",
    "suppression.forgotten": "deleted a suppressed value, keeping its digest",
    "suppression.lifted": "lifted a suppression",
    "suppression.repeated": "gave one more reason for a suppression",
    "verdict.objected": "objected to a verdict",
    "verdict.objection_withdrawn": "withdrew an objection to a verdict",
}

# The first part of a subject, in words, and the page that shows it.
SUBJECTS = {
    "account": ("account", "revenue:account"),
    "bulk": ("bulk decision", "approvals:bulk_result"),
    "change": ("change request", "approvals:change"),
    "contact": ("contact", ""),
    "deal": ("deal", ""),
    "draft": ("draft", ""),
    "house": ("the house", "revenue:settings"),
    "import": ("list", "revenue:import"),
    "kill_switch": ("kill switch", "revenue:seats"),
    "mailbox": ("mailbox", "revenue:mailbox_edit"),
    "mapping": ("way to read lists", "revenue:mapping"),
    "person": ("person", "revenue:person"),
    "policy": ("policy", "revenue:policy_version"),
    "policy_text": ("next version of the policy", "revenue:policy_edit"),
    "seat": ("seat", "approvals:seat"),
    "segment": ("part of the mail", "revenue:segments"),
    "send": ("mail", "approvals:send"),
    "source": ("source", ""),
    "suppression": ("suppression", "revenue:suppressions"),
}
SHOWN_AS_A_WHOLE = frozenset(
    {"revenue:settings", "revenue:seats", "revenue:segments", "revenue:suppressions"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """``words`` name it; ``url`` shows it, or is empty where this reader finds no page."""

    words: str
    url: str


def kind_words(kind: str) -> str:
    """``send.approved`` as ``approved a mail``; one that is not listed as it is, with spaces."""
    return KINDS.get(kind) or kind.replace(".", " ").replace("_", " ")


def subject_of(text: str, *, reader: User) -> Subject:
    """``send:12`` as ``mail 12``, with its page if the reader may see it."""
    sort, _, rest = text.partition(":")
    words, page = SUBJECTS.get(sort, (sort.replace("_", " "), ""))
    if sort == "policy":
        kind, _, number = rest.partition(":")
        names = {str(value): str(label) for value, label in PolicyKind.choices}
        words, rest = f"{names.get(kind, kind)}, version", number
        parts = [kind, number]
    else:
        parts = [] if page in SHOWN_AS_A_WHOLE else [rest]
    url = _address(page, parts) if page and reader.may_see(page) else ""
    return Subject(f"{words} {rest}".strip(), url)


def data_lines(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of an event's data, as text."""
    return [(name.replace("_", " "), _value_words(value)) for name, value in data.items()]


def _value_words(value: Any) -> str:
    if value is None or value == [] or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return ", ".join(_value_words(one) for one in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value)


def _address(page: str, parts: list[str]) -> str:
    try:
        return reverse(page, args=parts)
    except NoReverseMatch:
        return ""
