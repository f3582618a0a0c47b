"""Friendly Captcha v2. Needs FRIENDLY_SITE_KEY and FRIENDLY_API_KEY.

FRIENDLY_ENDPOINT=eu keeps browsers and this page on the provider's servers in the European Union.

https://developer.friendlycaptcha.com/docs/v2/api/siteverify
"""

import json, os
from page import Provider, ask, script, serve

ENDPOINT = os.environ.get("FRIENDLY_ENDPOINT", "global")
VERIFY = os.environ.get("SITEVERIFY", f"https://{ENDPOINT}.frcapi.com/api/v2/captcha/siteverify")
SDK = "https://cdn.jsdelivr.net/npm/@friendlycaptcha/sdk@1.0.2"


class FriendlyCaptcha(Provider):
    name = "cdn.jsdelivr.net and frcapi.com"
    field = "frc-captcha-response"
    site_key, api_key = os.environ["FRIENDLY_SITE_KEY"], os.environ["FRIENDLY_API_KEY"]

    def widget(self, token):
        return f"""{script(f"{SDK}/site.min.js", 'type="module" async defer')}
{script(f"{SDK}/site.compat.min.js", "nomodule async defer")}
<div class="frc-captcha" data-sitekey="{self.site_key}" data-api-endpoint="{ENDPOINT}"></div>
<button>Go on</button>"""

    def is_human(self, answer, token):
        body = json.dumps({"response": answer, "sitekey": self.site_key}).encode()
        # A wrong key of ours is answered with 400 or 401, a wrong answer of the visitor with 200.
        headers = {"content-type": "application/json", "x-api-key": self.api_key}
        return ask(VERIFY, body, headers).get("success") is True


if __name__ == "__main__":
    serve(FriendlyCaptcha())
