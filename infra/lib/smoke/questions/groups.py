"""Questions about groups and roles."""

from ..things import patiently
from .details import KEPT, details
from .question import VERSIONS, Question, Unclear

# By precedence, then by name: the order that is assumed. The names tell it apart from their own order.
ORDER = ["z-first", "m-second", "a-none", "b-none"]
PRECEDENCE = {"z-first": 1, "m-second": 2}


def prepare(questioner):
    """Puts the probe's user of each pool into groups, the first of which has a role."""
    cognito = questioner.cloud.cognito
    for pool in questioner.pools.values():
        # Neither in the order assumed nor by name.
        for group in ("m-second", "b-none", "z-first", "a-none"):
            settings = {"Precedence": PRECEDENCE[group]} if group in PRECEDENCE else {}
            if group == ORDER[0]:
                settings["RoleArn"] = questioner.workshop.role_arn
            patiently(cognito.create_group, UserPoolId=pool.id, GroupName=group, **settings)
            patiently(
                cognito.admin_add_user_to_group, UserPoolId=pool.id, Username=pool.user, GroupName=group
            )


def effect(key, **override):
    """What `groupOverrideDetails` of this value does to the groups of both tokens."""

    def ask(pool):
        ended = pool.sign_in(key, response=details(pool.version, id_claims=KEPT, **override))
        if ended.is_refused:
            return ended.refusal()
        if ended.id.get("probe") != "kept":
            raise Unclear("the reply was not applied")
        told = {describe(groups) for groups in ended.groups()}
        if len(told) > 1:
            return "ID token: {}; access token: {}".format(*(describe(groups) for groups in ended.groups()))
        return told.pop()

    return ask


def describe(groups):
    if not groups:
        return "groups gone"
    return "groups stay" if set(groups) == set(ORDER) else f"groups are {', '.join(groups)}"


def roles(pool):
    base = pool.sign_in("roles-base", do="reply")
    if "cognito:roles" not in base.id:
        raise Unclear("the user's own token has no cognito:roles to lose")
    ended = pool.sign_in(
        "roles",
        response=details(pool.version, id_claims=KEPT, groupOverrideDetails={"groupsToOverride": ["probe"]}),
    )
    if ended.is_refused:
        return ended.refusal()
    if ended.id.get("probe") != "kept":
        raise Unclear("the reply was not applied")
    stay = [name for name in ("cognito:roles", "cognito:preferred_role") if name in ended.id]
    return f"{', '.join(stay)} stay" if stay else "roles and preferred role gone"


def order(pool):
    ended = pool.sign_in("order", do="reply")
    if ended.is_refused:
        return ended.refusal()
    return ", ".join(ended.groups()[0]) or "no groups"


FULL = {"groupsToOverride": ["probe"], "iamRolesToOverride": [], "preferredRole": None}
ABSENT = "groups_when_not_overridden"

QUESTIONS = [
    Question(
        "1",
        "`groupOverrideDetails` absent, with a claim added:",
        "groups stay",
        effect("groups-absent"),
        ABSENT,
        VERSIONS,
    ),
    Question(
        "1",
        "`groupOverrideDetails` null:",
        "groups gone",
        effect("groups-null", groupOverrideDetails=None),
        None,
        VERSIONS,
    ),
    Question(
        "1",
        "`groupOverrideDetails` `{}`:",
        "groups gone",
        effect("groups-empty", groupOverrideDetails={}),
        None,
        VERSIONS,
    ),
    Question(
        "1",
        "`groupsToOverride` an empty list:",
        "groups gone",
        effect("groups-list", groupOverrideDetails={"groupsToOverride": []}),
        None,
        VERSIONS,
    ),
    Question(
        "1",
        "`groupOverrideDetails` in full:",
        "groups are probe",
        effect("groups-full", groupOverrideDetails=FULL),
        None,
        VERSIONS,
    ),
    Question(
        "2",
        "only `groupsToOverride`: what of the roles?",
        "roles and preferred role gone",
        roles,
        "roles_when_left_out",
        VERSIONS,
    ),
    Question(
        "2",
        "only `iamRolesToOverride`: what of the groups?",
        "groups gone",
        effect("groups-roles", groupOverrideDetails={"iamRolesToOverride": []}),
        None,
        VERSIONS,
    ),
    Question("-", "the order of groups:", ", ".join(ORDER), order, "group_rank", VERSIONS),
]
