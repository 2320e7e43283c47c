import pytest

from revenue.web import drawing


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana de la Cruz", "AC"),
        ("Nick", "N"),
        ("  ", ""),
        ("“Ana” Núñez", "N"),
        ("سارة الحداد", "سا"),
    ],
)
def test_initials_are_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert drawing.initials(name) == letters


def test_actor_mark_tells_agents_from_people() -> None:
    assert "<path" in drawing.actor_mark("Nick", kind="agent")
    assert "<circle" in drawing.actor_mark("Ana", kind="person")
    assert "<rect" in drawing.actor_mark("Delivery", kind="system")


def test_level_steps_shows_reached_open_and_closed() -> None:
    drawn = drawing.level_steps(1, 3)
    assert [drawn.count(f"step-{kind}") for kind in ("on", "off", "closed")] == [2, 2, 1]


def test_sparkline_of_equal_values_stays_in_its_box() -> None:
    drawn = drawing.sparkline([4, 4, 4])
    assert 'points="3.0,21.0 52.0,21.0 101.0,21.0"' in drawn


def test_sparkline_scales_to_the_goal() -> None:
    assert 'y1="3.0" y2="3.0"' in drawing.sparkline([0, 5], goal=10)


def test_interval_bar_draws_fractions_as_percent() -> None:
    drawn = drawing.interval_bar(0.1, 0.25, 0.5)
    assert '<line class="interval-range" x1="10.0" x2="50.0"' in drawn
