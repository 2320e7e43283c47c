import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from anymail.exceptions import AnymailCancelSend, AnymailInvalidAddress
from anymail.message import AnymailRecipientStatus, AnymailStatus
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from hypothesis import given
from hypothesis import strategies as st

from approvals.delivery.errors import (
    LONGEST_DELAY,
    REASON_LENGTH,
    Outcome,
    WireResult,
    classify,
    classify_success,
    retry_delay,
)
from revenue.connectors.smtp import EmailBackend, Phase
from revenue.conversation.outgoing import MailRefused
from tests.support.smtp_server import PASSWORD, USER, Fault, SmtpServer, Stage

ACCEPTED, TEMPORARY = Outcome.ACCEPTED, Outcome.TEMPORARY
PERMANENT, UNCERTAIN = Outcome.PERMANENT, Outcome.UNCERTAIN


def mail(to: str = "ada@example.com") -> EmailMessage:
    return EmailMessage(
        "Subject", "Hello", "nick@example.org", [to], headers={"Message-ID": "<1@example.org>"}
    )


def result_of(message: EmailMessage, **options: Any) -> WireResult:
    """Send through our backend, which must fail, and classify what it raised."""
    options = {"host": "localhost", "timeout": 10, "final_reply_timeout": 10, **options}
    backend = EmailBackend(**{"username": "", "password": "", "use_tls": False, **options})
    try:
        backend.send_messages([message])
    except Exception as error:
        return classify(error, backend.phase)
    pytest.fail("nothing was raised")


def result_with(fault: Fault) -> WireResult:
    patience = {"timeout": 1, "final_reply_timeout": 1} if fault.slow else {}
    with SmtpServer(faults=[fault]) as server:
        return result_of(mail(), port=server.port, **patience)


# A definite answer -------------------------------------------------------------------------------

GONE = {"suppress": True}
OURS = {"pause_mailbox": True}


@pytest.mark.parametrize(
    ("stage", "reply", "outcome", "flags"),
    [
        # For now
        ("connect", "421 4.3.2 Service not available", TEMPORARY, {}),
        ("connect", "450 4.7.0 Come back", TEMPORARY, {}),
        ("mail", "421 4.3.2 Closing", TEMPORARY, {}),
        ("mail", "451 4.3.0 Local error", TEMPORARY, {}),
        ("mail", "452 4.3.1 Insufficient storage", TEMPORARY, {}),
        ("rcpt", "421 4.7.0 Try later", TEMPORARY, {}),
        ("rcpt", "450 4.2.1 Mailbox busy", TEMPORARY, {}),
        ("rcpt", "451 4.7.1 Greylisted", TEMPORARY, {}),
        ("rcpt", "452 4.2.2 Mailbox full", TEMPORARY, {}),
        ("rcpt", "452 4.5.3 Too many recipients", TEMPORARY, {}),
        ("rcpt", "450 4.1.1 User unknown for now", TEMPORARY, {}),
        ("data", "421 4.3.2 Closing", TEMPORARY, {}),
        ("data", "451 4.3.0 Local error", TEMPORARY, {}),
        ("after", "421 4.3.2 Closing", TEMPORARY, {}),
        ("after", "451 4.3.0 Local error", TEMPORARY, {}),
        ("after", "452 4.3.1 Disk full", TEMPORARY, {}),
        # For now, and our own DNS or password is why
        ("after", "421 4.7.26 This mail is unauthenticated", TEMPORARY, OURS),
        ("rcpt", "450 4.7.25 No PTR record", TEMPORARY, OURS),
        # The address is dead
        ("rcpt", "550 5.1.1 The email account does not exist", PERMANENT, GONE),
        ("rcpt", "550-5.1.1 The account does not\n550 5.1.1 exist", PERMANENT, GONE),
        ("rcpt", "550 5.1.2 Bad destination system", PERMANENT, GONE),
        ("rcpt", "553 5.1.3 Bad syntax", PERMANENT, GONE),
        ("rcpt", "551 5.1.6 Has moved", PERMANENT, GONE),
        ("rcpt", "556 5.1.10 Domain takes no mail", PERMANENT, GONE),
        ("rcpt", "550 5.2.1 Account is disabled", PERMANENT, GONE),
        ("rcpt", "550 5.7.17 Mailbox has a new owner", PERMANENT, GONE),
        ("rcpt", "550 Requested action not taken: no such user", PERMANENT, GONE),
        ("rcpt", "550 5.1.0 User unknown", PERMANENT, GONE),
        ("rcpt", "550 #5.1.0 Address rejected: unknown user", PERMANENT, GONE),
        ("rcpt", "553 sorry, that mailbox doesn't exist here", PERMANENT, GONE),
        ("after", "550 5.1.1 No such mailbox", PERMANENT, GONE),
        # Refused for this recipient, who may well exist
        ("rcpt", "550 Mailbox unavailable", PERMANENT, {}),
        ("rcpt", "550 5.2.1 The user is receiving mail at too high a rate", PERMANENT, {}),
        ("rcpt", "552 5.2.2 Mailbox full", PERMANENT, {}),
        ("rcpt", "550 5.7.1 You are not allowed to write to this group", PERMANENT, {}),
        ("rcpt", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication needed", PERMANENT, {}),
        ("rcpt", "550 5.7.133 Sender not authenticated for group", PERMANENT, {}),
        ("rcpt", "550 5.4.1 Recipient address rejected: Access denied", PERMANENT, {}),
        ("rcpt", "555 5.5.2 Syntax error", PERMANENT, {}),
        # The mail is refused
        ("mail", "552 Message too big", PERMANENT, {}),
        ("mail", "554 5.3.4 Message too big", PERMANENT, {}),
        ("data", "554 5.5.1 No valid recipients", PERMANENT, {}),
        ("after", "552 5.3.4 Message too big", PERMANENT, {}),
        ("after", "552 Exceeded storage", PERMANENT, {}),
        ("after", "554 5.6.0 Bad content", PERMANENT, {}),
        ("after", "554 Transaction failed", PERMANENT, {}),
        ("after", "550 5.7.1 Looks like spam", PERMANENT, {}),
        # We are refused
        ("connect", "554 5.7.1 Your address is on a list", TEMPORARY, OURS),
        ("connect", "550 No", TEMPORARY, OURS),
        ("ehlo", "550 5.7.1 No", TEMPORARY, OURS),
        ("mail", "530 5.7.0 Must issue STARTTLS first", TEMPORARY, OURS),
        ("mail", "550 5.7.60 Client may not send as this sender", TEMPORARY, OURS),
        ("mail", "553 5.1.8 Sender domain does not exist", TEMPORARY, OURS),
        ("mail", "501 5.1.7 Bad sender", TEMPORARY, OURS),
        ("rcpt", "550 5.7.515 Access denied, sending domain is unauthenticated", TEMPORARY, OURS),
        ("rcpt", "554 5.7.1 Relay access denied", TEMPORARY, OURS),
        ("rcpt", "550 relaying prohibited", TEMPORARY, OURS),
        ("rcpt", "550 5.7.1 Blocked using zen.spamhaus.org", TEMPORARY, OURS),
        ("rcpt", "530 5.7.0 Authentication required", TEMPORARY, OURS),
        ("data", "550 5.4.5 Daily sending quota exceeded", TEMPORARY, OURS),
        ("after", "550 5.7.515 Does not meet the required authentication level", TEMPORARY, OURS),
        ("after", "550 5.7.26 Unauthenticated mail", TEMPORARY, OURS),
        ("after", "550 5.7.1 DMARC policy of the sender", TEMPORARY, OURS),
    ],
)
def test_definite_answer_decides(
    stage: Stage, reply: str, outcome: Outcome, flags: dict[str, bool]
) -> None:
    result = result_with(Fault(stage, reply=reply))

    assert result.outcome is outcome
    assert {"suppress": result.suppress, "pause_mailbox": result.pause_mailbox} == {
        "suppress": False,
        "pause_mailbox": False,
        **flags,
    }
    assert result.code == int(reply[:3])


@pytest.mark.parametrize(
    ("reply", "enhanced"),
    [
        ("550 5.1.1 No such user", "5.1.1"),
        ("550-5.1.1 No such\n550 5.1.1 user", "5.1.1"),
        ("550 Rejected (5.2.2)", "5.2.2"),
        ("550 #5.1.0 Rejected", "5.1.0"),
        ("550 4.2.1 contradicts itself", ""),
        ("550 5.7.515 Denied", "5.7.515"),
        ("550 see 5.1.1.9", ""),
        ("550 blocked 15.1.1", ""),
        ("550 No such user", ""),
    ],
)
def test_enhanced_code_is_read_from_the_text(reply: str, enhanced: str) -> None:
    assert result_with(Fault("rcpt", reply=reply)).enhanced_code == enhanced


def test_reason_quotes_the_server_on_one_short_line() -> None:
    reply = "550-5.1.1 No\x07 such user\n550 5.1.1 " + "really " * 100

    reason = result_with(Fault("rcpt", reply=reply)).reason

    assert reason.startswith("The address does not exist (550): 5.1.1 No such user 5.1.1 really")
    assert len(reason) == REASON_LENGTH
    assert "\n" not in reason


def test_all_recipients_refused_is_temporary_if_one_may_work_later() -> None:
    faults = (
        Fault("rcpt", reply="550 5.1.1 Nobody", to="gone"),
        Fault("rcpt", reply="450 4.2.1 Busy", to="busy"),
    )
    message = mail("gone@example.com")
    message.to.append("busy@example.com")
    with SmtpServer(faults=faults) as server:
        result = result_of(message, port=server.port)

    assert (result.outcome, result.code, result.suppress) == (TEMPORARY, 450, False)


def test_some_recipients_refused_is_accepted() -> None:
    message = mail("gone@example.com")
    message.to.append("ada@example.com")
    with SmtpServer(faults=[Fault("rcpt", reply="550 5.1.1 Nobody", to="gone")]) as server:
        backend = EmailBackend(host="localhost", port=server.port)
        assert backend.send_messages([message]) == 1

    assert classify(smtplib.SMTPServerDisconnected("at QUIT"), backend.phase).outcome is ACCEPTED


# No definite answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault("connect", drop=True),
        Fault("ehlo", drop=True),
        Fault("mail", drop=True),
        Fault("rcpt", drop=True),
        Fault("data", drop=True),
        Fault("connect", slow=5),
        Fault("rcpt", slow=5),
        Fault("data", slow=5),
    ],
    ids=lambda fault: f"{fault.stage}-{'slow' if fault.slow else 'drop'}",
)
def test_silence_before_the_content_is_temporary(fault: Fault) -> None:
    result = result_with(fault)

    assert result == WireResult(TEMPORARY, reason=result.reason)
    assert result.reason


@pytest.mark.parametrize(
    "fault",
    [
        Fault("content", drop=True),
        Fault("after", drop=True),
        Fault("after", drop=True, keep=True),
        Fault("after", slow=5),
        Fault("after", reply="999 What", keep=True),
        Fault("after", reply="350 Go on"),
        Fault("after", reply="nonsense"),
        Fault("after", reply="550 " + "x" * 9000),
    ],
    ids=["reading", "read", "kept", "slow", "no-code", "not-final", "no-number", "too-long"],
)
def test_no_definite_answer_after_the_content_is_uncertain(fault: Fault) -> None:
    result = result_with(fault)

    assert result == WireResult(UNCERTAIN, reason=result.reason)
    assert result.reason.startswith("No answer after the mail was handed over")


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_nonsense_before_the_content_is_temporary(stage: Stage) -> None:
    result = result_with(Fault(stage, reply="nonsense"))

    assert result == WireResult(TEMPORARY, reason=result.reason)


def test_unusual_success_code_is_accepted() -> None:
    with SmtpServer(faults=[Fault("after", reply="252 Fine")]) as server:
        backend = EmailBackend(host="localhost", port=server.port)

        assert backend.send_messages([mail()]) == 1


def test_anything_after_done_is_accepted() -> None:
    result = classify(smtplib.SMTPServerDisconnected("bye"), Phase.DONE)

    assert result == WireResult(ACCEPTED, reason="Accepted; the connection failed afterwards.")


# Set-up ------------------------------------------------------------------------------------------


def test_wrong_password_pauses_the_mailbox() -> None:
    with SmtpServer(login=True) as server:
        result = result_of(mail(), port=server.port, username=USER, password="wrong")

    assert (result.outcome, result.pause_mailbox) == (TEMPORARY, True)
    assert (result.code, result.enhanced_code) == (535, "5.7.8")


def test_temporary_login_failure_does_not_pause() -> None:
    with SmtpServer(login=True, faults=[Fault("auth", reply="454 4.7.0 Try later")]) as server:
        result = result_of(mail(), port=server.port, username=USER, password=PASSWORD)

    assert result == WireResult(TEMPORARY, 454, "4.7.0", reason=result.reason)


def test_missing_login_pauses_the_mailbox() -> None:
    with SmtpServer(login=True) as server:
        result = result_of(mail(), port=server.port)

    assert (result.outcome, result.code, result.pause_mailbox) == (TEMPORARY, 530, True)


@pytest.mark.parametrize(
    "options",
    [{"use_tls": True}, {"username": USER, "password": PASSWORD}],
    ids=["starttls", "login"],
)
def test_server_without_what_the_settings_ask_pauses(options: dict[str, object]) -> None:
    with SmtpServer() as server:
        result = result_of(mail(), port=server.port, **options)

    assert result == WireResult(TEMPORARY, reason=result.reason, pause_mailbox=True)


@pytest.mark.parametrize("how", ["use_tls", "use_ssl"])
def test_untrusted_certificate_pauses_the_mailbox(how: str) -> None:
    with SmtpServer(tls=how == "use_tls", tls_only=how == "use_ssl") as server:
        result = result_of(mail(), port=server.port, **{how: True})

    assert result == WireResult(TEMPORARY, reason=result.reason, pause_mailbox=True)
    assert "certificate" in result.reason


def test_tls_to_a_plain_port_pauses_the_mailbox() -> None:
    with SmtpServer() as server:
        result = result_of(mail(), port=server.port, use_ssl=True)

    assert (result.outcome, result.pause_mailbox) == (TEMPORARY, True)


def test_handshake_cut_short_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hanging_up = threading.Thread(target=lambda: listener.accept()[0].close())
        hanging_up.start()
        result = result_of(mail(), port=listener.getsockname()[1], use_ssl=True)
        hanging_up.join()

    assert result == WireResult(TEMPORARY, reason=result.reason)


def test_refused_connection_is_temporary() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        result = result_of(mail(), port=reserved.getsockname()[1])

    assert result == WireResult(TEMPORARY, reason=result.reason)
    assert result.reason.startswith("The mail server could not be reached")


@pytest.mark.parametrize(
    ("number", "pause"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)]
)
def test_unknown_host_name_pauses_but_a_silent_resolver_does_not(
    monkeypatch: pytest.MonkeyPatch, number: int, pause: bool
) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(number, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)

    result = result_of(mail(), host="mail.invalid", port=25)

    assert result == WireResult(TEMPORARY, reason=result.reason, pause_mailbox=pause)


def test_missing_settings_pause_the_mailbox() -> None:
    result = classify(ImproperlyConfigured("POSTMARK_SERVER_TOKEN"), None)

    assert result == WireResult(TEMPORARY, reason=result.reason, pause_mailbox=True)


def test_mail_that_cannot_be_composed_is_permanent() -> None:
    message = mail()
    message.subject = "two\nlines"
    with SmtpServer() as server:
        result = result_of(message, port=server.port)
        assert server.kept == []

    assert result == WireResult(PERMANENT, reason=result.reason)


@pytest.mark.parametrize(
    ("phase", "outcome"),
    [
        (Phase.CONNECT, TEMPORARY),
        (Phase.ENVELOPE, TEMPORARY),
        (Phase.DATA_STARTED, UNCERTAIN),
        (Phase.DATA_SENT, UNCERTAIN),
        (Phase.DONE, ACCEPTED),
        (None, UNCERTAIN),
    ],
)
@pytest.mark.parametrize(
    "error", [TimeoutError(), RuntimeError("soft time limit"), KeyboardInterrupt()]
)
def test_interruption_counts_by_phase(
    phase: Phase | None, outcome: Outcome, error: BaseException
) -> None:
    assert classify(error, phase).outcome is outcome


@pytest.mark.parametrize("phase", [None, *Phase])
def test_refused_mail_is_permanent_whatever_the_phase_of_the_mail_before(
    phase: Phase | None,
) -> None:
    result = classify(MailRefused("subject", "is missing"), phase)

    assert result == WireResult(
        PERMANENT, reason="The mail could not be composed: subject: is missing"
    )


def test_fault_of_the_program_after_a_sent_mail_is_not_taken_for_success() -> None:
    assert classify(KeyError("send"), Phase.DONE).outcome is UNCERTAIN


def test_error_in_composing_is_uncertain_once_content_has_left() -> None:
    assert classify(ValueError(), Phase.DATA_STARTED).outcome is UNCERTAIN
    assert classify(ssl.SSLError(), Phase.DATA_SENT).outcome is UNCERTAIN


# Providers with an HTTP interface ----------------------------------------------------------------


class Provider(ThreadingHTTPServer):
    """Speaks as little of Postmark's interface as its backend needs."""

    daemon_threads = True
    answer: Callable[[BaseHTTPRequestHandler], None]
    requests = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is part of the tests."""


class ProviderHandler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests += 1
        self.server.answer(self)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


def says(status: int, body: str = "{}") -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def stays_silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(4)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider(("127.0.0.1", 0), ProviderHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def provider_backend(port: int) -> BaseEmailBackend:
    backend: BaseEmailBackend = get_connection(
        "anymail.backends.postmark.EmailBackend",
        server_token="token",
        api_url=f"http://127.0.0.1:{port}/",
        timeout=2,
    )
    return backend


def provider_result(port: int, message: EmailMessage | None = None) -> WireResult:
    backend = provider_backend(port)
    try:
        backend.send_messages([message or mail()])
    except Exception as error:
        return classify(error, getattr(backend, "phase", None))
    pytest.fail("nothing was raised")


@pytest.mark.parametrize(
    ("status", "outcome", "pause"),
    [
        (400, PERMANENT, False),
        (401, TEMPORARY, True),
        (402, TEMPORARY, True),
        (403, TEMPORARY, True),
        (404, TEMPORARY, True),
        (408, TEMPORARY, False),
        (413, PERMANENT, False),
        (425, TEMPORARY, False),
        (429, TEMPORARY, False),
        (500, UNCERTAIN, False),
        (502, UNCERTAIN, False),
        (503, TEMPORARY, False),
        (504, UNCERTAIN, False),
    ],
)
def test_provider_status_decides(
    provider: Provider, status: int, outcome: Outcome, pause: bool
) -> None:
    provider.answer = says(status)

    result = provider_result(provider.server_port)

    assert result == WireResult(outcome, status, reason=result.reason, pause_mailbox=pause)
    assert str(status) in result.reason


def test_provider_answer_that_cannot_be_read_is_uncertain(provider: Provider) -> None:
    provider.answer = says(200, "not json")

    assert provider_result(provider.server_port).outcome is UNCERTAIN


@pytest.mark.parametrize("answer", [hangs_up, stays_silent])
def test_provider_silence_after_the_request_is_uncertain(
    provider: Provider, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    provider.answer = answer

    result = provider_result(provider.server_port)

    assert result == WireResult(UNCERTAIN, reason=result.reason)
    assert provider.requests == 1


def test_provider_that_cannot_be_reached_is_temporary() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        result = provider_result(reserved.getsockname()[1])

    assert result == WireResult(TEMPORARY, reason=result.reason)


INACTIVE = "Found inactive addresses: ada@example.com. Inactive recipients are ones that bounced."


@pytest.mark.parametrize(
    ("code", "message", "suppress"),
    [
        (300, "Invalid 'To' address: 'ada@example.com'.", True),
        (406, INACTIVE, False),
    ],
)
def test_provider_refusing_the_recipient_is_permanent(
    provider: Provider, code: int, message: str, suppress: bool
) -> None:
    body = f'[{{"ErrorCode": {code}, "Message": "{message}"}}]'
    provider.answer = says(200, body)

    result = provider_result(provider.server_port)

    assert result == WireResult(PERMANENT, reason=result.reason, suppress=suppress)


@pytest.mark.parametrize("error", [AnymailInvalidAddress("x"), AnymailCancelSend("x")])
def test_provider_backend_refusing_the_mail_itself_is_permanent(error: Exception) -> None:
    result = classify(error, None)

    assert result == WireResult(PERMANENT, reason=result.reason)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (
            '{"ErrorCode": 0, "Message": "OK", "MessageID": "m-1", "To": "ada@example.com"}',
            ACCEPTED,
        ),
        # The backend raises nothing for words that it doesn't know.
        ('{"ErrorCode": 406, "Message": "Nicht zustellbar"}', UNCERTAIN),
    ],
)
def test_provider_without_exception_is_accepted_only_if_it_says_so(
    provider: Provider, body: str, outcome: Outcome
) -> None:
    provider.answer = says(200, body)
    message = mail()
    backend = provider_backend(provider.server_port)

    assert backend.send_messages([message]) == 1

    assert classify_success(message, backend).outcome is outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("queued", ACCEPTED),
        ("sent", ACCEPTED),
        ("failed", PERMANENT),
        ("invalid", PERMANENT),
        ("rejected", PERMANENT),
        ("unknown", UNCERTAIN),
    ],
)
def test_provider_status_without_exception_decides(status: str, outcome: Outcome) -> None:
    message: Any = mail()
    message.anymail_status = AnymailStatus()
    message.anymail_status.set_recipient_status(
        {"ada@example.com": AnymailRecipientStatus("m-1", status)}
    )

    result = classify_success(message, provider_backend(1))

    assert result.outcome is outcome
    assert result.suppress is (status == "invalid")


def test_success_over_smtp_keeps_the_servers_word() -> None:
    with SmtpServer() as server:
        backend = EmailBackend(host="localhost", port=server.port)
        message = mail()
        backend.send_messages([message])

    assert classify_success(message, backend) == WireResult(
        ACCEPTED, 250, "2.0.0", reason="2.0.0 OK queued as 1A2B3C"
    )


# Delays ------------------------------------------------------------------------------------------


@given(st.integers(1, 6), st.text(max_size=20))
def test_retry_delay_grows_up_to_its_limit(attempt: int, seed: str) -> None:
    delay, following = retry_delay(attempt, seed), retry_delay(attempt + 1, seed)

    assert timedelta(seconds=45) <= delay <= LONGEST_DELAY
    assert following > delay or following >= LONGEST_DELAY * 0.75
    assert delay <= timedelta(minutes=4 ** (attempt - 1))


@given(st.integers(1, 10**9))
def test_retry_delay_stays_within_its_limit_however_often(attempt: int) -> None:
    assert timedelta(seconds=45) <= retry_delay(attempt, "7") <= LONGEST_DELAY


def test_retry_delay_is_spread_but_repeatable() -> None:
    delays = {retry_delay(3, str(number)) for number in range(100)}

    assert len(delays) == 100
    assert retry_delay(3, "9") == retry_delay(3, "9")
