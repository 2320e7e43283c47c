"""Addresses of the pages where a person decides."""

from django.urls import URLPattern

app_name = "approvals"
urlpatterns: list[URLPattern] = []
