"""What the panels of the action bar offer, rendered once for many items."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from approvals.forms import snooze_presets
from approvals.models import RejectReason


@lru_cache(maxsize=4)
def reason_buttons(what: str) -> SafeString:
    """A button for each reason to reject; ``what`` begins their words in the help."""
    context = {"choices": RejectReason.choices, "what": what}
    return render_to_string("approvals/reason_buttons.html", context)


def preset_buttons(*, now: datetime, zone: tzinfo) -> SafeString:
    """A button for each time to come back, in the reader's zone."""
    return _presets_of(now.replace(second=0, microsecond=0), zone)


@lru_cache(maxsize=16)
def _presets_of(minute: datetime, zone: tzinfo) -> SafeString:
    context = {"presets": snooze_presets(now=minute, zone=zone)}
    return render_to_string("approvals/preset_buttons.html", context)
