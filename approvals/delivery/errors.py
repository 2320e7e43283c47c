"""What an exception of the wire means: try again, give up, or nobody knows.

Two questions decide. Was there a definite answer? Then its code says what to do (RFC 5321 and the
enhanced codes of RFC 3463 and 7372). Otherwise: can the mail have been handed over? If so it is
uncertain and never tried again by itself.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Literal

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from urllib3.exceptions import MaxRetryError, NewConnectionError

from revenue.connectors.smtp import Phase
from revenue.conversation.outgoing import MailRefused

FIRST_DELAY = timedelta(minutes=1)
GROWTH = 4
LONGEST_DELAY = timedelta(hours=4)
REASON_LENGTH = 300

Stage = Literal["connect", "login", "sender", "recipient", "content"]


class Outcome(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class WireResult:
    """The meaning of one attempt.

    ``code`` is the SMTP or HTTP status or None, ``enhanced_code`` like ``5.1.1`` or empty,
    ``reason`` one line for people, which may quote the server and so hold an address.
    ``suppress``: the address itself is dead. ``pause_mailbox``: our own set-up is at fault, every
    mail of this mailbox would fail alike; such a mail stays TEMPORARY, to go out once mended.
    """

    outcome: Outcome
    code: int | None = None
    enhanced_code: str = ""
    reason: str = ""
    suppress: bool = False
    pause_mailbox: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A definite refusal by an SMTP server and the step that it answered."""

    stage: Stage
    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """The enhanced code in the text if it agrees with the reply code, else empty."""
        found = ENHANCED.search(self.text)
        return found[1] if found and found[1][0] == str(self.code)[0] else ""


NOT_FROM_THE_WIRE = (ValueError, TypeError, LookupError)

# Not an IP address, not a version.
ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![.\d])")

# The address does not exist, or belongs to somebody else now (x.7.17 and x.7.18).
ADDRESS_GONE = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "7.17", "7.18"}
# Refused by who the recipient lets in, not by what we are.
RECIPIENT_RESTRICTS = {"7.2", *(f"7.{number}" for number in (*range(120, 130), 133, 134))}
# 4.5: daily quota of the mailbox; 1.7 and 1.8: our own sender address.
OUR_FAULT = {"1.7", "1.8", "4.5"}
# x.7.0 and x.7.1 say only "refused": the words decide.
VAGUE = {"", "0.0", "7.0", "7.1"}
# What these say of a mail is about its size or content, at whatever step they come.
CONTENT = {"2.3", "3.4", "6.0", "6.1", "6.2", "6.3", "6.5", "6.6", "6.7"}

UNKNOWN_ADDRESS = re.compile(
    r"(user|mailbox|recipient|address|account)\b.{0,40}\b(unknown|not found|invalid"
    r"|does ?n[o']t exist|doesn't have|disabled|no longer)"
    r"|no such (user|recipient|mailbox|address|person)|unknown (user|recipient|mailbox)",
    re.IGNORECASE,
)
OUR_SET_UP = re.compile(
    r"\b(spf|dkim|dmarc|relay(ing)?|authenticat\w*|block ?list\w*|black ?list\w*|spamhaus"
    r"|reverse dns|rdns|ptr|starttls|encryption|reputation)\b",
    re.IGNORECASE,
)


def classify(exc: BaseException, phase: Phase | None) -> WireResult:
    """What ``exc``, raised by a backend's ``send_messages([mail])``, means for that mail.

    ``phase`` is the backend's phase after it, or None for a backend that has none. A mail that
    could not even be composed (MailRefused) never reached the backend, whatever its phase.
    """
    if isinstance(exc, MailRefused):
        return _permanent("The mail could not be composed", exc)
    if phase is Phase.DONE and isinstance(exc, NOT_FROM_THE_WIRE):
        return _uncertain("A fault in the program after the last mail was handed over", exc)
    if phase is Phase.DONE:
        return WireResult(Outcome.ACCEPTED, reason="Accepted; the connection failed afterwards.")
    reply = reply_of(exc, phase)
    if reply is not None:
        return _by_reply(reply)
    if phase in {Phase.DATA_STARTED, Phase.DATA_SENT}:
        return _uncertain("No answer after the mail was handed over", exc)
    if isinstance(exc, ImproperlyConfigured):
        return _our_fault("Mail is not set up correctly", exc)
    if isinstance(exc, AnymailError | requests.RequestException):
        return _by_provider(exc)
    if phase is None:
        return _uncertain("No answer from the mail service", exc)
    return _before_content(exc, phase)


def classify_success(message: EmailMessage, backend: BaseEmailBackend) -> WireResult:
    """What it means that ``backend`` sent ``message`` without an exception.

    A provider's backend also raises nothing for statuses that are no success.
    """
    status = getattr(message, "anymail_status", None)
    if status is not None:
        return _by_status(status.status or {"unknown"}, str(status.message_id or ""))
    code, text = getattr(backend, "reply", (0, b""))
    said = Reply("content", code, one_line(text.decode("utf-8", "replace")))
    return WireResult(Outcome.ACCEPTED, code or None, said.enhanced, said.text[:REASON_LENGTH])


def retry_delay(attempt: int, seed: str) -> timedelta:
    """How long to wait after the ``attempt``-th temporary failure, counted from 1.

    Grows fourfold from a minute to at most four hours; the seed takes away up to a quarter, so
    that mails which failed together do not come back together.
    """
    longest = LONGEST_DELAY / FIRST_DELAY
    minutes = min(float(GROWTH ** min(attempt - 1, 16)), longest)
    digest = hashlib.sha256(f"{seed}:{attempt}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return FIRST_DELAY * (minutes * (1 - share / 4))


def reply_of(exc: BaseException, phase: Phase | None) -> Reply | None:
    """The server's definite refusal in an exception of smtplib, or None if there was none."""
    if isinstance(exc, smtplib.SMTPRecipientsRefused):
        # Nobody got it. One that may work later makes the whole mail worth another try.
        code, text = min(exc.recipients.values(), key=lambda answer: answer[0])
        return _definite("recipient", code, text)
    if not isinstance(exc, smtplib.SMTPResponseException):
        return None
    stage: Stage = "connect"
    if isinstance(exc, smtplib.SMTPAuthenticationError):
        stage = "login"
    elif isinstance(exc, smtplib.SMTPSenderRefused):
        stage = "sender"
    elif isinstance(exc, smtplib.SMTPDataError):
        stage = "content"
    elif phase is not Phase.CONNECT and not isinstance(
        exc, smtplib.SMTPConnectError | smtplib.SMTPHeloError
    ):
        return None  # smtplib's own complaint about the form of an answer
    return _definite(stage, exc.smtp_code, exc.smtp_error)


def _definite(stage: Stage, code: int, text: bytes | str) -> Reply | None:
    if not 400 <= code < 600:
        return None
    words = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return Reply(stage, code, one_line(words))


def _by_reply(reply: Reply) -> WireResult:
    detail = reply.enhanced[2:]
    outcome, suppress, pause = Outcome.PERMANENT, False, False
    if reply.code < 500:
        outcome, summary = Outcome.TEMPORARY, "Refused for now"
        pause = _is_sender_authentication(detail)
    elif _is_our_fault(reply, detail):
        outcome, pause = Outcome.TEMPORARY, True
        summary = "Our own mail set-up was refused"
    elif _is_address_gone(reply, detail):
        suppress, summary = True, "The address does not exist"
    elif reply.stage == "recipient":
        summary = "Refused for this recipient"
    else:
        summary = "The mail itself was refused"
    said = f"{summary} ({reply.code}): {reply.text}"[:REASON_LENGTH]
    return WireResult(outcome, reply.code, reply.enhanced, said, suppress, pause)


def _is_our_fault(reply: Reply, detail: str) -> bool:
    if detail in CONTENT or reply.code == 552 or "RESOLVER.RST" in reply.text:
        return False
    if reply.stage in {"connect", "login", "sender"} or reply.code in {530, 534, 535, 538}:
        return True
    if detail in OUR_FAULT:
        return True
    if detail in VAGUE:
        return bool(OUR_SET_UP.search(reply.text))
    return detail.startswith("7.") and detail not in RECIPIENT_RESTRICTS | ADDRESS_GONE


def _is_sender_authentication(detail: str) -> bool:
    """Whether a temporary refusal is about SPF, DKIM, DMARC, PTR or our password (RFC 7372)."""
    return detail in {"7.12", *(f"7.{number}" for number in range(20, 28)), "7.515"}


def _is_address_gone(reply: Reply, detail: str) -> bool:
    if detail in ADDRESS_GONE:
        return "receiving mail" not in reply.text  # 5.2.1 of a mailbox that gets too much of it
    says_little = detail in {*VAGUE, "1.0"} and reply.code in {550, 551, 553}
    return reply.stage == "recipient" and says_little and bool(UNKNOWN_ADDRESS.search(reply.text))


def _before_content(exc: BaseException, phase: Phase) -> WireResult:
    """No definite answer, and nothing of the content can have reached the server."""
    if isinstance(exc, ssl.SSLError) and not isinstance(exc, ssl.SSLEOFError):
        return _our_fault("No secure connection to the mail server", exc)
    if isinstance(exc, smtplib.SMTPServerDisconnected):
        return _temporary("The mail server hung up before it got the mail", exc)
    if isinstance(exc, smtplib.SMTPException) and phase is Phase.CONNECT:
        return _our_fault("The mail server does not offer what the settings ask for", exc)
    if isinstance(exc, socket.gaierror) and exc.errno != socket.EAI_AGAIN:
        return _our_fault("The mail server's name is unknown", exc)
    if isinstance(exc, NOT_FROM_THE_WIRE):
        return _permanent("The mail could not be composed", exc)
    if isinstance(exc, OSError) and not isinstance(exc, smtplib.SMTPException):
        return _temporary("The mail server could not be reached", exc)
    return _temporary("The mail server gave no usable answer", exc)


def _by_provider(exc: AnymailError | requests.RequestException) -> WireResult:
    """What a provider's HTTP interface said.

    Only 503 among the 5xx promises that the request was not taken up (RFC 9110, 15.6.4). The
    others may come from a gateway after the provider took the mail, so they are uncertain.
    """
    if isinstance(exc, AnymailRecipientsRefused):
        return _by_status(exc.email_message.anymail_status.status, str(exc))
    if isinstance(exc, requests.ConnectTimeout) or _never_connected(exc):
        return _temporary("The mail service could not be reached", exc)
    if isinstance(exc, AnymailError) and not isinstance(exc, AnymailAPIError):
        return _permanent("The mail service can't send this mail", exc)
    status: int | None = getattr(exc, "status_code", None)
    if status is None or status < 400 or (status >= 500 and status != 503):
        return _uncertain("No clear answer from the mail service", exc, status)
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, 429, 503}:
        return _temporary("The mail service asks to try later", exc, status)
    if status in {401, 402, 403, 404, 405, 407}:
        return _our_fault("The mail service refused our account", exc, status)
    return _permanent("The mail service refused the mail", exc, status)


def _by_status(statuses: set[str], detail: str) -> WireResult:
    """``invalid`` is the address's fault; ``rejected`` may also be the provider's own list."""
    said = f"The mail service says {', '.join(sorted(statuses))}: {one_line(detail)}"
    outcome = Outcome.UNCERTAIN
    if statuses <= {"sent", "queued"}:
        outcome = Outcome.ACCEPTED
    elif statuses <= {"invalid", "rejected", "failed"}:
        outcome = Outcome.PERMANENT
    return WireResult(outcome, reason=said[:REASON_LENGTH], suppress=statuses == {"invalid"})


def _never_connected(exc: BaseException) -> bool:
    """Whether requests failed before a connection stood (its ConnectionError hides both)."""
    cause: BaseException | None = exc
    while cause is not None:
        for inner in cause.args:
            if isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError):
                return True
        cause = cause.__cause__
    return False


def _temporary(summary: str, exc: BaseException, code: int | None = None) -> WireResult:
    return WireResult(Outcome.TEMPORARY, code, reason=_described(summary, exc))


def _permanent(summary: str, exc: BaseException, code: int | None = None) -> WireResult:
    return WireResult(Outcome.PERMANENT, code, reason=_described(summary, exc))


def _uncertain(summary: str, exc: BaseException, code: int | None = None) -> WireResult:
    return WireResult(Outcome.UNCERTAIN, code, reason=_described(summary, exc))


def _our_fault(summary: str, exc: BaseException, code: int | None = None) -> WireResult:
    described = _described(summary, exc)
    return WireResult(Outcome.TEMPORARY, code, reason=described, pause_mailbox=True)


def _described(summary: str, exc: BaseException) -> str:
    said = one_line(str(exc)) or type(exc).__name__
    return f"{summary}: {said}"[:REASON_LENGTH]


def one_line(text: str) -> str:
    """Text from outside without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
