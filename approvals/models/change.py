from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from revenue.models.fields import ActorField, stated_together
from revenue.models.policy import SECOND_THOUGHTS


class ChangeKind(models.TextChoices):
    POLICY = "policy", "A policy version"
    GRANT = "grant", "Authority of a seat"


class ChangeState(models.TextChoices):
    WAITING = "waiting", "Waits for a decision"
    SCHEDULED = "scheduled", "Takes effect later"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Overtaken by events"


OPEN_CHANGES = (ChangeState.WAITING, ChangeState.SCHEDULED)


class ChangeRequest(models.Model):
    """A change of what may be done without a person, with its evidence, for a person to decide.

    ``grant`` is an ``agents.authority.Grant`` as JSON; ``evidence`` what the decider is shown.
    Who proposes does not approve: somebody else, or where there is nobody else the proposer with a
    reason, after a day in which it can be called off (``scheduled``).
    """

    kind = models.CharField(max_length=8, choices=ChangeKind)
    policy = models.ForeignKey("revenue.PolicyVersion", models.PROTECT, null=True, related_name="+")
    grant = models.JSONField(null=True)
    title = models.CharField(max_length=200)
    why = models.CharField(max_length=1000, blank=True)
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.WAITING)
    proposed_at = models.DateTimeField()
    proposed_by = ActorField()
    takes_effect_at = models.DateTimeField(null=True)
    alone_because = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = ActorField(null=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=ChangeKind.POLICY, policy__isnull=False, grant__isnull=True)
                | Q(kind=ChangeKind.GRANT, policy__isnull=True, grant__isnull=False),
                name="change_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=stated_together("decided_at", "decided_by"),
                name="change_decision_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_CHANGES, decided_at__isnull=True)
                | ~Q(state__in=OPEN_CHANGES) & Q(decided_at__isnull=False),
                name="change_decided_iff_closed",
            ),
            models.CheckConstraint(
                condition=~Q(state=ChangeState.APPROVED)
                | ~Q(decided_by=F("proposed_by"))
                | ~Q(alone_because="") & Q(decided_at__gte=F("proposed_at") + SECOND_THOUGHTS),
                name="change_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=ChangeState.SCHEDULED)
                | Q(takes_effect_at__isnull=False) & ~Q(alone_because=""),
                name="change_scheduled_has_time",
            ),
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(state__in=OPEN_CHANGES),
                name="change_one_open_per_policy",
            ),
        )
        indexes = (
            models.Index(
                fields=["-proposed_at"], name="change_open", condition=Q(state__in=OPEN_CHANGES)
            ),
        )

    def __str__(self) -> str:
        return f"change {self.pk}"
