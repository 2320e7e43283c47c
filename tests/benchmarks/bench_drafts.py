"""Drafts per second on one core, composed and checked, beside bare templates of the same text."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from string import Template

from revenue.agents.drafting.brief import Brief
from revenue.agents.drafting.composer import DraftText, compose
from revenue.agents.drafting.copycheck import check_copy
from tests.benchmarks.table import Row, at_least, times
from tests.revenue.agents.drafting.samples import FOOTER, context_of, listed_businesses

ROUNDS = 3
LEAST = 300
FILLED = ("account_name", "place", "city", "trade")
"""The facts that stand in a template as they are."""


def measure(count: int) -> list[Row]:
    """Write to ``count`` businesses of the lists, and fill in templates of what was written."""
    briefs = [listed.brief for listed in itertools.islice(listed_businesses(), count)]
    templates = [bare_template(brief, compose(brief)) for brief in briefs]
    house = _best_rate(lambda: [write(brief) for brief in briefs], len(briefs))
    composed = _best_rate(lambda: [compose(brief) for brief in briefs], len(briefs))
    bare = _best_rate(lambda: fill_in(templates), len(briefs))
    return [
        Row(
            "drafts composed and checked",
            f"{house:,.0f}/s",
            f"string.Template {bare:,.0f}/s",
            times(house / bare),
            f"≥ {LEAST:,}/s",
            at_least(house, LEAST),
        ),
        Row("drafts composed", f"{composed:,.0f}/s"),
    ]


def write(brief: Brief) -> DraftText:
    """A draft as the house makes it: its text with what it claims, and the faults of its copy."""
    draft = compose(brief)
    context = context_of(brief, draft)
    check_copy(subject=draft.subject, body=draft.body, footer=FOOTER, context=context)
    return draft


def bare_template(brief: Brief, draft: DraftText) -> tuple[Template, dict[str, str]]:
    """A template that gives this text, and what to fill in."""
    text = f"{draft.subject}\n\n{draft.body}".replace("$", "$$")
    known = {name: fact.value for name in FILLED if (fact := getattr(brief, name))}
    for name, value in known.items():
        text = text.replace(value, f"${{{name}}}")
    return Template(text), known


def fill_in(templates: Sequence[tuple[Template, dict[str, str]]]) -> list[str]:
    """The texts of these templates."""
    return [template.substitute(known) for template, known in templates]


def _best_rate(work: Callable[[], object], count: int) -> float:
    """A second of processor time, the best round: others may be using the machine."""
    best = 0.0
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        best = max(best, count / (time.process_time() - began))
    return best
