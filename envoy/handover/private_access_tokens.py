"""Private Access Tokens: the device of the visitor vouches for it, and nobody sees anything.

Needs the package `cryptography`, and
  PAT_ISSUER     the name of the issuer, such as demo-pat.issuer.cloudflare.com
  PAT_TOKEN_KEY  its public key as in https://PAT_ISSUER/.well-known/token-issuer-directory
  PAT_ORIGIN     the host name of this page, such as prove.example.com
  ALTCHA_WIDGET  as in altcha.py, which everybody gets whose browser has no token

Each challenge is made for one TOKEN (its redemption context), so nothing has to be remembered
here: a token is refused for another TOKEN, and Unstuff gives one pass for each.

RFC 9577 (the headers) and RFC 9578, section 6 (token type 2, which anybody can verify)
"""

import base64, hashlib, os, re, struct
from altcha import Altcha
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key
from page import serve

TOKEN_TYPE = 2  # Blind RSA, 2048 bits
SIGNED = 2 + 32 + 32 + 32  # the type, a nonce, and the digests of the challenge and of the key
SIGNATURE = 256


def with_length(text):
    return struct.pack(">H", len(text)) + text


class PrivateAccessTokens(Altcha):
    issuer, origin = os.environ["PAT_ISSUER"], os.environ["PAT_ORIGIN"]
    token_key = os.environ["PAT_TOKEN_KEY"]

    def __init__(self):
        super().__init__()
        key = base64.urlsafe_b64decode(self.token_key + "=" * (-len(self.token_key) % 4))
        # Browsers want the padding.
        self.token_key = base64.urlsafe_b64encode(key).decode()
        self.key_id, self.public_key = hashlib.sha256(key).digest(), load_der_public_key(key)

    def token_challenge(self, token):
        context = hashlib.sha256(token.encode()).digest()
        return (struct.pack(">H", TOKEN_TYPE) + with_length(self.issuer.encode())
                + bytes([len(context)]) + context + with_length(self.origin.encode()))

    def challenge(self, token):
        challenge = base64.urlsafe_b64encode(self.token_challenge(token)).decode()
        values = f'challenge="{challenge}", token-key="{self.token_key}"'
        return {"www-authenticate": f"PrivateToken {values}"}

    def has_proof(self, headers, token):
        sent = re.fullmatch(r'PrivateToken .*?\btoken="?([\w=-]+)"?.*',
                            headers.get("authorization", ""), re.ASCII | re.IGNORECASE)
        return sent is not None and self.is_valid(sent[1], self.token_challenge(token))

    def is_valid(self, sent, challenge):
        """Whether this token answers this challenge, and the issuer has signed it."""
        try:
            sent = base64.urlsafe_b64decode(sent)
        except ValueError:
            return False
        if len(sent) != SIGNED + SIGNATURE:
            return False
        token_type, nonce, digest, key_id = struct.unpack(">H32s32s32s", sent[:SIGNED])
        if token_type != TOKEN_TYPE or key_id != self.key_id:
            return False
        if digest != hashlib.sha256(challenge).digest():
            return False
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
        try:
            self.public_key.verify(sent[SIGNED:], sent[:SIGNED], pss, hashes.SHA384())
        except InvalidSignature:
            return False
        return True


if __name__ == "__main__":
    serve(PrivateAccessTokens())
