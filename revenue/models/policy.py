from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from revenue.models.fields import ActorField, stated_together


class PolicyKind(models.TextChoices):
    ICP = "icp", "Ideal customer profile"
    SEND = "send", "Send policy"


class PolicyState(models.TextChoices):
    DRAFT = "draft", "Draft"
    VALIDATED = "validated", "Validated"
    BACKTESTED = "backtested", "Backtested"
    SHADOW = "shadow", "Shadow"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Effect(models.TextChoices):
    DENY = "deny", "Denied"
    HOLD = "hold", "Held"
    ALLOW = "allow", "Allowed"


class AskedAt(models.TextChoices):
    """When a rule is asked: ``policies.vocabulary.Stage`` of what it says."""

    CONTENT = "content", "When it is judged"
    TIMING = "timing", "When it is due to leave"


SECOND_THOUGHTS = timedelta(hours=24)
"""How long a loosening waits, and can be cancelled, where nobody else could approve it."""


class PolicyEdit(models.Model):
    """One save of the text that is to become the next version of its kind.

    The latest row of a kind is what is being written now; ``text`` is null where it was kept as a
    version or given up. The number is the one that the writer saw, and one: of two people who
    saved at once only the first has it. Rows are never changed or removed.
    """

    kind = models.CharField(max_length=16, choices=PolicyKind)
    number = models.PositiveIntegerField()
    text = models.JSONField(null=True)
    based_on = models.ForeignKey("PolicyVersion", models.PROTECT, null=True, related_name="+")
    note = models.CharField("what was done", max_length=300)
    saved_at = models.DateTimeField()
    saved_by = ActorField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "number"], name="edit_number_once"),)

    def __str__(self) -> str:
        return f"edit {self.number} of {self.kind}"


class PolicyVersion(models.Model):
    """One immutable text of rules. Only its state moves; the database refuses any other change.

    ``text`` is a ``policies.conditions.PolicyText``. ``analysis`` is what was found over all
    inputs (``policies.proofs``), beside ``compared_with``, the version that was active then;
    ``loosens`` whether it lets anything through that this one does not. A loosening is published
    by somebody else than who proposed it, or alone with a reason and a day's delay.
    """

    kind = models.CharField(max_length=16, choices=PolicyKind)
    number = models.PositiveIntegerField()
    text = models.JSONField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=PolicyState)
    written_at = models.DateTimeField()
    written_by = ActorField()
    based_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    compared_with = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    loosens = models.BooleanField("lets more through than the one before", null=True)
    analysis = models.JSONField(null=True)
    proposed_at = models.DateTimeField(null=True)
    proposed_by = ActorField(null=True)
    alone_because = models.CharField("why nobody else approved it", max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "number"], name="policy_number_once"),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state=PolicyState.SHADOW),
                name="policy_one_shadow_per_kind",
            ),
            models.CheckConstraint(
                condition=stated_together("proposed_at", "proposed_by"),
                name="policy_proposal_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True)
                | Q(number=1)
                | Q(loosens__isnull=False, proposed_at__isnull=False),
                name="policy_published_was_proven",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True)
                | Q(number=1)
                | Q(loosens=False)
                | ~Q(published_by=F("proposed_by"))
                | ~Q(alone_because="") & Q(published_at__gte=F("proposed_at") + SECOND_THOUGHTS),
                name="policy_loosening_needs_another",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state=PolicyState.ACTIVE),
                name="policy_one_active_per_kind",
            ),
            models.CheckConstraint(
                condition=stated_together("published_at", "published_by"),
                name="policy_publication_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PolicyState.ACTIVE, PolicyState.RETIRED])
                | Q(published_at__isnull=False),
                name="policy_active_was_published",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class PolicyStep(models.Model):
    """One step in the life of a version, with who and when. Never changed or removed."""

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="steps")
    state = models.CharField(max_length=12, choices=PolicyState)
    note = models.CharField(max_length=500, blank=True)
    stepped_at = models.DateTimeField()
    stepped_by = ActorField()

    def __str__(self) -> str:
        return f"{self.policy_id} {self.state}"


class Verdict(models.Model):
    """What a policy version said of a subject, with the facts it saw and its trace.

    ``subject`` is ``account:7`` or ``send:12``; rows are never changed or removed.
    """

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="verdicts")
    subject = models.CharField(max_length=80)
    effect = models.CharField(max_length=5, choices=Effect)
    rule = models.CharField("deciding rule", max_length=64, blank=True)
    facts = models.JSONField()
    trace = models.JSONField()
    given_at = models.DateTimeField()
    given_by = ActorField()

    class Meta:
        indexes = (
            models.Index(fields=["subject", "-id"], name="verdict_by_subject"),
            models.Index(fields=["policy", "id"], name="verdict_by_policy"),
            models.Index(fields=["given_at"], name="verdict_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.effect}"


class VerdictObjection(models.Model):
    """A person's word that a verdict is wrong, and why: evidence for the next version."""

    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="objections")
    reason = models.CharField(max_length=500)
    raised_at = models.DateTimeField()
    raised_by = ActorField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["verdict"],
                condition=Q(withdrawn_at__isnull=True),
                name="objection_once_per_verdict",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="objection_has_reason"),
            models.CheckConstraint(
                condition=stated_together("withdrawn_at", "withdrawn_by"),
                name="objection_withdrawal_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"objection to {self.verdict_id}"


class ShadowVerdict(models.Model):
    """What a version in shadow said beside the verdict that counted. Never changed or removed."""

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+", db_index=False)
    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="+", db_index=False)
    effect = models.CharField(max_length=5, choices=Effect)
    rule = models.CharField("deciding rule", max_length=64, blank=True)
    trace = models.JSONField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["policy", "verdict"], name="shadow_once_per_verdict"),
        )
        indexes = (models.Index(fields=["verdict"], name="shadow_by_verdict"),)

    def __str__(self) -> str:
        return f"{self.effect} in shadow"


class DueBatch(models.Model):
    """Mails that delivery took up together and asked the timing rules of one version about.

    Never changed or removed.
    """

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+", db_index=False)
    mails = models.PositiveIntegerField("how many were asked about")
    asked_at = models.DateTimeField()
    asked_by = ActorField()

    class Meta:
        indexes = (models.Index(fields=["asked_at"], name="due_batch_by_time"),)

    def __str__(self) -> str:
        return f"{self.mails} mails due"


class TimingVerdict(models.Model):
    """What the timing rules said of one mail that was due, where any of them did not say no.

    ``rule`` is the first that made it wait, until ``asked_again_at``; empty where those that spoke
    only mark. Never changed or removed.
    """

    batch = models.ForeignKey(DueBatch, models.PROTECT, related_name="verdicts")
    subject = models.CharField(max_length=80)
    fired = ArrayField(models.CharField(max_length=64))
    unknown = ArrayField(models.CharField(max_length=64))
    rule = models.CharField("what made it wait", max_length=64, blank=True)
    asked_again_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(rule="", asked_again_at__isnull=True)
                | ~Q(rule="") & Q(asked_again_at__isnull=False),
                name="timing_waits_until_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(fired=[]) | ~Q(unknown=[]), name="timing_only_where_a_rule_spoke"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.rule}"


class RuleDay(models.Model):
    """How often a rule was asked on one day (UTC), and what it came to; counted by a sweep."""

    kind = models.CharField(max_length=16, choices=PolicyKind)
    stage = models.CharField(max_length=8, choices=AskedAt)
    rule = models.CharField(max_length=64)
    day = models.DateField()
    asked = models.PositiveIntegerField()
    fired = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    decided = models.PositiveIntegerField("how often it gave the verdict")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "stage", "rule", "day"], name="rule_day_once"),
        )

    def __str__(self) -> str:
        return f"{self.rule} on {self.day}"


class Backtest(models.Model):
    """A version asked about the facts of all verdicts that its kind has, slice by slice.

    ``against`` is the version that it is compared with on the same facts. ``last_id`` fixes the
    verdicts that were there when it was ordered.
    """

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="backtests")
    against = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    last_id = models.BigIntegerField()
    ordered_at = models.DateTimeField()
    ordered_by = ActorField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["policy", "against"],
                condition=Q(finished_at__isnull=True),
                name="backtest_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"backtest {self.pk}"


class BacktestSlice(models.Model):
    """A range of verdicts, done or not: what is not done is claimed under SKIP LOCKED.

    ``counts`` is ``{segment: {move: n}}`` with the moves of ``policies.backtesting.Move``;
    the arrays hold the ids of verdicts that moved, in order.
    """

    backtest = models.ForeignKey(Backtest, models.CASCADE, related_name="slices")
    number = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    counts = models.JSONField(default=dict)
    newly_allowed = ArrayField(models.BigIntegerField(), default=list)
    newly_held = ArrayField(models.BigIntegerField(), default=list)
    newly_denied = ArrayField(models.BigIntegerField(), default=list)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["backtest", "number"], name="slice_number_once"),
        )
        indexes = (
            models.Index(
                fields=["backtest", "number"], name="slice_open", condition=Q(done_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"slice {self.number} of backtest {self.backtest_id}"
