"""What the pages are measured against: the stock admin, and views that do the least.

They run behind the same middleware, so a ratio tells what the page itself costs.
"""

from __future__ import annotations

from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from approvals.models import Send
from revenue.web.access import acting

ROWS = """
    select s.id, a.name, s.to_name, s.to_address, r.subject, left(r.body, 200),
           s.why_now, s.risk, s.due_at
    from approvals_send s
    join revenue_account a on a.id = s.account_id
    join approvals_revision r on r.id = s.revision_id
    where s.state = 'pending' order by s.score desc, s.id desc limit 50
"""
PAGE = engines["django"].from_string(
    """<!DOCTYPE html><title>Waiting</title><ul>{% for row in rows %}
<li><a href="/approvals/{{ row.0 }}/">{{ row.1 }}</a> {{ row.2 }} {{ row.3 }} {{ row.4 }}
{{ row.5 }} {{ row.6 }} {{ row.7 }} {{ row.8 }}</li>{% endfor %}</ul>"""
)
MOVE = """
    update approvals_send set state = 'rejected', state_at = %s
    where id = %s and revision_id = %s and state = 'pending'
"""
RECORD = """
    insert into approvals_decision (send_id, revision_id, round, choice, reason_code, reason,
                                    channel, decided_at, decided_by)
    values (%s, %s, 1, 'reject', 'not_a_fit', '', 'page', %s, %s)
"""


class SendAdmin(admin.ModelAdmin[Send]):
    """A list as one writes it in five lines: the queue's columns, filters, order and length."""

    list_display = ("id", "account", "to_name", "to_address", "kind", "risk", "state", "due_at")
    list_filter = ("state", "kind", "risk")
    list_per_page = 50
    ordering = ("-score", "-id")


@require_safe
def bare_list(request: HttpRequest) -> HttpResponse:
    """Fifty rows of the queue by one indexed statement, as plain as a page can be."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        rows = cursor.fetchall()
    return HttpResponse(PAGE.render({"rows": rows}))


@require_POST
def bare_decision(request: HttpRequest, send_id: int) -> HttpResponse:
    """One decision by two statements in a transaction; the answer says nothing."""
    now, revision = timezone.now(), request.POST["revision"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MOVE, [now, send_id, revision])
        if cursor.rowcount == 1:
            cursor.execute(RECORD, [send_id, revision, now, str(acting(request))])
    return HttpResponse("decided")
