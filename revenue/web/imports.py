"""Lists on their way in: upload, what would happen, what happened, and row by row why not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from revenue import tasks
from revenue.models import ColumnMapping, DoubtfulPair, ImportIssue, ImportRun, ImportState
from revenue.pipeline.importing import (
    ISSUES_KEPT,
    NotADryRunError,
    cancel_import,
    import_for_real,
    issues_csv,
    start_import,
)
from revenue.pipeline.mapping_keeping import fitting_mapping
from revenue.pipeline.mappings import InvalidMappingError
from revenue.pipeline.queries import latest_imports
from revenue.pipeline.reading import UnreadableFileError, open_table
from revenue.web.access import acting
from revenue.web.forms_imports import UploadForm
from revenue.web.parts import wants_part

RUNS = 20
ISSUES = 50
SECONDS_TO_GUESS = 3
OUTCOMES = {
    "created": ("New", "would be new", "no record of this source had this id"),
    "changed": ("Changed", "would change", "known, and something differs"),
    "unchanged": ("Unchanged", "stay as they are", "known, and nothing differs"),
    "merged": ("Matched", "would join a known business", "the same business as one we know"),
    "moved": ("Moved", "would move to another business", "changed, and another business now"),
    "doubtful": ("Doubtful", "would need a look", "maybe the same business as one we know"),
    "refused": ("Left out", "would be left out", "the row has a fault"),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A count of one outcome and the rows behind it."""

    name: str
    label: str
    number: str
    note: str
    url: str
    here: bool


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The upload and the latest runs; htmx asks for the runs alone."""
    runs = [_progress(run) for run in latest_imports(RUNS)]
    busy = any(run["row"].state == ImportState.RUNNING for run in runs)
    if wants_part(request):
        return render(request, "revenue/imports_runs.html", {"runs": runs, "busy": busy})
    mappings = list(ColumnMapping.objects.defer("spec").order_by("title", "slug"))
    chosen = {"mapping": request.GET.get("mapping", "")}
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*given, mappings=mappings, initial=chosen)
    if form.is_valid():
        run = _start(request, form)
        if run is not None:
            return redirect("revenue:import", run.pk)
    context = {
        "form": form,
        "runs": runs,
        "busy": busy,
        "mappings": mappings,
        "doubtful": DoubtfulPair.objects.filter(answer=None).count(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "revenue/imports.html", context, status=status)


@require_safe
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: progress while it goes on, then its counts and the rows behind them."""
    run = get_object_or_404(ImportRun.objects.select_related("mapping"), pk=run_id)
    shown = request.GET.get("show", "")
    shown = shown if shown in OUTCOMES else _first_shown(run)
    context = {
        **_progress(run),
        "tiles": _tiles(run, shown),
        "shown": shown,
        "shown_words": OUTCOMES[shown][0],
        "shown_why": shown in {"merged", "moved", "doubtful"},
        "samples": [_sample(row) for row in run.report.get(shown, [])],
        "shown_number": getattr(run, shown),
        "shown_figure": f"{getattr(run, shown):,}",
        "notes": run.report.get("notes", 0),
        "is_accounts": run.spec.get("kind") != "contacts",
        "source": run.spec.get("source", {}),
        **_issues(request, run, shown),
    }
    part = wants_part(request)
    return render(request, "revenue/import_run.html" if part else "revenue/import.html", context)


@require_POST
def act(request: HttpRequest, run_id: int) -> HttpResponse:
    """Import what a dry run showed, or stop a run."""
    run = get_object_or_404(ImportRun, pk=run_id)
    now, by = timezone.now(), acting(request)
    if request.POST.get("act") == "cancel":
        if cancel_import(run=run, by=by, now=now):
            messages.success(request, "Stopped.")
        else:
            messages.info(request, "It had ended already.")
        return redirect("revenue:import", run.pk)
    try:
        real = import_for_real(run=run, by=by, now=now)
    except NotADryRunError:
        messages.error(
            request, "The file of this look is not kept any more. Load it again to import it."
        )
        return redirect("revenue:import", run.pk)
    transaction.on_commit(hurry)
    return redirect("revenue:import", real.pk)


@require_safe
def issues(request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    """Why rows or values were left out, as a CSV file."""
    run = get_object_or_404(ImportRun.objects.only("pk"), pk=run_id)
    return StreamingHttpResponse(
        issues_csv(run),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="import-{run.pk}-issues.csv"'},
    )


def hurry() -> None:
    """Tell a worker; if the broker is down, the next sweep finds the run."""
    with suppress(OperationalError):
        tasks.advance_imports.delay()


def _start(request: HttpRequest, form: UploadForm) -> ImportRun | None:
    """Begin the import, or put into the form why not."""
    upload = form.cleaned_data["file"]
    file = cast("BinaryIO", upload.file)
    try:
        mapping = _mapping_of(form, file)
        if mapping is None:
            form.add_error(
                "mapping", "No saved mapping reads these columns. Make one from this file below."
            )
            return None
        run = start_import(
            file=file,
            file_name=upload.name or "unnamed",
            mapping=mapping,
            by=acting(request),
            now=timezone.now(),
            dry_run=form.cleaned_data["at_once"] != "yes",
        )
    except UnreadableFileError as refusal:
        form.add_error("file", str(refusal))
    except InvalidMappingError as refusal:
        form.add_error("mapping", f"This mapping is not valid any more: {refusal}.")
    else:
        transaction.on_commit(hurry)
        return run
    return None


def _mapping_of(form: UploadForm, file: BinaryIO) -> ColumnMapping | None:
    if slug := form.cleaned_data["mapping"]:
        return ColumnMapping.objects.get(pk=slug)
    return fitting_mapping(open_table(file).columns)


def _progress(run: ImportRun) -> dict[str, Any]:
    """How far a run is, and about how long the rest takes in seconds."""
    running = run.state == ImportState.RUNNING
    spent = (run.moved_at - run.started_at).total_seconds()
    rest = None
    if running and run.rows and spent > SECONDS_TO_GUESS and run.offset:
        rest = timedelta(seconds=spent * (run.size - run.offset) / run.offset)
    counts = {name: f"{getattr(run, name):,}" for name in ("rows", *OUTCOMES)}
    return {"row": run, "running": running, "rest": rest, "counts": counts}


def _tiles(run: ImportRun, shown: str) -> list[Tile]:
    tiles = []
    for name, (label, would, note) in OUTCOMES.items():
        number = getattr(run, name)
        opens = name == "refused" or bool(run.report.get(name))
        url = f"?show={name}#rows" if number and opens else ""
        words = would if run.dry_run else note
        tiles.append(Tile(name, label, f"{number:,}", words, url, name == shown and bool(url)))
    return tiles


def _first_shown(run: ImportRun) -> str:
    """Faults first, then what is doubtful: that is what somebody has to look at."""
    order = ("refused", "doubtful", "moved", "changed", "merged", "created", "unchanged")
    return next((name for name in order if getattr(run, name)), "created")


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    changes = row.get("changes") or {}
    if isinstance(changes, list):
        changes = dict.fromkeys(changes)
    return {**row, "changes": [(name.replace("_", " "), pair) for name, pair in changes.items()]}


def _issues(request: HttpRequest, run: ImportRun, shown: str) -> dict[str, Any]:
    """A page of issues by line: of rows that were left out, or of values that were."""
    only_values = request.GET.get("issues") == "values" or not run.refused
    rows = ImportIssue.objects.filter(run=run, refused=not only_values)
    line, _, number = request.GET.get("after", "").partition("-")
    if _is_number(line) and _is_number(number):
        rows = rows.filter(line__gte=int(line)).exclude(line=int(line), pk__lte=int(number))
    found = list(rows.order_by("line", "id")[: ISSUES + 1])
    after = found[ISSUES - 1] if len(found) > ISSUES else None
    return {
        "issues": found[:ISSUES],
        "only_values": only_values,
        "issues_after": f"{after.line}-{after.pk}" if after else "",
        "issues_first": bool(request.GET.get("after")),
        "issues_kept": ISSUES_KEPT,
    }


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
