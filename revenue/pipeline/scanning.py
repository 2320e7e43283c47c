"""The slow, careful walk over one CSV record that the fast reader could not take.

It finds where the record ends, in flat memory whatever its size, so that reading can go on behind
it, and which cell is to blame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import BinaryIO

MAX_CELL = 64 * 1024
"""Bytes that one cell may hold."""

_CHUNK = 64 * 1024


class Fault(Enum):
    """What is wrong with a record."""

    NONE = auto()
    CELL_TOO_LARGE = auto()
    TEXT_AFTER_QUOTE = auto()
    BARE_CARRIAGE_RETURN = auto()
    QUOTE_NEVER_CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a record ends and its first fault; ``column`` counts cells from 0.

    ``size`` and ``lines`` are the bytes and physical lines of the record.
    """

    size: int
    lines: int
    fault: Fault
    column: int


class _At(Enum):
    CELL_START = auto()
    PLAIN = auto()
    QUOTED = auto()
    AFTER_QUOTE = auto()


def scan_record(file: BinaryIO, offset: int, delimiter: str) -> Scan:
    """Walk the record that starts at ``offset`` bytes."""
    file.seek(offset)
    return _Walk(delimiter).run(iter(lambda: file.read(_CHUNK), b""))


class _Walk:
    """The state of one walk. ``cell`` counts the bytes of the present cell."""

    def __init__(self, delimiter: str) -> None:
        self.marks = re.compile(rb'"+')
        self.token = re.compile(rb'"+|[\n\r' + re.escape(delimiter.encode()) + rb"]")
        self.at = _At.CELL_START
        self.column = 0
        self.cell = 0
        self.lines = 0
        self.after_return = False
        self.fault = Fault.NONE
        self.fault_column = 0

    def run(self, chunks: Iterator[bytes]) -> Scan:
        consumed = 0
        for chunk in chunks:
            end = self._take(chunk)
            if end is not None:
                return self._scan(consumed + end)
            consumed += len(chunk)
        if self.at is _At.QUOTED:
            self._blame(Fault.QUOTE_NEVER_CLOSED, override=True)
        return self._scan(consumed)

    def _scan(self, size: int) -> Scan:
        return Scan(size, self.lines, self.fault, self.fault_column)

    def _blame(self, fault: Fault, *, override: bool = False) -> None:
        if self.fault is Fault.NONE or override:
            self.fault, self.fault_column = fault, self.column

    def _take(self, chunk: bytes) -> int | None:
        """Walk one chunk; return the index behind the record's last byte if it ends in here."""
        position = 0
        while position < len(chunk):
            if self.at is _At.QUOTED:
                position = self._inside(chunk, position)
                continue
            match = self.token.search(chunk, position)
            start = match.start() if match else len(chunk)
            if start > position:
                self._text(start - position)
            if match is None:
                return None
            position = match.end()
            token = match.group()
            if token[:1] == b'"':
                self._quotes(len(token))
            elif self._ends(token):
                return position
        return None

    def _inside(self, chunk: bytes, position: int) -> int:
        """Pass over quoted text, and over the quotation marks that follow it."""
        match = self.marks.search(chunk, position)
        start = match.start() if match else len(chunk)
        self.lines += chunk.count(b"\n", position, start)
        self._grow(start - position)
        if match is None:
            return start
        self._quotes(len(match.group()))
        return match.end()

    def _grow(self, size: int) -> None:
        self.cell += size
        if self.cell > MAX_CELL:
            self._blame(Fault.CELL_TOO_LARGE)

    def _text(self, size: int) -> None:
        self._note_return()
        if self.at is _At.AFTER_QUOTE:
            self._blame(Fault.TEXT_AFTER_QUOTE)
        self.at = _At.PLAIN
        self._grow(size)

    def _quotes(self, count: int) -> None:
        self._note_return()
        self._grow(count)
        if self.at is _At.PLAIN:
            return
        # At the start of a cell the first quote opens it; behind a quote the first one makes a
        # pair, and the cell is still open. What follows toggles.
        if self.at is not _At.QUOTED:
            count -= 1
        self.at = _At.AFTER_QUOTE if count % 2 else _At.QUOTED

    def _ends(self, token: bytes) -> bool:
        """Take a delimiter or a line break; return True when it ends the record."""
        if token == b"\n":
            self.lines += 1
            return True
        self._note_return()
        if token == b"\r":
            self.after_return = True
        else:
            self.at = _At.CELL_START
            self.column += 1
            self.cell = 0
        return False

    def _note_return(self) -> None:
        """A carriage return that no line feed followed."""
        if self.after_return:
            self.after_return = False
            self._blame(Fault.BARE_CARRIAGE_RETURN)
