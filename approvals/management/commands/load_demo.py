from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from approvals import intake
from approvals.drafting import order_drafts
from revenue import demo, ledger
from revenue.models import Draft


class Command(BaseCommand):
    help = "Fill an empty house with the demo: real lists, fictitious contacts, first drafts."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off; the demo never goes into a house that is used.")
        demo.load(now=timezone.now())
        while order_drafts(now=timezone.now()):
            ledger.seal_all()
            while ledger.consume(intake.CONSUMER, intake.take_in):
                pass
        self.stdout.write(f"The demo is loaded; {Draft.objects.count()} drafts wait.")
