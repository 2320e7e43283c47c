"""Whether this copy can serve: for load balancers and `manage.py up`."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from revenue import heartbeats


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503; and how the workers are, which is no fault here."""
    try:
        pulse = heartbeats.pulse(now=timezone.now())
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse({"database": "up", "workers": pulse.state, "pulse_age_s": pulse.age_s})
