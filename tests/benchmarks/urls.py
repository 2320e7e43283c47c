"""The project's addresses and those that its pages are measured against."""

from django.contrib import admin
from django.urls import include, path

from approvals.models import Send
from revenue.access import DECIDERS, MATRIX, NOBODY, Rule
from tests.benchmarks import references

site = admin.AdminSite(name="stock")
site.register(Send, references.SendAdmin)

urlpatterns = [
    path("stock/", site.urls),
    path("bare/", references.bare_list, name="bare_list"),
    path("bare/<int:send_id>/", references.bare_decision, name="bare_decision"),
    path("", include("revenue.urls")),
]

BESIDE = {
    "stock:approvals_send_changelist": Rule(DECIDERS, NOBODY),
    "bare_list": Rule(DECIDERS, NOBODY),
    "bare_decision": Rule(NOBODY, DECIDERS),
}
"""Addresses that only the benchmarks have; the middleware asks the matrix about them too."""
MATRIX.update(BESIDE)
