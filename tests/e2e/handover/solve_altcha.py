"""Solves the challenge of a page with ALTCHA's own client, or lies about it.

usage: solve_altcha.py PAGE LIE KEY

KEY is that of the handover, for challenges that the page could have signed at another time.
"""

import hashlib, hmac, html, json, re, sys

from altcha import v2

shown = json.loads(html.unescape(re.search(r' challenge="(.*?)"', sys.argv[1])[1]))
challenge = v2.Challenge.from_dict(shown)
solution = v2.Solution(0, "00")
match sys.argv[2]:
    case "another number":
        solution.counter = 1
    case "cheaper":  # without the signature's consent
        challenge.parameters.key_prefix = ""
    case "later":
        challenge.parameters.expires_at += 3600
        solution = v2.solve_challenge(challenge)
    case "expired" | "signed again":
        if sys.argv[2] == "expired":
            challenge.parameters.expires_at = 1
        text = json.dumps(challenge.parameters.to_dict(), sort_keys=True, separators=(",", ":"))
        key = hmac.digest(bytes.fromhex(sys.argv[3]), b"altcha", "sha256")
        challenge.signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        solution = v2.solve_challenge(challenge)
    case "huge":
        solution.counter = 2**64
    case "text":
        solution.counter = "0"
    case "":
        solution = v2.solve_challenge(challenge)
print(v2.Payload(challenge, solution).to_base64())
