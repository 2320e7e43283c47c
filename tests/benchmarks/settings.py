"""The project's settings with the references' addresses beside its own."""

from revenue.access import MATRIX
from revenue.settings import *  # noqa: F403
from tests.benchmarks.beside import BESIDE

ROOT_URLCONF = "tests.benchmarks.urls"
MATRIX.update(BESIDE)
