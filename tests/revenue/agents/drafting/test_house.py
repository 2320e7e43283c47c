from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from revenue.agents.drafting import house
from revenue.agents.drafting.brief import Kind
from revenue.agents.drafting.categories import HOUSE, categories
from revenue.agents.drafting.house import BadTemplate, history_kinds, templates


@pytest.mark.parametrize(("kind", "least"), [(Kind.COLD, 8), (Kind.REACTIVATION, 4)])
def test_house_has_enough_structures(kind: Kind, least: int) -> None:
    variants = templates(kind).variants
    structures = {variant.paragraphs for variant in variants if not variant.needs}
    assert len({variant.name for variant in variants}) == len(variants)
    assert len(structures) >= least


def test_house_cold_openers_deny_three_things() -> None:
    thin = []
    for variant in templates(Kind.COLD).variants:
        for line in (line for tier in variant.slots["opener"] for line in tier):
            sentence = line.text.lower()
            if sentence.count(",") < 2 and sentence.count(" no ") < 2:
                thin.append(line.text)
    assert thin == []


def test_house_templates_ask_for_one_word() -> None:
    for kind in Kind:
        for variant in templates(kind).variants:
            names = [name for paragraph in variant.paragraphs for name in paragraph]
            calls = [line.text for tier in variant.slots["call"] for line in tier]
            assert names.count("call") == 1
            assert all(text.count("{reply_word}") == 1 for text in calls), variant.name


def test_house_version_changes_with_any_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in HOUSE.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = templates(Kind.COLD).version
    text = (tmp_path / "history.toml").read_text(encoding="utf-8")
    (tmp_path / "history.toml").write_text(text.replace("parted", "broke off"), encoding="utf-8")
    monkeypatch.setattr(house, "HOUSE", tmp_path)
    assert house._version.__wrapped__() != before


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('["Your {shoe_size}."]', "shoe_size"),
        ('["{account} alone"]', "can be left without a line"),
    ],
)
def test_house_refuses_a_template_that_may_fail(line: str, complaint: str) -> None:
    entry = tomllib.loads(
        f'name = "x"\nsubject = [["a"]]\nparagraphs = ["only"]\nonly = [{line}]\n'
    )
    with pytest.raises(BadTemplate, match=complaint):
        house._check(house._variant(entry, {}), Kind.COLD)


def test_house_refuses_a_paragraph_without_slot() -> None:
    entry = tomllib.loads('name = "x"\nsubject = [["a"]]\nparagraphs = ["gone"]\n')
    with pytest.raises(BadTemplate, match="no slot gone"):
        house._check(house._variant(entry, {}), Kind.COLD)


def test_house_tells_no_history_that_embarrasses() -> None:
    assert [kind for kind, entry in history_kinds().items() if not entry.lines] == [
        "cfo_must_sign",
        "pays_late",
    ]


def test_categories_written_to_have_all_their_words() -> None:
    written = [words for words in categories().values() if words.plural]
    assert len(written) >= 20
    for words in written:
        assert all((words.people, words.busy, words.ask.strip("?"), words.trigger)), words.key
        assert words.kinds
