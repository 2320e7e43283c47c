"""All addresses. Only names of upper apps stand here, as strings."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from revenue.web import gallery, health, welcome
from revenue.web.signing_in import SignIn

urlpatterns = [
    path("", include("revenue.web.urls")),
    path("", include("approvals.urls")),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("welcome/<str:token>/", welcome.first_user, name="welcome"),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns.append(path("gallery/", gallery.gallery, name="gallery"))
