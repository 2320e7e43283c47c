from enum import Enum

import pytest
from lucide.templatetags.lucide import lucide

from approvals.models.attempt import AttemptOutcome
from approvals.models.bulk import BulkResult
from approvals.models.decision import Choice
from approvals.models.send import SendState
from revenue.models.imports import ImportState
from revenue.models.policy import PolicyState
from revenue.policies.explaining import Answer
from revenue.policies.vocabulary import Effect
from revenue.web.states import ICONS, STATES, state_of

SHOWN = (
    SendState, Choice, AttemptOutcome, BulkResult, ImportState, PolicyState, Effect, Answer,
)  # fmt: skip


@pytest.mark.parametrize("words", SHOWN, ids=lambda words: words.__name__)
def test_every_state_of_the_models_has_a_look(words: type[Enum]) -> None:
    assert {word.value for word in words} - STATES.keys() == set()


def test_every_icon_exists() -> None:
    for _, icon in [*STATES.values(), *((tone, icon) for tone, icon in ICONS.items())]:
        assert lucide(icon).startswith("<svg")


def test_state_of_a_tone_is_the_tone() -> None:
    assert state_of("unsure") == ("unsure", "circle-question-mark")


def test_state_of_an_unlisted_word_is_plain() -> None:
    assert state_of("brand-new") == ("plain", "circle")
