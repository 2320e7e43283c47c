"""A version is checked over all inputs, and what was found is kept and shown."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from revenue.models import LedgerEvent, PolicyState, PolicyVersion
from revenue.policies import proofs
from revenue.policies.analysing import analyse
from revenue.policies.checking import ShownFact, ShownSide, check_version, shown_proof
from revenue.policies.conditions import PolicyText, Rule, parse_condition
from revenue.policies.proofs import proof_of
from revenue.policies.proving import compare
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import WrongState, propose, publish, publish_first, write_version
from revenue.policies.vocabulary import Effect, PolicyKind
from tests.support.rows import ADMIN, FOUNDER, NOW

SEND = seed_policy(PolicyKind.SEND)


def without(*ids: str) -> PolicyText:
    rules = tuple(rule for rule in SEND.rules if rule.id not in ids)
    return SEND.model_copy(update={"rules": rules})


def with_rule(rule_id: str, **changes: Any) -> PolicyText:
    rules = tuple(
        rule.model_copy(update=changes) if rule.id == rule_id else rule for rule in SEND.rules
    )
    return SEND.model_copy(update={"rules": rules})


def looser_canada() -> PolicyText:
    """Anybody in Canada may be written to: three rules gone, and no basis asked for."""
    when = {
        "all": [
            {"fact": "send.kind", "op": "ne", "value": "reply"},
            {"fact": "contact.country", "op": "eq", "value": "CA"},
        ]
    }
    gone = {"canada-asked-not-to", "canada-no-basis", "canada-role"}
    changed = with_rule("canada-allowed", when=parse_condition(when, PolicyKind.SEND))
    rules = tuple(rule for rule in changed.rules if rule.id not in gone)
    return SEND.model_copy(update={"rules": rules})


def words_of(proof: dict[str, Any], way: str) -> list[str]:
    return [example["words"] for example in proof[way]]


def test_looser_rule_for_canada_is_told_in_words() -> None:
    proof = proof_of(SEND, looser_canada())

    assert (proof["verdict"], proof["loosens"]) == ("looser", True)
    assert words_of(proof, "looser")[0] == (
        "A cold mail to a contact in Canada with consent implied by publication where we hold no "
        "proof that the address was published: denied before, allowed now"
    )
    first = proof["looser"][0]
    assert (first["before"]["name"], first["after"]["name"]) == (
        "Canada: neither consent nor publication",
        "Canada: consent, or published with evidence",
    )
    assert proof["tighter"] == []


def test_hold_for_fresh_relationship_facts_tells_that_not_known_is_held_too() -> None:
    leaf = {"fact": "account.days_since_relationship_fact", "op": "lt", "value": 30}
    rule = Rule(
        id="fresh-fact",
        when=parse_condition(leaf, PolicyKind.SEND),
        effect=Effect.HOLD,
        reason="Something about this account is new.",
        owner="admin",
    )

    proof = proof_of(SEND, SEND.model_copy(update={"rules": (*SEND.rules, rule)}))

    assert proof["verdict"] == "tighter"
    where = {words.partition(" where ")[2] for words in words_of(proof, "tighter")}
    assert "the newest relationship fact was noted 12 days ago: allowed before, held now" in where
    assert (
        "it is not known when the newest relationship fact was noted: allowed before, held now"
        in where
    )


def test_gone_hold_is_told_by_the_rule_that_allows_now() -> None:
    proof = proof_of(SEND, without("unsupported-claims"))

    assert words_of(proof, "looser")[0] == (
        "A cold mail with 1 unsupported claim to a contact in the United States: held before, "
        "allowed now"
    )


def test_gone_allowance_is_tighter() -> None:
    proof = proof_of(SEND, without("reply-allowed"))

    assert (proof["verdict"], proof["loosens"]) == ("tighter", False)
    assert words_of(proof, "tighter") == [
        f"A reply where the contact last replied {days} days ago: allowed before, held now"
        for days in (60, 7)
    ]


def test_both_ways_loosens() -> None:
    proof = proof_of(SEND, without("reply-allowed", "copy-faults"))

    assert (proof["verdict"], proof["loosens"]) == ("both", True)


@pytest.mark.parametrize("changes", [{"reason": "Another one."}, {"owner": "admin"}])
def test_other_words_decide_the_same(changes: dict[str, str]) -> None:
    proof = proof_of(SEND, with_rule("copy-faults", **changes))

    assert (proof["verdict"], proof["loosens"]) == ("same", False)


def test_first_of_its_kind_loosens_nothing() -> None:
    proof = proof_of(None, SEND)

    assert (proof["verdict"], proof["loosens"], proof["looser"]) == ("first", False, [])
    assert {finding["severity"] for finding in proof["findings"]} == {"note"}


def test_proof_is_json() -> None:
    proof = proof_of(SEND, looser_canada())

    assert json.loads(json.dumps(proof)) == proof


@pytest.mark.parametrize(
    ("limits", "verdict", "loosens"),
    [((0, 10), "undecided", True), ((10, 0), "looser", True)],
)
def test_time_that_ran_out_is_told(
    limits: tuple[float, float], verdict: str, loosens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing, analysing = limits
    monkeypatch.setattr(
        "revenue.policies.proving.compare", lambda old, new: compare(old, new, limit_s=comparing)
    )
    monkeypatch.setattr(
        "revenue.policies.analysing.analyse", lambda text: analyse(text, limit_s=analysing)
    )

    proof = proof_of(SEND, without("copy-faults"))

    assert (proof["verdict"], proof["loosens"]) == (verdict, loosens)
    if verdict == "undecided":
        assert proof["undecided"] == [
            "Whether it is looser could not be decided in 0 s.",
            "Whether it is tighter could not be decided in 0 s.",
        ]
    else:
        assert {finding["kind"] for finding in proof["findings"]} == {"undecided"}


def test_solver_is_not_loaded_before_something_is_proven() -> None:
    code = "import sys, revenue.policies.proofs; sys.exit('z3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert proofs.FORMAT == 1


@pytest.mark.django_db
class TestChecked:
    def written(self, text: PolicyText) -> PolicyVersion:
        return write_version(text=text, by=ADMIN, now=NOW)

    def test_version_is_compared_with_the_active_one_and_validated(self) -> None:
        active = publish_first(text=SEND, by=FOUNDER, now=NOW)
        version = self.written(without("copy-faults"))

        check_version(version=version, by=ADMIN, now=NOW)

        assert (version.state, version.loosens) == (PolicyState.VALIDATED, True)
        assert version.compared_with == active
        assert version.analysis is not None
        assert version.analysis["verdict"] == "looser"
        event = LedgerEvent.objects.latest("id")
        assert (event.kind, event.data["loosens"]) == ("policy.validated", True)

    def test_first_version_is_compared_with_nothing(self) -> None:
        version = self.written(SEND)

        check_version(version=version, by=ADMIN, now=NOW)

        assert (version.state, version.loosens) == (PolicyState.VALIDATED, False)
        assert version.compared_with is None
        assert shown_proof(version).headline == (
            "The first of its kind: there is nothing that it could loosen"
        )

    def test_tighter_version_can_be_published_by_its_proposer(self) -> None:
        publish_first(text=SEND, by=FOUNDER, now=NOW)
        version = self.written(without("reply-allowed"))
        check_version(version=version, by=ADMIN, now=NOW)
        propose(version=version, by=ADMIN, now=NOW)

        publish(version=version, by=ADMIN, now=NOW)

        version.refresh_from_db()
        assert version.state == PolicyState.ACTIVE
        assert shown_proof(version).is_current

    def test_published_version_is_not_checked_again(self) -> None:
        active = publish_first(text=SEND, by=FOUNDER, now=NOW)

        with pytest.raises(WrongState):
            check_version(version=active, by=ADMIN, now=NOW)

    def test_shown_proof_names_sides_and_facts(self) -> None:
        publish_first(text=SEND, by=FOUNDER, now=NOW)
        version = self.written(without("unsupported-claims"))
        check_version(version=version, by=ADMIN, now=NOW)

        shown = shown_proof(version)

        assert (shown.state, shown.tone, shown.against) == ("looser", "wait", 1)
        assert shown.headline == "Looser than version 1"
        assert shown.is_looser
        example = shown.looser[0]
        assert example.input == (
            "A cold mail with 1 unsupported claim to a contact in the United States"
        )
        assert example.before == ShownSide("hold", "Held", "Claims without evidence")
        assert example.after == ShownSide("allow", "Allowed", "United States")
        assert ShownFact("number of unsupported claims", "1") in example.facts
        assert [fact.label for fact in example.facts] == [
            "kind of message",
            "number of unsupported claims",
        ]
        assert shown.how.startswith(
            "Decided over all inputs, not over samples: 31 facts, about 7 "
            "\N{MULTIPLICATION SIGN} 10¹⁵ sorts of input"
        )
        assert shown.faults == ()
        assert [finding.rule for finding in shown.notes] == [
            "country-unknown",
            "uk-legal-form-unknown",
            "canada-role",
            "other-countries",
        ]

    def test_shown_proof_tells_of_waiting_and_of_doubt(self) -> None:
        publish_first(text=SEND, by=FOUNDER, now=NOW)
        version = self.written(without("quiet-hours", "suppressed"))
        check_version(version=version, by=ADMIN, now=NOW)

        sides = [(one.before, one.after) for one in shown_proof(version).looser]

        assert (
            ShownSide("hold", "Waits", "Quiet hours"),
            ShownSide("allow", "Leaves at once", ""),
        ) in sides
        assert "Suppression list, which can't be told" in {before.rule for before, _ in sides}

    def test_shown_proof_tells_of_faults_by_the_name_of_the_rule(self) -> None:
        when = parse_condition(
            {
                "all": [
                    {"fact": "send.word_count", "op": "gt", "value": 200},
                    {"fact": "send.word_count", "op": "lt", "value": 100},
                ]
            },
            PolicyKind.SEND,
        )
        rule = Rule(
            id="odd-length", when=when, effect=Effect.ALLOW, reason="A slip.", owner="admin"
        )
        version = self.written(SEND.model_copy(update={"rules": (*SEND.rules, rule)}))
        check_version(version=version, by=ADMIN, now=NOW)

        (fault,) = shown_proof(version).faults

        assert (fault.name, fault.rule) == ("odd length", "odd-length")
        assert fault.sentence.startswith("Its condition can never be true")

    def test_proof_against_a_version_that_is_active_no_more_says_so(self) -> None:
        publish_first(text=SEND, by=FOUNDER, now=NOW)
        version, other = self.written(without("copy-faults")), self.written(without("weekend"))
        for one in (version, other):
            check_version(version=one, by=ADMIN, now=NOW)
        assert shown_proof(version).is_current

        propose(version=other, by=ADMIN, now=NOW)
        publish(version=other, by=FOUNDER, now=NOW)

        assert not shown_proof(version).is_current

    def test_unchecked_version_says_so(self) -> None:
        shown = shown_proof(self.written(SEND))

        assert (shown.state, shown.headline, shown.how) == ("unchecked", "Not checked yet", "")
        assert not shown.is_looser
