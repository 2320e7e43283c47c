"""Reads settings from the environment and collects every problem, so that all are told at once."""

import sys
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}

# Service providers that anymail speaks to: the setting that holds the key in EMAIL_URL.
PROVIDERS = {
    "brevo": "BREVO_API_KEY",
    "mailersend": "MAILERSEND_API_TOKEN",
    "mailgun": "MAILGUN_API_KEY",
    "mailtrap": "MAILTRAP_API_TOKEN",
    "mandrill": "MANDRILL_API_KEY",
    "postal": "POSTAL_API_KEY",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "resend": "RESEND_API_KEY",
    "sendgrid": "SENDGRID_API_KEY",
    "sparkpost": "SPARKPOST_API_KEY",
}
BROKERS = frozenset({"redis", "rediss", "redis+socket"})
SMTP_SCHEMES = {"smtp", "smtps", "smtp+tls", "smtp+ssl"}
OWN_SMTP = "revenue.connectors.smtp.EmailBackend"
"""Django's SMTP backend, able to say how far a mail had come."""


class Reader:
    """Typed access to environment variables; `finish` stops the process if any was wrong."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.problems: list[str] = []

    def problem(self, line: str) -> None:
        """Remember one line about a setting; never put its value in the line, it may be secret."""
        self.problems.append(line)

    def text(self, name: str, default: str = "") -> str:
        """The value, or the default when it is missing or blank."""
        return self.variables.get(name, "").strip() or default

    def required(self, name: str, why: str, *, at_least: int = 1) -> str:
        """A value of `at_least` characters; `why` completes the sentence "NAME is missing: …"."""
        value = self.text(name)
        if not value:
            self.problem(f"{name} is missing: {why}")
        elif len(value) < at_least:
            self.problem(f"{name} is too short: at least {at_least} characters")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no."""
        value = self.text(name).lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        if value:
            self.problem(f"{name} is malformed: write 1 or 0")
        return default

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """A whole number within bounds, both included."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdecimal()) or not low <= int(value) <= high:
            self.problem(f"{name} is malformed: write a whole number from {low} to {high}")
            return default
        return int(value)

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(name, default)
        if value not in options:
            self.problem(f"{name} is malformed: write one of {', '.join(options)}")
            return default
        return value

    def address(self, name: str, default: str) -> str:
        """A web address without path, such as https://sales.example.com."""
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            self.problem(f"{name} is malformed: write an address such as https://sales.example.com")
            return default
        return value

    def database(self, name: str) -> dict[str, Any]:
        """Django's connection settings from a libpq address (PostgreSQL only)."""
        url = self.text(name)
        try:
            parts: dict[str, Any] = dict(conninfo_to_dict(url))
        except ProgrammingError:
            parts = {}
        database = parts.pop("dbname", None)
        if database is None or not url.startswith(("postgres://", "postgresql://")):
            self.problem(f"{name} is malformed: write postgresql://user:password@host:5432/name")
            return {}
        return {
            "NAME": database,
            "HOST": parts.pop("host", ""),
            "PORT": str(parts.pop("port", "")),
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "OPTIONS": parts,
        }

    def broker(self, name: str, default: str, *, schemes: frozenset[str] = BROKERS) -> str:
        """A Redis or Valkey address; TCP, TLS or unix socket."""
        value = self.text(name, default)
        if urlsplit(value).scheme not in schemes:
            self.problem(f"{name} is malformed: write redis://host:6379/0")
        return value

    def mail(self, name: str) -> dict[str, Any]:
        """Settings for outgoing mail from smtp+tls://user:password@host:587 or postmark://KEY@."""
        parts = urlsplit(self.text(name))
        if parts.scheme in SMTP_SCHEMES and parts.hostname:
            try:
                config = environ.Env.email_url_config(parts.geturl())
            except ValueError:
                config = None
            if config:
                return {**dict(config), "EMAIL_BACKEND": OWN_SMTP, "EMAIL_TIMEOUT": 30}
        if parts.scheme in PROVIDERS and parts.username:
            options = {key.upper(): values[-1] for key, values in parse_qs(parts.query).items()}
            options[PROVIDERS[parts.scheme]] = unquote(parts.username)
            return {
                "EMAIL_BACKEND": f"anymail.backends.{parts.scheme}.EmailBackend",
                "ANYMAIL": {**options, "REQUESTS_TIMEOUT": 30},
            }
        self.problem(
            f"{name} is malformed: write smtp+tls://user:password@host:587"
            f" or PROVIDER://KEY@ with one of {', '.join(sorted(PROVIDERS))}"
        )
        return {}

    def finish(self) -> None:
        """Go on if nothing was wrong."""
        if self.problems:
            self._stop()

    def _stop(self) -> NoReturn:
        for line in self.problems:
            sys.stderr.write(f"setting: {line}\n")
        raise SystemExit(2)
