"""Facts about one message and the people and mailbox around it, which the send policy reads."""

from __future__ import annotations

from revenue.policies.vocabulary import Choice, Fact, FactType, PolicyKind, Unit

_SEND = frozenset({PolicyKind.SEND})


def _number(
    name: str,
    label: str,
    how: str,
    unit: Unit = Unit.PLAIN,
    *,
    minimum: float = 0,
    maximum: float = 10**9,
    whole: bool = False,
) -> Fact:
    return Fact(
        name,
        FactType.NUMBER,
        label,
        how,
        _SEND,
        unit,
        minimum=minimum,
        maximum=maximum,
        whole=whole,
    )


def _count(name: str, label: str, how: str, *, minimum: float = 0) -> Fact:
    return _number(name, label, how, minimum=minimum, whole=True)


def _bool(name: str, label: str, yes: str, no: str, how: str) -> Fact:
    return Fact(name, FactType.BOOL, label, how, _SEND, yes=yes, no=no)


def _choice(
    name: str, label: str, how: str, choices: dict[str, str], *, fixed: bool = False
) -> Fact:
    pairs = tuple(Choice(value, text) for value, text in choices.items())
    return Fact(name, FactType.CHOICE, label, how, _SEND, choices=pairs, fixed=fixed)


def _place(name: str, label: str, how: str) -> Fact:
    return Fact(name, FactType.TEXT, label, how, _SEND, fixed=True)


_MESSAGE = (
    _choice(
        "send.kind",
        "kind of message",
        "What the message is for, set when it is drafted.",
        {
            "cold": "a cold mail",
            "reactivation": "a reactivation",
            "follow_up": "a follow-up",
            "reply": "a reply",
        },
        fixed=True,
    ),
    _count(
        "send.touch_number",
        "number of this touch",
        "1 for the first message to this contact, counting delivered ones before it.",
        minimum=1,
    ),
    _number(
        "send.age_hours",
        "age of the draft",
        "Hours since this revision was written.",
        Unit.HOURS,
    ),
    _count(
        "send.unsupported_claims",
        "number of unsupported claims",
        "Factual sentences in the text that no stored evidence supports.",
    ),
    _count(
        "send.copy_blockers",
        "number of copy faults",
        "Findings of the copy checks that must be mended before sending.",
    ),
    _count(
        "send.copy_warnings",
        "number of copy warnings",
        "Findings of the copy checks that only deserve a look.",
    ),
    Fact(
        "send.copy_findings",
        FactType.SET,
        "set of copy findings",
        "The short names of all copy checks that found something.",
        _SEND,
    ),
    _number(
        "send.word_count",
        "length of the text",
        "Words in the body without the footer.",
        Unit.WORDS,
        whole=True,
    ),
    _bool(
        "send.has_footer",
        "footer",
        "the message has its footer",
        "the message has no footer",
        "Whether the text ends with our footer: who we are and why we write.",
    ),
    _bool(
        "send.has_postal_address",
        "postal address",
        "the message shows our postal address",
        "the message does not show our postal address",
        "Whether the footer holds the postal address of the sending mailbox.",
    ),
    _bool(
        "send.has_unsubscribe",
        "way to unsubscribe",
        "the message offers a way to unsubscribe",
        "the message offers no way to unsubscribe",
        "Whether the footer and the headers carry a working unsubscribe link.",
    ),
)

_CONTACT = (
    _bool(
        "contact.suppressed",
        "suppression",
        "the address is on the suppression list",
        "the address is not on the suppression list",
        "Whether the address, its domain or the account is on the suppression list.",
    ),
    _bool(
        "contact.unsubscribed",
        "unsubscription",
        "the contact has unsubscribed",
        "the contact has not unsubscribed",
        "Whether this person used the unsubscribe link or asked us to stop.",
    ),
    _place(
        "contact.country",
        "country of the contact",
        "Two capital letters (ISO 3166), from the contact or else from the account's address.",
    ),
    _place(
        "contact.region",
        "region of the contact",
        "Province or state, such as BC, from the contact or else from the account's address.",
    ),
    _choice(
        "contact.consent",
        "consent on record",
        "The strongest consent that we can prove for this address.",
        {
            "none": "none",
            "implied_published": "implied by publication",
            "existing_business": "an existing business relationship",
            "express": "express",
        },
    ),
    _bool(
        "contact.published_evidence",
        "evidence of publication",
        "we hold proof that the address was published",
        "we hold no proof that the address was published",
        "Whether the page and the date on which the address was found published are stored.",
    ),
    _bool(
        "contact.no_solicitation_note",
        "note against solicitation",
        "the page asks not to be written to",
        "the page does not ask not to be written to",
        "Whether the page that shows the address says that unsolicited mail is unwelcome. Not "
        "known when nobody looked.",
    ),
    _bool(
        "contact.role_relevant",
        "relevance to the role",
        "the message fits the contact's role",
        "the message does not fit the contact's role",
        "Whether our offer concerns this person's role, such as owner or manager, or a general "
        "address of the business. Not known without a role.",
    ),
    _choice(
        "contact.legal_form",
        "legal form of the recipient",
        "Whether the recipient is a company or counts as a private person.",
        {"company": "a company", "sole_trader": "a sole trader", "unknown": "not established"},
        fixed=True,
    ),
    _number(
        "contact.local_hour",
        "local time",
        "Time of day in the recipient's zone at the moment of the check; 17.5 is half past five.",
        Unit.CLOCK,
        maximum=24,
    ),
    _number(
        "contact.local_weekday",
        "local weekday",
        "Day of the week in the recipient's zone, 1 for Monday to 7 for Sunday.",
        Unit.WEEKDAY,
        minimum=1,
        maximum=7,
        whole=True,
    ),
    _bool(
        "contact.local_holiday",
        "public holiday",
        "it is a public holiday at the recipient",
        "it is no public holiday at the recipient",
        "Whether today is a public holiday in the recipient's country and region.",
    ),
    _bool(
        "contact.time_zone_known",
        "time zone",
        "the recipient's time zone is known",
        "the recipient's time zone is not known",
        "Whether the place of the contact or of the account tells the time zone.",
    ),
    _number(
        "contact.days_since_touch",
        "time since we last wrote to the contact",
        "Days since the last delivered message to this contact. Not known when there was none.",
        Unit.DAYS,
    ),
    _number(
        "contact.days_since_reply",
        "time since the contact last replied",
        "Days since the last message from this contact. Not known when there was none.",
        Unit.DAYS,
    ),
)

_ACCOUNT = (
    _number(
        "account.days_since_touch",
        "time since we last wrote to the account",
        "Days since the last delivered message to anybody at this account. Not known when there "
        "was none: ask for the number of messages in 90 days first.",
        Unit.DAYS,
    ),
    _count(
        "account.touches_90d",
        "number of messages to the account in 90 days",
        "Delivered messages to anybody at this account in the last 90 days; 0 when there was none.",
    ),
    _count(
        "account.open_sends",
        "number of other open messages to the account",
        "Messages to this account that wait for a decision or for delivery, without this one.",
    ),
    _choice(
        "account.icp_verdict",
        "verdict of the customer profile",
        "What the active ideal customer profile says of the account.",
        {"allow": "accepted", "hold": "held", "deny": "rejected"},
    ),
)

_RELATIONSHIP = (
    _count(
        "account.relationship_facts",
        "number of relationship facts",
        "Statements about the account that stand: noted, not replaced by a newer one, and valid "
        "today; 0 when there is none.",
    ),
    _number(
        "account.days_since_relationship_fact",
        "time since the newest relationship fact was noted",
        "Days since somebody noted the newest statement that stands. Not known when there is none: "
        "ask for the number of relationship facts first.",
        Unit.DAYS,
    ),
    Fact(
        "account.relationship_kinds",
        FactType.SET,
        "set of relationship facts",
        "The kinds of the statements about the account that stand; empty when there is none.",
        _SEND,
        choices=tuple(
            Choice(value, text)
            for value, text in {
                "left_over_price": "left over the price",
                "unhappy": "was unhappy with us",
                "champion_moved": "our champion moved on",
                "somebody_signs": "somebody else must sign",
                "pays_late": "pays late",
                "uses_other": "works with somebody else",
                "not_now": "asked to wait",
                "knows_us": "knows and likes us",
                "other": "something else",
            }.items()
        ),
    ),
)

_MAILBOX = (
    _count(
        "mailbox.sent_today",
        "number of messages sent today",
        "Messages from this mailbox since midnight in the mailbox's own zone.",
    ),
    _count(
        "mailbox.cap_today",
        "daily cap of the mailbox",
        "How many messages this mailbox may send today; grows while it warms up.",
    ),
    _number(
        "mailbox.cap_left",
        "number of messages left today",
        "The daily cap less the messages sent today; below zero after the cap was lowered.",
        minimum=-(10**9),
        whole=True,
    ),
    _number(
        "mailbox.bounce_rate_30d",
        "bounce rate",
        "Bounced messages as a share of the messages sent in the last 30 days. Not known when "
        "none was sent.",
        Unit.SHARE,
        maximum=1,
    ),
    _number(
        "mailbox.complaint_rate_30d",
        "complaint rate",
        "Spam complaints as a share of the messages sent in the last 30 days. Not known when "
        "none was sent.",
        Unit.SHARE,
        maximum=1,
    ),
    _count(
        "mailbox.sent_30d",
        "number of messages sent in 30 days",
        "Messages from this mailbox in the last 30 days.",
    ),
    _bool(
        "mailbox.paused",
        "pause of the mailbox",
        "the mailbox is paused",
        "the mailbox is not paused",
        "Whether a person or the house has paused this mailbox.",
    ),
    _bool(
        "mailbox.authenticated",
        "authentication of the mailbox",
        "the mailbox proves its domain",
        "the mailbox does not prove its domain",
        "Whether SPF and DKIM are set up for the mailbox's domain, as the admin confirmed.",
    ),
)

SEND_FACTS: tuple[Fact, ...] = (*_MESSAGE, *_CONTACT, *_ACCOUNT, *_RELATIONSHIP, *_MAILBOX)
