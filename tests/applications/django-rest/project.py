"""The smallest project with Django REST framework: tokens, and the login of its browsable pages.

usage: project.py prepare | project.py serve PORT
"""

import os
import sys

import django
from django.conf import settings

STATE = os.environ["STATE"]

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{STATE}/db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"print": {"class": "logging.StreamHandler"}},
        "loggers": {"accounts": {"handlers": ["print"], "level": "INFO"}},
    },
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    # Django's own advice for tests: a password hash takes no time, and its answers are the same.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    # Its form does not keep `next` in its address, so after a challenge people land here.
    LOGIN_REDIRECT_URL="/private/",
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for tests on loopback, and never for a site",
    STATIC_URL="/static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ]
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

import logging

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.management import call_command
from django.dispatch import receiver
from django.urls import include, path
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

log = logging.getLogger("accounts")


@receiver(user_logged_in)
def logged_in(sender, user, **_):
    log.info("login succeeded: %s", user.get_username())


@receiver(user_login_failed)
def login_failed(sender, credentials, **_):
    log.info("login failed: %s", credentials.get("username"))


class Token(ObtainAuthToken):
    """DRF's own view. It sends no signal when it hands out a token, so that is logged here."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        log.info("login succeeded: a token")
        return response


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def private(request):
    return Response({"welcome": request.user.get_username()})


urlpatterns = [
    path("api-token-auth/", Token.as_view()),
    path("api-auth/", include("rest_framework.urls")),
    path("private/", private),
]


def prepare():
    from django.contrib.auth import get_user_model

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user("alice", "alice@example.com", os.environ["PASSWORD"])


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        call_command("runserver", f"127.0.0.1:{sys.argv[2]}", use_reloader=False, skip_checks=True)
