"""reCAPTCHA of Google, v2 and v3. Needs RECAPTCHA_SITE_KEY and RECAPTCHA_SECRET.

With RECAPTCHA_MIN_SCORE, such as 0.5, the key is one of v3: no box to tick, but a score from 0
(a bot) to 1. A person with a low score can do nothing about it, so v2 is the kinder one here.

https://developers.google.com/recaptcha/docs/verify and …/docs/v3
"""

import os
from page import Provider, script, serve, siteverify

VERIFY = os.environ.get("SITEVERIFY", "https://www.google.com/recaptcha/api/siteverify")
ACTION = "login"

V2 = """<div class="g-recaptcha" data-sitekey="{site_key}"></div>
<button>Go on</button>"""
V3 = """<script>function solved() {{ document.forms[0].submit() }}</script>
<button class="g-recaptcha" data-sitekey="{site_key}" data-action="{action}" data-callback="solved">
Go on</button>"""


class ReCaptcha(Provider):
    name = "www.google.com and www.gstatic.com"
    field = "g-recaptcha-response"
    site_key, secret = os.environ["RECAPTCHA_SITE_KEY"], os.environ["RECAPTCHA_SECRET"]
    min_score = os.environ.get("RECAPTCHA_MIN_SCORE")

    def widget(self, token):
        form = V3 if self.min_score else V2
        form = form.format(site_key=self.site_key, action=ACTION)
        return script("https://www.google.com/recaptcha/api.js") + form

    def is_human(self, answer, token):
        verdict = siteverify(VERIFY, secret=self.secret, response=answer)
        if verdict.get("success") is not True:
            return False
        if not self.min_score:
            return True
        # A score for another action of the site says nothing about this one.
        return verdict.get("action") == ACTION and verdict.get("score", 0) >= float(self.min_score)


if __name__ == "__main__":
    serve(ReCaptcha())
