"""One conversation with a mail client, and the ways in which it can go wrong."""

from __future__ import annotations

import base64
import os
import random
import re
import socket
import socketserver
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Literal

USER, PASSWORD = "mailer", "correct horse"

Stage = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "content", "after"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, where, and for which mail; the first fault that applies is used.

    ``stage``: connect (instead of the greeting), ehlo, auth, mail, rcpt, data (the command),
    content (while it is read) or after (content read, reply due). Then, in this order: sleep
    ``slow`` seconds; keep the mail anyway (``keep``, only after); ``drop`` the connection, or give
    ``reply``; with neither, go on as usual. It applies to recipients that contain ``to``, to each
    ``every``-th mail, to the ``first`` n times, or with ``chance``; by default always.
    """

    stage: Stage
    reply: str = ""
    drop: bool = False
    keep: bool = False
    slow: float = 0.0
    to: str = ""
    every: int = 0
    first: int = 0
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"] or "").strip()


class Dropped(Exception):
    """The conversation is over."""


@dataclass(slots=True)
class State:
    """What the connections share, under one lock."""

    faults: tuple[Fault, ...]
    log: Path | None
    chance: random.Random
    lock: threading.Lock = field(default_factory=threading.Lock)
    used: Counter[Fault] = field(default_factory=Counter)
    seen: Counter[Stage] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)

    def fault_at(self, stage: Stage, recipients: Iterable[str]) -> Fault | None:
        with self.lock:
            self.seen[stage] += 1
            for fault in self.faults:
                if fault.stage == stage and self._applies(fault, " ".join(recipients)):
                    self.used[fault] += 1
                    return fault
        return None

    def _applies(self, fault: Fault, recipients: str) -> bool:
        return (
            (not fault.to or fault.to in recipients)
            and (not fault.every or self.seen[fault.stage] % fault.every == 0)
            and (not fault.first or self.used[fault] < fault.first)
            and (fault.chance >= 1 or self.chance.random() < fault.chance)
        )

    def keep(self, mail: Kept) -> None:
        line = f"{mail.message_id}\t{','.join(mail.recipients)}\n".encode()
        with self.lock:
            self.kept.append(mail)
            if self.log:
                handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(handle, line)  # one write: a reader never sees half a line
                finally:
                    os.close(handle)


class Listener(socketserver.ThreadingTCPServer):
    """What a conversation needs to know of its server."""

    state: State
    login: bool
    tls: ssl.SSLContext | None


class Conversation(socketserver.StreamRequestHandler):
    """One connection, command by command."""

    server: Listener
    timeout = 60
    sender: str | None
    recipients: list[str]

    def handle(self) -> None:
        self.state = self.server.state
        self.reset()
        self.secure = self.logged_in = False
        with self.state.lock:
            self.state.connections += 1
        try:
            self.converse()
        except (Dropped, OSError, ValueError):
            self.hang_up()

    def reset(self) -> None:
        self.sender, self.recipients = None, []

    def converse(self) -> None:
        self.at("connect", "220 test server")
        while line := self.rfile.readline(4096):
            verb, _, argument = line.decode("utf-8", "replace").strip().partition(" ")
            with self.state.lock:
                self.state.commands.append(verb.upper())
            command = getattr(self, f"do_{verb.lower()}", None)
            if command is None:
                self.say("502 5.5.1 What?")
            else:
                command(argument)

    def say(self, *lines: str) -> None:
        code = lines[-1][:3]
        text = [f"{code}-{line[4:]}" for line in lines[:-1]] + [lines[-1]]
        self.wfile.write("".join(f"{line}\r\n" for line in text).encode())
        self.wfile.flush()

    def at(self, stage: Stage, *usual: str) -> bool:
        """Let a fault have its way, or say the usual; whether it was the usual."""
        fault = self.state.fault_at(stage, self.recipients)
        if fault:
            time.sleep(fault.slow)
            if fault.drop:
                raise Dropped
            if fault.reply:
                self.say(*fault.reply.split("\n"))
                if fault.reply.startswith("421"):
                    raise Dropped
                return False
        self.say(*usual)
        return True

    def do_ehlo(self, _: str) -> None:
        extensions = ["250-test", "250-SIZE 1000000", "250-8BITMIME", "250-ENHANCEDSTATUSCODES"]
        if self.server.tls and not self.secure:
            extensions.append("250-STARTTLS")
        if self.server.login:
            extensions.append("250-AUTH PLAIN LOGIN")
        self.at("ehlo", *extensions, "250 HELP")

    def do_helo(self, _: str) -> None:
        self.at("ehlo", "250 test")

    def do_starttls(self, _: str) -> None:
        if not self.server.tls:
            self.say("454 4.7.0 TLS not available")
            return
        self.say("220 Go ahead")
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.setup()
        self.secure = True
        self.reset()

    def do_auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial or self.ask("")).decode().split("\0")
        else:
            user = base64.b64decode(initial or self.ask("VXNlcm5hbWU6")).decode()
            password = base64.b64decode(self.ask("UGFzc3dvcmQ6")).decode()
        if (user, password) != (USER, PASSWORD):
            self.say("535 5.7.8 Authentication credentials invalid")
            return
        self.logged_in = self.at("auth", "235 2.7.0 Welcome")

    def ask(self, challenge: str) -> str:
        self.say(f"334 {challenge}")
        return self.rfile.readline(4096).decode().strip()

    def do_mail(self, argument: str) -> None:
        if self.server.login and not self.logged_in:
            self.say("530 5.7.0 Authentication required")
            return
        if self.at("mail", "250 2.1.0 OK"):
            self.sender = address_in(argument)

    def do_rcpt(self, argument: str) -> None:
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
            return
        address = address_in(argument)
        others, self.recipients = self.recipients, [address]
        taken = self.at("rcpt", "250 2.1.5 OK")
        self.recipients = [*others, address] if taken else others

    def do_data(self, _: str) -> None:
        if not self.recipients:
            self.say("503 5.5.1 RCPT first")
            return
        if self.at("data", "354 Go ahead"):
            self.take(self.read_content())
            self.reset()

    def read_content(self) -> bytes:
        fault = self.state.fault_at("content", self.recipients)
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or (fault and fault.drop):
                raise Dropped
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def take(self, content: bytes) -> None:
        mail = Kept(self.sender or "", tuple(self.recipients), content)
        fault = self.state.fault_at("after", self.recipients)
        if fault is None:
            self.state.keep(mail)
            self.say("250 2.0.0 OK queued as 1A2B3C")
            return
        if fault.keep:
            self.state.keep(mail)
        time.sleep(fault.slow)
        if fault.drop:
            raise Dropped
        if not fault.keep and not fault.reply:
            self.state.keep(mail)
        self.say(*(fault.reply or "250 2.0.0 OK").split("\n"))
        if fault.reply.startswith("421"):
            raise Dropped

    def do_rset(self, _: str) -> None:
        self.reset()
        self.say("250 2.0.0 OK")

    def do_noop(self, _: str) -> None:
        self.say("250 2.0.0 OK")

    def do_quit(self, _: str) -> None:
        self.say("221 2.0.0 Bye")
        raise Dropped

    def hang_up(self) -> None:
        """End it at once, unread bytes or not, as a crashed server would."""
        with suppress(OSError):  # the client may be gone
            self.request.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        with suppress(OSError):  # the last reply may be unflushable
            super().finish()
        if self.secure:
            self.request.close()


def address_in(argument: str) -> str:
    """The address of ``FROM:<a@b> SIZE=1``."""
    found = re.search(r"<([^>]*)>", argument)
    return found[1] if found else ""
