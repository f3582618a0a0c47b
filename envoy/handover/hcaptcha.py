"""hCaptcha. Needs HCAPTCHA_SITE_KEY and HCAPTCHA_SECRET.

https://docs.hcaptcha.com/#verify-the-user-response-server-side
"""

import os
from page import Provider, script, serve, siteverify

VERIFY = os.environ.get("SITEVERIFY", "https://api.hcaptcha.com/siteverify")


class HCaptcha(Provider):
    name = "hcaptcha.com"
    field = "h-captcha-response"
    site_key, secret = os.environ["HCAPTCHA_SITE_KEY"], os.environ["HCAPTCHA_SECRET"]

    def widget(self, token):
        return f"""{script("https://js.hcaptcha.com/1/api.js")}
<div class="h-captcha" data-sitekey="{self.site_key}"></div>
<button>Go on</button>"""

    def is_human(self, answer, token):
        # With `sitekey` hCaptcha refuses an answer to another widget of the same account.
        form = {"secret": self.secret, "response": answer, "sitekey": self.site_key}
        return siteverify(VERIFY, **form).get("success") is True


if __name__ == "__main__":
    serve(HCaptcha())
