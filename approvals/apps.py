"""Where a person decides, and delivery of what was decided."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Sends, decisions and delivery."""

    name = "approvals"
    verbose_name = "Approvals"
    default_auto_field = "django.db.models.BigAutoField"
