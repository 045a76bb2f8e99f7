"""Questions about pools and app clients themselves; no trigger is called. One throw-away pool is changed."""

import secrets

import botocore.exceptions

from ..cloud import code_of, message_of
from ..journey import new_password
from ..things import patiently
from .question import Question

CHANGEABLE = "changeable"


def prepare(questioner):
    """A pool without triggers, whose custom attribute does not say that it is mutable."""
    questioner.plain_pool = questioner.things.pool(
        CHANGEABLE, Schema=[{"Name": "tenantId", "AttributeDataType": "String"}]
    )
    questioner.plain_client = questioner.things.client(questioner.plain_pool, CHANGEABLE)["ClientId"]


def described(questioner):
    return questioner.cloud.cognito.describe_user_pool(UserPoolId=questioner.plain_pool)["UserPool"]


def told(questioner, line):
    questioner.pools["V1_0"].evidence.append(line)


def lists(questioner):
    """What a client without lists shows."""
    shown = questioner.cloud.cognito.describe_user_pool_client(
        UserPoolId=questioner.plain_pool, ClientId=questioner.plain_client
    )
    client = shown["UserPoolClient"]
    written = client.get("WriteAttributes")
    told(
        questioner,
        f"DescribeUserPoolClient: WriteAttributes {written}, ReadAttributes {client.get('ReadAttributes')}",
    )
    if not written:
        return "no list"
    return "with custom:tenantId" if "custom:tenantId" in written else "without custom:tenantId"


def may_write(questioner):
    """And whether somebody can sign up through it with a tenant of their choice."""
    name = f"probe-{secrets.token_hex(4)}"
    questioner.things.user(questioner.plain_pool, name)
    try:
        patiently(
            questioner.cloud.cognito.sign_up,
            ClientId=questioner.plain_client,
            Username=name,
            Password=new_password(),
            UserAttributes=[{"Name": "custom:tenantId", "Value": "probe"}],
        )
    except botocore.exceptions.ClientError as error:
        told(questioner, f"SignUp with custom:tenantId: {code_of(error)}: {message_of(error)}")
        return f"no: {code_of(error)}"
    told(questioner, "SignUp with custom:tenantId: accepted")
    return "yes"


def mutable(questioner):
    schema = described(questioner)["SchemaAttributes"]
    attribute = next(attribute for attribute in schema if attribute["Name"] == "custom:tenantId")
    told(questioner, f"DescribeUserPool: {attribute}")
    return "mutable" if attribute.get("Mutable") else "not mutable"


def legacy(questioner):
    shown = []
    for version, pool in questioner.pools.items():
        config = questioner.cloud.cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]["LambdaConfig"]
        told(questioner, f"{version}: LambdaConfig has {', '.join(sorted(config))}")
        if "PreTokenGeneration" in config:
            shown.append(version[:2])
    return f"on {', '.join(shown)}" if shown else "never"


def mirrored(questioner):
    try:
        patiently(
            questioner.cloud.cognito.update_user_pool,
            UserPoolId=questioner.plain_pool,
            PoolName=questioner.things.name(CHANGEABLE),
            UserPoolTags=questioner.things.tags,
            EmailVerificationMessage="one {####}",
            VerificationMessageTemplate={"EmailMessage": "two {####}"},
        )
    except botocore.exceptions.ClientError as error:
        told(questioner, f"UpdateUserPool: {code_of(error)}: {message_of(error)}")
        return f"refused: {code_of(error)}"
    pool = described(questioner)
    template = pool.get("VerificationMessageTemplate", {}).get("EmailMessage")
    return f"taken: {pool.get('EmailVerificationMessage')!r} and {template!r}"


def mfa(questioner):
    cognito, pool_id = questioner.cloud.cognito, questioner.plain_pool
    patiently(
        cognito.set_user_pool_mfa_config,
        UserPoolId=pool_id,
        SoftwareTokenMfaConfiguration={"Enabled": True},
        MfaConfiguration="OPTIONAL",
    )
    patiently(
        cognito.update_user_pool,
        UserPoolId=pool_id,
        PoolName=questioner.things.name(CHANGEABLE),
        UserPoolTags=questioner.things.tags,
        MfaConfiguration="OPTIONAL",
    )
    shown = cognito.get_user_pool_mfa_config(UserPoolId=pool_id)
    software = shown.get("SoftwareTokenMfaConfiguration", {})
    told(questioner, f"GetUserPoolMfaConfig: {software}, {shown.get('MfaConfiguration')}")
    return "yes" if software.get("Enabled") else "no"


def pool_name(questioner):
    # The tags must be sent, or the role of the copies loses its reach; this pool has no copies.
    patiently(
        questioner.cloud.cognito.update_user_pool,
        UserPoolId=questioner.plain_pool,
        UserPoolTags=questioner.things.tags,
    )
    return name_left(questioner, described(questioner).get("Name"), questioner.plain_pool)


def client_name(questioner):
    cognito = questioner.cloud.cognito
    patiently(
        cognito.update_user_pool_client, UserPoolId=questioner.plain_pool, ClientId=questioner.plain_client
    )
    shown = cognito.describe_user_pool_client(
        UserPoolId=questioner.plain_pool, ClientId=questioner.plain_client
    )
    return name_left(questioner, shown["UserPoolClient"].get("ClientName"), questioner.plain_client)


def name_left(questioner, name, identifier):
    if name == questioner.things.name(CHANGEABLE):
        return "stays"
    return "lost: the id takes its place" if name == identifier else f"lost: it is {name!r}"


CUSTOM = "DEFAULT_PERMISSIONS_INCLUDE_CUSTOM"

QUESTIONS = [
    Question("10", "`WriteAttributes` of a client made without lists:", "no list", lists, CUSTOM),
    Question("10", "may such a client write `custom:tenantId`?", "yes", may_write, CUSTOM),
    Question(
        "-",
        "a custom attribute that is not said to be mutable:",
        "mutable",
        mutable,
        "CUSTOM_ATTRIBUTES_ARE_MUTABLE",
    ),
    Question("-", "`PreTokenGeneration` beside its `..Config`:", "on V1", legacy, "legacy_trigger_is_shown"),
    Question(
        "-",
        "two texts that mirror each other and differ:",
        "refused: InvalidParameterException",
        mirrored,
        "MIRRORED_TEXTS_MUST_AGREE",
    ),
    Question("-", "do MFA methods besides SMS survive an update?", "yes", mfa, "MFA_METHODS_SURVIVE_UPDATE"),
    # The last: nothing else knows the pool and the client by name then.
    Question(
        "-",
        "an app client's name that an update leaves out:",
        "lost: the id takes its place",
        client_name,
        "name_when_left_out",
    ),
    Question(
        "-",
        "a pool's name that an update leaves out:",
        "lost: the id takes its place",
        pool_name,
        "name_when_left_out",
    ),
]
