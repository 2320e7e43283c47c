"""The Celery application: at-least-once delivery, and the schedule of the sweeps."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenue.settings")

app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["revenue", "approvals"])

# Sweeps look for due rows, so a lost message loses nothing. Seconds; each expires before the next,
# so that a stopped worker does not come back to a pile of them.
SWEEPS: dict[str, float] = {}

app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in SWEEPS.items()
}
