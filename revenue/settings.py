"""Settings, all from the environment; `docs/operating.md` explains each.

Without DATABASE_URL the embedded PostgreSQL and broker are used, and secrets are kept in `var/`.
"""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF

from revenue import places
from revenue.environment import BROKERS, OWN_SMTP, Reader
from revenue.logs import logging_settings

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
read = Reader(os.environ)

# Where and how it runs
VAR = places.var_of(os.environ, BASE_DIR)
PORT = read.integer("PORT", 8000, low=1, high=65535)
HOST = read.text("HOST", "127.0.0.1")
WEB_WORKERS = read.integer("WEB_WORKERS", 2, low=1, high=64)
WEB_THREADS = read.integer("WEB_THREADS", 4, low=1, high=64)
WORKER_PROCESSES = read.integer("WORKER_PROCESSES", 4, low=1, high=64)
EMBEDDED = not read.text("DATABASE_URL")
TESTING = read.flag("TESTING", default=False)
DEBUG = read.flag("DEBUG", default=False)
DEMO = read.flag("DEMO", default=EMBEDDED and places.kept_mode(VAR) != "real")
# Public, and made by the demo only.
DEMO_LOGINS = tuple(
    {"role": role, "username": role, "password": role}
    for role in ("founder", "accountant", "admin")
)
BASE_URL = read.address("BASE_URL", f"http://localhost:{PORT}")
SECURE = BASE_URL.startswith("https://")
BEHIND_PROXY = read.flag("BEHIND_PROXY", default=False)
if SECURE and not BEHIND_PROXY:
    read.problem(
        "BEHIND_PROXY must be 1 when BASE_URL is https: a proxy ends TLS, and sets"
        " X-Forwarded-Proto and X-Forwarded-For"
    )

if EMBEDDED:
    secrets = places.secrets_of(VAR)
    SECRET_KEY = read.text("SECRET_KEY", secrets["SECRET_KEY"])
    SUPPRESSION_KEY = read.text("SUPPRESSION_KEY", secrets["SUPPRESSION_KEY"])
    database: dict[str, Any] = places.database_settings(VAR)
    BROKER_URL = read.broker("BROKER_URL", places.broker_url(VAR))
else:
    SECRET_KEY = read.required("SECRET_KEY", "it signs sessions and links", at_least=50)
    SUPPRESSION_KEY = read.required(
        "SUPPRESSION_KEY", "it keys the hashes of suppressed addresses", at_least=32
    )
    read.required("BASE_URL", "links in mail need the address people reach this at")
    read.required("BROKER_URL", "workers need a Redis or Valkey address")
    database = read.database("DATABASE_URL")
    schemes = BROKERS | {"memory"} if TESTING else BROKERS
    BROKER_URL = read.broker("BROKER_URL", "redis://localhost:6379/0", schemes=schemes)
SECRET_KEY_FALLBACKS = [key for key in read.text("SECRET_KEY_FALLBACKS").split(",") if key]

# Mail. The demo delivers to the local mailbox only.
MAILBOX_DIR = VAR / "mailbox"
MAILBOX_PORT = read.integer("MAILBOX_PORT", min(PORT + 25, 65535), low=1, high=65535)
MAIL_READY = True
if DEMO:
    if read.text("EMAIL_URL"):
        read.problem("EMAIL_URL can't be used with DEMO=1: the demo keeps all mail; set DEMO=0")
    mail: dict[str, Any] = {
        "EMAIL_BACKEND": OWN_SMTP,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": MAILBOX_PORT,
        "EMAIL_TIMEOUT": 10,
    }
elif read.text("EMAIL_URL"):
    mail = read.mail("EMAIL_URL")
else:
    # Approved sends wait; the host name makes the reason plain if something tries anyway.
    MAIL_READY = False
    mail = {"EMAIL_HOST": "email-url-is-not-set.invalid", "EMAIL_TIMEOUT": 10}
    if not EMBEDDED:
        read.problem("EMAIL_URL is missing: outgoing mail needs smtp+tls://user:password@host:587")
globals().update(mail)

# The loopback names are for health checks; links are built from BASE_URL.
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "", "localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS += [host for host in read.text("ALLOWED_HOSTS").split(",") if host]
LOG_FORMAT = read.choice("LOG_FORMAT", "console" if EMBEDDED else "json", ("console", "json"))
LOG_LEVEL = read.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
read.finish()

INSTALLED_APPS = [
    "revenue",
    "approvals",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "anymail",
    "csp",
    "django_htmx",
    "django_structlog",
    "lucide",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "revenue.web.access.AccessMiddleware",
    "revenue.web.time_zones.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "revenue.urls"
WSGI_APPLICATION = "revenue.wsgi.application"
ASGI_APPLICATION = "revenue.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_loaders: list[Any] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)],
            "builtins": ["lucide.templatetags.lucide"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "revenue.web.context.kill_switches",
                "revenue.web.context.actor_names",
                "approvals.context.counts",
            ],
        },
    }
]

# What waits at each seat: `revenue.web.waiting` calls these.
WAITING_COUNTERS = [
    "revenue.web.waiting.own",
    "approvals.queries.waiting_by_seat",
    "approvals.expiring.ending_by_seat",
]
# What people decided, how it ended, and names: `revenue.policies.evidence` calls these.
POLICY_DECISIONS = ["approvals.evidence.decisions_on"]
POLICY_OUTCOMES = ["approvals.evidence.deals_of"]
SUBJECT_NAMES = ["revenue.policies.evidence.account_names", "approvals.evidence.send_names"]
# The open request to publish a version: `revenue.web.policy_publishing` asks for it.
CHANGE_OF_VERSION = "approvals.changes.queries.open_change_of"
# What waits and would be allowed by a version to come: the same page asks for it.
FREED_BY_VERSION = "approvals.loosening.freed_by"

database["OPTIONS"] = {
    "connect_timeout": 5,
    "application_name": "countersign",
    **database.get("OPTIONS", {}),
}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        **database,
    }
}

# Who may come in
AUTH_USER_MODEL = "revenue.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_IPWARE_PROXY_COUNT = 1 if BEHIND_PROXY else 0
AXES_IPWARE_META_PRECEDENCE_ORDER = (
    ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if BEHIND_PROXY else ["REMOTE_ADDR"]
)

# Cookies don't know ports, so two copies on one machine need two names.
SESSION_COOKIE_NAME = "__Host-session" if SECURE else f"session_{PORT}"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else f"csrf_{PORT}"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]

SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Uploads are streamed to disk above 2.5 MB; forms are small.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_PERMISSIONS = 0o600
MEDIA_ROOT = VAR / "uploads"

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "revenue.web.bundles.BundleFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_AUTOREFRESH = DEBUG

# Background work: at least once, so tasks are idempotent. Rows hold the truth, messages only hurry.
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task and the longest countdown, or a task runs twice at once.
    "visibility_timeout": 600,
    # Without this throttle a lost task may wait 100 s beyond the timeout.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_DEFAULT_QUEUE = "countersign"
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat")
CELERY_TIMEZONE = "UTC"

DJANGO_STRUCTLOG_CELERY_ENABLED = True
# Sweeps run every second; only their faults are worth a line.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_FAILURE_LOG_LEVEL = logging.ERROR
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOGGING_CONFIG = "revenue.logs.configure"
LOGGING = logging_settings(log_format=LOG_FORMAT, level=LOG_LEVEL)
