"""Tokens: signatures by the pool's own keys, and claims."""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request

# DER of DigestInfo for SHA-256 (RFC 8017, 9.2, note 1).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class Issuer:
    """A user pool as an OIDC provider."""

    def __init__(self, cloud, pool_id):
        self.pool_id = pool_id
        base = cloud.cognito.meta.endpoint_url.rstrip("/")
        self.discovery_url = f"{base}/{pool_id}/.well-known/openid-configuration"
        self.document = None
        self.keys = {}

    def discover(self, again=False):
        if self.document is None or again:
            self.document = get(self.discovery_url)
        return self.document

    @property
    def name(self):
        return self.discover()["issuer"]

    def verified(self, token):
        """The claims of a token with an RS256 signature of this pool; ValueError says what is wrong."""
        signed, _, signature = token.rpartition(".")
        header, _, claims = signed.partition(".")
        header = json.loads(decoded(header))
        if header.get("alg") != "RS256":
            raise ValueError(f"signed by {header.get('alg')} and not RS256")
        if header.get("kid") not in self.keys:
            self.keys = {key["kid"]: key for key in get(self.discover()["jwks_uri"])["keys"]}
        if header.get("kid") not in self.keys:
            raise ValueError("signed by a key that the pool does not publish")
        if not is_signed(signed.encode(), decoded(signature), self.keys[header["kid"]]):
            raise ValueError("the signature is wrong")
        claims = json.loads(decoded(claims))
        if claims.get("iss") != self.name:
            raise ValueError("issued by another pool")
        if claims.get("exp", 0) <= time.time():
            raise ValueError("already expired")
        return claims

    def machine_token(self, endpoint, client_id, secret, metadata=None):
        """What the token endpoint answers to client credentials: HTTP status and body."""
        form = {"grant_type": "client_credentials"}
        if metadata:
            form["aws_client_metadata"] = json.dumps(metadata)
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        request = urllib.request.Request(endpoint, urllib.parse.urlencode(form).encode())
        request.add_header("authorization", f"Basic {basic}")
        request.add_header("content-type", "application/x-www-form-urlencoded")
        return answered(request)

    def token_endpoint(self, domain, region, seconds=120):
        """Where machines get tokens, once the domain answers: a new one takes a while to be known."""
        deadline, wait = time.monotonic() + seconds, 0.5
        while True:
            try:
                endpoint = self.discover(again=True).get("token_endpoint")
                endpoint = endpoint or f"https://{domain}.auth.{region}.amazoncognito.com/oauth2/token"
                status, body = self.machine_token(endpoint, "nobody", "nothing")
                if 400 <= status < 500 and body.get("error") in (
                    "invalid_client",
                    "invalid_request",
                    "unauthorized_client",
                ):
                    return endpoint
            except (ValueError, OSError):
                pass
            if time.monotonic() > deadline:
                return None
            time.sleep(wait)
            wait = min(wait * 2, 5)


def unsigned(endpoint, operation, members):
    """What an operation of Cognito that needs no credentials answers, also one that boto3 does not know: HTTP
    status and body."""
    request = urllib.request.Request(endpoint, json.dumps(members).encode())
    request.add_header("x-amz-target", f"AWSCognitoIdentityProviderService.{operation}")
    request.add_header("content-type", "application/x-amz-json-1.1")
    return answered(request)


def answered(request):
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            body = error.read().decode("utf-8", "replace")
        try:
            return error.code, json.loads(body)
        except ValueError:
            return error.code, {"error": "no JSON", "error_description": body[:200]}


def get(url, seconds=30):
    """A document; of a pool that was just made it may take a moment to be there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code < 404 or time.monotonic() > deadline:
                raise
        time.sleep(1)


def claims_of(token):
    """The claims, unchecked."""
    return json.loads(decoded(token.split(".")[1]))


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def is_signed(message, signature, key):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2): the padding is built and compared as a whole."""
    modulus = int.from_bytes(decoded(key["n"]), "big")
    exponent = int.from_bytes(decoded(key["e"]), "big")
    length = (modulus.bit_length() + 7) // 8
    if len(signature) != length:
        return False
    found = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(length, "big")
    digest = SHA256_PREFIX + hashlib.sha256(message).digest()
    return found == b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
