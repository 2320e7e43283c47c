from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.reading import (
    Position,
    Row,
    RowError,
    UnreadableFileError,
    open_table,
    read_rows,
)
from revenue.pipeline.scanning import MAX_CELL

LISTS = Path(__file__).parents[3] / "revenue" / "pipeline" / "lists"


def read(data: bytes) -> list[Row | RowError]:
    file = io.BytesIO(data)
    return list(read_rows(file, open_table(file)))


def cells(data: bytes) -> list[list[str]]:
    rows = read(data)
    assert all(isinstance(row, Row) for row in rows), rows
    return [row.cells for row in rows if isinstance(row, Row)]


def only_error(data: bytes) -> tuple[RowError, list[list[str]]]:
    rows = read(data)
    errors = [row for row in rows if isinstance(row, RowError)]
    assert len(errors) == 1, rows
    return errors[0], [row.cells for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"])
def test_dialects_are_found_from_the_header(
    mark: bytes, delimiter: bytes, line_break: bytes
) -> None:
    lines = [
        delimiter.join(line) for line in ([b"id", b"name"], [b"1", b"Caf\xc3\xa9"], [b"2", b""])
    ]
    table = open_table(io.BytesIO(mark + line_break.join(lines)))
    assert (table.columns, table.delimiter) == (("id", "name"), delimiter.decode())
    assert cells(mark + line_break.join(lines)) == [["1", "Café"], ["2", ""]]


def test_a_delimiter_inside_quotation_marks_does_not_count() -> None:
    assert open_table(io.BytesIO(b'id;"name, full, legal, trade";city\n')).delimiter == ";"


def test_quoted_line_breaks_stay_in_the_cell_and_lines_are_counted() -> None:
    rows = read(b'id,"no\nte"\n1,"a\r\nb\nc"\n2,d\n')
    assert rows == [
        Row(3, ["1", "a\r\nb\nc"], Position(22, 5)),
        Row(6, ["2", "d"], Position(26, 6)),
    ]


def test_a_quoted_line_break_in_a_semicolon_header_does_not_end_it() -> None:
    assert open_table(io.BytesIO(b'a;"b\nc"\n1;2\n')).columns == ("a", "b c")


def test_empty_lines_and_empty_rows_are_passed_over() -> None:
    assert cells(b"\n\nid,name\n\n1,a\n,\n\n2,b\n\n") == [["1", "a"], ["2", "b"]]


def test_empty_cells_beyond_the_header_are_dropped() -> None:
    assert cells(b"id,name\n1,a,,\n") == [["1", "a"]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1", "the row has 1 cells, the header has 2"),
        (b"1,a,b", "the row has 3 cells, the header has 2"),
    ],
)
def test_ragged_row_is_refused_and_the_next_goes_in(line: bytes, reason: str) -> None:
    error, good = only_error(b"id,name\n" + line + b"\n2,b\n")
    assert (error.line, error.column, error.reason) == (2, "", reason)
    assert good == [["2", "b"]]


def test_invalid_utf8_names_line_column_and_byte() -> None:
    error, good = only_error(b'id,name\n1,ok\n2,"Caf\xe9\nBar"\n3,ok\n')
    assert (error.line, error.column) == (3, "name")
    assert error.reason == "byte 0xE9 is not UTF-8; save the file as UTF-8"
    assert error.excerpt == "Caf\ufffd\ufffdBar"
    assert good == [["1", "ok"], ["3", "ok"]]


def test_nul_names_line_and_column() -> None:
    error, good = only_error(b"id,name\n1,a\x00b\n2,b\n")
    assert (error.line, error.column, error.excerpt) == (2, "name", "a\ufffdb")
    assert error.reason == "the cell holds a NUL character"
    assert good == [["2", "b"]]


@pytest.mark.parametrize(
    "cell",
    [
        b"x" * (10 << 20),
        b'"' + b"x\n" * (5 << 20) + b'"',
        b'"' + b'""' * (1 << 20) + b'"',
        b"x" * (MAX_CELL + 1),
        b'"' + "é".encode() * (MAX_CELL // 2 + 1) + b'"',
    ],
    ids=["plain", "lines", "quotes", "one-over", "two-byte"],
)
def test_a_cell_over_the_limit_is_one_error_and_reading_goes_on(cell: bytes) -> None:
    error, good = only_error(b"id,name,note\n1,a," + cell + b"\n2,b,c\n")
    assert (error.line, error.column) == (2, "note")
    assert error.reason == "the cell holds more than 64 KB"
    assert good == [["2", "b", "c"]]


def test_a_cell_of_exactly_the_limit_is_read() -> None:
    assert cells(b"id,note\n1," + b"x" * MAX_CELL + b"\n") == [["1", "x" * MAX_CELL]]


def test_a_row_of_many_large_cells_is_refused_as_a_row() -> None:
    names = b",".join(b"c%d" % n for n in range(20))
    row = b",".join([b"x" * 60_000] * 20)
    error, good = only_error(names + b"\n" + row + b"\n" + b",".join([b"1"] * 20) + b"\n")
    assert (error.column, error.reason) == ("", "the row holds more than 1 MB")
    assert good == [["1"] * 20]


def test_memory_stays_flat_with_a_huge_cell() -> None:
    file = io.BytesIO(b'id,note\n1,"' + b"x\n" * (10 << 20) + b'"\n')
    tracemalloc.start()
    try:
        list(read_rows(file, open_table(file)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_quotation_mark_never_closed_costs_one_row_not_the_file() -> None:
    body = b"".join(b"%d,name\n" % n for n in range(50_000))
    error, good = only_error(b'id,name\nx,"never closed\n' + body)
    assert (error.line, error.column) == (2, "name")
    assert error.reason == "the quotation mark that opens the cell is never closed"
    assert len(good) == 50_000


def test_text_behind_a_closing_quotation_mark_is_refused() -> None:
    error, good = only_error(b'id,name\n1,"Joe "The Barber" Smith"\n2,b\n')
    assert (error.line, error.column) == (2, "name")
    assert error.reason.startswith("text follows a closing quotation mark")
    assert good == [["2", "b"]]


def test_a_lone_carriage_return_is_refused() -> None:
    error, good = only_error(b"id,name\n1,a\rb\n2,b\n")
    assert (error.line, error.reason) == (
        2,
        "a carriage return stands alone outside quotation marks",
    )
    assert good == [["2", "b"]]


def test_header_only_has_no_rows() -> None:
    assert read(b"id,name\n") == []
    assert read(b"id,name") == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n\n", "The file is empty."),
        ("id,name\n".encode("utf-16"), "The file is UTF-16; save it as CSV in UTF-8."),
        ("id,name\n".encode("utf-32"), "The file is UTF-32; save it as CSV in UTF-8."),
        (b"PK\x03\x04...", "The file is a workbook or an archive; save it as CSV in UTF-8."),
        (b"id,n\xe4me\n", "The header is not UTF-8 (byte 0xE4); save the file as UTF-8."),
        (b"id,\x00\n", "The header holds a NUL character; is this a CSV file?"),
        (b"id,Name,city, name \n", "The header names 'Name' more than once (columns 2 and 4)."),
        (b",,\n1,2,3\n", "The header names no column."),
        (b'id,"name\n1,a\n', "The header has unbalanced quotation marks."),
        (b'id,"na"me\n1,a\n', "The header has unbalanced quotation marks."),
        (b"x" * (1 << 20), "The first line is longer than 64 KB; is this a CSV file?"),
        (b"a," * 900 + b"\n", "The header names 'a' more than once (columns 1 and 2)."),
        (
            b",".join(b"c%d" % n for n in range(1001)) + b"\n",
            "The header has more than 1000 columns.",
        ),
    ],
)
def test_unreadable_file_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        open_table(io.BytesIO(data))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["langley_business_licences.csv", "osm_places.csv"])
def test_the_shipped_lists_read_as_csv_reads_them(name: str) -> None:
    path = LISTS / name
    with path.open(newline="", encoding="utf-8") as text:
        expected = list(csv.reader(text))[1:]
    assert cells(path.read_bytes()) == expected


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
rows_of_three = st.lists(
    st.lists(
        texts | st.sampled_from([",", '"', '""', "\n", "\r\n", ";\t", "=1+1"]),
        min_size=3,
        max_size=3,
    ),
    max_size=12,
)


def written(rows: list[list[str]], delimiter: str, quoting: Literal[0, 1]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    return text.getvalue().encode()


@given(
    rows=rows_of_three,
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_csv_writer_wrote_reads_back_equal(
    rows: list[list[str]], delimiter: str, quoting: Literal[0, 1]
) -> None:
    assert cells(written(rows, delimiter, quoting)) == [row for row in rows if any(row)]


hostile = st.lists(
    st.sampled_from(
        [b"a,b,c\n", b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"\xff", b"\x00", b"x", "é".encode()]
    ),
    max_size=60,
).map(b"".join)


@given(tail=hostile)
def test_reading_resumed_behind_any_row_equals_reading_through(tail: bytes) -> None:
    file = io.BytesIO(b"a,b,c\n" + tail)
    table = open_table(file)
    through = list(read_rows(file, table))
    for index, row in enumerate(through):
        assert list(read_rows(file, table, start=row.end)) == through[index + 1 :]


@given(tail=hostile)
def test_no_bytes_break_the_reader_and_positions_only_grow(tail: bytes) -> None:
    data = b"a,b,c\n" + tail
    rows = read(data)
    offsets = [row.end.offset for row in rows]
    assert offsets == sorted(set(offsets))
    assert all(0 < offset <= len(data) for offset in offsets)
    assert all(row.line >= 2 for row in rows)
