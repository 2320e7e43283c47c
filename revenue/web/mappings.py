"""Saved mappings: made from a file's own columns, read, and changed as text."""

from __future__ import annotations

import itertools
import json
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from revenue.models import ColumnMapping
from revenue.pipeline.mapping_keeping import MappingTakenError, add_mapping, change_mapping
from revenue.pipeline.mappings import InvalidMappingError, Mapping, read_mapping
from revenue.pipeline.reading import Row, UnreadableFileError, excerpt, open_table, read_rows
from revenue.web.access import acting
from revenue.web.forms_imports import FIELD_WORDS, KINDS, ColumnsForm, MappingForm, SpecForm

EXAMPLE_ROWS = 5
MOST_COLUMNS = 500


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Read a file's header, then choose what its columns are."""
    if "columns" in request.POST:
        return _save(request)
    posted = request.method == "POST"
    form = ColumnsForm(request.POST, request.FILES) if posted else ColumnsForm()
    if form.is_valid():
        try:
            columns, examples = _header(cast("BinaryIO", form.cleaned_data["file"].file))
        except UnreadableFileError as refusal:
            form.add_error("file", str(refusal))
        else:
            kind = form.cleaned_data["kind"]
            name = form.cleaned_data["file"].name.rpartition(".")[0].replace("_", " ")
            chosen = MappingForm(
                kind=kind, columns=columns, examples=examples, initial={"title": name[:120]}
            )
            return _choosing(request, chosen)
    status = 422 if form.is_bound else 200
    return render(request, "revenue/mapping_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, slug: str) -> HttpResponse:
    """What a mapping reads from which columns, and its text to change."""
    row = get_object_or_404(ColumnMapping, pk=slug)
    text = json.dumps(row.spec, indent=2, ensure_ascii=False)
    form = SpecForm(request.POST if request.method == "POST" else None, initial={"spec": text})
    if form.is_valid():
        try:
            changed = change_mapping(
                mapping=row, spec=form.cleaned_data["spec"], by=acting(request), now=timezone.now()
            )
        except InvalidMappingError as refusal:
            form.refuse(refusal)
        else:
            told = "Saved. Imports that run keep the text they began with."
            messages.success(request, told if changed else "Nothing was different.")
            return redirect("revenue:mapping", row.pk)
    context = {"row": row, "form": form, **_shown(row)}
    status = 422 if form.is_bound else 200
    return render(request, "revenue/mapping.html", context, status=status)


def _save(request: HttpRequest) -> HttpResponse:
    kind = request.POST.get("kind", "")
    form = MappingForm(
        request.POST,
        kind=kind if kind in dict(KINDS) else "accounts",
        columns=request.POST.getlist("columns")[:MOST_COLUMNS],
        examples=dict(
            zip(request.POST.getlist("columns"), request.POST.getlist("examples"), strict=False)
        ),
    )
    if form.is_valid():
        try:
            row = add_mapping(spec=form.spec(), by=acting(request), now=timezone.now())
        except InvalidMappingError as refusal:
            form.refuse(refusal)
        except MappingTakenError as refusal:
            form.add_error("title", str(refusal))
        else:
            messages.success(request, "The mapping is saved. Load the file with it.")
            return redirect(f"{reverse('revenue:imports')}?mapping={row.pk}")
    return _choosing(request, form)


def _choosing(request: HttpRequest, form: MappingForm) -> HttpResponse:
    context = {
        "form": form,
        "columns": [(name, form.examples.get(name, "")) for name in form.columns],
        "kind_words": dict(KINDS)[form.kind],
    }
    status = 422 if form.is_bound else 200
    return render(request, "revenue/mapping_columns.html", context, status=status)


def _header(file: BinaryIO) -> tuple[list[str], dict[str, str]]:
    """The columns, and for each the first value that is not empty in the first rows."""
    table = open_table(file)
    examples: dict[str, str] = {}
    for row in itertools.islice(read_rows(file, table), EXAMPLE_ROWS):
        if isinstance(row, Row):
            for name, cell in zip(table.columns, row.cells, strict=True):
                if cell.strip() and name not in examples:
                    examples[name] = excerpt(cell)[:60]
    return list(table.columns)[:MOST_COLUMNS], examples


def _shown(row: ColumnMapping) -> dict[str, Any]:
    try:
        read = read_mapping(row.spec)
    except InvalidMappingError as error:
        return {"fault": str(error)}
    return {"mapping": read, "rules": _rules(read)}


def _rules(read: Mapping) -> list[dict[str, Any]]:
    rules = {"Id of a row": read.record_id}
    rules |= {
        words: read.fields[name] for name, words in FIELD_WORDS.items() if name in read.fields
    }
    return [
        {
            "label": label,
            "columns": rule.columns,
            "constant": rule.constant,
            "transforms": ", ".join(word.replace("_", " ") for word in rule.transforms),
            "needed": not rule.optional,
        }
        for label, rule in rules.items()
    ]
