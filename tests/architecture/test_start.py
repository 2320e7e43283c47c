"""What a process loads before it has anything to do."""

from __future__ import annotations

import pytest

from tests.support import processes

LOADED = "import sys; print('z3' in sys.modules)"


@pytest.mark.parametrize(
    "start",
    [
        "import revenue.wsgi; from django.urls import reverse; reverse('login')",
        "from revenue.celery import app; app.loader.import_default_modules()",
    ],
    ids=["web", "worker"],
)
def test_solver_is_loaded_by_who_asks_it_only(start: str) -> None:
    assert processes.run(f"{start}; {LOADED}") == "False\n"
