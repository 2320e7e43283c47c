"""Facts of one cold mail to Canada that the first send policy lets go at once."""

from __future__ import annotations

from typing import Any

ALLOWED: dict[str, Any] = {
    "send.kind": "cold",
    "send.touch_number": 1,
    "send.age_hours": 2,
    "send.unsupported_claims": 0,
    "send.copy_blockers": 0,
    "send.copy_warnings": 0,
    "send.word_count": 88,
    "send.has_footer": True,
    "send.has_postal_address": True,
    "send.has_unsubscribe": True,
    "contact.suppressed": False,
    "contact.unsubscribed": False,
    "contact.country": "CA",
    "contact.region": "BC",
    "contact.consent": "implied_published",
    "contact.published_evidence": True,
    "contact.no_solicitation_note": False,
    "contact.role_relevant": True,
    "contact.legal_form": "company",
    "contact.local_hour": 10.5,
    "contact.local_weekday": 2,
    "contact.local_holiday": False,
    "contact.time_zone_known": True,
    "account.touches_90d": 0,
    "account.open_sends": 0,
    "account.icp_verdict": "allow",
    "mailbox.sent_today": 3,
    "mailbox.cap_today": 15,
    "mailbox.cap_left": 12,
    "mailbox.sent_30d": 0,
    "mailbox.paused": False,
    "mailbox.authenticated": True,
}
"""A first message from a fresh mailbox: no reply, no touch before, no rates yet."""
