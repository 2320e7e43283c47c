"""The page where people sign in; the demo shows its logins there."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView


class SignIn(LoginView):
    """Django's own, throttled by django-axes."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the public logins of the demo."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["demo_logins"] = settings.DEMO_LOGINS if settings.DEMO else ()
        return context
