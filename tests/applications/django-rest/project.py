"""The smallest project with Django REST framework: tokens, and the login of its browsable pages.

usage: project.py prepare | project.py serve PORT
"""

import os
import sys

sys.path.append(os.path.join(os.environ["HERE"], "..", "django"))

import shared

shared.configure(
    __name__,
    apps=["django.contrib.staticfiles", "rest_framework", "rest_framework.authtoken"],
    # Its form does not keep `next` in its address, so after a challenge people land here.
    LOGIN_REDIRECT_URL="/private/",
    STATIC_URL="/static/",
)

from django.urls import include, path
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response


class Token(ObtainAuthToken):
    """DRF's own view. It sends no signal when it hands out a token, so that is logged here."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        shared.log.info("login succeeded: a token")
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

if __name__ == "__main__":
    shared.run()
