"""The smallest Django site with accounts: the login of django.contrib.auth, and the admin's.

usage: site.py prepare | site.py serve PORT
"""

import os
import sys

import django
from django.conf import settings

STATE = os.environ["STATE"]

settings.configure(
    ALLOWED_HOSTS=["*"],

    # Django's own advice for tests: a password hash takes no time, and its answers are the same.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{STATE}/db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"print": {"class": "logging.StreamHandler"}},
        "loggers": {"accounts": {"handlers": ["print"], "level": "INFO"}},
    },
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for tests on loopback, and never for a site",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

import logging

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.management import call_command
from django.dispatch import receiver
from django.http import HttpResponse
from django.urls import include, path

log = logging.getLogger("accounts")

# The log of attempts: Django's own signals, as an application's audit log uses them.
@receiver(user_logged_in)
def logged_in(sender, user, **_):
    log.info("login succeeded: %s", user.get_username())

@receiver(user_login_failed)
def login_failed(sender, credentials, **_):
    log.info("login failed: %s", credentials.get("username"))

@login_required
def private(request):
    return HttpResponse(f"<!doctype html><title>Private</title><h1>Welcome, {request.user}</h1>")

urlpatterns = [
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    path("private/", private),
]

def prepare():
    from django.contrib.auth import get_user_model

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("alice", "alice@example.com", os.environ["PASSWORD"])

if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        call_command("runserver", f"127.0.0.1:{sys.argv[2]}", use_reloader=False, skip_checks=True)
