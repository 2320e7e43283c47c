from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def rendered(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(NOW, tick=False), timezone.override("America/Vancouver"):
        yield


def test_when_has_the_exact_time_on_hover() -> None:
    assert rendered("{{ t|when }}", t=NOW - timedelta(minutes=5)) == (
        '<time datetime="2026-11-20T17:55:00+00:00"'
        ' title="Friday 20 November 2026, 09:55:00 PST">5 min ago</time>'
    )


def test_when_takes_a_day() -> None:
    assert rendered("{{ t|when }}", t=date(2026, 11, 1)) == (
        '<time datetime="2026-11-01" title="Sunday 1 November 2026">1 Nov</time>'
    )


@pytest.mark.parametrize("source", ["{{ t|when }}", "{{ t|age }}", '{{ t|money:"CAD" }}'])
def test_filter_of_nothing_is_empty(source: str) -> None:
    assert rendered(source, t=None) == ""


def test_countdown_says_what_is_left() -> None:
    assert 'data-seconds="30">30 s</time>' in rendered(
        "{% countdown t %}", t=NOW + timedelta(seconds=30)
    )


def test_countdown_of_the_past_is_zero() -> None:
    assert 'data-seconds="0"' in rendered("{% countdown t %}", t=NOW - timedelta(days=1))


def test_actor_takes_the_name_from_the_context() -> None:
    shown = rendered('{% actor "seat:sender" %}', actor_names={"seat:sender": "Pepper"})
    assert "mark-agent" in shown
    assert '<bdi class="actor-name">Pepper</bdi>' in shown
    assert '<span class="visually-hidden">, agent</span>' in shown


def test_actor_of_a_seat_that_a_person_holds_is_a_person() -> None:
    names = {"seat:closer": ("Ana Núñez", "person")}
    assert "mark-person" in rendered('{% actor "seat:closer" %}', actor_names=names)


def test_actor_without_a_name_shows_its_key() -> None:
    assert "Delivery_x" not in rendered('{% actor "system:delivery_x" %}')
    assert "Delivery x" in rendered('{% actor "system:delivery_x" %}')


def test_actor_escapes_a_hostile_name() -> None:
    shown = rendered('{% actor "person:1" %}', actor_names={"person:1": "<script>x</script>"})
    assert "<script>" not in shown


def test_state_shows_icon_and_word() -> None:
    shown = rendered('{% state "pending" word %}', word="Waits <for> you")
    assert shown.startswith('<span class="state" data-state="wait"><svg ')
    assert shown.endswith("Waits &lt;for&gt; you</span>")


def test_icon_with_a_label_is_an_image() -> None:
    shown = rendered('{% icon "check" "Done" %}')
    assert 'role="img"' in shown
    assert 'aria-label="Done"' in shown
    assert 'aria-hidden="true"' in rendered('{% icon "check" %}')


def test_rate_draws_its_interval_only_with_enough() -> None:
    assert "interval-range" in rendered("{% rate 12 50 bar=True %}")
    assert "interval-range" not in rendered("{% rate 1 3 bar=True %}")


@pytest.mark.parametrize(
    ("cookie", "shown"), [("dark", "dark"), ('x" onload="', "system"), ("", "system")]
)
def test_preference_takes_only_what_it_knows(cookie: str, shown: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert rendered('{% preference "theme" %}', request=request) == shown


def test_claimed_escapes_the_text_of_the_mail() -> None:
    assert rendered("{% claimed body claims %}", body="<b>Ana</b>", claims=()) == (
        "&lt;b&gt;Ana&lt;/b&gt;"
    )
