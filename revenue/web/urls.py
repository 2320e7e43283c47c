"""Addresses of revenue's own pages."""

from django.urls import URLPattern

app_name = "revenue"
urlpatterns: list[URLPattern] = []
