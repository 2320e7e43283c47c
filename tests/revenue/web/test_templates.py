"""What must hold for every template and stylesheet."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE
)
NEEDS_EVAL = re.compile(r"\bhx-on|hx-vals=.js:|hx-trigger=\S*\[")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_template_holds_nothing_that_the_content_policy_refuses(template: Path) -> None:
    text = template.read_text()
    assert INLINE.findall(text) == []
    assert NEEDS_EVAL.findall(text) == []


def test_vendored_scripts_name_no_source_map() -> None:
    for script in (ROOT / "static/vendor").glob("*.js"):
        assert "sourceMappingURL" not in script.read_text()


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_page_needs_no_request(code: str) -> None:
    shown = render_to_string(f"{code}.html")
    assert "Go to the start page" in shown
    assert 'data-theme="system"' in shown
