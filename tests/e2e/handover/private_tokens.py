"""A device with Private Access Tokens, and their issuer, which signs without seeing what (RFC 9474,
RFC 9578 section 6). What a device lies about is for the tests of envoy/handover.

usage: private_tokens.py key FILE | private_tokens.py token FILE CHALLENGE LIE | … published
"""

import base64, hashlib, math, os, re, secrets, struct, sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
# What stands before the key itself in a SubjectPublicKeyInfo of RSASSA-PSS with SHA-384, MGF1 with
# SHA-384, and 48 bytes of salt, for 2048 bits.
PSS_PREFIX = bytes.fromhex("30820152303d06092a864886f70d01010a3030a00d300b060960864801650304020"
                           "2a11a301806092a864886f70d010108300b0609608648016503040202a203020130"
                           "0382010f00")
SALT = 48


def published_key(private):
    pkcs1 = private.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
    return PSS_PREFIX + pkcs1


def encode_pss(message):
    """EMSA-PSS of RFC 8017 for a key of 2048 bits."""
    salt, digest = secrets.token_bytes(SALT), hashlib.sha384(message).digest()
    seed = hashlib.sha384(bytes(8) + digest + salt).digest()
    block = bytes(256 - 48 - SALT - 2) + b"\1" + salt
    mask = b"".join(hashlib.sha384(seed + struct.pack(">I", n)).digest() for n in range(5))
    masked = bytearray(a ^ b for a, b in zip(block, mask))
    masked[0] &= 0x7F
    return int.from_bytes(bytes(masked) + seed + b"\xbc", "big")


def issue(private, blinded):
    """The issuer: one private operation on a number that says nothing to it."""
    numbers = private.private_numbers()
    return pow(blinded, numbers.d, numbers.public_numbers.n)


def token(private, challenge, lie):
    """The device: blinds, has it signed, and takes the blind off again."""
    n, e = (numbers := private.public_key().public_numbers()).n, numbers.e
    key_id = hashlib.sha256(published_key(private)).digest()
    if lie == "another challenge":
        challenge += b"\0"
    if lie == "another key":
        private = rsa.generate_private_key(65537, 2048)
        n = private.public_key().public_numbers().n
    kind = 1 if lie == "another type" else 2
    signed = (struct.pack(">H", kind) + secrets.token_bytes(32)
              + hashlib.sha256(challenge).digest() + key_id)
    while math.gcd(blind := secrets.randbelow(n), n) != 1:
        pass
    blinded = encode_pss(signed) * pow(blind, e, n) % n
    signature = issue(private, blinded) * pow(blind, -1, n) % n
    if lie == "unsigned":
        signature = encode_pss(signed)
    return (signed + signature.to_bytes(256, "big"))[: 200 if lie == "short" else None]


def published():
    """The first example of RFC 9578, appendix B.2, and the same with a bit of the nonce changed."""
    key = PSS_PREFIX + bytes.fromhex(
        "3082010a0282010100cb1aed6b6a95f5b1ce013a4cfcab25b94b2e64a23034e4250a7eab43c0df3a8c12993af"
        "12b111908d4b471bec31d4b6c9ad9cdda90612a2ee903523e6de5a224d6b02f09e5c374d0cfe01d8f529c500a"
        "78a2f67908fa682b5a2b430c81eaf1af72d7b5e794fc98a3139276879757ce453b526ef9bf6ceb99979b8423b"
        "90f4461a22af37aab0cf5733f7597abe44d31c732db68a181c6cbbe607d8c0e52e0655fd9996dc584eca0be87"
        "afbcd78a337d17b1dba9e828bbd81e291317144e7ff89f55619709b096cbb9ea474cead264c2073fe49740c01"
        "f00e109106066983d21e5f83f086e2e823c879cd43cef700d2a352a9babd612d03cad02db134b7e225a5f0203"
        "010001")
    challenge = bytes.fromhex(
        "0002000e6973737565722e6578616d706c65208e7acc900e393381e8810b7c9e4a68b5163f1f880ab6688a6ff"
        "e780923609e88000e6f726967696e2e6578616d706c65")
    token = bytearray.fromhex(
        "0002aa72019d1f951df197021ce63876fe8b0a02dc1c31a12b0a2dd1508d07827f055969f643b4cfda5196d4a"
        "a86aeb5368834f4f06de46950ed435b3b81bd036d44ca572f8982a9ca248a3056186322d93ca147266121ddeb"
        "5632c07f1f71cd2708bc6a21b533d07294b5e900faf5537dd3eb33cee4e08c9670d1e5358fd184b0e00c63717"
        "4f5206b14c7bb0e724ebf6b56271e5aa2ed94c051c4a433d302b23bc52460810d489fb050f9de5c868c6c1b06"
        "e3849fd087629f704cc724bc0d0984d5c339686fcdd75f9a9cdd25f37f855f6f4c584d84f716864f546b696d6"
        "20c5bd41a811498de84ff9740ba3003ba2422d26b91eb745c084758974642a42078201543246ddb58030ea8e7"
        "22376aa82484dca9610a8fb7e018e396165462e17a03e40ea7e128c090a911ecc708066cb201833010c1ebd4e"
        "910fc8e27a1be467f78671836a508257123a45e4e0ae2180a434bd1037713466347a8ebe46439d3da1970")
    folder = os.path.join(os.path.dirname(__file__), "../../../envoy/handover")
    sys.path.insert(0, folder)
    os.environ |= {"HANDOVER_KEY": "00", "ALTCHA_WIDGET": os.devnull, "PAT_ORIGIN": "origin.example",
                   "PAT_ISSUER": "issuer.example", "PAT_TOKEN_KEY": text(key)}
    from private_access_tokens import PrivateAccessTokens

    page = PrivateAccessTokens()
    right = page.is_valid(text(token), challenge)
    token[5] ^= 1
    return right, page.is_valid(text(token), challenge)


def text(value):
    return base64.urlsafe_b64encode(value).decode()


def load(path):
    with open(path, "rb") as file:
        return serialization.load_pem_private_key(file.read(), None)


match sys.argv[1:]:
    case ["key", path]:
        private = rsa.generate_private_key(65537, 2048)
        with open(path, "wb") as file:
            file.write(private.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                             serialization.NoEncryption()))
        print(text(published_key(private)))
    case ["token", path, challenge, lie]:
        private = load(path)
        scheme, rest = challenge.split(" ", 1)
        parameters = dict(re.findall(r'([a-z-]+)="([^"]*)"', rest))
        assert scheme == "PrivateToken"
        assert base64.urlsafe_b64decode(parameters["token-key"]) == published_key(private)
        sent = base64.urlsafe_b64decode(parameters["challenge"])
        assert sent.startswith(b"\0\2\0\x0eissuer.example\x20") and len(sent) == 70
        assert sent.endswith(b"\0\x11prove.example.com")
        sent = text(token(private, sent, lie))
        print(f"PrivateToken token={sent}" if lie == "without quotes" else f'PrivateToken token="{sent}"')
    case ["published"]:
        print(*published())
