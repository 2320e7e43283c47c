"""Uploaded files in the database, so that a worker on any machine can read on."""

from __future__ import annotations

import io
from typing import BinaryIO

from revenue.models import ImportChunk, ImportRun

CHUNK = 512 * 1024


def store_file(run: ImportRun, file: BinaryIO) -> int:
    """Keep a file from its beginning, piece by piece; return its bytes."""
    file.seek(0)
    size = number = 0
    while data := _full_piece(file):
        ImportChunk.objects.create(run=run, number=number, data=data)
        size, number = size + len(data), number + 1
    return size


def _full_piece(file: BinaryIO) -> bytes:
    """The next ``CHUNK`` bytes, fewer at the end only: a piece is found by its number."""
    piece = file.read(CHUNK)
    while len(piece) < CHUNK and (more := file.read(CHUNK - len(piece))):
        piece += more
    return piece


def forget_file(run: ImportRun) -> None:
    """Remove the stored pieces of a file."""
    ImportChunk.objects.filter(run=run).delete()


class StoredFile(io.RawIOBase):
    """A stored file to read from, one piece in memory at a time."""

    def __init__(self, run: ImportRun) -> None:
        self.run_id = run.pk
        self.size = run.size
        self.position = 0
        self.number = -1
        self.piece = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = max(0, start + offset)
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number, offset = divmod(self.position, CHUNK)
        if number != self.number:
            self.number, self.piece = number, self._fetch(number)
        data = self.piece[offset : offset + len(buffer)]
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def _fetch(self, number: int) -> bytes:
        chunks = ImportChunk.objects.filter(run_id=self.run_id, number=number)
        return bytes(next(iter(chunks.values_list("data", flat=True)), b""))


def open_stored(run: ImportRun) -> BinaryIO:
    """The run's file, buffered."""
    return io.BufferedReader(StoredFile(run), 64 * 1024)
