"""Addresses of the pages where a person decides."""

from django.urls import path

from approvals.views import (
    attention,
    audits,
    bulk,
    changes,
    deciding,
    editing,
    harm,
    hold,
    mailbox,
    queue,
    seats,
    trouble,
    unsubscribing,
)

app_name = "approvals"
urlpatterns = [
    path("approvals/", queue.queue, name="queue"),
    path("approvals/<int:send_id>/", queue.send, name="send"),
    path("approvals/<int:send_id>/rules", queue.rules, name="rules"),
    path("approvals/<int:send_id>/history", queue.history, name="history"),
    path("approvals/<int:send_id>/decide", deciding.decide, name="decide"),
    path("approvals/<int:send_id>/edit", editing.edit, name="edit"),
    path("approvals/<int:send_id>/snooze", deciding.snooze, name="snooze"),
    path("approvals/<int:send_id>/undo", deciding.undo, name="undo"),
    path("approvals/<int:send_id>/reopen", deciding.reopen, name="reopen"),
    path("approvals/<int:send_id>/resolve", trouble.resolve, name="resolve"),
    path("approvals/<int:send_id>/look-up", trouble.look_up, name="look_up"),
    path("approvals/<int:send_id>/harm", harm.report, name="harm"),
    path("approvals/bulk", bulk.order, name="bulk"),
    path("approvals/bulk/<int:bulk_id>/", bulk.result, name="bulk_result"),
    path("approvals/bulk/<int:bulk_id>/undo", bulk.undo, name="bulk_undo"),
    path("approvals/<int:send_id>/planted", attention.planted, name="planted"),
    path("approvals/attention/", attention.attention, name="attention"),
    path("approvals/hold/", hold.hold, name="hold"),
    path("approvals/hold/stop", hold.stop, name="hold_stop"),
    path("seats/<slug:seat>/", seats.seat, name="seat"),
    path("seats/<slug:seat>/end/<int:authority_id>/", seats.end, name="seat_end"),
    path(
        "seats/<slug:seat>/audits/<slug:action>/<slug:segment>/",
        audits.audited,
        name="seat_audits",
    ),
    path("approvals/changes/", changes.changes, name="changes"),
    path("approvals/changes/propose", changes.propose, name="change_propose"),
    path("approvals/changes/<int:change_id>/", changes.change, name="change"),
    path("approvals/changes/<int:change_id>/decide", changes.decide, name="change_decide"),
    path("approvals/changes/<int:change_id>/withdraw", changes.withdraw, name="change_withdraw"),
    path("approvals/changes/<int:change_id>/alone", changes.go_alone, name="change_alone"),
    path("approvals/trouble/", trouble.trouble, name="trouble"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<slug:key>/", mailbox.mail, name="mail"),
    path("u/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
]
