"""What the Django projects share: settings, the log of attempts, and the two commands.

A project calls `configure` with its own applications and middleware, defines `urlpatterns`, and
ends in `run`. usage: project.py prepare | project.py serve PORT
"""

import logging
import os
import sys

import django
from django.conf import settings

STATE = os.environ["STATE"]

log = logging.getLogger("accounts")


def configure(root_urlconf, apps, middleware=(), context_processors=(), **others):
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{STATE}/db.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            *apps,
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
            *middleware,
        ],
        # Django's own advice for tests: a password hash takes no time, and its answers are the same.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF=root_urlconf,
        SECRET_KEY="only for tests on loopback, and never for a site",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [os.path.join(os.environ["HERE"], "templates")],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        *context_processors,
                    ]
                },
            }
        ],
        USE_TZ=True,
        **others,
    )
    django.setup()
    log_attempts()


def log_attempts():
    """The log of attempts: Django's own signals, as an application's audit log uses them."""
    from django.contrib.auth.signals import user_logged_in, user_login_failed

    def succeeded(sender, user, **_):
        log.info("login succeeded: %s", user.get_username())

    def failed(sender, credentials, **_):
        log.info("login failed: %s", credentials.get("username"))

    user_logged_in.connect(succeeded, weak=False)
    user_login_failed.connect(failed, weak=False)


def run():
    from django.core.management import call_command

    if sys.argv[1] == "prepare":
        from django.contrib.auth import get_user_model

        call_command("migrate", verbosity=0)
        alice = ("alice", "alice@example.com", os.environ["PASSWORD"])
        get_user_model().objects.create_superuser(*alice)
    else:
        call_command("runserver", f"127.0.0.1:{sys.argv[2]}", use_reloader=False, skip_checks=True)
