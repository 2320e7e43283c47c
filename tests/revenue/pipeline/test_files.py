from __future__ import annotations

import io
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.models import ImportRun
from revenue.pipeline import files
from revenue.pipeline.files import open_stored, store_file
from tests.revenue.pipeline.support import begin

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]


class Dribble(io.BytesIO):
    """A file that gives at most three bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3 if size is None or size < 0 else min(size, 3))


@pytest.fixture
def run() -> ImportRun:
    run = begin("record_id,name\n")
    files.forget_file(run)
    return run


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.binary(max_size=60), start=st.integers(0, 70), size=st.integers(0, 70))
def test_a_stored_file_reads_as_the_file_from_any_place(
    run: ImportRun, data: bytes, start: int, size: int
) -> None:
    files.forget_file(run)
    with patch.object(files, "CHUNK", 7):
        run.size = store_file(run, Dribble(data))
        stored = open_stored(run)
        stored.seek(start)
        assert stored.read(size) == data[start : start + size]
        stored.seek(0)
        assert stored.read() == data
    assert run.size == len(data)


@pytest.mark.parametrize(("whence", "offset", "place"), [(0, 3, 3), (1, 2, 7), (2, -4, 6)])
def test_a_place_is_found_from_each_end(
    run: ImportRun, whence: int, offset: int, place: int
) -> None:
    run.size = store_file(run, io.BytesIO(b"0123456789"))
    raw: Any = files.StoredFile(run)
    raw.seek(5)
    assert raw.seek(offset, whence) == raw.tell() == place
