"""People at accounts: added, changed, and what is heard from them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from revenue.conversation.replies import record_reply
from revenue.models import Account, Contact
from revenue.pipeline.contact_changing import change_contact
from revenue.pipeline.contacts import InvalidContactError, KnownContactError, add_contact
from revenue.web.access import acting
from revenue.web.forms_contacts import ContactForm, ReplyForm, initial_of


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, account_id: int) -> HttpResponse:
    """Add somebody to an account."""
    account = get_object_or_404(Account, pk=account_id, merged_into=None)
    form = ContactForm(_posted(request))
    if form.is_valid():
        try:
            add_contact(
                account=account, fields=form.texts(), by=acting(request), now=timezone.now()
            )
        except (InvalidContactError, KnownContactError) as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, "The contact is added.")
            return redirect(_contacts_of(account.pk))
    return _page(request, form, account, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Change somebody."""
    contact = get_object_or_404(Contact.objects.select_related("account"), pk=contact_id)
    form = ContactForm(_posted(request), initial=initial_of(contact))
    if form.is_valid():
        try:
            changed = change_contact(
                contact=contact, fields=form.texts(), by=acting(request), now=timezone.now()
            )
        except (InvalidContactError, KnownContactError) as refusal:
            _tell(form, refusal)
        else:
            told = "The contact is changed." if changed else "Nothing was different."
            messages.success(request, told)
            return redirect(_contacts_of(contact.account_id))
    return _page(request, form, contact.account, contact)


@require_POST
def reply(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Note that somebody answered, so that nothing more is sent as if they had not."""
    contact = get_object_or_404(Contact, pk=contact_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"No reply was noted. {form.errors['at'][0]}")
    elif record_reply(
        contact=contact, at=form.cleaned_data["at"], by=acting(request), now=timezone.now()
    ):
        messages.success(request, "Noted. What still waits for them is taken out of the way.")
    else:
        messages.info(request, "A later reply is on record already, so nothing was changed.")
    return redirect(_contacts_of(contact.account_id))


def _page(
    request: HttpRequest, form: ContactForm, account: Account, contact: Contact | None
) -> HttpResponse:
    form.follow(account)
    context = {"form": form, "account": account, "contact": contact}
    status = 422 if form.is_bound else 200
    return render(request, "revenue/contact_form.html", context, status=status)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _tell(form: ContactForm, refusal: InvalidContactError | KnownContactError) -> None:
    if isinstance(refusal, InvalidContactError):
        form.refuse(refusal.faults)
    else:
        form.add_error("email", str(refusal))


def _contacts_of(account_id: int) -> str:
    return f"{reverse('revenue:account', args=[account_id])}#contacts"
