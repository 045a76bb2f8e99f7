"""Questions about the event that goes back, and about replies in a wrong shape."""

from .details import KEPT, details
from .question import VERSIONS, Question

TYPED = ("V2_0", "V3_0")
REFUSED = "refused: InvalidLambdaResponseException"


def reply(key, **changes):
    """Is a reply with these changes taken? A claim in it shows whether it was."""

    def ask(pool):
        changes.setdefault("response", None)
        response = changes["response"] or details(pool.version, id_claims=KEPT)
        ended = pool.sign_in(key, **{**changes, "response": response})
        return taken(ended)

    return ask


def taken(ended):
    if ended.is_refused:
        return ended.refusal()
    return "accepted" if ended.id.get("probe") == "kept" else "ignored"


def crossed(pool):
    """The container of the other shape."""
    other = "V2_0" if pool.version == "V1_0" else "V1_0"
    return taken(pool.sign_in("crossed", response=details(other, id_claims=KEPT)))


def null_member(name):
    def ask(pool):
        return taken(
            pool.sign_in(f"null-{name}", response=details(pool.version, id_claims=KEPT, **{name: None}))
        )

    return ask


def null_suppress(pool):
    response = details(pool.version, id_claims=KEPT)
    container = next(iter(response.values()))
    (container if pool.version == "V1_0" else container["idTokenGeneration"])["claimsToSuppress"] = None
    return taken(pool.sign_in("null-suppress", response=response))


def null_groups(pool):
    override = {"groupsToOverride": None, "iamRolesToOverride": None, "preferredRole": None}
    ended = pool.sign_in(
        "null-lists", response=details(pool.version, id_claims=KEPT, groupOverrideDetails=override)
    )
    return (
        taken(ended)
        if ended.is_refused
        else f"{taken(ended)}, {'groups stay' if ended.groups()[0] else 'groups gone'}"
    )


ECHOED = "ECHOED_MEMBERS"
MEMBER = "NULL_MEMBER_IS_ABSENT"
REQUEST = "REQUEST_MUST_COME_BACK"
UNCHANGED = "REQUEST_MUST_COME_BACK"

QUESTIONS = [
    Question(
        "5",
        "`request.clientMetadata` null where it was absent:",
        "accepted",
        reply("echo-metadata", set={"/request/clientMetadata": None}),
        UNCHANGED,
        VERSIONS,
    ),
    Question(
        "5",
        "`request.groupConfiguration` null where it was not:",
        "accepted",
        reply("echo-groups", set={"/request/groupConfiguration": None}),
        UNCHANGED,
        VERSIONS,
    ),
    Question(
        "5", "`request` empty:", "accepted", reply("echo-empty", set={"/request": {}}), UNCHANGED, VERSIONS
    ),
    Question("5", "`request` null:", REFUSED, reply("echo-null", set={"/request": None}), REQUEST, VERSIONS),
    Question("5", "no `request`:", REFUSED, reply("echo-none", remove=["/request"]), REQUEST, VERSIONS),
    Question(
        "5",
        "a member that was not there:",
        "accepted",
        reply("echo-more", set={"/probe": None}),
        None,
        VERSIONS,
    ),
    *(
        Question("5", f"no `{name}`:", REFUSED, reply(f"echo-{name}", remove=[f"/{name}"]), ECHOED, VERSIONS)
        for name in ("version", "region", "userPoolId", "userName", "callerContext", "triggerSource")
    ),
    Question(
        "5", "another `version`:", REFUSED, reply("echo-other", set={"/version": "9"}), ECHOED, VERSIONS
    ),
    Question("5", "`claimsToSuppress` null:", "accepted", null_suppress, MEMBER, VERSIONS),
    Question(
        "5", "`accessTokenGeneration` null:", "accepted", null_member("accessTokenGeneration"), MEMBER, TYPED
    ),
    Question("5", "lists of groups null:", "accepted, groups gone", null_groups, MEMBER, VERSIONS),
    Question(
        "8",
        "a reply in the shape of V1 on V2 and V3, and the other way round:",
        "ignored",
        crossed,
        None,
        VERSIONS,
    ),
]
