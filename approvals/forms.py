"""What people post on the approvals pages, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.http import QueryDict

from approvals.deciding import Ruling
from approvals.models import Choice, RejectReason
from approvals.revising import MAX_BODY, MAX_SUBJECT

LONGEST_REASON = 1000
LONGEST_VISIBLE_MS = 2**31 - 1
LARGEST_ID = 2**63 - 1
CHOICES = frozenset({Choice.APPROVE, Choice.REJECT, Choice.RETURN})

AFTERNOON = time(15)
MORNING = time(8)
MONDAY = 0


class BadPost(Exception):
    """What was posted can't be used; the message says why."""


def read_decision(post: QueryDict) -> tuple[int, Ruling]:
    """The revision that the person saw, and the ruling about it; raises BadPost."""
    choice = post.get("choice", "")
    if choice not in CHOICES:
        raise BadPost("Choose to approve, to reject or to send back.")
    ruling = read_ruling(post, Choice(choice))
    if ruling.choice == Choice.RETURN and not ruling.reason:
        raise BadPost("Say what should be different, so that the next draft is better.")
    return read_id(post, "revision"), ruling


def read_ruling(post: QueryDict, choice: Choice) -> Ruling:
    """The reason of a rejection or return and the time on screen; raises BadPost."""
    code = post.get("reason_code", "") if choice == Choice.REJECT else ""
    if choice == Choice.REJECT and code not in RejectReason.values:
        raise BadPost("Choose why you reject it.")
    reason = "" if choice == Choice.APPROVE else read_reason(post)
    visible_ms = read_visible_ms(post)
    return Ruling(choice=choice, reason_code=code, reason=reason, visible_ms=visible_ms)


def read_reason(post: QueryDict, name: str = "reason") -> str:
    """A note, on lines; raises BadPost where it is too long or holds control characters."""
    reason = post.get(name, "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(reason) > LONGEST_REASON:
        raise BadPost(f"The note is longer than {LONGEST_REASON:,} characters.")
    if any(character < " " and character not in "\n\t" for character in reason):
        raise BadPost("The note holds a control character.")
    return reason


def read_visible_ms(post: QueryDict) -> int | None:
    """Milliseconds on screen; None where nobody measured them, or not credibly."""
    text = post.get("visible_ms", "")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return None
    return min(int(text), LONGEST_VISIBLE_MS)


def read_id(post: QueryDict, name: str) -> int:
    text = post.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= LARGEST_ID):
        raise BadPost("The form is not complete. Reload the page and try again.")
    return int(text)


def read_ids(post: QueryDict, name: str) -> set[int]:
    """Numbers, several to a field where commas part them; what is no number is dropped."""
    texts = [text for field in post.getlist(name) for text in field.split(",")]
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}


# Snoozing ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preset:
    """A time to come back, with the key that chooses it."""

    name: str
    label: str
    until: datetime


def snooze_presets(*, now: datetime, zone: tzinfo) -> tuple[Preset, ...]:
    """Times that people mean, in the reader's zone; this afternoon only while it is to come."""
    here = now.astimezone(zone)
    monday = here + timedelta(days=(MONDAY - here.weekday() - 1) % 7 + 1)
    presets = [
        Preset("hour", "In 1 h", now + timedelta(hours=1)),
        Preset("afternoon", "This afternoon", at_clock(here, AFTERNOON)),
        Preset("tomorrow", "Tomorrow morning", at_clock(here + timedelta(days=1), MORNING)),
        Preset("monday", "Monday morning", at_clock(monday, MORNING)),
    ]
    soon = now + timedelta(hours=1)
    by_time = {preset.until: preset for preset in reversed(presets) if preset.until >= soon}
    return tuple(by_time[until] for until in sorted(by_time))


def at_clock(day: datetime, clock: time) -> datetime:
    """That day at that time on the wall, whatever the clocks do in between."""
    return datetime.combine(day.date(), clock, day.tzinfo)


def read_until(post: QueryDict, *, now: datetime, zone: tzinfo) -> datetime:
    """The time to snooze to: a preset, or a local time; raises BadPost."""
    named = {preset.name: preset.until for preset in snooze_presets(now=now, zone=zone)}
    if preset := named.get(post.get("preset", "")):
        return preset
    try:
        local = datetime.fromisoformat(post.get("until", ""))
        return local.replace(tzinfo=zone) if local.tzinfo is None else local
    except (ValueError, OverflowError):
        raise BadPost("Choose a time to bring it back.") from None


# Editing -----------------------------------------------------------------------------------------


class EditForm(forms.Form):
    """Subject and text of a mail. Recipient and account are no fields: an edit can't change them.

    Lengths and characters are the operation's to check (``revising.clean_subject``).
    """

    subject = forms.CharField(label="Subject", max_length=MAX_SUBJECT, strip=False)
    body = forms.CharField(
        label="Text",
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true", "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].widget.attrs.update(autocomplete="off", dir="auto")
