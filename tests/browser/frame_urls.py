"""The real addresses and the gallery, which only a page under development shows."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from revenue.urls import urlpatterns as real
from revenue.web.gallery import gallery


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!DOCTYPE html><title>broken</title><p>broken", status=500)


urlpatterns = [
    path("gallery/", gallery, name="gallery"),
    path("broken/", broken, name="gallery-broken"),
    *real,
]
