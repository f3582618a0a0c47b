"""Django: form, JSON, query; and a form's fields, which trim."""

import json

import django
from django import forms
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
from readings import gather, loose_json, read

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DEBUG=False, SECRET_KEY="x", APPEND_SLASH=True,
                   MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
django.setup()


class LoginForm(forms.Form):
    user = forms.CharField()
    password = forms.CharField()


def cleaned(data):
    form = LoginForm(data)
    return form.cleaned_data if form.is_valid() else {}


def login(request):
    body = gather(lambda: read("form", request.POST), lambda: read("form's fields", cleaned(request.POST)))
    body += gather(lambda: read("query", request.GET))
    if request.content_type == "application/json":
        body += gather(lambda: read("json", json.loads(request.body)))
    return JsonResponse(body + gather(lambda: loose_json(request.body)), safe=False)


urlpatterns = [path("login", login), path("login/", login)]
app = get_wsgi_application()
