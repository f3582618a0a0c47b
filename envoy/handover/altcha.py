"""ALTCHA: proof of work with a widget of its own. Nobody else is asked, and nothing leaves the site.

Needs ALTCHA_WIDGET, the path of `dist/main/altcha.min.js` of the npm package `altcha`, version 3.
(`altcha.i18n.min.js` beside it is larger and speaks the visitor's language.)

Each challenge is made for one TOKEN and signed, so nothing has to be remembered here: an answer
is refused for another TOKEN, and Unstuff gives one pass for each.

https://altcha.org/docs/v2/server-integration
"""

import base64, hashlib, hmac, html, json, os, secrets, struct, time
from page import KEY, Provider, script, serve

# PBKDF2 rounds of one try, and the number of tries, which the browser does not know. Together they
# are the price, for people and for bots.
COST = 1000
TRIES = range(1000, 3000)
EXPIRES_S = 300


class Altcha(Provider):
    name = "this site"
    field = "altcha"

    def __init__(self):
        with open(os.environ["ALTCHA_WIDGET"], "rb") as widget:
            self.files = {"altcha.js": widget.read()}
        self.key = hmac.digest(KEY, b"altcha", "sha256")

    def widget(self, token):
        parameters = {
            "algorithm": "PBKDF2/SHA-256",
            "cost": COST,
            "data": {"token": hashlib.sha256(token.encode()).hexdigest()},
            "expiresAt": int(time.time()) + EXPIRES_S,
            "keyLength": 32,
            "nonce": secrets.token_hex(16),
            "salt": secrets.token_hex(16),
        }
        # The browser finds the number whose key begins as the key of ours does.
        parameters["keyPrefix"] = self.derive(parameters, secrets.choice(TRIES)).hex()[:32]
        challenge = {"parameters": parameters, "signature": self.sign(parameters)}
        return f"""{script("altcha.js", 'type="module"')}
<altcha-widget auto="onload" challenge="{html.escape(json.dumps(challenge))}"></altcha-widget>
<button>Go on</button>"""

    def is_human(self, answer, token):
        try:
            payload = json.loads(base64.b64decode(answer, validate=True))
            parameters, counter = payload["challenge"]["parameters"], payload["solution"]["counter"]
            signature = payload["challenge"]["signature"]
            if not hmac.compare_digest(signature.encode(), self.sign(parameters).encode()):
                return False
            # From here on, the parameters are those that we have made.
            if parameters["expiresAt"] < time.time():
                return False
            if parameters["data"]["token"] != hashlib.sha256(token.encode()).hexdigest():
                return False
            return self.derive(parameters, counter).hex().startswith(parameters["keyPrefix"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error):
            return False  # not an answer of the widget

    def derive(self, parameters, counter):
        password = bytes.fromhex(parameters["nonce"]) + struct.pack(">I", counter)
        salt = bytes.fromhex(parameters["salt"])
        return hashlib.pbkdf2_hmac("sha256", password, salt, parameters["cost"], 32)

    def sign(self, parameters):
        # Sorted, because the order may have changed on the way.
        text = json.dumps(parameters, sort_keys=True, separators=(",", ":"))
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()


if __name__ == "__main__":
    serve(Altcha())
