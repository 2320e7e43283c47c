"""Django's SMTP backend, able to say how far a mail had come when something went wrong.

Works with any server that EMAIL_URL can name (plain, STARTTLS, TLS, with or without login).
"""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Sequence
from email.utils import parseaddr
from enum import StrEnum
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend as DjangoEmailBackend
from django.core.mail.message import sanitize_address

COMMAND_TIMEOUT = 30.0
"""Seconds to connect and for each reply, where neither argument nor EMAIL_TIMEOUT says."""
FINAL_REPLY_TIMEOUT = 60.0
"""Seconds to wait for the reply to the content. Giving up here leaves the mail uncertain, so it
is longer than the others (RFC 5321 4.5.3.2.6 even asks for ten minutes)."""
QUIT_TIMEOUT = 2.0
MAX_IDLE = 30.0
"""Seconds after which an unused connection is replaced: firewalls forget it without a word."""

# The usual forms, since Django's complete parser takes longer than all else about a mail.
ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+"
PLAIN_MAILBOX = re.compile(
    rf'({ADDRESS})|(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|[\w ]+) <({ADDRESS})>', re.ASCII
)
LINE_START_DOT = re.compile(rb"(?m)^\.")


class Phase(StrEnum):
    """How far one mail has come. Until DATA_STARTED the server can't have it."""

    CONNECT = "connect"
    ENVELOPE = "envelope"
    DATA_STARTED = "data_started"
    DATA_SENT = "data_sent"
    DONE = "done"


class PhasedSMTP(smtplib.SMTP):
    """An SMTP connection that keeps the phase of its current mail."""

    phase = Phase.CONNECT
    final_reply_timeout = FINAL_REPLY_TIMEOUT
    unanswered = True
    """The server has not yet answered the first command of the current mail."""
    refused: dict[str, tuple[int, bytes]]
    reply: tuple[int, bytes] = (0, b"")

    def sendmail(
        self,
        from_addr: str,
        to_addrs: str | Sequence[str],
        msg: Any,
        mail_options: Sequence[str] = (),
        rcpt_options: Sequence[str] = (),
    ) -> dict[str, tuple[int, bytes]]:
        """As smtplib's; afterwards ``refused`` holds recipients that were left out."""
        self.phase, self.unanswered, self.refused = Phase.ENVELOPE, True, {}
        self.refused = super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)
        return self.refused

    def mail(self, sender: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        """Send MAIL FROM. 421 is no answer to it but the end of an old connection."""
        code, text = super().mail(sender, options)
        self.unanswered = code == 421
        return code, text

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send DATA and the content, moving the phase just before and after it leaves."""
        self.putcmd("data")
        code, text = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, text)
        content = LINE_START_DOT.sub(b"..", msg)
        if not content.endswith(b"\r\n"):
            content += b"\r\n"
        self._wait_at_most(self.final_reply_timeout)
        self.phase = Phase.DATA_STARTED
        self.send(content + b".\r\n")
        self.phase = Phase.DATA_SENT
        self.reply = code, text = self.getreply()
        self._wait_at_most(self.timeout)
        if 200 <= code < 300:
            self.phase = Phase.DONE
            return 250, text
        return code, text

    def _wait_at_most(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


class PhasedSMTPOverTLS(PhasedSMTP, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


class EmailBackend(DjangoEmailBackend):
    """Keeps one connection for many mails while it is open, and tells the phase of the last one.

    It is open between ``open`` and ``close``; with ``keep_open`` it connects at the first mail,
    so that failing to connect is that mail's failure, and stays open until ``close``. A connection
    that the server ended between two mails is replaced silently.

    After an exception of ``send_messages([mail])``, ``phase`` says whether the mail can have
    arrived; after success, ``reply`` is the server's word and ``refused`` names recipients it left
    out.
    """

    connection: PhasedSMTP | None

    def __init__(
        self,
        *args: Any,
        keep_open: bool = False,
        final_reply_timeout: float = FINAL_REPLY_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if self.timeout is None:
            self.timeout = COMMAND_TIMEOUT
        self.final_reply_timeout = final_reply_timeout
        self.phase = Phase.CONNECT
        self.reply: tuple[int, bytes] = (0, b"")
        self.refused: dict[str, tuple[int, bytes]] = {}
        self.keep_open = self._stay_open = keep_open
        self._used_at = 0.0

    @property
    def connection_class(self) -> type[PhasedSMTP]:
        return PhasedSMTPOverTLS if self.use_ssl else PhasedSMTP

    def open(self) -> bool | None:
        """Connect now and stay connected until ``close``; ``with backend:`` does both."""
        self._stay_open = True
        return self._connect()

    def close(self) -> None:
        """End the connection politely; never raises for a server that has gone."""
        self._stay_open = self.keep_open
        super().close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send each mail; stops with an exception at the first that fails.

        Returns how many were sent. Raises what smtplib raises, and OSError without a connection.
        """
        sent = 0
        with self._lock:
            try:
                for message in email_messages:
                    sent += self._send_one(message)
            finally:
                if not self._stay_open:
                    super().close()
        return sent

    def _connect(self) -> bool | None:
        self.phase = Phase.CONNECT
        if self.connection and time.monotonic() - self._used_at > MAX_IDLE:
            self._abandon()
        opened = super().open()
        if opened and self.connection:
            self.connection.final_reply_timeout = self.final_reply_timeout
            self._used_at = time.monotonic()
        return opened

    def _send_one(self, message: EmailMessage) -> bool:
        reused = self._connect() is False
        connection = self.connection
        if connection is None:  # fail_silently
            return False
        try:
            return self._transmit(message, connection)
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPSenderRefused):
            if not (reused and connection.unanswered and self.phase is Phase.ENVELOPE):
                raise
        # The old connection had ended before this mail: nothing of it was answered.
        self._connect()
        return self.connection is not None and self._transmit(message, self.connection)

    def _transmit(self, message: EmailMessage, connection: PhasedSMTP) -> bool:
        connection.phase, connection.reply, connection.refused = Phase.ENVELOPE, (0, b""), {}
        usable = False
        try:
            sent = self._hand_over(message, connection)
            usable = True
        except smtplib.SMTPException as error:
            usable = _server_refused(error)
            if not self.fail_silently:
                raise
            sent = False
        finally:
            # Anything else, a timeout or a signal in the middle of the content included, leaves
            # the conversation at an unknown place: the next mail must not continue it.
            if not usable or connection.sock is None:
                self._abandon()
            self.phase, self.reply = connection.phase, connection.reply
            self.refused = connection.refused
            self._used_at = time.monotonic()
        return sent

    def _hand_over(self, message: EmailMessage, connection: PhasedSMTP) -> bool:
        recipients = [envelope_address(address) for address in message.recipients()]
        if not recipients:
            return False
        mime: Any = message.message()
        content = mime.as_bytes(linesep="\r\n")
        connection.sendmail(envelope_address(message.from_email), recipients, content)
        return True

    def _abandon(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        try:
            if connection.sock is not None:
                connection.sock.settimeout(QUIT_TIMEOUT)
            connection.quit()
        except OSError:  # SMTPException is one
            connection.close()


def envelope_address(mailbox: str) -> str:
    """The address of ``"Name" <address>``, as ASCII; raises ValueError for what is none."""
    plain = PLAIN_MAILBOX.fullmatch(mailbox)
    if plain:
        return plain[1] or plain[2]
    return parseaddr(sanitize_address(mailbox, "utf-8"))[1]


def _server_refused(error: smtplib.SMTPException) -> bool:
    """Whether the server answered with a refusal, after which smtplib has sent RSET."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return True
    return isinstance(error, smtplib.SMTPResponseException) and 400 <= error.smtp_code < 600
