"""The Celery application: at-least-once delivery, and the schedule of the sweeps."""

import os
from typing import TYPE_CHECKING, Any

from celery import Celery, Task
from django.db import connection
from django.utils import timezone

from revenue import heartbeats

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenue.settings")

if TYPE_CHECKING:
    PlainTask = Task[Any, Any]
else:
    PlainTask = Task

# Sweeps look for due rows, so a lost message loses nothing. Name of the task and seconds between.
SWEEPS: dict[str, float] = {
    "revenue.seal": 1,
    "revenue.import": 2,
    "revenue.screen": 5,
    "revenue.backtest": 1,
    "revenue.purge": 3600,
    "revenue.count_rules": 60,
    "approvals.deliver": 1,
    "approvals.listen": 1,
    "approvals.tick": 10,
    "approvals.rejudge": 0.5,
    "approvals.changes": 10,
    "approvals.authority": 10,
    "approvals.bulk": 2,
    "approvals.draft": 30,
}
# These share their rows by SKIP LOCKED, so that more workers do more.
SIDE_BY_SIDE = frozenset({"approvals.deliver", "revenue.backtest"})


class Sweep(PlainTask):
    """A task of which one run at a time is enough, on however many machines.

    A long run would otherwise be met by the next ones of the schedule until no worker is left for
    anything else. The lock is the database connection's, so it goes with a killed worker.
    """

    default_retry_delay = 5

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run, unless the same sweep is running; beat when it has come to its end."""
        if self.name in SIDE_BY_SIDE:
            return self._run_and_beat(*args, **kwargs)
        with connection.cursor() as cursor:
            lock = "pg_try_advisory_lock(hashtext('sweep'), hashtext(%s))"
            cursor.execute(f"SELECT {lock}", [self.name])
            if not cursor.fetchone()[0]:
                return None
        try:
            return self._run_and_beat(*args, **kwargs)
        finally:
            unlock = "pg_advisory_unlock(hashtext('sweep'), hashtext(%s))"
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {unlock}", [self.name])

    def _run_and_beat(self, *args: Any, **kwargs: Any) -> Any:
        result = self.run(*args, **kwargs)
        heartbeats.beat(name=str(self.name), now=timezone.now())
        return result


app = Celery("countersign", task_cls=Sweep)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["revenue", "approvals"])
# A message that waited for longer than its interval is dropped: the next one does its work.
app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds, 5)}}
    for name, seconds in SWEEPS.items()
}
