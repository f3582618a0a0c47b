"""The login that asks for a second factor on suspicion, and the two ways to give it.

This file is what a Django site with django-otp and django-otp-webauthn adds for Unstuff.
"""

from django.contrib.auth import get_user_model, login
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.shortcuts import redirect, render, resolve_url
from django.urls import include, path
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn import views as webauthn
from django_otp_webauthn.models import WebAuthnCredential

# The rules of Unstuff after which a password alone is not enough.
SUSPICIONS = {"stuffing-suspected", "breached"}

COOKIE = "half_login"
EXPIRES_S = 300


def is_suspected(request):
    """Whether Unstuff says so. It removes these headers from what clients send."""
    reasons = request.headers.get("x-unstuff-reasons", "").split(",")
    return not SUSPICIONS.isdisjoint(reasons) or "exposed-credential-check" in request.headers


class Login(LoginView):
    def form_valid(self, form):
        if not is_suspected(self.request):
            return super().form_valid(form)
        response = redirect("second-factor")
        half = f"{form.get_user().pk} {self.get_success_url()}"
        response.set_signed_cookie(COOKIE, half, salt=COOKIE, max_age=EXPIRES_S, secure=True,
                                   httponly=True, samesite="Lax")
        return response


def half_logged_in(request):
    """The user whose password was right, and where the login leads; (None, "") if there is none."""
    half = request.get_signed_cookie(COOKIE, "", salt=COOKIE, max_age=EXPIRES_S)
    key, _, location = half.partition(" ")
    user = get_user_model().objects.filter(pk=key, is_active=True).first() if key else None
    return user, location


def complete(request, user, device):
    """The whole login, with both factors."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    otp_login(request, device)


def second_factor(request):
    user, location = half_logged_in(request)
    if user is None:
        return redirect("login")
    error = ""
    if request.method == "POST":
        if device := accepting_device(user, request.POST.get("code", "")):
            complete(request, user, device)
            response = redirect(location)
            response.delete_cookie(COOKIE)
            return response
        error = "That code is not right, or was used already. Please try the next one."
    ways = {
        "has_code": TOTPDevice.objects.devices_for_user(user, confirmed=True).exists(),
        "has_passkey": WebAuthnCredential.objects.filter(user=user, confirmed=True).exists(),
    }
    return render(request, "second_factor.html", {"error": error, **ways}, status=403 if error else 200)


@transaction.atomic
def accepting_device(user, code):
    """The app that shows this code. It allows fewer and fewer tries after wrong ones."""
    devices = TOTPDevice.objects.devices_for_user(user, confirmed=True).select_for_update()
    return next((device for device in devices if device.verify_token(code)), None)


class HalfLoggedIn:
    """The views of django-otp-webauthn, for the user of a half login in place of a session's."""

    def get_user(self):
        user, self.location = half_logged_in(self.request)
        return user

    def complete_auth(self, device):
        complete(self.request, device.user, device)

    def get_success_url(self):
        return resolve_url(self.location)

    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        if request.user.is_authenticated:
            response.delete_cookie(COOKIE)
        return response


class BeginPasskey(HalfLoggedIn, webauthn.BeginCredentialAuthenticationView):
    pass


class CompletePasskey(HalfLoggedIn, webauthn.CompleteCredentialAuthenticationView):
    pass


passkeys = [
    path("authentication/begin/", BeginPasskey.as_view(), name="credential-authentication-begin"),
    path("authentication/complete/", CompletePasskey.as_view(),
         name="credential-authentication-complete"),
]
urlpatterns = [
    path("accounts/login/", Login.as_view(template_name="login.html"), name="login"),
    path("accounts/second-factor/", second_factor, name="second-factor"),
    path("webauthn/", include((passkeys, "half_login"))),
    path("webauthn/", include("django_otp_webauthn.urls", namespace="otp_webauthn")),
]
