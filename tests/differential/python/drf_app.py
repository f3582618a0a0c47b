"""Django REST framework: its parsers, a serializer that trims, Basic."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DEBUG=False, SECRET_KEY="x",
                   INSTALLED_APPS=["rest_framework"],
                   REST_FRAMEWORK={"UNAUTHENTICATED_USER": None})
django.setup()

from readings import basic, gather, read  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.authentication import BasicAuthentication  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Credentials(serializers.Serializer):
    user = serializers.CharField()
    password = serializers.CharField()


class Echo(BasicAuthentication):
    def authenticate_credentials(self, userid, password, request=None):
        return ((userid, password), None)


def checked(data):
    serializer = Credentials(data=data)
    return serializer.validated_data if serializer.is_valid() else {}


class Login(APIView):
    authentication_classes = [Echo]
    renderer_classes = [JSONRenderer]

    def handle(self, request):
        return Response(gather(
            lambda: read("data", request.data),
            lambda: read("serializer", checked(request.data)),
            lambda: read("query", request.query_params),
            lambda: basic(*request.user),
        ))

    get = post = put = patch = delete = handle


urlpatterns = [path("login", Login.as_view()), path("login/", Login.as_view())]
app = get_wsgi_application()
