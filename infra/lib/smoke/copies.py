"""Part B: throw-away pools on every event version, with copies of the functions and a table of their own."""

import time

import botocore.exceptions

from .cloud import Unusable, code_of, message_of
from .journey import Journey, PoolFacts
from .settings import Settings
from .tenants import Tenantctl, Tenants
from .tokens import Issuer

VERSIONS = ("V1_0", "V2_0", "V3_0")
CALLS = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")


class Workshop:
    """What the copies and the probe share: table, role, zips."""

    def __init__(self, cloud, things, report, options, tenantctl_path):
        self.cloud = cloud
        self.things = things
        self.report = report
        self.options = options
        self.tenantctl = Tenantctl(tenantctl_path, things.name(), cloud)
        self.table_arn = None
        self.role_arn = None

    def zip_of(self, function):
        return zip_path(self.options, function)

    def prepare(self):
        self.report.tell("making a table and a role")
        self.table_arn = self.things.table(self.tenantctl)
        self.role_arn = self.things.role()
        calls = [f"dynamodb:{call}" for call in CALLS]
        self.things.grant("", {"Effect": "Allow", "Action": calls, "Resource": [self.table_arn]})

    def function(self, function, suffix, role_arn=None, **settings):
        path = self.zip_of(function)
        role_arn = role_arn or self.role_arn
        return self.things.function(suffix, path, role_arn, self.options.architecture, **settings)

    @property
    def environment(self):
        return {"TENANCY_TABLE": self.things.name(), "TENANT_CACHE_SECONDS": "0"}

    def settle(self):
        """A new role or permission is not known everywhere at once, and nothing says when it is."""
        if self.options.settle_seconds:
            self.report.tell(f"waiting {self.options.settle_seconds:g} s for role and permissions to be known")
            time.sleep(self.options.settle_seconds)


def zip_path(options, function):
    return options.dist / f"{function}-{options.architecture}.zip"


def check_zips(options):
    wanted = ["post-confirmation", "pre-token-generation"] + ([] if options.no_questions else ["probe"])
    missing = [
        str(zip_path(options, function)) for function in wanted if not zip_path(options, function).is_file()
    ]
    if missing:
        raise Unusable(
            f"no {', '.join(missing)}: run infra/build, or say --dist, --architecture, --no-questions"
        )


def try_copies(workshop):
    things, report = workshop.things, workshop.report
    environment = workshop.environment
    post_confirmation = workshop.function("post-confirmation", "post", environment=environment)
    pre_token_generation = workshop.function("pre-token-generation", "pre", environment=environment)
    pools = []
    for version in VERSIONS:
        section = report.section(f"Throw-away pool, event version {version}")
        try:
            pool_id = make_pool(things, version, post_confirmation, pre_token_generation)
        except botocore.exceptions.ClientError as error:
            if code_of(error) != "FeatureUnavailableInTierException":
                raise
            section.note(f"this account's tier does not have it: {message_of(error)}")
            continue
        pools.append((section, pool_id, version))
    # Once all is made: a confirmation that comes before a permission is known cannot be made again.
    workshop.settle()
    for section, pool_id, version in pools:
        try_pool(workshop, section, pool_id, version)


def make_pool(things, version, post_confirmation, pre_token_generation):
    pool_id = things.pool(
        version.lower().replace("_", ""),
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        Schema=[
            {
                "Name": "tenantId",
                "AttributeDataType": "String",
                "Mutable": True,
                "StringAttributeConstraints": {"MaxLength": "63"},
            }
        ],
        LambdaConfig={
            "PostConfirmation": post_confirmation,
            "PreTokenGenerationConfig": {"LambdaArn": pre_token_generation, "LambdaVersion": version},
        },
    )
    for function in (post_confirmation, pre_token_generation):
        things.permission(function, pool_id)
    return pool_id


def try_pool(workshop, section, pool_id, version):
    cloud, things = workshop.cloud, workshop.things
    short = version[:2].lower()
    client = things.client(
        pool_id,
        suffix=short,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ReadAttributes=["email", "email_verified", "custom:tenantId"],
        WriteAttributes=["email"],
        PreventUserExistenceErrors="ENABLED",
    )
    issuer, settings = Issuer(cloud, pool_id), Settings()
    tenants = Tenants(things, workshop.tenantctl)
    facts = PoolFacts(pool_id, client["ClientId"], version, takes_addresses=True)
    Journey(cloud, things, section, issuer, facts, settings).travel(tenants, short)
    if version == "V3_0":
        try_machine(workshop, section, issuer, tenants.tenant("machine"), settings)


def make_machine(things, pool_id, suffix):
    """A domain, a scope, and a client for client credentials."""
    domain = things.domain(pool_id, suffix)
    things.cloud.cognito.create_resource_server(
        UserPoolId=pool_id,
        Identifier="smoke",
        Name="smoke",
        Scopes=[{"ScopeName": "test", "ScopeDescription": "smoke test"}],
    )
    client = things.client(
        pool_id,
        suffix=f"{suffix}-machine",
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["smoke/test"],
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return domain, client


def try_machine(workshop, section, issuer, tenant, settings):
    domain, client = make_machine(workshop.things, issuer.pool_id, "v3")
    tenant.bind_machine(issuer.pool_id, client["ClientId"])
    endpoint = issuer.token_endpoint(domain, workshop.cloud.region)
    if not section.check("the token endpoint of a new domain answers", endpoint):
        return
    status, body = issuer.machine_token(endpoint, client["ClientId"], client["ClientSecret"])
    if not section.check(
        "a machine gets a token", status == 200, "" if status == 200 else f"{status} {body.get('error')}"
    ):
        return
    try:
        claims = issuer.verified(body["access_token"])
    except (ValueError, OSError) as error:
        section.check("machine: access token", False, error)
        return
    wanted = settings.claims(tenant, "V3_0", "access", machine=True)
    wrong = {name: claims.get(name) for name, value in wanted.items() if claims.get(name) != value}
    section.check(
        "machine: access token has the tenant's claims", not wrong, wrong or ", ".join(sorted(wanted))
    )
    section.check("machine: and the scope", claims.get("scope") == "smoke/test", claims.get("scope"))
