from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from revenue.installing import install


class Command(BaseCommand):
    help = "Create the roles, seats, first policies, sources and settings that are missing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        install(now=timezone.now())
        self.stdout.write("Roles, seats, policies, sources and settings are in place.")
