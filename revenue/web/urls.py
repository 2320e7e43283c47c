"""Addresses of revenue's own pages."""

from django.urls import path

from revenue.web import home, ledger, people, policies, seats, settings, suppressions

app_name = "revenue"
urlpatterns = [
    path("", home.home, name="home"),
    path("preferences/", home.preferences, name="preferences"),
    path("seats/", seats.seats, name="seats"),
    path("seats/stop/", seats.throw, name="kill_throw"),
    path("seats/release/<int:switch_id>/", seats.release, name="kill_release"),
    path("seats/<slug:seat>/owner/", seats.owner, name="seat_owner"),
    path("policies/", policies.policies, name="policies"),
    path("policies/<slug:kind>/<int:number>/", policies.version, name="policy_version"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/<int:seq>/", ledger.event, name="ledger_event"),
    path("suppressions/", suppressions.suppressions, name="suppressions"),
    path("suppressions/find/", suppressions.find, name="suppressions_find"),
    path("suppressions/import/", suppressions.import_file, name="suppressions_import"),
    path("suppressions/export/", suppressions.export, name="suppressions_export"),
    path("suppressions/<int:suppression_id>/lift/", suppressions.lift, name="suppression_lift"),
    path("settings/", settings.house, name="settings"),
    path("settings/mailboxes/add/", settings.mailbox_add, name="mailbox_add"),
    path("settings/mailboxes/<int:mailbox_id>/", settings.mailbox_edit, name="mailbox_edit"),
    path(
        "settings/mailboxes/<int:mailbox_id>/pause/", settings.mailbox_pause, name="mailbox_pause"
    ),
    path(
        "settings/mailboxes/<int:mailbox_id>/resume/",
        settings.mailbox_resume,
        name="mailbox_resume",
    ),
    path("settings/people/", people.people, name="people"),
    path("settings/people/<int:person_id>/", people.person, name="person"),
    path("settings/people/<int:person_id>/invite/", people.invite, name="person_invite"),
    path("join/<str:token>/", people.join, name="join"),
]
