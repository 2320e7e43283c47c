"""One command that runs everything on one machine."""

import contextlib
import hashlib
import http.client
import io
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import kombu
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from revenue import embedded, launch, places
from revenue.supervisor import Program, Supervisor, put_long_logs_aside, start_program
from revenue.web.welcome import make_token

PYTHON_MODULE = [sys.executable, "-m"]
CELERY = [*PYTHON_MODULE, "celery", "-A", "revenue.celery"]
START_LIMIT = 60.0
OLDEST_POSTGRES = 15


class Stopped(Exception):
    """Somebody asked us to stop while we were still starting."""


class Command(BaseCommand):
    """Start database, broker, web, worker and beat, and keep them running until Ctrl-C."""

    help = __doc__ or ""
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """No options: the environment says everything."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until asked to stop."""
        self.asked_to_stop = False
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks for that
            signal.signal(signal.SIGHUP, self._on_signal)
        self.supervisor = Supervisor(self.say)
        self.mailbox_port = settings.MAILBOX_PORT
        try:
            with embedded.owned(settings.VAR):
                self._refuse_conflicts()
                self._run()
        except (embedded.Busy, embedded.EmbeddedError, launch.NoOrdinaryUser) as error:
            raise CommandError(str(error), returncode=2) from error

    def say(self, line: str) -> None:
        """Tell the person at the terminal, which may be gone."""
        with contextlib.suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.asked_to_stop:
            return
        self.asked_to_stop = True
        self.say("\nstopping; running tasks may finish first")

    # Before anything starts

    def _refuse_conflicts(self) -> None:
        problems = []
        mode, kept = ("demo" if settings.DEMO else "real"), places.kept_mode(settings.VAR)
        if kept and kept != mode:
            problems.append(
                f"DEMO={int(settings.DEMO)} does not fit {settings.VAR}, which was started with"
                f" DEMO={int(not settings.DEMO)}; set COUNTERSIGN_VAR to another folder"
            )
        if settings.DEMO and settings.HOST not in {"127.0.0.1", "localhost", "::1"}:
            problems.append("HOST must stay 127.0.0.1 with DEMO=1: the demo's logins are public")
        if not _free(settings.HOST, settings.PORT):
            problems.append(f"PORT {settings.PORT} is in use; set PORT to another number")
        if problems:
            raise CommandError("\n".join(f"setting: {line}" for line in problems), returncode=2)
        (settings.VAR / "mode").write_text(mode)

    # Start

    def _run(self) -> None:
        try:
            with contextlib.suppress(Stopped):
                self._start()
                while not self.asked_to_stop:
                    self.supervisor.look()
                    put_long_logs_aside(settings.VAR / "log")
                    time.sleep(0.2)
        finally:
            connection.close()
            self.supervisor.stop()
            self.say("stopped")

    def _start(self) -> None:
        began = time.monotonic()
        if settings.EMBEDDED:
            self.supervisor.add("postgres", lambda: embedded.start_postgres(settings.VAR))
        if places.broker_url(settings.VAR) == settings.BROKER_URL:
            self.supervisor.add("broker", lambda: embedded.start_broker(settings.VAR))
        self._check_services()
        self._unless_stopped()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("install", stdout=io.StringIO())
        self._collect_static()
        self._unless_stopped()
        if settings.DEMO:
            self._start_mailbox()
        self._start_programs()
        if settings.DEMO:
            self._load_demo()
        connection.close()
        self._wait_until_ready()
        self._start_beat()
        self._greet(time.monotonic() - began)

    def _unless_stopped(self) -> None:
        if self.asked_to_stop:
            raise Stopped

    def _check_services(self) -> None:
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            raise CommandError("setting: DATABASE_URL: no answer there", returncode=2) from error
        version = connection.cursor().connection.info.server_version // 10000
        if version < OLDEST_POSTGRES:
            line = f"setting: DATABASE_URL: PostgreSQL {version} is too old; {OLDEST_POSTGRES}+"
            raise CommandError(line, returncode=2)
        try:
            with kombu.Connection(settings.BROKER_URL, connect_timeout=3) as broker:
                broker.ensure_connection(max_retries=1, timeout=5)
        except (kombu.exceptions.OperationalError, OSError) as error:
            raise CommandError("setting: BROKER_URL: no answer there", returncode=2) from error

    def _collect_static(self) -> None:
        """Compress and fingerprint the static files, unless none has changed."""
        mark = settings.STATIC_ROOT / ".sources"
        digest = _digest_of_sources()
        if not mark.exists() or mark.read_text() != digest:
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            mark.write_text(digest)

    def _load_demo(self) -> None:
        mark = settings.VAR / "demo-loaded"
        if mark.exists() and apps.get_model("revenue", "Account").objects.exists():
            return
        self.say("loading the demo; only this first time")
        call_command("load_demo", verbosity=0)
        mark.touch()

    def _start_mailbox(self) -> None:
        if not _free("127.0.0.1", self.mailbox_port):
            self.mailbox_port = _any_free_port()
        options = ["--port", str(self.mailbox_port), "--dir", str(settings.MAILBOX_DIR)]
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        self._keep("mailbox", [*manage, "local_mailbox", *options], drain=5)

    def _start_programs(self) -> None:
        """Start what answers. It reads its code while this process loads the demo."""
        web = [*PYTHON_MODULE, "granian", "--interface", "wsgi", "--no-ws", "--http", "1"]
        web += ["--host", settings.HOST, "--port", str(settings.PORT)]
        web += ["--workers", str(settings.WEB_WORKERS), "--respawn-failed-workers"]
        web += ["--blocking-threads", str(settings.WEB_THREADS)]
        web += ["--blocking-threads-idle-timeout", "600", "--log-level", "warning"]
        worker = [*CELERY, "worker", "--concurrency", str(settings.WORKER_PROCESSES)]
        worker += ["--hostname", self._worker_name(), "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        self._keep("worker", worker, drain=settings.CELERY_TASK_TIME_LIMIT + 5)
        self._keep("web", [*web, "revenue.wsgi:application"], drain=15)

    def _start_beat(self) -> None:
        """Let the sweeps begin, once nobody loads a demo any more."""
        self._keep("beat", [*CELERY, "beat", "--loglevel", "INFO", "--pidfile="], drain=5)

    def _keep(self, name: str, command: list[str], *, drain: float) -> None:
        def start() -> Program:
            return start_program(
                command,
                folder=settings.BASE_DIR,
                log=settings.VAR / "log" / f"{name}.log",
                variables={"MAILBOX_PORT": str(self.mailbox_port)},
                drain=drain,
            )

        self.supervisor.add(name, start)

    def _wait_until_ready(self) -> None:
        give_up = time.monotonic() + START_LIMIT
        for name, answers in (("web", self._web_answers), ("worker", self._worker_answers)):
            while not answers():
                self._unless_stopped()
                self.supervisor.look()
                if time.monotonic() > give_up:
                    log = settings.VAR / "log" / f"{name}.log"
                    raise CommandError(f"{name} does not answer; see {log}")
                time.sleep(0.05)

    def _web_answers(self) -> bool:
        visitor = http.client.HTTPConnection(settings.HOST, settings.PORT, timeout=10)
        host = urlsplit(settings.BASE_URL).netloc
        try:
            visitor.request("GET", "/healthz", headers={"Host": host})
            return visitor.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            visitor.close()

    def _worker_answers(self) -> bool:
        try:
            return bool(current_app.control.ping(destination=[self._worker_name()], timeout=1))
        except (kombu.exceptions.OperationalError, OSError):
            return False

    def _worker_name(self) -> str:
        return f"up-{settings.PORT}@{socket.gethostname()}"

    def _greet(self, seconds: float) -> None:
        self.say(f"READY in {seconds:.1f} s: {settings.BASE_URL}/")
        if settings.DEMO:
            for one in settings.DEMO_LOGINS:
                self.say(f"  log in as {one['username']} with password {one['password']}")
        elif not get_user_model().objects.exists():
            self.say(f"  first person: {settings.BASE_URL}/welcome/{make_token()}/")
        if not settings.MAIL_READY:
            self.say("  EMAIL_URL is not set: approved mail waits until it is")
        self.say(f"  logs in {settings.VAR / 'log'}; Ctrl-C stops")
        connection.close()


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _static_sources() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield Path(storage.path(name))


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(_static_sources()):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
