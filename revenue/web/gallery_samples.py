"""What the gallery shows in its components."""

from __future__ import annotations

from datetime import datetime, timedelta

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


def claims(now: datetime) -> tuple[dict[str, object], ...]:
    return (
        {
            "number": 1,
            "state": "go",
            "text": "you opened a second clinic in Walnut Grove",
            "evidence": "Two locations share the brand “Langley Physio”.",
            "source": "Township of Langley business licences",
            "seen_at": now - timedelta(days=2),
        },
        {
            "number": 2,
            "state": "wait",
            "text": "five therapists",
            "evidence": "Licence states 5 full-time employees.",
            "source": "Township of Langley business licences",
            "seen_at": now - timedelta(days=410),
        },
        {
            "number": 3,
            "state": "stop",
            "text": "your phone line is busy at noon",
            "evidence": "No stored field supports this sentence.",
            "source": "",
            "seen_at": None,
        },
    )


def mail_parts(now: datetime) -> tuple[dict[str, object], ...]:
    first, second, third = claims(now)
    return (
        {
            "text": "Ana, this is not a booking tool, not a rebrand and not a retainer.\n\n"
            "I saw that "
        },
        {"text": first["text"], "claim": first},
        {"text": ", with "},
        {"text": second["text"], "claim": second},
        {"text": " between the two. Clinics of that size tend to lose about a call a day when "},
        {"text": third["text"], "claim": third},
        {
            "text": ".\n\nWe fix that with what we call 4C: four fixed changes, two weeks, "
            "one price.\n\nIf you want the two-line version, reply 4C."
        },
    )


def rules() -> tuple[dict[str, object], ...]:
    return (
        {
            "effect": "hold",
            "name": "A first mail waits where facts are missing",
            "reason": "Unknown never lets anything through.",
            "deciding": True,
            "leaves": (
                {"result": "pass", "words": "Earlier mails to the contact are 0", "seen": "0"},
                {"result": "unknown", "words": "Time zone of the contact is known", "seen": ""},
                {
                    "result": "fail",
                    "words": "Footer holds a postal address",
                    "seen": "no postal address",
                },
            ),
        },
        {
            "effect": "idle",
            "name": "Suppressed addresses get nothing",
            "reason": "",
            "deciding": False,
            "leaves": (
                {"result": "fail", "words": "Address is on the suppression list", "seen": "no"},
            ),
        },
        {
            "effect": "allow",
            "name": "A quiet account in business hours",
            "reason": "",
            "deciding": False,
            "leaves": (
                {
                    "result": "pass",
                    "words": "Days since another touch are at least 7",
                    "seen": "41 days",
                },
                {"result": "pass", "words": "Copy faults are none", "seen": "none"},
            ),
        },
    )
