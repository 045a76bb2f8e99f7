"""Questions about what is in an event, and in tokens."""

from .question import VERSIONS, Question, Unclear


def version(pool):
    return f"`{pool.saw().get('version')}`"


def details_member(pool):
    response = pool.saw().get("response")
    if not isinstance(response, dict) or len(response) != 1:
        return f"`response` is {response}"
    return "; ".join(
        f"`{name}` is {value if isinstance(value, str) else type(value).__name__}"
        for name, value in response.items()
    )


def metadata_absent(pool):
    request = pool.saw()["request"]
    return "absent" if "clientMetadata" not in request else f"{request['clientMetadata']}"


def metadata_of_sign_in(pool):
    request = pool.saw(metadata={"probe-metadata": "x"})["request"]
    return "yes" if "probe-metadata" in (request.get("clientMetadata") or {}) else "no"


def metadata_of_refresh(pool):
    tokens = pool.sign_in("metadata-base", do="reply").tokens
    if not tokens:
        raise Unclear("no tokens to begin with")
    pool.tell(None)
    ended = pool.timed(
        pool.cloud.cognito.get_tokens_from_refresh_token,
        ClientId=pool.client_id,
        RefreshToken=tokens["RefreshToken"],
        ClientMetadata={"probe-metadata": "x"},
    )
    saw = ended.id.get("probe_saw", "")
    pool.evidence.append(f"{pool.version} GetTokensFromRefreshToken event: {saw or ended.described()}")
    if ended.is_refused:
        return ended.refusal()
    if not saw:
        raise Unclear("the event was not shown")
    source = next(
        (name for name in ("RefreshTokens", "Authentication") if f"TokenGeneration_{name}" in saw), "another"
    )
    return f"{'yes' if 'probe-metadata' in saw else 'no'}, source {source}"


def attributes(pool):
    """Are the attributes of the event those that the client may read?"""
    client = pool.client("reads-email", ["email"])
    seen = pool.saw(client_id=client)["request"].get("userAttributes") or {}
    return "yes" if "given_name" not in seen else "no: all of them"


def event_id(pool):
    signed_in = pool.sign_in("event-id", do="reply")
    if signed_in.is_refused:
        raise Unclear(signed_in.described())
    parameters = {"REFRESH_TOKEN": signed_in.tokens["RefreshToken"]}
    refreshed = pool.timed(
        pool.cloud.cognito.initiate_auth,
        ClientId=pool.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters=parameters,
    )
    if refreshed.is_refused:
        raise Unclear(refreshed.described())
    if "event_id" not in refreshed.access:
        return "no claim `event_id`"
    return "yes" if refreshed.access["event_id"] == signed_in.access.get("event_id") else "no"


def token_version(pool):
    claims = pool.sign_in("token-version", do="reply").access
    return f"`version` {claims['version']}" if "version" in claims else "no claim `version`"


CONTAINER = {
    "V1_0": "`claimsOverrideDetails` is null",
    "V2_0": "`claimsAndScopeOverrideDetails` is null",
    "V3_0": "`claimsAndScopeOverrideDetails` is null",
}
NUMBERS = {"V1_0": "`1`", "V2_0": "`2`", "V3_0": "`3`"}

QUESTIONS = [
    Question("-", "`version` in the event of a user's sign-in:", NUMBERS, version, None, VERSIONS),
    Question("-", "`response` of an event:", CONTAINER, details_member, None, VERSIONS),
    Question("-", "`clientMetadata` when there is none:", "absent", metadata_absent, None, VERSIONS),
    Question(
        "-", "does `ClientMetadata` of `InitiateAuth` arrive?", "no", metadata_of_sign_in, None, VERSIONS
    ),
    Question(
        "-",
        "does that of `GetTokensFromRefreshToken`?",
        "yes, source Authentication",
        metadata_of_refresh,
        None,
        VERSIONS,
    ),
    Question(
        "-",
        "are event attributes filtered by what the client may read?",
        "no: all of them",
        attributes,
        "event_attributes",
        VERSIONS,
    ),
    Question(
        "-",
        "does a refreshed token keep its `event_id`?",
        "yes",
        event_id,
        "REFRESH_KEEPS_EVENT_ID",
        VERSIONS,
    ),
    Question(
        "-",
        "`version` in the access token of a sign-in:",
        "no claim `version`",
        token_version,
        "OAUTH_TOKEN_VERSION",
        VERSIONS,
    ),
]
