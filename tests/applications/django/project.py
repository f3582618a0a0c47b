"""The smallest Django site with accounts: the login of django.contrib.auth, and the admin's.

usage: project.py prepare | project.py serve PORT
"""

import shared

shared.configure(
    __name__,
    apps=["django.contrib.admin"],
    middleware=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    context_processors=["django.contrib.messages.context_processors.messages"],
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
)

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import include, path


@login_required
def private(request):
    return HttpResponse(f"<!doctype html><title>Private</title><h1>Welcome, {request.user}</h1>")


urlpatterns = [
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    path("private/", private),
]

if __name__ == "__main__":
    shared.run()
