"""Signing in, and what the tokens say. Signatures are checked against the pool's keys."""

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request

import jwt


class Denied(Exception):
    """There are no tokens; the message is what the app is told."""


class SignIn:
    """A user pool and an app client of it."""

    def __init__(self, ministack, pool, client, redirect):
        self.cognito = ministack.client("cognito-idp")
        self.url = ministack.url
        self.pool, self.client, self.redirect = pool, client, redirect

    def by_password(self, user, password):
        """Claims of both tokens, and the refresh token."""
        return self.tokens("ADMIN_USER_PASSWORD_AUTH", {"USERNAME": user, "PASSWORD": password})

    def by_refresh(self, refresh_token):
        """The same by a refresh token."""
        return self.tokens("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": refresh_token})

    def tokens(self, flow, parameters):
        try:
            answer = self.cognito.admin_initiate_auth(
                UserPoolId=self.pool, ClientId=self.client, AuthFlow=flow, AuthParameters=parameters
            )
        except self.cognito.exceptions.ClientError as error:
            raise Denied(error.response["Error"]["Message"]) from error
        result = answer["AuthenticationResult"]
        return self.claims(result["IdToken"]), self.claims(result["AccessToken"]), result.get("RefreshToken")

    def by_code(self, user, password):
        """The same through the login page and the authorization code flow with PKCE."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        form = {
            "client_id": self.client, "redirect_uri": self.redirect, "scope": "openid email", "state": "s",
            "response_type": "code", "code_challenge": challenge, "code_challenge_method": "S256",
        }
        page = self.fetch("/oauth2/authorize?" + urllib.parse.urlencode(form))
        if page.status != 200:
            raise Denied(f"the login page answers {page.status}")
        sent = self.fetch("/login", {**form, "username": user, "password": password})
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(sent.headers.get("location", "")).query)
        if "code" not in query:
            raise Denied(f"the login page answers {sent.status} without a code: {query or sent.read()[:200]}")
        grant = {
            "grant_type": "authorization_code", "client_id": self.client, "redirect_uri": self.redirect,
            "code": query["code"][0], "code_verifier": verifier,
        }
        answer = self.fetch("/oauth2/token", grant)
        body = json.loads(answer.read())
        if "id_token" not in body:
            raise Denied(json.dumps(body))
        return self.claims(body["id_token"]), self.claims(body["access_token"]), body.get("refresh_token")

    def fetch(self, path, form=None):
        body = urllib.parse.urlencode(form).encode() if form else None
        try:
            return urllib.request.build_opener(NoRedirect).open(self.url + path, body, timeout=30)
        except urllib.error.HTTPError as answer:
            return answer

    def claims(self, token):
        keys = jwt.PyJWKClient(f"{self.url}/{self.pool}/.well-known/jwks.json")
        key = keys.get_signing_key_from_jwt(token)
        return jwt.decode(token, key.key, algorithms=["RS256"], options={"verify_aud": False})


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """The code is in the address that the browser would be sent to."""

    def redirect_request(self, *_):
        return None
