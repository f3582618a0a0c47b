"""Python's standard library alone: what is there without any download."""

import base64
import email
import email.policy
import json
import os
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from readings import basic, gather, loose_json, read


def parts(content_type, body):
    """The fields of a multipart body, as `email` reads it."""
    head = b"MIME-Version: 1.0\r\nContent-Type: " + content_type.encode("latin-1") + b"\r\n\r\n"
    message = email.message_from_bytes(head + body)
    named = {}
    for part in message.get_payload() if message.is_multipart() else []:
        name = part.get_param("name", header="content-disposition")
        named[name] = part.get_payload(decode=True)
    return named


def pair(header):
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() == "basic":
        user, colon, password = base64.b64decode(value).decode("latin-1").partition(":")
        return basic(user, password) if colon else []
    return []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        content_type = self.headers.get("content-type") or ""
        at_login = unquote(url.path) == "/login"
        form = body.decode("utf-8", "replace")
        is_form = "urlencoded" in content_type.lower() or not content_type
        cookies = lambda: {name: it.value for name, it in SimpleCookie(self.headers.get("cookie", "")).items()}
        readings = gather(
            lambda: is_form and read("parse_qs", parse_qs(form)),
            lambda: is_form and read("parse_qsl", dict(parse_qsl(form, keep_blank_values=True))),
            lambda: read("email", parts(content_type, body)),
            lambda: read("query", parse_qs(url.query)),
            lambda: loose_json(body),
            lambda: read("cookies", cookies()),
            lambda: pair(self.headers.get("authorization")),
        ) if at_login else []
        answer = json.dumps(readings).encode()
        self.send_response(200 if at_login else 404)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
