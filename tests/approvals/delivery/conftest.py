from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.delivery.sending import OWN_SMTP
from tests.support.rows import installed
from tests.support.smtp_server import SmtpServer


@pytest.fixture
def house(db: None) -> None:
    installed()


@pytest.fixture
def server(house: None, settings: Any) -> Iterator[SmtpServer]:
    """A real SMTP server that the house sends through."""
    with SmtpServer() as running:
        settings.EMAIL_BACKEND = OWN_SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running
