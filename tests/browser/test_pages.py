"""Every page, with rows that are hard to lay out: wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from revenue.access import MATRIX, Role
from revenue.models import Account, LedgerEvent, User
from tests.browser.conftest import Visit, Visitor
from tests.browser.full_house import furnish
from tests.support.rows import make_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),  # all pages of the house, each with axe
]

NOT_PAGES = {
    "revenue:import_issues": "a CSV file",
    "revenue:suppressions_export": "a CSV file",
    "revenue:policy_export": "a JSON file",
    "revenue:policy_export_writing": "a JSON file",
    "gallery": "under development only; tests/browser/test_frame.py looks at it",
}
AXE = Axe()
IN_CANADA = quote('{"fact": "contact.country", "op": "eq", "value": "CA"}')
RULES = {"resultTypes": ["violations"]}
SHOWN = """() => ({
  over: document.documentElement.scrollWidth - innerWidth,
  headings: [...document.querySelectorAll("h1")].filter((h) => h.checkVisibility()).length,
  title: document.title,
})"""


class Stop(NamedTuple):
    """A page to look at: its name in the matrix ("" for public ones), its address, as whom."""

    name: str
    path: str
    role: Role | None = Role.FOUNDER
    status: int = 200


def tour(rows: dict[str, int | str]) -> list[Stop]:
    """Every page once, and the queue in the states that look different."""
    account = Account.objects.filter(icp_verdict__isnull=False).earliest("id").pk
    contact = rows["contact"]
    arguments: dict[str, list[Any]] = {
        "revenue:account": [account],
        "revenue:contact_add": [account],
        "revenue:contact_edit": [contact],
        "revenue:relationship_add": [account],
        "revenue:relationship_replace": [rows["fact"]],
        "revenue:import": [rows["run"]],
        "revenue:mapping": ["langley"],
        "revenue:policy_version": ["send", 1],
        "revenue:policy_edit": ["send"],
        "revenue:policy_title": ["send"],
        "revenue:policy_backtest": ["send", rows["candidate"]],
        "revenue:policy_moved": ["send", rows["candidate"], "newly_held"],
        "revenue:policy_shadow": ["send", rows["candidate"]],
        "revenue:policy_shadow_rows": ["send", rows["candidate"], "differed"],
        "revenue:policy_rule": ["send", "canada-allowed"],
        "revenue:policy_import": ["icp"],
        "revenue:policy_compare": ["icp"],
        "revenue:ledger_event": [LedgerEvent.objects.filter(seq__isnull=False).latest("seq").seq],
        "revenue:mailbox_edit": [rows["mailbox"]],
        "revenue:person": [rows["person"]],
        "approvals:bulk_result": [rows["bulk"]],
        "approvals:planted": [rows["planted"]],
        "approvals:mail": [rows["mail"]],
        "approvals:seat": ["sender"],
        "approvals:seat_audits": ["sender", "send_cold", "everything"],
        "approvals:change": [rows["change"]],
        "approvals:allowed_by": [rows["candidate"]],
    }
    for name in ("send", "rules", "history", "edit"):
        arguments[f"approvals:{name}"] = [rows["pending"]]
    queries = {"revenue:segment_mails": "?segment=everything"}
    pages = []
    for name, rule in MATRIX.items():
        if rule.see and name not in NOT_PAGES:
            role = Role.FOUNDER if Role.FOUNDER in rule.see else min(rule.see)
            path = reverse(name, args=arguments.get(name, [])) + queries.get(name, "")
            pages.append(Stop(name, path, role))
    return pages + more_stops(rows)


def more_stops(rows: dict[str, int | str]) -> list[Stop]:
    queue, token = reverse("approvals:queue"), rows["token"]
    states = ("approved", "sent", "returned", "snoozed", "uncertain", "failed", "revoked", "stale")
    return [
        *(Stop("", f"{queue}{rows[state]}/") for state in states),
        Stop("", f"{queue}{rows['pending']}/", Role.ADMIN),
        *(Stop("", f"{queue}changes/{rows[name]}/") for name in ("own_change", "grant")),
        Stop("", f"{queue}changes/{rows['past_change']}/", Role.ADMIN),
        Stop("", f"{queue}?select=all"),
        Stop("", f"{queue}?state=superseded&risk=3"),
        Stop("", f"{queue}?state=failed"),
        Stop("", reverse("revenue:import", args=[rows["look"]])),
        Stop("", f"{reverse('revenue:icp_review')}?by=rule&effect=deny&rule=dental"),
        Stop("", f"{reverse('revenue:policy_edit', args=['send'])}?rule=europe-needs-consent"),
        Stop("", f"{reverse('revenue:policy_edit', args=['icp'])}?rule=new"),
        Stop("", reverse("revenue:home"), Role.ACCOUNTANT),
        Stop("", reverse("revenue:account", args=[rows["business"]])),
        Stop("", reverse("revenue:seats"), Role.ADMIN),
        Stop("", reverse("revenue:segments"), Role.ADMIN),
        Stop("", f"{reverse('revenue:segment_mails')}?condition={IN_CANADA}"),
        Stop("", reverse("approvals:queue"), Role.ACCOUNTANT, 403),
        Stop("", "/nowhere/", Role.FOUNDER, 404),
        Stop("", f"/u/{token}", None),
        Stop("", "/u/cut-off", None, 404),
        Stop("", reverse("login"), None),
    ]


def furnished(settings: Settings, folder: Path) -> tuple[dict[Role, User], list[Stop]]:
    settings.DEMO, settings.MAILBOX_DIR = True, folder
    people = {role: make_user(role, username=role.value, first_name="Ana") for role in Role}
    rows = furnish(folder, by=people[Role.FOUNDER], now=timezone.now())
    return people, tour(rows | {"person": people[Role.ACCOUNTANT].pk})


def faults_of(visitor: Visitor, stop: Stop, *, then: int) -> list[str]:
    """What is wrong with a page, in lines that name it; ``then`` is a second width to try."""
    status = visitor.go(stop.path)
    page = visitor.page.evaluate(SHOWN)
    checked = AXE.run(visitor.page, options=RULES)
    shape = visitor.page.viewport_size
    assert shape is not None
    visitor.page.set_viewport_size({**shape, "width": then})
    over = {shape["width"]: page["over"], then: visitor.page.evaluate(SHOWN)["over"]}
    visitor.page.set_viewport_size(shape)
    told = [line for line in visitor.complaints if f"status of {status}" not in line]
    visitor.complaints.clear()
    found = {
        f"status {status}": status != stop.status,
        f"pixels too wide at each width: {over}": max(over.values()) > 0,
        f"{page['headings']} headings of the first level": page["headings"] != 1,
        f"title {page['title']!r}": len(page["title"]) <= len("Countersign"),
        f"the browser said: {told}": told,
        checked.generate_report(): checked.violations_count,
    }
    return [f"{stop.path} ({stop.role}): {what}" for what, wrong in found.items() if wrong]


@pytest.mark.parametrize(("scheme", "width", "then"), [("light", 1440, 360), ("dark", 360, 1440)])
def test_every_page_is_whole_and_accessible(
    visit: Visit, settings: Settings, tmp_path: Path, scheme: str, width: int, then: int
) -> None:
    people, stops = furnished(settings, tmp_path)
    visitors = {
        role: visit(
            people[role] if role else None,
            color_scheme=scheme,
            reduced_motion="reduce",
            viewport={"width": width, "height": 900},
        )
        for role in (None, *Role)
    }

    faults = [fault for stop in stops for fault in faults_of(visitors[stop.role], stop, then=then)]

    assert not faults, "\n".join(faults)
