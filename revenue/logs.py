"""One structured line per event, with request and task ids and without personal data."""

import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# Paths whose next part is a secret that opens something without a login.
TOKEN_PATH = re.compile(r"/(u|welcome|join)/[^/\s?]+")
QUERY = re.compile(r"\?\S*")


def without_personal_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop query strings, link tokens, browsers and mail addresses from a log line."""
    event.pop("user_agent", None)
    event.pop("_record_args", None)
    for key, value in event.items():
        event[key] = _clean(value, path=key == "request")
    return event


def _clean(value: Any, *, path: bool = False) -> Any:
    if isinstance(value, str):
        return scrub(value, path=path)
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def scrub(text: str, *, path: bool = False) -> str:
    """Text with mail addresses and link tokens masked; with `path`, also its query string."""
    if path:
        text = QUERY.sub("", text)
    if "@" in text:
        text = ADDRESS.sub("[address]", text)
    return TOKEN_PATH.sub(r"/\1/[token]", text)


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    structlog.processors.UnicodeDecoder(),
    without_personal_data,
]


def logging_settings(*, log_format: str, level: str) -> dict[str, Any]:
    """A dictConfig that sends every logger through the same processors to standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    quiet = {"level": "WARNING", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # It writes who tried to log in, with name and network address.
            "axes": {"level": "CRITICAL", "propagate": False},
            # The request line is already logged, by django-structlog and without the query.
            "django.request": {"level": "CRITICAL", "propagate": False},
            "celery.app.trace": quiet,
            "celery.beat": quiet,
            "celery.worker.strategy": quiet,
            "django.db.backends": quiet,
            "mail.log": quiet,
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Set up logging and structlog; named by the setting LOGGING_CONFIG."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
