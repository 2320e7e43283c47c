"""Settings as a whole process sees them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent.parent
REAL = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/n",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://u:p@127.0.0.1:1",
    "BASE_URL": "https://sales.example.com",
    "BEHIND_PROXY": "1",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "SUPPRESSION_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
}
OURS = {
    *REAL,
    "COUNTERSIGN_VAR",
    "COUNTERSIGN_TEST_BASE",
    "DEMO",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "LOG_LEVEL",
    "PORT",
    "TESTING",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a management command with these variables and none of ours."""
    plain = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**plain, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_is_clean_under_production_settings(tmp_path: Path) -> None:
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING", **REAL, COUNTERSIGN_VAR=str(tmp_path)
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_real_use_names_everything_that_is_missing(tmp_path: Path) -> None:
    done = manage("check", DATABASE_URL="mysql://x", COUNTERSIGN_VAR=str(tmp_path))

    assert done.returncode == 2
    assert [line.split(":")[1].split()[0] for line in done.stderr.splitlines()] == [
        "SECRET_KEY", "SUPPRESSION_KEY", "BASE_URL", "BROKER_URL", "DATABASE_URL", "EMAIL_URL",
    ]  # fmt: skip


def test_https_without_a_proxy_would_redirect_for_ever_and_is_refused(tmp_path: Path) -> None:
    variables = {**REAL, "BEHIND_PROXY": "0", "COUNTERSIGN_VAR": str(tmp_path)}

    done = manage("check", **variables)

    assert (done.returncode, done.stderr.count("BEHIND_PROXY must be 1")) == (2, 1)


def test_the_demo_refuses_to_send_mail_anywhere(tmp_path: Path) -> None:
    done = manage("check", DEMO="1", EMAIL_URL="smtp://h", COUNTERSIGN_VAR=str(tmp_path))

    assert (done.returncode, "EMAIL_URL can't be used with DEMO=1" in done.stderr) == (2, True)


def test_one_machine_needs_no_settings_and_keeps_its_keys(tmp_path: Path) -> None:
    ask = "from django.conf import settings as s; print(s.SECRET_KEY, s.SUPPRESSION_KEY, s.DEMO)"

    answers = {
        manage("shell", "-v0", "-c", ask, COUNTERSIGN_VAR=str(tmp_path)).stdout for _ in "ab"
    }

    secret, suppression, demo = answers.pop().split()
    assert (answers, demo) == (set(), "True")
    assert len({secret, suppression}) == 2
    assert min(len(secret), len(suppression)) > 60


def test_a_folder_that_was_started_for_real_never_becomes_a_demo_by_default(tmp_path: Path) -> None:
    (tmp_path / "mode").write_text("real")

    done = manage(
        "shell", "-v0", "-c", "from django.conf import settings as s; print(s.DEMO, s.MAIL_READY)",
        COUNTERSIGN_VAR=str(tmp_path),
    )  # fmt: skip

    assert done.stdout.split() == ["False", "False"]


@pytest.mark.django_db
def test_pages_carry_a_policy_without_inline_code(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert {part.strip() for part in policy.split(";")} == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }


@pytest.mark.django_db
def test_the_admin_carries_the_same_policy(client: Client) -> None:
    assert "unsafe" not in client.get("/admin/login/")["Content-Security-Policy"]


@pytest.mark.django_db
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client) -> None:
    cookie = client.get("/login/").cookies[settings.CSRF_COOKIE_NAME]

    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
