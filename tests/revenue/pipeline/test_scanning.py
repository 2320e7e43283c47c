from __future__ import annotations

import csv
import io
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline import scanning
from revenue.pipeline.scanning import Fault, Scan, scan_record

records = st.lists(
    st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"x", b"\xff"]), max_size=40
).map(b"".join)


@given(data=records, chunk=st.integers(1, 5))
def test_a_scan_is_the_same_in_pieces_of_any_size(data: bytes, chunk: int) -> None:
    whole = scan_record(io.BytesIO(data), 0, ",")
    with patch.object(scanning, "_CHUNK", chunk):
        assert scan_record(io.BytesIO(data), 0, ",") == whole


@given(rows=st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=4), min_size=1, max_size=3))
def test_a_well_formed_record_ends_where_csv_ends_it(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(rows[0])
    first = text.getvalue().encode(errors="surrogatepass")
    csv.writer(text).writerows(rows[1:])
    data = text.getvalue().encode(errors="surrogatepass")
    assert scan_record(io.BytesIO(data), 0, ",") == Scan(
        len(first), first.count(b"\n"), Fault.NONE, 0
    )


@pytest.mark.parametrize(
    ("data", "fault", "column"),
    [
        (b'a,"b\nc', Fault.QUOTE_NEVER_CLOSED, 1),
        (b'a,"b"c\n', Fault.TEXT_AFTER_QUOTE, 1),
        (b"a\r,b\n", Fault.BARE_CARRIAGE_RETURN, 0),
        (b"a,b,%b\n" % (b"x" * 70_000), Fault.CELL_TOO_LARGE, 2),
        (b'a,5" pipe\n', Fault.NONE, 0),
    ],
)
def test_the_fault_names_its_cell(data: bytes, fault: Fault, column: int) -> None:
    scan = scan_record(io.BytesIO(data), 0, ",")
    assert (scan.size, scan.fault, scan.column) == (len(data), fault, column)
