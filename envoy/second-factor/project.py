"""A Django site that asks for a second factor when Unstuff suspects a login: a passkey or a code.

Needs the packages Django, django-otp and django-otp-webauthn, and
  ORIGIN    as browsers reach the site through Envoy, such as https://www.example.com
  DATABASE  a file for SQLite

The endpoint of Unstuff is the preset `django`. A half login, with the right password alone, is a
cookie of its own and no session: so it is no success to Unstuff, and nothing else of the site takes
it for a login.

usage: python3 project.py PORT
"""

import os
import sys
from urllib.parse import urlsplit
from wsgiref.simple_server import make_server

import django
from django.conf import settings

ORIGIN = os.environ["ORIGIN"]

settings.configure(
    ALLOWED_HOSTS=[urlsplit(ORIGIN).hostname],
    CSRF_COOKIE_SECURE=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "django_otp",
        "django_otp.plugins.otp_totp",
        "django_otp_webauthn",
    ],
    LOGIN_REDIRECT_URL="account",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_otp.middleware.OTPMiddleware",
    ],
    OTP_WEBAUTHN_ALLOWED_ORIGINS=[ORIGIN],
    OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN=False,
    OTP_WEBAUTHN_RP_ID=urlsplit(ORIGIN).hostname,
    OTP_WEBAUTHN_RP_NAME="Example",
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("SECRET_KEY", "only for trying it on loopback, and never for a site"),
    SESSION_COOKIE_SECURE=True,
    STATIC_URL="static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")],
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.shortcuts import render
from django.urls import path

import second_factor


@login_required
def account(request):
    return render(request, "account.html")


urlpatterns = [
    path("account/", account, name="account"),
    path("accounts/logout/", LogoutView.as_view(next_page="login"), name="logout"),
    *second_factor.urlpatterns,
]


def make_demo_users():
    from django.contrib.auth import get_user_model
    from django_otp.plugins.otp_totp.models import TOTPDevice

    users = get_user_model().objects
    if users.exists():
        return
    users.create_user("alice", password="tulip-harbour-9-rain")  # makes a passkey when logged in
    bob = users.create_user("bob", password="123456")  # has an app with this secret
    TOTPDevice.objects.create(user=bob, name="app", key="3132333435363738393031323334353637383930")
    users.create_user("carol", password="123456")  # has neither


if __name__ == "__main__":
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", verbosity=0)
    make_demo_users()
    server = make_server("127.0.0.1", int(sys.argv[1]), StaticFilesHandler(get_wsgi_application()))
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
