"""One stylesheet and one script for a page: the small files of ``static/`` put together.

Nothing is translated or shortened; the files stay as they were written, one after another. With
``DEBUG`` a page names each file by itself, so that the browser's tools point at its lines.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

FIRST_STYLES = ("reset", "tokens", "base", "layout", "frame")
"""The order of the layers is in ``reset.css``, so that of the other files does not matter."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """``address`` is below ``static/``; ``folder`` holds the parts, ``suffix`` names them.

    ``before`` and ``after`` stand round each part: a block keeps a script's names to itself.
    """

    address: str
    folder: str
    suffix: str
    before: str = ""
    after: str = ""

    def parts(self) -> list[str]:
        """The addresses of the parts in their order."""
        root = _static()
        found = sorted((root / self.folder).rglob(f"*{self.suffix}"), key=_rank)
        return [path.relative_to(root).as_posix() for path in found]

    def build(self) -> Path:
        """Write the bundle if a part is newer than it, and say where it is."""
        target = kept_in() / self.address
        parts = [_static() / part for part in self.parts()]
        newest = max(path.stat().st_mtime_ns for path in parts)
        if not target.exists() or target.stat().st_mtime_ns < newest:
            text = "".join(f"{self.before}{path.read_text()}{self.after}" for path in parts)
            _replace(target, text)
        return target


# One folder below the parts' root, like the parts of the stylesheet: their relative addresses hold.
STYLES = Bundle("css/bundle/app.css", "css", ".css")
SCRIPTS = Bundle("js/bundle/app.js", "js", ".js", before="{\n", after="}\n")
BUNDLES = {bundle.address: bundle for bundle in (STYLES, SCRIPTS)}


class BundleFinder(BaseFinder):
    """Gives the bundles to ``collectstatic`` and to servers that look for single files."""

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002
        """The bundle's file; an empty list where the path is none of ours."""
        bundle = BUNDLES.get(path)
        if bundle is None:
            return []
        built = str(bundle.build())
        return [built] if find_all else built

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        """Every bundle, with the storage that holds it."""
        for bundle in BUNDLES.values():
            bundle.build()
            yield bundle.address, FileSystemStorage(location=kept_in())

    def check(self, **_: Any) -> Any:
        return []


def addresses(bundle: Bundle) -> list[str]:
    """What a page names: the bundle, or with ``DEBUG`` or without the finder each part."""
    finder = f"{__name__}.{BundleFinder.__name__}"
    if settings.DEBUG or finder not in settings.STATICFILES_FINDERS:
        return bundle.parts()
    return [bundle.address]


def kept_in() -> Path:
    """The folder of the built files."""
    return Path(settings.VAR) / "bundles"


def _static() -> Path:
    return Path(settings.BASE_DIR) / "static"


def _rank(path: Path) -> tuple[int, str]:
    first = FIRST_STYLES.index(path.stem) if path.stem in FIRST_STYLES else len(FIRST_STYLES)
    return first, path.as_posix()


def _replace(target: Path, text: str) -> None:
    """Whole or not at all, even when two processes build at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(target)
