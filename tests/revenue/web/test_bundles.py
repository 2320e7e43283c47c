import os
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pytest_django import Settings

from revenue.web import bundles
from revenue.web.bundles import SCRIPTS, STYLES, Bundle, BundleFinder


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Path:
    """A house with two parts of a stylesheet."""
    settings.BASE_DIR = tmp_path
    settings.VAR = tmp_path / "var"
    parts = tmp_path / "static/css/components"
    parts.mkdir(parents=True)
    (parts / "a.css").write_text("a {}\n")
    (parts.parent / "reset.css").write_text("@layer reset;\n")
    return tmp_path


def test_stylesheet_begins_with_the_order_of_the_layers() -> None:
    assert STYLES.parts()[:5] == [
        "css/reset.css",
        "css/tokens.css",
        "css/base.css",
        "css/layout.css",
        "css/frame.css",
    ]


def test_bundle_holds_every_part_whole(settings: Settings) -> None:
    text = STYLES.build().read_text()
    for part in STYLES.parts():
        assert (Path(settings.BASE_DIR) / "static" / part).read_text() in text


def test_scripts_keep_their_names_to_themselves() -> None:
    text = SCRIPTS.build().read_text()
    assert text.startswith("{\n")
    assert text.count("\n}\n{\n") >= len(SCRIPTS.parts()) - 1


@pytest.mark.usefixtures("house")
def test_build_puts_parts_in_order() -> None:
    assert STYLES.build().read_text() == "@layer reset;\na {}\n"


def test_build_follows_a_changed_part(house: Path) -> None:
    built = STYLES.build()
    part = house / "static/css/components/a.css"
    part.write_text("b {}\n")
    os.utime(part, (built.stat().st_mtime + 1, built.stat().st_mtime + 1))
    assert STYLES.build().read_text() == "@layer reset;\nb {}\n"


@pytest.mark.usefixtures("house")
def test_build_leaves_a_current_bundle_alone() -> None:
    before = STYLES.build().stat().st_ino
    assert STYLES.build().stat().st_ino == before


def test_finder_finds_its_bundles_only() -> None:
    assert BundleFinder().find("css/bundle/app.css") == str(STYLES.build())
    assert BundleFinder().find("css/bundle/app.css", find_all=True) == [str(STYLES.build())]
    assert BundleFinder().find("css/reset.css") == []


def test_finder_lists_its_bundles() -> None:
    listed = {path: storage.exists(path) for path, storage in BundleFinder().list(None)}
    assert listed == {"css/bundle/app.css": True, "js/bundle/app.js": True}


def test_page_names_parts_while_it_is_developed(settings: Settings) -> None:
    settings.DEBUG = True
    assert bundles.addresses(SCRIPTS) == SCRIPTS.parts()


def test_page_names_one_address(settings: Settings) -> None:
    settings.STATICFILES_FINDERS = ["revenue.web.bundles.BundleFinder"]
    assert bundles.addresses(SCRIPTS) == ["js/bundle/app.js"]


def test_files_that_parts_name_lie_beside_the_bundle_too() -> None:
    """A part's ``url(../../img/x.svg)`` must mean the same file from the bundle's folder."""
    for part in STYLES.parts():
        text = Path(str(finders.find(part))).read_text()
        for named in re.findall(r"url\(['\"]?([^'\")]+)", text):
            meant = os.path.normpath(f"{Path(part).parent}/{named}")
            assert os.path.normpath(f"{Path(STYLES.address).parent}/{named}") == meant
            assert finders.find(meant)


def test_bundle_of_a_folder_without_parts_is_an_error(house: Path) -> None:
    (house / "static/none").mkdir()
    with pytest.raises(ValueError, match="empty"):
        Bundle("none/app.css", "none", ".css").build()
