"""The demo's mail server: takes every mail, keeps it as a file, sends nothing on.

Each mail is on disk before the server says that it has it. ``local_mailbox`` reads them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from revenue.connectors.local_mailbox import keys_in, new_key, path_of

LARGEST_MAIL = 5_000_000
"""Bytes."""
MOST_MAILS = 20_000
"""Above this, the oldest tenth is deleted."""
DRAIN_SECONDS = 3.0


class Keeper:
    """Writes mails to the folder and deletes the oldest ones when there are too many."""

    def __init__(self, folder: Path, *, most: int = MOST_MAILS) -> None:
        self.folder = folder
        self.most = most
        folder.mkdir(parents=True, exist_ok=True)
        for half_written in folder.glob("*.tmp"):
            half_written.unlink()
        self.count = len(keys_in(folder))

    def keep(self, sender: str, recipients: list[str], content: bytes) -> str:
        """Store a mail so that it survives a crash; returns its key."""
        envelope = [f"Return-Path: <{sender}>", *(f"Delivered-To: {to}" for to in recipients)]
        stored = "".join(f"{line}\r\n" for line in envelope).encode("utf-8", "replace") + content
        key = new_key(content)
        temporary = self.folder / f"{key}.tmp"
        with temporary.open("xb") as file:
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path_of(self.folder, key))
        self._sync_folder()
        self.count += 1
        if self.count > self.most:
            self._make_room()
        return key

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _make_room(self) -> None:
        keys = sorted(keys_in(self.folder))
        for key in keys[: len(keys) - self.most + self.most // 10]:
            path_of(self.folder, key).unlink(missing_ok=True)
        self.count = len(keys_in(self.folder))


class Handler:
    """What aiosmtpd calls for a mail that has been read."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail first, then say so."""
        content = envelope.original_content or b""
        try:
            self.keeper.keep(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        except OSError:
            return "452 4.3.1 The mail could not be stored"
        return "250 2.0.0 Kept"


async def serve(
    folder: Path, *, port: int, started: Callable[[int], None], most: int = MOST_MAILS
) -> None:
    """Take mail on 127.0.0.1 until SIGTERM or SIGINT; ``started`` gets the port.

    Mails that are being read when the signal comes are finished, within a few seconds. Raises
    OSError if the port is taken.
    """
    # aiosmtpd would write every command, addresses included, to the log.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    loop = asyncio.get_running_loop()
    connections: set[LocalSMTP] = set()

    def converse() -> LocalSMTP:
        return LocalSMTP(Handler(keeper), connections, loop)

    keeper = Keeper(folder, most=most)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(converse, "127.0.0.1", port)
    started(server.sockets[0].getsockname()[1])
    await stopped.wait()
    server.close()
    deadline = loop.time() + DRAIN_SECONDS
    while any(one.busy for one in connections) and loop.time() < deadline:
        await asyncio.sleep(0.02)
    for one in list(connections):
        one.hang_up()


class LocalSMTP(SMTP):
    """One conversation, known to the server while it lasts."""

    def __init__(
        self, handler: Handler, connections: set[LocalSMTP], loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            handler,
            hostname="localhost",
            ident="local mailbox",
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            loop=loop,
        )
        self.connections = connections

    @property
    def busy(self) -> bool:
        """Whether a mail has been begun and not yet answered."""
        return bool(self.envelope and self.envelope.mail_from is not None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.connections.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()
