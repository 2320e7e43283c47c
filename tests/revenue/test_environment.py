"""Reading settings: each value typed, each problem one line that gives no secret away."""

import pytest

from revenue.environment import Reader


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:p%40ss@db.example.com:6000/name?sslmode=require",
            {
                "NAME": "name",
                "HOST": "db.example.com",
                "PORT": "6000",
                "USER": "u",
                "PASSWORD": "p@ss",
                "OPTIONS": {"sslmode": "require"},
            },
        ),
        (
            "postgres://u@/name?host=/var/run/postgresql",
            {
                "NAME": "name",
                "HOST": "/var/run/postgresql",
                "PORT": "",
                "USER": "u",
                "PASSWORD": "",
                "OPTIONS": {},
            },
        ),
    ],
)
def test_database_reads_every_part(url: str, expected: dict[str, object]) -> None:
    reader = Reader({"DATABASE_URL": url})

    assert (reader.database("DATABASE_URL"), reader.problems) == (expected, [])


@pytest.mark.parametrize(
    "url", ["mysql://u@h/n", "host=h dbname=n", "postgresql://h", "postgresql://[oops/n", "x"]
)
def test_database_refuses_what_it_cannot_use(url: str) -> None:
    reader = Reader({"DATABASE_URL": url})
    reader.database("DATABASE_URL")

    assert reader.problems == [
        "DATABASE_URL is malformed: write postgresql://user:password@host:5432/name"
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp+tls://me%40example.com:s3cret@smtp.example.com:587",
            {
                "EMAIL_BACKEND": "revenue.connectors.smtp.EmailBackend",
                "EMAIL_HOST": "smtp.example.com",
                "EMAIL_PORT": 587,
                "EMAIL_HOST_USER": "me@example.com",
                "EMAIL_HOST_PASSWORD": "s3cret",
                "EMAIL_USE_TLS": True,
                "EMAIL_TIMEOUT": 30,
            },
        ),
        (
            "mailgun://key-1@?MAILGUN_SENDER_DOMAIN=mg.example.com",
            {
                "EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend",
                "ANYMAIL": {
                    "MAILGUN_API_KEY": "key-1",
                    "MAILGUN_SENDER_DOMAIN": "mg.example.com",
                    "REQUESTS_TIMEOUT": 30,
                },
            },
        ),
    ],
)
def test_mail_reads_smtp_and_providers(url: str, expected: dict[str, object]) -> None:
    reader = Reader({"EMAIL_URL": url})

    settings = reader.mail("EMAIL_URL")

    assert {key: settings[key] for key in expected} == expected
    assert reader.problems == []


@pytest.mark.parametrize("url", ["", "smtp://", "http://example.com", "postmark://", "smtp://h:x"])
def test_mail_refuses_what_it_cannot_use(url: str) -> None:
    reader = Reader({"EMAIL_URL": url})

    assert (reader.mail("EMAIL_URL"), len(reader.problems)) == ({}, 1)


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("Yes", True), ("off", False), ("0", False), (" ", True)]
)
def test_flag_reads_words(value: str, expected: bool) -> None:
    reader = Reader({"DEMO": value})

    assert (reader.flag("DEMO", default=True), reader.problems) == (expected, [])


@pytest.mark.parametrize("value", ["0", "65536", "80.5", "-1", "eighty", "٨٠"])
def test_integer_refuses_what_is_out_of_bounds(value: str) -> None:
    reader = Reader({"PORT": value})

    assert reader.integer("PORT", 8000, low=1, high=65535) == 8000
    assert reader.problems == ["PORT is malformed: write a whole number from 1 to 65535"]


@pytest.mark.parametrize("value", ["example.com", "ftp://example.com", "https://a/b", "https://"])
def test_address_refuses_what_no_link_could_begin_with(value: str) -> None:
    reader = Reader({"BASE_URL": value})
    reader.address("BASE_URL", "http://localhost")

    assert len(reader.problems) == 1


def test_finish_tells_every_problem_and_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    reader = Reader(
        {"SECRET_KEY": "hunter2", "BROKER_URL": "amqp://u:hunter2@h", "DEMO": "hunter2"}
    )
    reader.required("SECRET_KEY", "it signs", at_least=50)
    reader.required("MISSING", "it is needed")
    reader.broker("BROKER_URL", "")
    reader.flag("DEMO", default=False)

    with pytest.raises(SystemExit) as stopped:
        reader.finish()

    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        "setting: SECRET_KEY is too short: at least 50 characters",
        "setting: MISSING is missing: it is needed",
        "setting: BROKER_URL is malformed: write redis://host:6379/0",
        "setting: DEMO is malformed: write 1 or 0",
    ]
