"""What never reaches a log line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from revenue.logs import configure, logging_settings, scrub


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything logged, as JSON lines."""
    config = logging_settings(log_format="json", level="INFO")
    written = io.StringIO()
    config["handlers"]["stderr"]["stream"] = written
    configure(config)
    yield written
    configure(settings.LOGGING)


@given(local=st.from_regex(r"[a-z0-9.+_-]{1,20}", fullmatch=True), words=st.text(max_size=30))
def test_scrub_leaves_no_mail_address(local: str, words: str) -> None:
    assert f"{local}@example.com" not in scrub(f"{words} {local}@example.com {words}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET /accounts/?q=Jane+Doe", "GET /accounts/"),
        ("POST /u/c2VjcmV0", "POST /u/[token]"),
        ("GET /welcome/abc:def/?x=1", "GET /welcome/[token]/"),
        ("GET /approvals/12/", "GET /approvals/12/"),
    ],
)
def test_scrub_shortens_a_request_line(text: str, expected: str) -> None:
    assert scrub(text, path=True) == expected


def test_an_error_keeps_its_trace_without_the_address(lines: io.StringIO) -> None:
    try:
        int("jane@example.com")
    except ValueError:
        logging.getLogger("anything").exception("failed for %s", "jane@example.com")

    line = json.loads(lines.getvalue())
    assert "jane" not in lines.getvalue()
    assert "ValueError" in line["exception"]
    assert line["event"] == "failed for [address]"


@pytest.mark.django_db
def test_a_request_is_one_line_with_an_id_and_no_query(lines: io.StringIO, client: Client) -> None:
    client.get("/login/?next=/accounts/%3Fq%3DJane", headers={"user-agent": "Jane's browser"})

    line = json.loads(lines.getvalue())
    assert (line["event"], line["request"], line["code"]) == (
        "request_finished",
        "GET /login/",
        200,
    )
    assert len(line["request_id"]) == 36
    assert "Jane" not in lines.getvalue()
    assert "ip" not in line


def test_nested_values_are_scrubbed_too(lines: io.StringIO) -> None:
    structlog.get_logger("anything").info(
        "sent", to=["jane@example.com"], by={"a": "jane@b.example"}
    )

    assert "jane" not in lines.getvalue()
