"""The project's addresses and those that its pages are measured against."""

from django.contrib import admin
from django.urls import include, path

from approvals.models import Send
from tests.benchmarks import references

site = admin.AdminSite(name="stock")
site.register(Send, references.SendAdmin)

urlpatterns = [
    path("stock/", site.urls),
    path("bare/", references.bare_list, name="bare_list"),
    path("bare/<int:send_id>/", references.bare_decision, name="bare_decision"),
    path("", include("revenue.urls")),
]
