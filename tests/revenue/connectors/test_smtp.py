import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.mail import EmailMessage

from revenue.connectors import smtp
from revenue.connectors.smtp import EmailBackend, Phase
from tests.support.smtp_server import CERTIFICATE, PASSWORD, USER, Fault, SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def backend_for(server: SmtpServer, **options: Any) -> EmailBackend:
    options = {"timeout": 5, "host": "localhost", "username": "", "password": "", **options}
    return EmailBackend(port=server.port, **options)


def mail(number: int = 1, to: str = "ada@example.com", body: str = "Hello") -> EmailMessage:
    return EmailMessage(
        f"Subject {number}",
        body,
        "nick@example.org",
        [to],
        headers={"Message-ID": f"<{number}@example.org>"},
    )


def send_failing(backend: EmailBackend, message: EmailMessage) -> BaseException:
    with pytest.raises(OSError) as caught:  # noqa: PT011  the tests look at what it is
        backend.send_messages([message])
    return caught.value


def test_send_delivers_and_keeps_the_servers_word(server: SmtpServer) -> None:
    backend = backend_for(server)

    sent = backend.send_messages([mail(1), mail(2)])

    assert sent == 2
    assert [kept.message_id for kept in server.kept] == ["<1@example.org>", "<2@example.org>"]
    assert server.kept[0].sender == "nick@example.org"
    assert backend.phase is Phase.DONE
    assert backend.reply == (250, b"2.0.0 OK queued as 1A2B3C")
    assert backend.connection is None


def test_open_backend_sends_many_mails_over_one_connection(server: SmtpServer) -> None:
    with backend_for(server) as backend:
        for number in range(20):
            backend.send_messages([mail(number)])

    assert len(server.kept) == 20
    assert server.connections == 1
    assert server.state.commands[-1] == "QUIT"


def test_closed_backend_connects_for_each_batch(server: SmtpServer) -> None:
    backend = backend_for(server)

    backend.send_messages([mail(1)])
    backend.send_messages([mail(2)])

    assert server.connections == 2


def test_backend_told_to_keep_open_connects_at_the_first_mail(server: SmtpServer) -> None:
    backend = backend_for(server, keep_open=True)
    assert server.connections == 0

    backend.send_messages([mail(1)])
    backend.send_messages([mail(2)])
    backend.close()
    backend.send_messages([mail(3)])
    backend.close()

    assert len(server.kept) == 3
    assert server.connections == 2
    assert server.state.commands[-1] == "QUIT"


@pytest.mark.parametrize(
    ("fault", "phase", "error"),
    [
        (Fault("connect", reply="554 5.3.2 No service"), Phase.CONNECT, smtplib.SMTPConnectError),
        (Fault("connect", drop=True), Phase.CONNECT, smtplib.SMTPServerDisconnected),
        (Fault("ehlo", drop=True), Phase.ENVELOPE, smtplib.SMTPServerDisconnected),
        (Fault("mail", drop=True), Phase.ENVELOPE, smtplib.SMTPServerDisconnected),
        (Fault("mail", reply="451 4.3.0 Later"), Phase.ENVELOPE, smtplib.SMTPSenderRefused),
        (Fault("rcpt", reply="550 5.1.1 Nobody"), Phase.ENVELOPE, smtplib.SMTPRecipientsRefused),
        (Fault("rcpt", drop=True), Phase.ENVELOPE, smtplib.SMTPServerDisconnected),
        (Fault("data", reply="452 4.3.1 Full"), Phase.ENVELOPE, smtplib.SMTPDataError),
        (Fault("data", drop=True), Phase.ENVELOPE, smtplib.SMTPServerDisconnected),
        (Fault("after", reply="554 5.6.0 Ugly"), Phase.DATA_SENT, smtplib.SMTPDataError),
        (Fault("after", drop=True), Phase.DATA_SENT, smtplib.SMTPServerDisconnected),
        (Fault("after", drop=True, keep=True), Phase.DATA_SENT, smtplib.SMTPServerDisconnected),
    ],
    ids=lambda value: (
        f"{value.stage}-{value.reply[:3] or 'drop'}-{value.keep}"
        if isinstance(value, Fault)
        else ""
    ),
)
@pytest.mark.parametrize("stay_open", [False, True])
def test_phase_says_how_far_a_failed_mail_had_come(
    server: SmtpServer, fault: Fault, phase: Phase, error: type[Exception], stay_open: bool
) -> None:
    server.set_faults(fault)
    backend = backend_for(server)
    if stay_open and fault.stage != "connect":
        backend.open()

    caught = send_failing(backend, mail())

    assert type(caught) is error
    assert backend.phase is phase
    assert len(server.kept) == int(fault.keep)
    backend.close()


def test_phase_is_data_started_when_the_server_leaves_while_reading(server: SmtpServer) -> None:
    server.set_faults(Fault("content", drop=True))
    backend = backend_for(server)
    larger_than_any_socket_buffer = "word " * 4_000_000

    caught = send_failing(backend, mail(body=larger_than_any_socket_buffer))

    assert isinstance(caught, smtplib.SMTPServerDisconnected)
    assert backend.phase is Phase.DATA_STARTED
    assert server.kept == []


def test_phase_is_data_sent_when_a_small_mail_is_dropped_while_read(server: SmtpServer) -> None:
    server.set_faults(Fault("content", drop=True))
    backend = backend_for(server)

    send_failing(backend, mail())

    assert backend.phase is Phase.DATA_SENT


def test_phase_is_connect_without_a_server() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        server = SmtpServer(port=reserved.getsockname()[1])
        backend = backend_for(server)

        caught = send_failing(backend, mail())

    assert isinstance(caught, ConnectionRefusedError)
    assert backend.phase is Phase.CONNECT


def test_phase_of_an_earlier_mail_does_not_linger(server: SmtpServer) -> None:
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        server.set_faults(Fault("rcpt", reply="550 5.1.1 Nobody"))

        send_failing(backend, mail(2))

        assert backend.phase is Phase.ENVELOPE
        assert backend.reply == (0, b"")


def test_connection_serves_the_next_mail_after_a_refusal(server: SmtpServer) -> None:
    server.set_faults(
        Fault("rcpt", reply="550 5.1.1 Nobody", to="bad"),
        Fault("after", reply="554 5.6.0 Ugly", to="ugly"),
    )
    with backend_for(server) as backend:
        send_failing(backend, mail(1, to="bad@example.com"))
        send_failing(backend, mail(2, to="ugly@example.com"))
        backend.send_messages([mail(3)])

    assert [kept.message_id for kept in server.kept] == ["<3@example.org>"]
    assert server.connections == 1


@pytest.mark.parametrize("stage", ["rcpt", "data", "content", "after"])
def test_connection_is_replaced_after_a_drop_and_the_mail_not_repeated(
    server: SmtpServer, stage: str
) -> None:
    server.set_faults(Fault(stage, drop=True, to="drop"))  # type: ignore[arg-type]
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        send_failing(backend, mail(2, to="drop@example.com"))
        backend.send_messages([mail(3)])
        backend.send_messages([mail(4)])

    assert [kept.message_id for kept in server.kept] == [
        "<1@example.org>",
        "<3@example.org>",
        "<4@example.org>",
    ]
    assert server.connections == 2


def test_connection_that_the_server_ended_between_mails_is_replaced(server: SmtpServer) -> None:
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        server.stop()
        server.start()

        backend.send_messages([mail(2)])
        backend.send_messages([mail(3)])

    assert [kept.message_id for kept in server.kept] == [f"<{n}@example.org>" for n in (1, 2, 3)]
    assert server.connections == 2


def test_connection_that_the_server_ends_with_421_is_replaced(server: SmtpServer) -> None:
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        server.set_faults(Fault("mail", reply="421 4.4.2 Idle too long", first=1))

        backend.send_messages([mail(2)])

    assert [kept.message_id for kept in server.kept] == ["<1@example.org>", "<2@example.org>"]
    assert server.connections == 2


def test_421_on_a_fresh_connection_is_an_answer(server: SmtpServer) -> None:
    server.set_faults(Fault("mail", reply="421 4.3.2 Closing"))

    caught = send_failing(backend_for(server), mail())

    assert isinstance(caught, smtplib.SMTPSenderRefused)
    assert server.connections == 1


def test_connection_that_stays_broken_is_tried_once_more_only(server: SmtpServer) -> None:
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        server.set_faults(Fault("mail", drop=True))

        send_failing(backend, mail(2))

        assert backend.phase is Phase.ENVELOPE
    assert server.connections == 2


def test_idle_connection_is_replaced_before_use(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "MAX_IDLE", 0.05)
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        time.sleep(0.1)
        backend.send_messages([mail(2)])

    assert server.connections == 2
    assert len(server.kept) == 2


def test_slow_final_reply_is_awaited_longer_than_other_replies(server: SmtpServer) -> None:
    server.set_faults(Fault("after", slow=1.5))
    backend = backend_for(server, timeout=1)

    assert backend.send_messages([mail()]) == 1


def test_final_reply_that_never_comes_leaves_the_mail_sent_without_answer(
    server: SmtpServer,
) -> None:
    server.set_faults(Fault("after", slow=5, keep=True))
    backend = backend_for(server, final_reply_timeout=0.5)

    caught = send_failing(backend, mail())

    assert isinstance(caught, smtplib.SMTPServerDisconnected)
    assert backend.phase is Phase.DATA_SENT
    assert len(server.kept) == 1


def test_slow_reply_to_the_envelope_times_out_before_the_content(server: SmtpServer) -> None:
    server.set_faults(Fault("rcpt", slow=5))
    backend = backend_for(server, timeout=1)

    send_failing(backend, mail())

    assert backend.phase is Phase.ENVELOPE
    assert server.kept == []


def test_patience_with_the_final_reply_ends_with_the_mail(server: SmtpServer) -> None:
    with backend_for(server, timeout=1, final_reply_timeout=30) as backend:
        backend.send_messages([mail(1)])
        server.set_faults(Fault("rcpt", slow=10))
        began = time.monotonic()

        send_failing(backend, mail(2))

    assert time.monotonic() - began < 9


def test_any_2xx_reply_to_the_content_is_success(server: SmtpServer) -> None:
    server.set_faults(Fault("after", reply="252 Fine", keep=True))
    backend = backend_for(server)

    assert backend.send_messages([mail()]) == 1

    assert (backend.phase, backend.reply) == (Phase.DONE, (252, b"Fine"))


def test_interruption_during_the_content_ends_the_connection(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time limit that strikes there must not let the next mail continue the conversation."""

    def interrupted(self: smtp.PhasedSMTP) -> tuple[int, bytes]:
        if self.phase is Phase.DATA_SENT:
            raise InterruptedError
        return original(self)

    original = smtp.PhasedSMTP.getreply
    with backend_for(server) as backend:
        backend.send_messages([mail(1)])
        monkeypatch.setattr(smtp.PhasedSMTP, "getreply", interrupted)
        send_failing(backend, mail(2))
        monkeypatch.undo()
        assert backend.phase is Phase.DATA_SENT
        assert backend.connection is None
        backend.send_messages([mail(3)])

    assert server.connections == 2


def test_recipients_left_out_are_named(server: SmtpServer) -> None:
    server.set_faults(Fault("rcpt", reply="550 5.1.1 Nobody", to="bad"))
    backend = backend_for(server)
    message = mail()
    message.to = ["ada@example.com", "bad@example.com"]

    assert backend.send_messages([message]) == 1

    assert backend.refused == {"bad@example.com": (550, b"5.1.1 Nobody")}
    assert backend.phase is Phase.DONE
    assert server.kept[0].recipients == ("ada@example.com",)


@pytest.mark.parametrize(
    "body",
    [".", "..", ".\n.\n..\nend", "a\n.\nb", "a\r\n.\r\nMAIL FROM:<x@y>", "a\r.\rb", "no newline"],
)
def test_dots_and_line_ends_arrive_as_written(server: SmtpServer, body: str) -> None:
    backend_for(server).send_messages([mail(body=body), mail(2)])

    first, second = server.kept
    arrived = first.message.get_content().replace("\r\n", "\n").removesuffix("\n")
    assert arrived == body.replace("\r\n", "\n").replace("\r", "\n")
    assert second.message_id == "<2@example.org>"


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@pytest.mark.parametrize("how", ["use_tls", "use_ssl"])
def test_send_over_tls_with_login(how: str) -> None:
    server = SmtpServer(tls=how == "use_tls", tls_only=how == "use_ssl", login=True)
    with server:
        backend = backend_for(server, username=USER, password=PASSWORD, **{how: True})
        backend.ssl_context = trusting()

        with backend:
            backend.send_messages([mail(1)])
            backend.send_messages([mail(2)])

        assert len(server.kept) == 2
        assert server.connections == 1


@pytest.mark.parametrize("how", ["use_tls", "use_ssl"])
def test_untrusted_certificate_stops_before_anything_is_sent(how: str) -> None:
    server = SmtpServer(tls=how == "use_tls", tls_only=how == "use_ssl", login=True)
    with server:
        backend = backend_for(server, username=USER, password=PASSWORD, **{how: True})

        caught = send_failing(backend, mail())

        assert isinstance(caught, ssl.SSLCertVerificationError)
        assert backend.phase is Phase.CONNECT
        assert "AUTH" not in server.state.commands


def test_wrong_password_is_refused_while_connecting() -> None:
    with SmtpServer(login=True) as server:
        backend = backend_for(server, username=USER, password="wrong")

        caught = send_failing(backend, mail())

        assert isinstance(caught, smtplib.SMTPAuthenticationError)
        assert backend.phase is Phase.CONNECT


def test_fail_silently_returns_zero_and_recovers(server: SmtpServer) -> None:
    server.set_faults(Fault("data", drop=True, first=1))
    with backend_for(server, fail_silently=True) as backend:
        assert backend.send_messages([mail(1)]) == 0
        assert backend.send_messages([mail(2)]) == 1


def test_fail_silently_without_a_server_returns_zero() -> None:
    server = SmtpServer()
    with server:
        pass

    assert backend_for(server, fail_silently=True).send_messages([mail()]) == 0


def test_close_does_not_raise_when_the_server_is_gone(server: SmtpServer) -> None:
    backend = backend_for(server)
    backend.open()
    server.stop()

    backend.close()

    assert backend.connection is None
    server.start()


def test_message_without_recipients_is_not_sent(server: SmtpServer) -> None:
    message = mail()
    message.to = []

    assert backend_for(server).send_messages([message]) == 0


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ('"Lovelace, \\"Ada\\"" <ada+x@example.com>', "ada+x@example.com"),
        ('"Zoë, Z" <zoe@example.com>', "zoe@example.com"),
        ('"<eve@example.net>" <ada@example.com>', "ada@example.com"),
        ("ada@köln.example", "ada@xn--kln-sna.example"),
        ("O'Hara (Sales) <o'hara@example.com>", "o'hara@example.com"),
    ],
)
def test_envelope_has_the_bare_address(server: SmtpServer, mailbox: str, address: str) -> None:
    message = mail(to=mailbox)
    message.from_email = mailbox

    backend_for(server).send_messages([message])

    assert smtp.envelope_address(mailbox) == address
    assert (server.kept[0].sender, server.kept[0].recipients) == (address, (address,))


@pytest.mark.parametrize(
    "mailbox",
    ["", "ada@", "a@example.com, b@example.com", "Ada <ada@example.com>\r\nRCPT TO:<x@y>"],
)
def test_envelope_refuses_what_is_no_address(mailbox: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)address"):
        smtp.envelope_address(mailbox)


def test_timeout_has_a_default() -> None:
    assert EmailBackend(host="localhost", port=1).timeout == smtp.COMMAND_TIMEOUT
