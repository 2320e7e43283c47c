from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When something that has to happen again and again last came to its end."""

    name = models.CharField(primary_key=True, max_length=64)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
