from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from revenue.models.fields import ActorField, stated_together


class Stage(models.TextChoices):
    IDENTIFICATION = "identification", "Identification"
    OUTREACH = "outreach", "Outreach"
    FOLLOW_UP = "follow_up", "Follow-up"
    QUALIFICATION = "qualification", "Qualification and handoff"
    CLOSE = "close", "Close"
    AFTER_CLOSE = "after_close", "After the close"


class Side(models.TextChoices):
    DISCOVERY = "discovery", "Discovery"
    COMMITMENT = "commitment", "Commitment"


class Level(models.IntegerChoices):
    OBSERVE = 0, "Observes"
    DRAFT = 1, "Drafts; a person executes"
    APPROVE_EACH = 2, "A person approves each"
    AUDITED = 3, "Acts inside policy; at least 10 % audited"
    TRUSTED = 4, "Acts inside policy; at least 2 % audited"


class Seat(models.Model):
    """A function with exactly one owner: an agent, or a person."""

    slug = models.SlugField(primary_key=True, max_length=32)
    title = models.CharField(max_length=80)
    stage = models.CharField(max_length=16, choices=Stage)
    side = models.CharField(max_length=10, choices=Side)
    agent_name = models.CharField(max_length=80, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_agent = models.BooleanField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(is_agent=True, person__isnull=True) & ~Q(agent_name="")
                | Q(is_agent=False, agent_name=""),
                name="seat_has_one_owner",
            ),
            models.UniqueConstraint(fields=["slug", "side"], name="seat_side"),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def owner_name(self) -> str:
        """Who holds the seat, in words; a person's seat may still be free."""
        if self.is_agent:
            return self.agent_name
        return self.person.display_name if self.person else "nobody yet"


class Action(models.Model):
    """Something that a seat may do, with the highest level it may ever have."""

    slug = models.SlugField(primary_key=True, max_length=32)
    label = models.CharField(max_length=80)
    stage = models.CharField(max_length=16, choices=Stage)
    side = models.CharField(max_length=10, choices=Side)
    ceiling = models.PositiveSmallIntegerField(choices=Level)
    only_seat = models.CharField("the one seat that may hold it", max_length=32, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["slug", "side", "ceiling", "only_seat"], name="action_limits"
            ),
        )

    def __str__(self) -> str:
        return self.slug


class Segment(models.Model):
    """A part of the mail that authority can be granted for: a condition on facts, never edited.

    ``condition`` is one of ``policies.conditions`` over the facts of the send policy; null for
    everything.
    """

    slug = models.SlugField(primary_key=True, max_length=32)
    label = models.CharField(max_length=80)
    condition = models.JSONField(null=True)
    position = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.slug


class Authority(models.Model):
    """The level that a seat has for an action, in a segment, while it is valid.

    A change ends the row and writes the next one; but for ``evidence_until``, which moves with
    what is found, nothing else of it ever changes. The copied
    columns are bound to their rows by composite foreign keys (``migrations/0002_guards.py``), so
    that the checks below can hold across tables. ``evidence`` is what was known when it was
    granted, see ``agents.authority``.
    """

    seat = models.ForeignKey(Seat, models.PROTECT, related_name="authorities")
    seat_side = models.CharField(max_length=10, choices=Side)
    action = models.ForeignKey(Action, models.PROTECT, related_name="authorities")
    action_side = models.CharField(max_length=10, choices=Side)
    ceiling = models.PositiveSmallIntegerField(choices=Level)
    only_seat = models.CharField(max_length=32, blank=True)
    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="authorities", default="everything"
    )
    level = models.PositiveSmallIntegerField(choices=Level)
    max_value_minor = models.BigIntegerField("largest deal, smallest unit of money", null=True)
    per_day = models.PositiveIntegerField("how many a day", null=True)
    valid_until = models.DateTimeField(null=True)
    evidence = models.JSONField(default=dict)
    evidence_until = models.DateTimeField(
        "how long the evidence that it rests on bears it, if nothing more is found", null=True
    )
    granted_at = models.DateTimeField()
    granted_by = ActorField()
    ended_at = models.DateTimeField(null=True)
    ended_by = ActorField(null=True)
    end_reason = models.CharField(max_length=300, null=True)

    class Meta:
        verbose_name_plural = "authorities"
        constraints = (
            models.UniqueConstraint(
                fields=["seat", "action", "segment"],
                condition=Q(ended_at__isnull=True),
                name="authority_once",
            ),
            models.UniqueConstraint(fields=["id", "level"], name="authority_has_level"),
            models.CheckConstraint(
                condition=Q(only_seat="") | Q(only_seat=F("seat")), name="authority_of_one_seat"
            ),
            models.CheckConstraint(
                condition=stated_together("ended_at", "ended_by", "end_reason"),
                name="authority_end_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(level__lte=F("ceiling")), name="authority_below_ceiling"
            ),
            models.CheckConstraint(
                condition=~Q(seat_side=Side.DISCOVERY, action_side=Side.COMMITMENT),
                name="authority_discovery_cannot_commit",
            ),
        )

    def __str__(self) -> str:
        return f"{self.seat_id} {self.action_id} {self.level}"


class SwitchScope(models.TextChoices):
    EVERYTHING = "everything", "Everything"
    SEAT = "seat", "One seat"
    ACTION = "action", "One action"


class KillSwitch(models.Model):
    """A thrown switch; it is active until it is released."""

    scope = models.CharField(max_length=10, choices=SwitchScope)
    target = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    thrown_at = models.DateTimeField()
    thrown_by = ActorField()
    release_reason = models.CharField(max_length=500, null=True)
    released_at = models.DateTimeField(null=True)
    released_by = ActorField(null=True)

    class Meta:
        verbose_name_plural = "kill switches"
        constraints = (
            models.UniqueConstraint(
                fields=["scope", "target"],
                condition=Q(released_at__isnull=True),
                name="kill_switch_thrown_once",
            ),
            models.CheckConstraint(
                condition=Q(scope=SwitchScope.EVERYTHING, target="")
                | ~Q(scope=SwitchScope.EVERYTHING) & ~Q(target=""),
                name="kill_switch_has_target",
            ),
            models.CheckConstraint(
                condition=stated_together("released_at", "released_by", "release_reason")
                & ~Q(release_reason=""),
                name="kill_switch_release_has_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope} {self.target}".strip()
