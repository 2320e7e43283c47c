"""Print the link with which the first person of an empty house comes in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from revenue.models import User
from revenue.web.welcome import make_token


class Command(BaseCommand):
    """``welcome``; the link works for a day and only while nobody has an account."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it, or say that somebody is in."""
        if User.objects.exists():
            raise CommandError("Somebody has an account already; an admin invites the others.")
        self.stdout.write(f"{settings.BASE_URL}/welcome/{make_token()}/")
