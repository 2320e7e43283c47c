"""The project's settings with the references' addresses beside its own."""

from revenue.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
