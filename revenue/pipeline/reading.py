"""CSV as a stream: flat memory, an error for each bad row, resumable behind any row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from revenue.pipeline.scanning import MAX_CELL, Fault, scan_record

MAX_ROW = 1024 * 1024
MAX_HEADER = 64 * 1024
MAX_COLUMNS = 1000
EXCERPT = 80
DELIMITERS = ",;\t"

_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REASONS = {
    Fault.NONE: "the row holds more than 1 MB",
    Fault.CELL_TOO_LARGE: "the cell holds more than 64 KB",
    Fault.TEXT_AFTER_QUOTE: (
        "text follows a closing quotation mark; a quotation mark inside a cell is written twice"
    ),
    Fault.BARE_CARRIAGE_RETURN: "a carriage return stands alone outside quotation marks",
    Fault.QUOTE_NEVER_CLOSED: "the quotation mark that opens the cell is never closed",
}
_FOREIGN = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class UnreadableFileError(ValueError):
    """The file as a whole can't be read; the message says why, for the person who chose it."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two rows: bytes and physical lines before it."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """The header of a file and how its rows are written. ``start`` is behind the header."""

    columns: tuple[str, ...]
    delimiter: str
    carriage_returns: bool
    start: Position


@dataclass(frozen=True, slots=True)
class Row:
    """One good row. ``line`` counts physical lines from 1; reading can be resumed at ``end``."""

    line: int
    cells: list[str]
    end: Position


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that can't be taken; ``column`` is empty when the whole row is to blame."""

    line: int
    column: str
    reason: str
    excerpt: str
    end: Position


def open_table(file: BinaryIO) -> Table:
    """Read the header of a seekable binary file.

    Raises UnreadableFileError for an empty file, another encoding than UTF-8, a workbook, and a
    header that is too long, unnamed or names a column twice.
    """
    file.seek(0)
    head = file.read(MAX_HEADER)
    _refuse_foreign(head)
    skipped = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    carriage_returns = b"\n" not in head and b"\r" in head
    if carriage_returns:
        head = head.replace(b"\r", b"\n")
    blank = re.match(rb"[\r\n]*", head[skipped:])
    start = skipped + (blank.end() if blank else 0)
    if start == len(head):
        raise UnreadableFileError("The file is empty.")
    end = _header_end(head, start)
    text = _header_text(head[start:end])
    delimiter = _sniff(text)
    return Table(
        columns=_column_names(text, delimiter),
        delimiter=delimiter,
        carriage_returns=carriage_returns,
        start=Position(end, head.count(b"\n", 0, end)),
    )


def read_rows(
    file: BinaryIO, table: Table, *, start: Position | None = None
) -> Iterator[Row | RowError]:
    """Yield each row behind ``start`` (default: the header). Empty rows are passed over.

    Extra cells are an error unless they are empty; missing cells always are.
    """
    if table.carriage_returns:
        file = io.BufferedReader(_LineFeeds(file))
    position: Position | None = start or table.start
    while position is not None:
        position = yield from _read_until_fault(file, table, position)


def excerpt(text: str) -> str:
    """The beginning of a cell, safe to store and show."""
    return _HIDDEN.sub("\ufffd", text[:EXCERPT])


def _read_until_fault(
    file: BinaryIO, table: Table, start: Position
) -> Generator[Row | RowError, None, Position | None]:
    """Yield rows; return where to go on behind a record that csv refused, or None at the end."""
    lines = _Lines(file, start)
    reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
    while True:
        began = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except (csv.Error, _RowTooLargeError):
            refused = _refuse(file, table, began)
            yield refused
            return refused.end
        if any(cells):
            yield _checked(cells, table, began.line + 1, lines)


def _checked(cells: list[str], table: Table, line: int, lines: _Lines) -> Row | RowError:
    end = Position(lines.offset, lines.line)
    width = len(table.columns)
    if lines.suspect:
        for index, cell in enumerate(cells):
            if reason := _cell_fault(cell):
                return RowError(line, _name(table, index), reason, excerpt(cell), end)
    if len(cells) > width and not any(cells[width:]):
        del cells[width:]
    if len(cells) != width:
        reason = f"the row has {len(cells)} cells, the header has {width}"
        return RowError(line, "", reason, excerpt(table.delimiter.join(cells)), end)
    return Row(line, cells, end)


def _cell_fault(cell: str) -> str:
    if "\x00" in cell:
        return "the cell holds a NUL character"
    try:
        size = len(cell.encode())
    except UnicodeEncodeError as error:
        byte = ord(cell[error.start]) - 0xDC00
        return f"byte 0x{byte:02X} is not UTF-8; save the file as UTF-8"
    return _REASONS[Fault.CELL_TOO_LARGE] if size > MAX_CELL else ""


def _refuse(file: BinaryIO, table: Table, began: Position) -> RowError:
    scan = scan_record(file, began.offset, table.delimiter)
    size, count = scan.size, scan.lines
    file.seek(began.offset)
    beginning = file.read(4 * EXCERPT).decode(errors="replace").splitlines()
    if scan.fault is Fault.QUOTE_NEVER_CLOSED:
        # The stray mark would swallow the rest of the file: give up this one line only.
        file.seek(began.offset)
        size, count = _line_size(file), 1
    return RowError(
        line=began.line + 1,
        column="" if scan.fault is Fault.NONE else _name(table, scan.column),
        reason=_REASONS[scan.fault],
        excerpt=excerpt(beginning[0] if beginning else ""),
        end=Position(began.offset + size, began.line + count),
    )


def _line_size(file: BinaryIO) -> int:
    size = 0
    while piece := file.readline(MAX_ROW):
        size += len(piece)
        if piece.endswith(b"\n"):
            break
    return size


def _name(table: Table, index: int) -> str:
    return table.columns[index] if index < len(table.columns) else f"column {index + 1}"


class _RowTooLargeError(Exception):
    """One record is larger than MAX_ROW."""


class _Lines:
    """Decoded lines for ``csv.reader``, which takes exactly the lines that a row needs.

    ``suspect`` says that the present record needs a look at each cell.
    """

    def __init__(self, file: BinaryIO, start: Position) -> None:
        file.seek(start.offset)
        self.readline = file.readline
        self.offset = start.offset
        self.line = start.line
        self.record = start.offset
        self.suspect = False

    def begin(self) -> Position:
        self.record = self.offset
        self.suspect = False
        return Position(self.offset, self.line)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self.readline(MAX_ROW + 1)
        if not raw:
            raise StopIteration
        self.offset += len(raw)
        size = self.offset - self.record
        if size > MAX_ROW:
            raise _RowTooLargeError
        self.line += 1
        if size > MAX_CELL or b"\x00" in raw:
            self.suspect = True
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.suspect = True
            return raw.decode(errors="surrogateescape")


class _LineFeeds(io.RawIOBase):
    """A file of carriage returns seen as one of line feeds, byte for byte as long."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size).replace(b"\r", b"\n")

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _refuse_foreign(head: bytes) -> None:
    for mark, encoding in _FOREIGN:
        if head.startswith(mark):
            raise UnreadableFileError(f"The file is {encoding}; save it as CSV in UTF-8.")
    if head.startswith(b"PK\x03\x04"):
        raise UnreadableFileError("The file is a workbook or an archive; save it as CSV in UTF-8.")


def _header_end(head: bytes, start: int) -> int:
    """The index behind the first line break outside quotation marks."""
    match = re.compile(rb'(?:[^"\n]++|"[^"]*+")*+\n?').match(head, start)
    end = match.end() if match else start
    if end < len(head) and head[end - 1 : end] != b"\n":
        raise UnreadableFileError("The header has unbalanced quotation marks.")
    if end == MAX_HEADER:
        raise UnreadableFileError("The first line is longer than 64 KB; is this a CSV file?")
    return end


def _header_text(header: bytes) -> str:
    try:
        text = header.decode()
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"The header is not UTF-8 (byte 0x{header[error.start]:02X}); save the file as UTF-8."
        ) from None
    if "\x00" in text:
        raise UnreadableFileError("The header holds a NUL character; is this a CSV file?")
    return text


def _sniff(header: str) -> str:
    """The delimiter that stands most often outside quotation marks; a comma when none does."""
    counts = Counter(re.sub(r'"[^"]*"', "", header))
    return max(DELIMITERS, key=lambda mark: counts[mark])


def _column_names(header: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise UnreadableFileError("The header has unbalanced quotation marks.") from None
    names = tuple(" ".join(cell.split()) for cell in cells)
    if not any(names):
        raise UnreadableFileError("The header names no column.")
    if len(names) > MAX_COLUMNS:
        raise UnreadableFileError(f"The header has more than {MAX_COLUMNS} columns.")
    places: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        places.setdefault(name.casefold(), []).append(index + 1)
    for name, where in places.items():
        if name and len(where) > 1:
            raise UnreadableFileError(
                f"The header names {excerpt(names[where[0] - 1])!r} more than once "
                f"(columns {where[0]} and {where[1]})."
            )
    return names
