"""Questions about machines: client credentials on V3."""

import json

from ..tokens import claims_of, unsigned
from .details import KEPT, details
from .question import Question, Unclear


def of_machine(ask):
    def asked(questioner):
        if questioner.machine is None:
            return "not asked: the account's tier does not have V3"
        return ask(questioner.machine)

    return asked


@of_machine
def event(machine):
    status, claims = machine.token()
    if "probe_saw" not in claims:
        raise Unclear(f"no digest in the token: {status} {claims.get('error', '')}")
    return seen(machine, json.loads(claims["probe_saw"]))


@of_machine
def client_token(machine):
    """The event of `GetClientToken`, which gives machines tokens without OAuth."""
    status, body = unsigned(machine.url, "GetClientToken", {"ClientId": "nobody", "Secret": "nothing"})
    if "UnknownOperation" in str(body.get("__type")):
        return "not asked: this server does not know `GetClientToken`"
    client = machine.client_of_api()
    status, body = unsigned(
        machine.url, "GetClientToken", {"ClientId": client["ClientId"], "Secret": client["ClientSecret"]}
    )
    machine.pool.evidence.append(f"GetClientToken -> {status} {body.get('__type', '')} {body.get('message', '')}")
    if status != 200:
        return f"refused: {status} {body.get('__type')}"
    claims = claims_of(body["ClientAuthenticationResult"]["AccessToken"])
    if "probe_saw" not in claims:
        return "nothing: the trigger is not called"
    saw = json.loads(claims["probe_saw"])
    return f"source {saw.get('triggerSource')}, {seen(machine, saw)}"


def seen(machine, saw):
    """The event in words."""
    machine.pool.evidence.append(f"machine event: {json.dumps(saw)}")
    request = saw.get("request", {})
    user = f"`userName` {saw['userName']}" if "userName" in saw else "no `userName`"
    parts = [user]
    for name in ("userAttributes", "groupConfiguration"):
        if name not in request:
            parts.append(f"no `{name}`")
        else:
            value = request[name]
            empty = not value or (
                isinstance(value, dict) and not any(entry not in ([], "null") for entry in value.values())
            )
            parts.append(f"`{name}` {'empty' if empty and value != 'null' else value}")
    return ", ".join(parts)


@of_machine
def groups(machine):
    override = {"groupsToOverride": ["probe"], "iamRolesToOverride": [], "preferredRole": None}
    status, claims = machine.token(
        "groups", response=details("V3_0", access_claims=KEPT, groupOverrideDetails=override)
    )
    if status != 200:
        return f"refused: {claims.get('error')}"
    if claims.get("probe") != "kept":
        raise Unclear("the instruction did not arrive, or the reply was not applied")
    return "yes" if "cognito:groups" in claims else "no"


@of_machine
def undefined_scope(machine):
    response = details("V3_0", access_claims=KEPT, access_more={"scopesToAdd": ["undefined/probe"]})
    status, claims = machine.token("scope", response=response)
    if status != 200:
        return f"refused: {claims.get('error')}"
    if claims.get("probe") != "kept":
        raise Unclear("the instruction did not arrive, or the reply was not applied")
    return f"`scope` is {claims.get('scope')}"


@of_machine
def failure(machine):
    status, claims = machine.token("failure", do="fail", text="Probe says no")
    if "probe_saw" in claims:
        raise Unclear("the instruction did not arrive")
    return f"{status} `{claims.get('error')}`" if status != 200 else "not at all: there is a token"


@of_machine
def version(machine):
    _, claims = machine.token("version", do="reply")
    return f"`version` {claims['version']}" if "version" in claims else "no claim `version`"


QUESTIONS = [
    Question(
        "4",
        "what is in a client-credentials event?",
        "`userName` text, `userAttributes` empty, `groupConfiguration` null",
        event,
    ),
    Question(
        "-",
        "what does `GetClientToken` send?",
        "source TokenGeneration_ClientCredentials, `userName` text, `userAttributes` empty, `groupConfiguration` null",
        client_token,
    ),
    Question(
        "-",
        "a scope added to a machine's token that no resource server defines:",
        "`scope` is smoke/test undefined/probe",
        undefined_scope,
    ),
    Question("-", "do machine tokens take groups?", "no", groups, "MACHINE_TOKENS_TAKE_GROUPS"),
    Question(
        "-",
        "how does the token endpoint report a failed trigger?",
        "400 `invalid_request`",
        failure,
        "TOKEN_ENDPOINT_TRIGGER_ERROR",
    ),
    Question("-", "`version` in a machine's token:", "`version` 2", version, "OAUTH_TOKEN_VERSION"),
]
