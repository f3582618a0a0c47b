"""Turnstile of Cloudflare. Needs TURNSTILE_SITE_KEY and TURNSTILE_SECRET.

https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
"""

import os
from page import Provider, script, serve, siteverify

VERIFY = os.environ.get("SITEVERIFY", "https://challenges.cloudflare.com/turnstile/v0/siteverify")


class Turnstile(Provider):
    name = "challenges.cloudflare.com"
    field = "cf-turnstile-response"
    site_key, secret = os.environ["TURNSTILE_SITE_KEY"], os.environ["TURNSTILE_SECRET"]

    def widget(self, token):
        return f"""{script("https://challenges.cloudflare.com/turnstile/v0/api.js")}
<div class="cf-turnstile" data-sitekey="{self.site_key}"></div>
<button>Go on</button>"""

    def is_human(self, answer, token):
        return siteverify(VERIFY, secret=self.secret, response=answer).get("success") is True


if __name__ == "__main__":
    serve(Turnstile())
