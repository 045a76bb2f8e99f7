"""Part A: the pool that is there, as it is, with the triggers as they are attached. Only throw-away users, an
app client and items of throw-away tenants are made."""

import botocore.exceptions

from .cloud import Unusable, code_of
from .journey import Journey, PoolFacts
from .settings import Settings
from .tenants import Tenantctl, Tenants
from .tokens import Issuer

OWN_TRIGGERS = {"PostConfirmation", "PreTokenGeneration", "PreTokenGenerationConfig"}


class Deployment:
    """Where the product is: pool, table, functions."""

    def __init__(self, pool_id, table, functions=None):
        self.pool_id = pool_id
        self.table = table
        self.functions = functions or {}

    @classmethod
    def of_stack(cls, cloud, name):
        try:
            stack = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except botocore.exceptions.ClientError as error:
            raise Unusable(f"stack {name}: {error}") from None
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        parameters = {
            parameter["ParameterKey"]: parameter.get("ParameterValue")
            for parameter in stack.get("Parameters", [])
        }
        missing = [
            name
            for name in ("TableName", "PostConfirmationArn", "PreTokenGenerationArn")
            if name not in outputs
        ]
        if missing or not parameters.get("UserPoolId"):
            raise Unusable(
                f"stack {name} is not of infra/template.yaml: no {', '.join(missing or ['UserPoolId'])}"
            )
        functions = {
            "PostConfirmation": outputs["PostConfirmationArn"],
            "PreTokenGeneration": outputs["PreTokenGenerationArn"],
        }
        return cls(parameters["UserPoolId"], outputs["TableName"], functions)


def try_deployed(cloud, things, report, options, tenantctl_path):
    if options.stack:
        deployment = Deployment.of_stack(cloud, options.stack)
    else:
        deployment = Deployment(options.user_pool_id, options.table)
    section = report.section("The deployed pool, as it is")
    pool = cloud.cognito.describe_user_pool(UserPoolId=deployment.pool_id)["UserPool"]
    attached = triggers_of(pool)
    for trigger in ("PostConfirmation", "PreTokenGeneration"):
        section.check(f"{trigger} is attached", trigger in attached)
        expected = deployment.functions.get(trigger)
        if expected and trigger in attached:
            section.check(f"{trigger} is the function of the stack", attached[trigger][0] == expected)
    if len(attached) < 2:
        return
    others = sorted(name for name in pool.get("LambdaConfig", {}) if name not in OWN_TRIGGERS)
    if others and not options.other_triggers:
        raise Unusable(
            f"the pool has other triggers, which would meet the throw-away users: {', '.join(others)}. "
            "With --other-triggers it goes on; what they make of these users stays"
        )
    if others:
        section.note(f"other triggers met these users too, and what they made of them stays: {', '.join(others)}")
    version = attached["PreTokenGeneration"][1]
    environments = [
        environment_of(cloud, section, attached[name][0]) for name in ("PostConfirmation", "PreTokenGeneration")
    ]
    for environment in environments:
        # By name or ARN, either way.
        table = environment.get("TENANCY_TABLE", deployment.table).rpartition("/")[2]
        if table != deployment.table.rpartition("/")[2]:
            raise Unusable(f"the functions of the pool use the table {table}, and not {deployment.table}")
    settings = Settings(*environments)
    section.note(f"event version {version}, tier {pool.get('UserPoolTier', 'unknown')}")
    for name, value in settings.changed().items():
        section.note(f"setting {name}={value}")
    required = check_attributes(pool, options.attribute, settings["TENANT_ATTRIBUTE"])
    takes_addresses = "email" in pool.get("UsernameAttributes", [])
    client = things.client(
        deployment.pool_id,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ReadAttributes=["email", "email_verified", settings["TENANT_ATTRIBUTE"]],
        WriteAttributes=sorted({"email", *required}),
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
        # What is signed for a throw-away tenant is soon worth nothing.
        AccessTokenValidity=5,
        IdTokenValidity=5,
        RefreshTokenValidity=1,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"},
    )
    facts = PoolFacts(deployment.pool_id, client["ClientId"], version, takes_addresses, required)
    tenants = Tenants(things, Tenantctl(tenantctl_path, deployment.table, cloud))
    journey = Journey(cloud, things, section, Issuer(cloud, deployment.pool_id), facts, settings)
    journey.travel(tenants, "x")


def triggers_of(pool):
    """The two triggers of a pool: ARN and event version."""
    config = pool.get("LambdaConfig", {})
    triggers = {}
    if config.get("PostConfirmation"):
        triggers["PostConfirmation"] = (config["PostConfirmation"], None)
    versioned = config.get("PreTokenGenerationConfig", {})
    if versioned.get("LambdaArn"):
        triggers["PreTokenGeneration"] = (versioned["LambdaArn"], versioned.get("LambdaVersion", "V1_0"))
    elif config.get("PreTokenGeneration"):
        triggers["PreTokenGeneration"] = (config["PreTokenGeneration"], "V1_0")
    return triggers


def environment_of(cloud, section, arn):
    try:
        configuration = cloud.functions.get_function_configuration(FunctionName=arn)
    except botocore.exceptions.ClientError as error:
        section.note(f"a function's settings could not be read ({code_of(error)}); the defaults are assumed")
        return {}
    return configuration.get("Environment", {}).get("Variables", {})


def check_attributes(pool, given, tenant_attribute):
    """The attributes that a new user needs, as given; Unusable names those that are not."""
    schema = {attribute["Name"]: attribute for attribute in pool.get("SchemaAttributes", [])}
    if tenant_attribute not in schema:
        raise Unusable(f"the pool has no attribute {tenant_attribute}")
    unknown = [name for name in given if name not in schema]
    if unknown:
        raise Unusable(f"the pool has no attribute {', '.join(unknown)}")
    required = [
        name
        for name, attribute in schema.items()
        if attribute.get("Required") and name not in ("sub", "email", *given)
    ]
    if required:
        options = " ".join(f"--attribute {name}=.." for name in required)
        raise Unusable(f"the pool requires attributes of a new user: say {options}")
    return dict(given)
