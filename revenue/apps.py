"""The business before the close."""

from importlib import import_module

from django.apps import AppConfig


class RevenueConfig(AppConfig):
    """Accounts, policies, conversation and seats."""

    name = "revenue"
    verbose_name = "Revenue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make our Celery application the current one, so that any process may enqueue."""
        import_module("revenue.celery")
