"""A browser without a screen: in this process, or over HTTP with a connection that stays open."""

from __future__ import annotations

import http.client
import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler

from revenue.models import User

CSRF = "b" * 32
AS_HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "X-CSRFToken": CSRF}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OK = 200
REVISION = re.compile(rb'name="revision" value="(\d+)"')
SEND = re.compile(rb'data-send="(\d+)"')


class Unexpected(Exception):
    """A page answered with another status than it should."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """A send that waits, and the revision that its page shows."""

    send: int
    revision: int

    @classmethod
    def shown(cls, answer: Answer) -> Item | None:
        """The send that a page shows to be decided; None where there is none."""
        send, revision = SEND.search(answer.body), REVISION.search(answer.body)
        return cls(int(send[1]), int(revision[1])) if send and revision else None


Call = Callable[[str, str, bytes, dict[str, str]], Answer]
"""Method, address, body and headers to an answer."""


def login(user: User) -> dict[str, str]:
    """The headers of a browser in which this person is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    cookies = {settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: CSRF}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


@dataclass(frozen=True, slots=True)
class Browser:
    """One person at the pages. Raises Unexpected for statuses that ``accept`` does not name."""

    headers: dict[str, str]
    call: Call

    def get(self, path: str, *, part: bool = False, accept: tuple[int, ...] = (OK,)) -> Answer:
        """A page, or a part of it as htmx asks for one."""
        return self._ask("GET", path, b"", AS_HTMX if part else {}, accept)

    def post(self, path: str, *, accept: tuple[int, ...] = (OK,), **fields: object) -> Answer:
        """A form, posted as htmx posts it."""
        return self._ask("POST", path, urlencode(fields).encode(), AS_HTMX | FORM, accept)

    def _ask(
        self, method: str, path: str, body: bytes, more: dict[str, str], accept: tuple[int, ...]
    ) -> Answer:
        answer = self.call(method, path, body, self.headers | more)
        if answer.status not in accept:
            raise Unexpected(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer


def in_process() -> Call:
    """Calls the WSGI application with all its middleware, without a network."""
    application: Any = WSGIHandler()

    def call(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        for name, value in headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        statuses: list[str] = []
        response = application(environ, lambda status, *_: statuses.append(status))
        try:
            return Answer(int(statuses[0][:3]), b"".join(response))
        finally:
            response.close()

    return call


@contextmanager
def over_http(port: int) -> Iterator[Call]:
    """Calls a server on this machine by one connection that is kept until the end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())

    with closing(connection):
        yield call
