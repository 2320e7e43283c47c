from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property

from revenue.access import Role, may


class User(AbstractUser):
    """A person who logs in. Their groups are their roles (``revenue.access.Role``)."""

    time_zone = models.CharField(max_length=64, default="America/Vancouver")
    shortcuts = models.BooleanField("keyboard shortcuts", default=True)

    @cached_property
    def roles(self) -> frozenset[Role]:
        names = set(self.groups.values_list("name", flat=True))
        return frozenset(role for role in Role if role.value in names)

    def may_see(self, url_name: str) -> bool:
        return may(self.roles, url_name, method="GET")

    def may_post(self, url_name: str) -> bool:
        return may(self.roles, url_name, method="POST")

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
