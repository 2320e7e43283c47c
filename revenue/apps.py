"""The business before the close."""

from django.apps import AppConfig


class RevenueConfig(AppConfig):
    """Accounts, policies, conversation and seats."""

    name = "revenue"
    verbose_name = "Revenue"
    default_auto_field = "django.db.models.BigAutoField"
