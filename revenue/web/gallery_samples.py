"""What the gallery shows in its components."""

from __future__ import annotations

from datetime import date, timedelta

from revenue.agents.drafting.claims import Claim
from revenue.policies.evaluation import Cause
from revenue.policies.explaining import Answer, LineView, RuleView, VerdictView
from revenue.policies.verdicts import Explained
from revenue.policies.vocabulary import Effect, Mode, Stage
from revenue.web.claims import ShownClaim, shown_claims

LONG = "The Very Reverend Company for Integrated Musculoskeletal and Wellness Services of the Lower"

# (business, contact, first words) by kind of sample
NAMES = {
    "plain": (
        ("Langley Physio", "Ana Núñez", "Not another booking tool, not a rebrand"),
        ("Fraser Valley Massage", "Tom Wilkes", "Three clinics, one waiting list"),
        ("Brookswood Naturopathic", "Mei Lin", "Your second door opened in May"),
        ("Aldergrove Chiropractic", "J. Singh", "No deck, no call, no retainer"),
    ),
    "long": (
        (
            f"{LONG} Mainland (Walnut Grove) Incorporated",
            "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger",
            "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle asked",
        ),
        ("X", "Y", "Z"),
    ),
    "rtl": (
        ("عيادة لانغلي للعلاج الطبيعي", "سارة الحداد", "ليست أداة حجز أخرى"),
        ("מרפאת פרייזר", "דנה לוי", "שלוש מרפאות, רשימת המתנה אחת"),
        ("Langley عيادة", "Omar عمر", "Mixed نص مختلط words"),
    ),
}


BODY = """Ana, this is not a booking tool, not a rebrand and not a retainer.

I saw that you run two clinics in Walnut Grove, with five therapists between them. Clinics of \
that size tend to lose about a call a day, and yours is busy at noon.

We fix that with what we call 4C: four fixed changes, two weeks, one price.

If you want the two-line version, reply 4C."""

# (words of the body, fact, stored value, supported, reason)
_CLAIMS = (
    ("two clinics", "account.locations", "2", True, ""),
    ("in Walnut Grove", "account.place", "Walnut Grove", True, ""),
    (
        "five therapists",
        "account.employees",
        "4",
        False,
        "the text says five, the record says 4",
    ),
    ("yours is busy at noon", "account.conduct", "", False, "nothing on record says so"),
)


def claims(today: date) -> tuple[ShownClaim, ...]:
    """Claims of ``BODY``, two with support and two without."""
    return shown_claims(
        BODY,
        [
            Claim(
                start=BODY.index(words),
                end=BODY.index(words) + len(words),
                sentence="",
                fact=fact,
                value=value,
                source="langley:LAN-20" if value else "",
                field="LOCATION COUNT" if value else "",
                as_of=today - timedelta(days=41) if value else None,
                supported=supported,
                reason=reason,
            )
            for words, fact, value, supported, reason in _CLAIMS
        ],
    )


def verdict() -> Explained:
    """A held mail: one rule decides, one only marks, others did not apply."""
    rules = (
        _rule(
            "A first mail waits where facts are missing",
            Effect.HOLD,
            Answer.UNKNOWN,
            LineView(0, "any of these", Answer.UNKNOWN, is_group=True),
            LineView(
                1, "the time zone of the contact is not known", Answer.UNKNOWN, is_group=False
            ),
            LineView(
                1,
                "the earlier mails to the contact are 0, asked was at least 1",
                Answer.NO,
                is_group=False,
            ),
            is_deciding=True,
        ),
        _rule(
            "Long subject",
            Effect.HOLD,
            Answer.YES,
            LineView(0, "the subject has 74 characters, over 60", Answer.YES, is_group=False),
            mode=Mode.WARN,
        ),
        _rule("Suppressed addresses get nothing", Effect.DENY, Answer.NO),
        _rule("Quiet hours of the recipient", Effect.HOLD, Answer.NOT_ASKED),
    )
    view = VerdictView(
        effect=Effect.HOLD,
        cause=Cause.UNKNOWN,
        sentence="Held: the time zone of the contact is not known, so the rule “A first mail "
        "waits where facts are missing” may apply.",
        waits="",
        rules=rules,
        warnings=rules[1:2],
    )
    change = "Allowed if the time zone of the contact is known and the postal address is set."
    return Explained(view=view, change=change)


def _rule(
    name: str,
    effect: Effect,
    answer: Answer,
    *lines: LineView,
    mode: Mode = Mode.ENFORCE,
    is_deciding: bool = False,
) -> RuleView:
    return RuleView(
        id=name,
        name=name,
        effect=effect,
        mode=mode,
        stage=Stage.CONTENT,
        answer=answer,
        is_deciding=is_deciding,
        sentence=f"{name}, because unknown never lets anything through.",
        reason="Unknown never lets anything through.",
        owner="Ana",
        lines=lines,
    )
