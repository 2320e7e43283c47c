"""Several people write the text that is to become the next version."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections

from revenue.models import LedgerEvent, PolicyEdit, PolicyKind, PolicyState, PolicyVersion
from revenue.policies import editing
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.editing import ChangedMeanwhile, NothingToKeep, NothingToUndo, writing
from revenue.policies.rearranging import arranged
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Mode
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.rows import ADMIN, FOUNDER, NOW, publish_text

pytestmark = pytest.mark.django_db

SEND = PolicyKind.SEND


def text_without(*rules: str) -> PolicyText:
    text = seed_policy(Kind.SEND)
    for rule in rules:
        text = arranged(text, f"remove:{rule}").text
    return text


def save(
    text: PolicyText, seen: str, by: object = ADMIN, note: str = "Changed."
) -> editing.Writing:
    assert isinstance(by, type(ADMIN))
    return editing.save_edit(kind=SEND, text=text, seen=seen, note=note, by=by, now=NOW)


@pytest.fixture
def active() -> PolicyVersion:
    return publish_text(seed_policy(Kind.SEND))


def test_where_nobody_writes_the_text_is_that_of_the_active_version(
    active: PolicyVersion,
) -> None:
    found = writing(SEND)

    assert (found.is_open, found.number, found.base) == (False, 0, active)
    assert found.text == seed_policy(Kind.SEND)


def test_without_any_version_one_begins_with_no_rules() -> None:
    assert writing(SEND).text.rules == ()


def test_the_first_save_begins_from_the_active_version(active: PolicyVersion) -> None:
    after = save(text_without("suppressed"), writing(SEND).seen)

    assert (after.is_open, after.number, after.base) == (True, 1, active)
    assert after.text == text_without("suppressed")
    assert after.last is not None
    assert (after.last.saved_by, after.last.saved_at, after.last.note) == (
        str(ADMIN), NOW, "Changed.",
    )  # fmt: skip
    event = LedgerEvent.objects.get(kind="policy.edited")
    assert (event.subject, event.actor) == ("policy_text:send", str(ADMIN))


def test_a_save_that_changes_nothing_is_not_kept(active: PolicyVersion) -> None:
    after = save(active_text(active), writing(SEND).seen)

    assert (after.is_open, PolicyEdit.objects.count()) == (False, 0)


def active_text(version: PolicyVersion) -> PolicyText:
    return parse_policy(version.text)


def test_of_two_who_saw_the_same_the_second_is_told(active: PolicyVersion) -> None:
    seen = writing(SEND).seen
    first = save(text_without("suppressed"), seen, FOUNDER)

    with pytest.raises(ChangedMeanwhile) as told:
        save(text_without("no-footer"), seen, ADMIN)

    assert told.value.saw == active_text(active)
    assert told.value.now.text == first.text
    assert told.value.now.last is not None
    assert told.value.now.last.saved_by == str(FOUNDER)
    assert PolicyEdit.objects.count() == 1


def test_the_second_can_save_over_what_they_were_told(active: PolicyVersion) -> None:
    seen = writing(SEND).seen
    save(text_without("suppressed"), seen, FOUNDER)
    with pytest.raises(ChangedMeanwhile) as told:
        save(text_without("no-footer"), seen)

    after = save(text_without("suppressed", "no-footer"), told.value.now.seen)

    assert after.number == 2


def test_who_writes_over_a_version_that_was_replaced_is_told(active: PolicyVersion) -> None:
    seen = writing(SEND).seen
    publish_text(text_without("suppressed"))

    with pytest.raises(ChangedMeanwhile) as told:
        save(text_without("no-footer"), seen)

    assert told.value.saw == seed_policy(Kind.SEND)
    assert told.value.now.text == text_without("suppressed")


@pytest.mark.parametrize("seen", ["", "x", "0", "-1-ab", "9" * 40, "0-" + "0" * 12, "1-é"])
def test_a_name_of_no_text_is_refused(active: PolicyVersion, seen: str) -> None:
    with pytest.raises(ChangedMeanwhile) as told:
        save(text_without("no-footer"), seen)

    assert told.value.saw is None


def test_undo_goes_back_one_save_and_again(active: PolicyVersion) -> None:
    one = save(text_without("suppressed"), writing(SEND).seen)
    two = save(text_without("suppressed", "no-footer"), one.seen, note="Took out the footer.")

    after = editing.undo_edit(kind=SEND, seen=two.seen, by=ADMIN, now=NOW)

    assert (after.text, after.number) == (one.text, 3)
    assert after.last is not None
    assert after.last.note == "Undid: Took out the footer."
    again = editing.undo_edit(kind=SEND, seen=after.seen, by=ADMIN, now=NOW)
    assert again.text == two.text


def test_undo_of_the_first_save_leaves_nothing_begun(active: PolicyVersion) -> None:
    one = save(text_without("suppressed"), writing(SEND).seen)

    after = editing.undo_edit(kind=SEND, seen=one.seen, by=ADMIN, now=NOW)

    assert (after.is_open, after.text) == (False, active_text(active))


def test_a_text_that_was_given_up_can_be_taken_back(active: PolicyVersion) -> None:
    one = save(text_without("suppressed"), writing(SEND).seen)
    editing.give_up(kind=SEND, seen=one.seen, by=ADMIN, now=NOW)
    closed = writing(SEND)
    assert not closed.is_open

    after = editing.undo_edit(kind=SEND, seen=closed.seen, by=ADMIN, now=NOW)

    assert (after.is_open, after.text, after.base) == (True, one.text, active)


def test_nothing_is_given_up_or_undone_where_nobody_began(active: PolicyVersion) -> None:
    seen = writing(SEND).seen
    with pytest.raises(NothingToUndo):
        editing.give_up(kind=SEND, seen=seen, by=ADMIN, now=NOW)
    with pytest.raises(NothingToUndo):
        editing.undo_edit(kind=SEND, seen=seen, by=ADMIN, now=NOW)


def test_the_text_is_kept_as_the_next_version(active: PolicyVersion) -> None:
    one = save(text_without("suppressed"), writing(SEND).seen)

    version = editing.keep_as_version(kind=SEND, seen=one.seen, by=ADMIN, now=NOW)

    assert (version.number, version.state, version.based_on) == (2, PolicyState.DRAFT, active)
    assert parse_policy(version.text) == one.text
    after = writing(SEND)
    assert (after.is_open, after.may_undo) == (False, False)


def test_a_text_that_says_what_the_active_version_says_is_not_kept(
    active: PolicyVersion,
) -> None:
    one = save(text_without("suppressed"), writing(SEND).seen)
    two = save(active_text(active), one.seen)

    with pytest.raises(NothingToKeep):
        editing.keep_as_version(kind=SEND, seen=two.seen, by=ADMIN, now=NOW)
    assert PolicyVersion.objects.count() == 1


def test_what_somebody_else_changed_is_not_kept_unseen(active: PolicyVersion) -> None:
    one = save(text_without("suppressed"), writing(SEND).seen)
    save(text_without("suppressed", "no-footer"), one.seen, FOUNDER)

    with pytest.raises(ChangedMeanwhile):
        editing.keep_as_version(kind=SEND, seen=one.seen, by=ADMIN, now=NOW)
    assert PolicyVersion.objects.count() == 1


def test_rolling_back_begins_from_an_older_version(active: PolicyVersion) -> None:
    publish_text(text_without("suppressed"), now=NOW + timedelta(days=1))

    after = editing.start_from(version=active, seen=writing(SEND).seen, by=ADMIN, now=NOW)

    assert (after.text, after.base) == (active_text(active), active)
    version = editing.keep_as_version(kind=SEND, seen=after.seen, by=ADMIN, now=NOW)
    assert (version.number, version.based_on) == (3, active)


def test_the_kinds_are_written_apart(active: PolicyVersion) -> None:
    save(text_without("suppressed"), writing(SEND).seen)

    assert not writing(PolicyKind.ICP).is_open


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_is_taken() -> None:
    publish_text(seed_policy(Kind.SEND))
    seen = writing(SEND).seen
    ready, results = Barrier(2), []

    def run(rule: str) -> None:
        text = arranged(seed_policy(Kind.SEND), f"{Mode.OFF}:{rule}").text
        ready.wait()
        try:
            save(text, seen)
            results.append("taken")
        except ChangedMeanwhile:
            results.append("told")
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(rule,)) for rule in ("suppressed", "no-footer")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["taken", "told"]
    assert PolicyEdit.objects.count() == 1
    assert connection.is_usable()
