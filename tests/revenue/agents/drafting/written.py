"""A handful of drafts as a text file for readers: ``written.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from revenue.agents.drafting.brief import Brief, Kind
from revenue.agents.drafting.composer import compose
from revenue.agents.drafting.house import history_kinds, templates
from tests.revenue.agents.drafting.samples import FULL, a_brief, evidence, listed_businesses, told

PATH = Path(__file__).with_name("written.txt")
RULE = "=" * 88


def render() -> str:
    """One mail to a real business for each cold template, then one for each kind of history."""
    return "\n".join(_mail(title, brief) for title, brief in [*_cold(), *_reactivations()])


def _cold() -> Iterator[tuple[str, Brief]]:
    wanted = {f"{Kind.COLD}/{variant.name}" for variant in templates(Kind.COLD).variants}
    for listed in list(listed_businesses())[::-3]:
        brief = listed.brief
        if listed.record_id.endswith(("1", "4", "7")):
            brief = replace(brief, locations=evidence("locations", 3))
        if listed.record_id.endswith(("2", "4", "8")):
            brief = replace(brief, first_name=evidence("first_name", "Dana"))
        template = compose(brief).template
        if template in wanted:
            wanted.discard(template)
            yield f"{listed.record_id} {template}", brief
    for number in range(8):
        brief = a_brief(seed=f"full-{number}", **FULL | {"locations": 3 if number < 3 else None})
        yield f"invented {compose(brief).template}", brief


def _reactivations() -> Iterator[tuple[str, Brief]]:
    facts = {name: FULL[name] for name in ("account_name", "category", "place", "first_name")}
    for kind, entry in history_kinds().items():
        for number in range(2 if entry.lines else 0):
            brief = a_brief(Kind.REACTIVATION, f"{kind}-{number}", **facts, days_since_contact=256)
            if kind != "last_contact":
                brief = told(brief, kind, since=date(2026, 3, 9))
            yield f"invented {kind}: {compose(brief).template}", brief


def _mail(title: str, brief: Brief) -> str:
    draft = compose(brief)
    claims = [
        f"    {draft.body[c.start : c.end]!r} rests on {c.source} {c.field}" for c in draft.claims
    ]
    head = f"{RULE}\n{title}, {len(draft.body.split())} words\n\nSubject: {draft.subject}\n\n"
    return head + draft.body + "\n\n" + "".join(f"{line}\n" for line in dict.fromkeys(claims))


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
