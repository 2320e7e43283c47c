"""Addresses of revenue's own pages."""

from django.urls import path

from revenue.web import home, ledger, seats

app_name = "revenue"
urlpatterns = [
    path("", home.home, name="home"),
    path("preferences/", home.preferences, name="preferences"),
    path("seats/", seats.seats, name="seats"),
    path("seats/stop/", seats.throw, name="kill_throw"),
    path("seats/release/<int:switch_id>/", seats.release, name="kill_release"),
    path("seats/<slug:seat>/owner/", seats.owner, name="seat_owner"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/<int:seq>/", ledger.event, name="ledger_event"),
]
