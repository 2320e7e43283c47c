"""Every component with nothing in it, one row, fifty rows, long names and right-to-left text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from revenue.web.gallery_samples import BODY, NAMES, claims, verdict


@dataclass(frozen=True, slots=True)
class SampleRow:
    number: int
    business: str
    contact: str
    words: str
    state: str
    state_word: str
    seat: str
    value: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SampleSwitch:
    scope: str
    label: str
    target: str
    reason: str
    thrown_by: str
    thrown_at: datetime = field(default_factory=timezone.now)


SWITCHES = (
    SampleSwitch("everything", "", "", "Wrong footer in the cold template", "person:1"),
    SampleSwitch("seat", "Pepper", "sender", "", "person:1"),
)
STATES = (
    ("pending", "Waits for you"),
    ("approved", "Leaves soon"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("uncertain", "Uncertain"),
    ("expired", "Expired"),
    ("superseded", "Superseded"),
)


class SampleForm(forms.Form):
    name = forms.CharField(label="Name of the business", help_text="As it signs its own mail.")
    email = forms.EmailField(label="Address", required=False)
    role = forms.ChoiceField(
        label="Role", choices=[("owner", "Owner"), ("office", "Office manager")]
    )
    note = forms.CharField(label="Note to Dirk", widget=forms.Textarea, required=False)
    why = forms.ChoiceField(
        label="What is wrong with it",
        choices=[("tone", "Tone"), ("fact", "A wrong fact")],
        widget=forms.RadioSelect,
    )
    sure = forms.BooleanField(label="Keep me told", help_text="One mail a day at most.")
    list_file = forms.FileField(label="The list")


def gallery(request: HttpRequest) -> HttpResponse:
    """``?rows=none|one|fifty|long|rtl`` and ``?page=columns`` for the list with its detail."""
    now = timezone.now()
    rows = sample_rows(request.GET.get("rows", "fifty"), now=now)
    bad = SampleForm({"name": "", "email": "ana@", "role": "owner", "note": "", "why": ""})
    context: dict[str, Any] = {
        "rows": rows,
        "row_choices": _choices(request),
        "form": bad,
        "fresh_form": SampleForm(auto_id="fresh_%s"),
        "now": now,
        "soon": now + timedelta(seconds=28),
        "long_ago": now - timedelta(days=3),
        "states": STATES,
        "switches": SWITCHES,
        "explained": verdict(),
        "mail": {
            "subject": "Langley Physio: not another booking tool",
            "sender": "Pepper Reyes <pepper@agency.example>",
            "recipient": "Dr Ana María Núñez <ana@langley-physio.example>",
            "body": BODY,
            "footer": "Agency Ltd, 12 Fraser Highway, Langley BC\nUnsubscribe: one click.",
        },
        "claims": claims(now.date()),
        "diff": (
            {"op": "same", "text": "We are "},
            {"op": "removed", "text": "not another agency"},
            {"op": "added", "text": "four people in Langley"},
            {"op": "same", "text": ". Reply 4C and I send two lines."},
        ),
        "events": (
            {"by": "seat:prospector", "text": "drafted a cold mail", "at": now, "more": ""},
            {
                "by": "person:1",
                "text": "sent it back",
                "at": now - timedelta(hours=5),
                "more": "“The second clinic closed in June.”",
            },
            {
                "by": "system:delivery",
                "text": "found the mailbox full",
                "at": now - timedelta(days=2),
                "more": "",
            },
        ),
        "tabs": (
            {"label": "Pending", "url": "?", "here": True, "count": 12},
            {"label": "Scheduled", "url": "?", "here": False, "count": 3},
            {"label": "Decided", "url": "?", "here": False, "count": None},
        ),
        "reasons": (("tone", "Tone"), ("fact", "Wrong fact"), ("fit", "Not our customer")),
        "weeks": (3, 5, 4, 8, 7, 9, 12, 10, 11, 9, 13, 15, 14),
    }
    page = "gallery_columns" if request.GET.get("page") == "columns" else "gallery"
    return render(request, f"components/{page}.html", context)


def sample_rows(kind: str, *, now: datetime) -> list[SampleRow]:
    """Rows of the kind asked for; ``none`` gives an empty list."""
    count = {"none": 0, "one": 1, "fifty": 50}.get(kind, 6)
    names = NAMES["plain" if kind not in NAMES else kind]
    return [
        SampleRow(
            number=index + 1,
            business=names[index % len(names)][0],
            contact=names[index % len(names)][1],
            words=names[index % len(names)][2],
            state=STATES[index % len(STATES)][0],
            state_word=STATES[index % len(STATES)][1],
            seat=("seat:prospector", "seat:pipeline", "seat:closer")[index % 3],
            value=480_000 + index * 12_345,
            at=now - timedelta(minutes=37 * index * index),
        )
        for index in range(count)
    ]


def _choices(request: HttpRequest) -> list[dict[str, object]]:
    chosen = request.GET.get("rows", "fifty")
    labels = {
        "none": "Nothing",
        "one": "One row",
        "fifty": "Fifty rows",
        "long": "Very long names",
        "rtl": "Right to left",
    }
    return [
        {"label": label, "url": f"?rows={kind}", "here": kind == chosen, "count": None}
        for kind, label in labels.items()
    ]
