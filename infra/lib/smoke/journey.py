"""One user from sign-up to a second tenant, as an app would do it, each step checked."""

import secrets
import string

import botocore.exceptions

from .cloud import code_of, message_of
from .things import patiently

INVITE_REQUIRED = "You need a valid invitation. Ask your administrator for one"
NO_TENANT = "Your account does not belong to an organization yet. Ask your administrator for an invitation"
WRONG_TENANT = "Your account cannot sign in to this organization"


class Journey:
    """`pool` is a PoolFacts, `tenants` the tenants of the run in its table."""

    def __init__(self, cloud, things, section, issuer, pool, settings):
        self.cloud = cloud
        self.cognito = cloud.cognito
        self.things = things
        self.section = section
        self.issuer = issuer
        self.pool = pool
        self.settings = settings

    def travel(self, tenants, suffix):
        section, tenant = self.section, tenants.tenant(f"{suffix}a")
        code = tenant.invite()
        # In the sign-up, too: a trigger of the pool may confirm at once.
        name, password, sub = self.sign_up(tenant, ClientMetadata={"inviteCode": code})
        if sub is None:
            return
        confirmed = self.attempt(
            "confirmed with an invite code",
            self.cognito.admin_confirm_sign_up,
            UserPoolId=self.pool.id,
            Username=name,
            ClientMetadata={"inviteCode": code},
        )
        if not confirmed:
            return
        attribute = self.settings["TENANT_ATTRIBUTE"]
        attributes = self.cognito.admin_get_user(UserPoolId=self.pool.id, Username=name)["UserAttributes"]
        stamp = next((entry["Value"] for entry in attributes if entry["Name"] == attribute), None)
        section.check(
            f"the user is stamped: {attribute} is the invite's tenant",
            stamp == tenant.id,
            "" if stamp else "no stamp",
        )
        tokens = self.sign_in(name, password)
        if tokens is None:
            return
        self.look_at("sign-in", tokens, tenant, sub)
        self.refresh(tokens["RefreshToken"], tenant, sub)
        self.second_tenant(tenants, suffix, tokens["RefreshToken"], tenant, sub)
        self.stranger(tenant)

    def sign_up(self, tenant, **metadata):
        """Signs a new user up through the throw-away client: name, password, sub."""
        address = f"success+{secrets.token_hex(6)}@simulator.amazonses.com"
        name = address if self.pool.takes_addresses else f"smoke-{secrets.token_hex(6)}"
        password = new_password()
        attributes = {"email": address, **self.pool.attributes}
        self.things.user(self.pool.id, name)
        answer = self.attempt(
            "signed up",
            self.cognito.sign_up,
            ClientId=self.pool.client_id,
            Username=name,
            Password=password,
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
            **metadata,
        )
        if answer is None:
            return name, password, None
        tenant.keep(f"USER#{self.pool.id}#{answer['UserSub']}")
        return name, password, answer["UserSub"]

    def sign_in(self, name, password):
        answer = self.attempt(
            "signed in",
            self.cognito.initiate_auth,
            ClientId=self.pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        if answer is None:
            return None
        if "AuthenticationResult" not in answer:
            self.section.check(
                "tokens after the password", False, f"the pool asks for {answer.get('ChallengeName')}"
            )
            return None
        return answer["AuthenticationResult"]

    def look_at(self, step, tokens, tenant, sub):
        """Signature, audience, use, claims and groups of both tokens."""
        for kind, member in (("id", "IdToken"), ("access", "AccessToken")):
            try:
                claims = self.issuer.verified(tokens[member])
            except (ValueError, OSError) as error:
                self.section.check(f"{step}: {kind} token", False, error)
                continue
            audience = claims.get("aud" if kind == "id" else "client_id")
            facts = {
                "token_use": (claims.get("token_use"), kind),
                "sub": (claims.get("sub"), sub),
                "audience": (audience, self.pool.client_id),
            }
            wrong = [name for name, (found, wanted) in facts.items() if found != wanted]
            self.section.check(
                f"{step}: {kind} token is signed by the pool for this user and client",
                not wrong,
                ", ".join(wrong),
            )
            wanted = self.settings.claims(tenant, self.pool.version, kind)
            self.compare(f"{step}: {kind} token has the tenant's claims", wanted, claims)
            if kind == "access" and not wanted:
                added = self.settings["CLAIM_TENANT_ID"] in claims
                self.section.check(f"{step}: access token has none, as {self.pool.version} cannot", not added)
            has_marker = self.settings.has_marker(claims, self.pool.version)
            if kind == "access" and has_marker is not None:
                self.section.check(
                    f"{step}: access token has the scope of MARKER_SCOPE", has_marker, claims.get("scope", "")
                )
            groups, wanted = claims.get("cognito:groups", []), self.settings.groups(tenant)
            kept = self.settings["POOL_GROUPS"] == "keep"
            right = set(wanted) <= set(groups) if kept else groups == wanted
            self.section.check(
                f"{step}: {kind} token has the tenant's groups", right, "" if right else f"{groups}"
            )

    def compare(self, name, wanted, claims):
        if not wanted:
            return
        wrong = {claim: claims.get(claim) for claim, value in wanted.items() if claims.get(claim) != value}
        self.section.check(name, not wrong, f"found {wrong}" if wrong else ", ".join(sorted(wanted)))

    def refresh(self, token, tenant, sub):
        answer = self.attempt(
            "refreshed",
            self.cognito.initiate_auth,
            ClientId=self.pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )
        if answer:
            self.look_at("refresh", answer["AuthenticationResult"], tenant, sub)

    def second_tenant(self, tenants, suffix, token, first, sub):
        """Of two tenants, the app chooses one by the refresh that hands metadata on."""
        second = tenants.tenant(f"{suffix}b")
        second.join(self.pool.id, sub)
        chosen = self.chosen("a second tenant chosen by the app", token, {"tenantId": second.id})
        if chosen:
            self.look_at("second tenant", chosen, second, sub)
        default = self.chosen("no tenant chosen", token, None)
        if default:
            self.look_at("default tenant", default, first, sub)
        if self.settings["MODE"] == "enforce":
            error = self.refused(
                self.cognito.get_tokens_from_refresh_token,
                ClientId=self.pool.client_id,
                RefreshToken=token,
                ClientMetadata={"tenantId": f"{first.id}-x"},
            )
            self.section.check("a tenant of others is refused", WRONG_TENANT in error, error)

    def chosen(self, name, token, metadata):
        arguments = {"ClientMetadata": metadata} if metadata else {}
        answer = self.attempt(
            name,
            self.cognito.get_tokens_from_refresh_token,
            ClientId=self.pool.client_id,
            RefreshToken=token,
            **arguments,
        )
        return answer and answer["AuthenticationResult"]

    def stranger(self, tenant):
        """A user without an invite is refused, in the one text."""
        name, password, sub = self.sign_up(tenant)
        if sub is None:
            return
        confirm = {"UserPoolId": self.pool.id, "Username": name}
        if self.settings["UNINVITED"] == "refuse":
            error = self.refused(self.cognito.admin_confirm_sign_up, **confirm)
            self.section.check(
                "a user without an invite is refused, in the one text", INVITE_REQUIRED in error, error
            )
        else:
            self.attempt(
                "a user without an invite is confirmed, as UNINVITED has it",
                self.cognito.admin_confirm_sign_up,
                **confirm,
            )
        if self.settings["MODE"] == "enforce":
            error = self.refused(
                self.cognito.initiate_auth,
                ClientId=self.pool.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": password},
            )
            self.section.check("and gets no tokens", NO_TENANT in error, error)

    def attempt(self, name, call, **arguments):
        """One step that has to succeed; its answer, or None."""
        try:
            answer = patiently(call, **arguments)
        except botocore.exceptions.ClientError as error:
            self.section.check(name, False, f"{code_of(error)}: {message_of(error)}")
            return None
        self.section.check(name, True)
        return answer

    @staticmethod
    def refused(call, **arguments):
        """The error of a step that has to fail."""
        try:
            patiently(call, **arguments)
        except botocore.exceptions.ClientError as error:
            return f"{code_of(error)}: {message_of(error)}"
        return "it was not refused"


class PoolFacts:
    """What a journey has to know of a pool."""

    def __init__(self, pool_id, client_id, version, takes_addresses, attributes=None):
        self.id = pool_id
        self.client_id = client_id
        self.version = version
        self.takes_addresses = takes_addresses
        self.attributes = attributes or {}


def new_password():
    """Satisfies every policy of Cognito that can be: all kinds of characters, and no word."""
    kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_+.!"]
    letters = [secrets.choice(kind) for kind in kinds for _ in range(8)]
    secrets.SystemRandom().shuffle(letters)
    # Not at the ends: blanks and signs there are what shells and forms stumble over.
    return "Aa1" + "".join(letters) + "z"
