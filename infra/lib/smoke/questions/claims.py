"""Questions about claims and scopes."""

import json

from .details import KEPT, details
from .question import VERSIONS, Question, Unclear

TYPED = ("V2_0", "V3_0")


def reserved(key, token, name):
    """What becomes of a reserved name beside a plain one."""

    def ask(pool):
        # V1 has texts only; elsewhere groups are a list.
        value = ["probe"] if name == "cognito:groups" and pool.version != "V1_0" else "probe"
        asked = {f"{token}_claims": {name: value, **KEPT}}
        ended = pool.sign_in(key, response=details(pool.version, **asked))
        if ended.is_refused:
            return ended.refusal()
        claims = getattr(ended, token)
        taken = claims.get(name) in ("probe", ["probe"])
        rest = "the rest applied" if claims.get("probe") == "kept" else "and so is the rest"
        return f"{'taken' if taken else 'dropped'}, {rest}"

    return ask


def suppressed(pool):
    ended = pool.sign_in(
        "reserved-suppressed", response=details(pool.version, id_claims=KEPT, id_suppress=["sub"])
    )
    if ended.is_refused:
        return ended.refusal()
    rest = "the rest applied" if ended.id.get("probe") == "kept" else "and so is the rest"
    return f"{'dropped' if 'sub' in ended.id else 'taken'}, {rest}"


def value(key, value, name="probe", token="id"):
    """What becomes of a claim of this value."""

    def ask(pool):
        ended = pool.sign_in(
            key, response=details(pool.version, **{f"{token}_claims": {name: value, "probe_beside": "kept"}})
        )
        if ended.is_refused:
            return ended.refusal()
        claims = getattr(ended, token)
        rest = "" if claims.get("probe_beside") == "kept" else ", and so is the rest"
        if name not in claims:
            return f"left out{rest}"
        return "in the token as sent" if claims[name] == value else f"in the token as {claims[name]!r}"

    return ask


def scopes(key, **lists):
    def ask(pool):
        ended = pool.sign_in(key, response=details(pool.version, id_claims=KEPT, access_more=lists))
        if ended.is_refused:
            return ended.refusal()
        if ended.id.get("probe") != "kept":
            raise Unclear("the reply was not applied")
        scope = ended.access.get("scope")
        if scope is None:
            return "no claim `scope`"
        return "`scope` is empty" if not scope.strip() else f"`scope` is {scope}"

    return ask


def scopes_of_refresh(pool):
    """Does the event of a refresh have a scope that the trigger added at the sign-in?"""
    added = details(pool.version, id_claims=KEPT, access_more={"scopesToAdd": ["probe/x"]})
    signed_in = pool.sign_in("scope-refreshed", response=added)
    if "probe/x" not in signed_in.access.get("scope", "").split():
        raise Unclear("the sign-in did not add the scope")
    pool.tell(None)
    refreshed = pool.timed(
        pool.cloud.cognito.initiate_auth,
        ClientId=pool.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": signed_in.tokens["RefreshToken"]},
    )
    saw = refreshed.id.get("probe_saw")
    pool.evidence.append(f"{pool.version} event of a refresh: {saw or refreshed.described()}")
    if saw is None:
        raise Unclear("the event was not shown")
    # The digest has types in place of values. A sign-in through the API has one scope, Cognito's own.
    count = len(json.loads(saw)["request"].get("scopes") or [])
    return {0: "no: it has none at all", 1: "no", 2: "yes"}.get(count, f"unknown: it has {count}")


DROPPED = "dropped, the rest applied"
NAME = "RESERVED_CLAIMS_ARE_DROPPED"
REFUSED = "refused: InvalidLambdaResponseException"
VALUE = "claim_value_is_accepted"
OWN = "aws.cognito.signin.user.admin"

QUESTIONS = [
    Question(
        "3", "`sub` added to the ID token:", DROPPED, reserved("reserved-sub", "id", "sub"), NAME, VERSIONS
    ),
    Question(
        "3",
        "`cognito:username` added to the ID token:",
        DROPPED,
        reserved("reserved-user", "id", "cognito:username"),
        NAME,
        VERSIONS,
    ),
    Question(
        "3",
        "`cognito:groups` added as a claim:",
        DROPPED,
        reserved("reserved-groups", "id", "cognito:groups"),
        NAME,
        VERSIONS,
    ),
    Question(
        "3",
        "`client_id` added to the access token:",
        DROPPED,
        reserved("reserved-client", "access", "client_id"),
        NAME,
        TYPED,
    ),
    Question(
        "3",
        "`scope` added to the access token as a claim:",
        DROPPED,
        reserved("reserved-scope", "access", "scope"),
        NAME,
        TYPED,
    ),
    Question("3", "`sub` suppressed in the ID token:", DROPPED, suppressed, NAME, VERSIONS),
    Question("9", "a claim of value null:", REFUSED, value("null", None), VALUE, VERSIONS),
    Question(
        "9",
        "a claim of value null in the access token:",
        REFUSED,
        value("null-access", None, token="access"),
        VALUE,
        TYPED,
    ),
    Question("9", "null in a list:", REFUSED, value("null-list", ["a", None]), VALUE, TYPED),
    Question("9", "null in an object:", REFUSED, value("null-object", {"a": None}), VALUE, TYPED),
    Question("-", "a list on V1:", REFUSED, value("list-on-v1", ["a"]), None, ("V1_0",)),
    Question("-", "a list, in the ID token:", "in the token as sent", value("list", ["a", 1]), None, TYPED),
    Question(
        "-",
        "an object, in the access token:",
        "in the token as sent",
        value("object", {"a": 1}, token="access"),
        None,
        TYPED,
    ),
    Question(
        "-",
        "a list for `email_verified`:",
        REFUSED,
        value("verified", ["a"], "email_verified"),
        "SIMPLE_VALUED_ID_CLAIMS",
        TYPED,
    ),
    Question(
        "-",
        "an object for `address`:",
        REFUSED,
        value("address", {"a": "b"}, "address"),
        "SIMPLE_VALUED_ID_CLAIMS",
        TYPED,
    ),
    Question(
        "-",
        "a scope added and suppressed:",
        f"`scope` is {OWN}",
        scopes("scope-both", scopesToAdd=["probe/x"], scopesToSuppress=["probe/x"]),
        "SCOPE_SUPPRESSION_WINS",
        TYPED,
    ),
    # Of the marker scope (MARKER_SCOPE). Refused: every API that demands it refuses everybody.
    Question(
        "-",
        "a scope added that no resource server defines:",
        f"`scope` is {OWN} undefined/probe",
        scopes("scope-undefined", scopesToAdd=["undefined/probe"]),
        None,
        TYPED,
    ),
    # Defined in the pool of V3 alone, for its machine.
    Question(
        "-",
        "a scope added that the app client may not ask for:",
        f"`scope` is {OWN} smoke/test",
        scopes("scope-foreign", scopesToAdd=["smoke/test"]),
        None,
        ("V3_0",),
    ),
    # pre-token-generation handles both answers: it adds the marker where it is missing.
    Question(
        "-",
        "does the event of a refresh have scopes that the trigger added at the sign-in?",
        "no",
        scopes_of_refresh,
        None,
        TYPED,
    ),
    Question(
        "-",
        "all scopes suppressed:",
        "no claim `scope`",
        scopes("scope-none", scopesToSuppress=[OWN]),
        "EMPTY_SCOPE_IS_ABSENT",
        TYPED,
    ),
]
