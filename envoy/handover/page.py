"""The page of a handover: Unstuff sends a browser here, a provider checks it, and it goes back.

Each provider is a program of its own beside this file, such as `python3 turnstile.py 8090`. This
file is what they share: the two signatures, the form, and one sentence for each way to fail. It
needs `HANDOVER_KEY`, the `key` of Unstuff's `handover`, in hexadecimal, and nothing but Python.

A provider that cannot be asked lets nobody through: the page says so with status 503.
"""

import hmac, html, json, os, sys, urllib.error, urllib.parse, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = bytes.fromhex(os.environ["HANDOVER_KEY"])

# How long a provider may take to answer, in seconds.
PATIENCE = 10
# The longest form, and the longest answer of a provider, in bytes.
LONGEST = 65536

WRONG = "That was not accepted. Please try again."
OUT_OF_ORDER = "The check is out of order at the moment. Please try again in a few minutes."
NOT_SENT = "A login sends people to this page. Please go back to the login."

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>One moment before you log in</title>
<style>
:root {{ color-scheme: light dark; background: Canvas; color: CanvasText; font: 1.1rem/1.5 system-ui, sans-serif }}
h1 {{ font-size: 1.5rem }}
main {{ max-width: 26rem; margin: 15vh auto 0; padding: 0 1rem }}
button {{ font: inherit; margin-top: 1rem; padding: .4rem 1.5rem }}
</style>
<main><h1>One moment before you log in</h1>
{content}
</main></html>
"""

FORM = """<p role="alert">{message}</p>
<noscript><p>This check needs JavaScript. Please switch it on, and load this page again.</p></noscript>
<p id="blocked" role="alert" hidden>The check could not be loaded. Please allow {name} in your
content blocker, and load this page again.</p>
<form method="post">{widget}</form>"""


class OutOfOrder(Exception):
    """The provider cannot tell whether this is a person. The text is for the log."""


class Provider:
    """What a provider adds to the page."""

    name = ""
    # The field of the form that has the answer of the provider's script.
    field = ""
    # Files that the page serves itself: their bytes by name.
    files = {}

    def widget(self, token):
        """The inside of the form, as HTML. TOKEN is different for each login."""
        raise NotImplementedError

    def is_human(self, answer, token):
        """Whether the answer is right. Raises `OutOfOrder` if that cannot be told."""
        raise NotImplementedError

    # Only Private Access Tokens need the next two.

    def challenge(self, token):
        """Response headers that ask the browser itself for an answer."""
        return {}

    def has_proof(self, headers, token):
        """Whether the browser has answered by itself."""
        return False


def script(url, attributes="async defer"):
    """A script of a provider. If it cannot be loaded, the page says so."""
    blocked = "document.getElementById('blocked').hidden = false"
    return f'<script src="{html.escape(url)}" {attributes} onerror="{blocked}"></script>'


def ask(url, body, headers={}):
    """The JSON object that a provider answers to a POST."""
    request = urllib.request.Request(url, body, {"accept": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            verdict = json.loads(answer.read(LONGEST))
    except urllib.error.HTTPError as error:  # it may say more in its body, such as a wrong secret
        raise OutOfOrder(f"{error} {error.read(500)!r}")
    except (OSError, ValueError) as error:
        raise OutOfOrder(str(error))
    if not isinstance(verdict, dict):
        raise OutOfOrder("not a JSON object")
    return verdict


def siteverify(url, **form):
    """The verdict of a provider with an interface like that of reCAPTCHA."""
    verdict = ask(url, urllib.parse.urlencode(form).encode())
    codes = verdict.get("error-codes") or []
    # A wrong secret and a fault of the provider are not the visitor's.
    if any("secret" in str(code) or code == "internal-error" for code in codes):
        raise OutOfOrder(f"the provider says {codes}")
    return verdict


def sign(*lines):
    return hmac.new(KEY, "\n".join(lines).encode(), "sha256").hexdigest()


class Handler(BaseHTTPRequestHandler):
    provider = Provider()
    timeout = 30  # for a client that says nothing

    def do_GET(self):
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name in self.provider.files:
            return self.answer(200, self.provider.files[name], {"content-type": "text/javascript"})
        if not (sent := self.sent()):
            return self.say(400, NOT_SENT)
        token, back = sent
        if self.provider.has_proof(self.headers, token):
            return self.send_back(token, back)
        headers = self.provider.challenge(token)
        self.show_form(401 if headers else 200, "", token, headers)

    def do_POST(self):  # the form comes back to the same address
        form = self.form()
        if not (sent := self.sent()):
            return self.say(400, NOT_SENT)
        token, back = sent
        try:
            answer = form.get(self.provider.field)
            if answer and self.provider.is_human(answer, token):
                return self.send_back(token, back)
            self.show_form(403, WRONG, token)
        except OutOfOrder as why:
            self.log_error("%s: %s", self.provider.name, why)
            self.show_form(503, OUT_OF_ORDER, token, {"retry-after": "60"})

    def form(self):
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit() or int(length) > LONGEST:
            self.close_connection = True
            return {}
        body = self.rfile.read(int(length)).decode(errors="replace")
        return dict(urllib.parse.parse_qsl(body))

    def sent(self):
        """TOKEN and the return address, if Unstuff has signed them."""
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        token, back = query.get("unstuff-request", ""), query.get("return", "")
        signature = sign("unstuff-request", token, back)
        is_signed = hmac.compare_digest(query.get("signature", "").encode(), signature.encode())
        return (token, back) if is_signed else None

    def send_back(self, token, back):
        joint = "&" if "?" in back else "?"
        answer = f"{token}.{sign('unstuff-answer', token)}"
        self.answer(303, b"", {"location": f"{back}{joint}unstuff-answer={answer}"})

    def show_form(self, status, message, token, headers={}):
        widget = self.provider.widget(token)
        form = FORM.format(message=message, name=self.provider.name, widget=widget)
        self.say(status, form, headers)

    def say(self, status, content, headers={}):
        self.answer(status, PAGE.format(content=content).encode(), headers)

    def answer(self, status, body, headers):
        self.send_response(status)
        # The address has TOKEN, and is nobody else's business.
        ours = {"content-type": "text/html", "cache-control": "no-store",
                "referrer-policy": "strict-origin", "content-length": str(len(body))}
        for name, value in {**ours, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(provider):
    """Serves until it is ended, on the port that the program is told."""
    Handler.provider = provider
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
