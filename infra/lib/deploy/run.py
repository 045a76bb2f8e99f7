"""The checks of infra/deploy-test, in the order of a deployment."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from deploy import settings
from deploy.emulator import Ministack
from deploy.front_door import front_door
from deploy.login import Denied, SignIn
from deploy.stacks import Refused, Stacks

PASSWORD = "Correct-horse-battery-1"
REDIRECT = "http://localhost:3000/callback"
FUNCTIONS = {"PostConfirmation": "post-confirmation", "PreTokenGeneration": "pre-token-generation"}

# What is wrong with ministack's answers and not with the templates: infra/check sees to both in the template's text.
DROPPED_BY_MINISTACK = {"table-expiry", "table-recovery"}

# What doctor always has to say of a pool that is open for sign-up and has no mail service of its own.
SAID_OF_EVERY_NEW_POOL = {"sign-up-open"}

NOT_COVERED = """Not covered, since ministack does not do it:
  post-confirmation    it calls no such trigger; the function is deployed, permitted and attached, and that is read back
  groups               it does not apply groupOverrideDetails on V2_0 and V3_0
  event version V1_0   it sends the event, and looks for the reply's claims where V2_0 has them
  roles                it does not evaluate policies; the end-to-end tests run within the list that infra/check holds the roles to
  table                it drops point-in-time recovery and time to live
  refresh rotation     it drops the setting
  managed login        of its domain and style nothing is deployed; its login page is another than Amazon's
  router               it does not match wildcard hosts, throttle, reserve concurrency, write access logs, or turn off the API's own host
  alarms               it has no computed and no composite alarms: plain ones stand in for {stand_ins}
Anything on real AWS is for infra/smoke-test."""


class Checks:
    """Counts what fails, and goes on where it can."""

    def __init__(self):
        self.failed = 0

    def that(self, what, holds, found=""):
        """One line: whether `holds`."""
        if holds:
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}{': ' if found != '' else ''}{found}", flush=True)

    def equal(self, what, found, wanted):
        """One line: whether two things are the same."""
        self.that(what, found == wanted, f"found {found!r}, wanted {wanted!r}")

    @contextlib.contextmanager
    def step(self, what):
        """A step on which the following ones rest: what goes wrong in it ends the run."""
        try:
            yield
        except (Refused, Denied) as error:
            self.failed += 1
            print(f"FAILED  {what}: {error}", flush=True)
            raise Stopped from error
        print(f"ok      {what}", flush=True)

    def refused(self, what, text, call):
        """One line: whether a call is refused, with a text in the reason."""
        try:
            found = call()
        except (Refused, Denied) as error:
            self.that(what, text in str(error), str(error))
        else:
            self.that(what, False, f"was not refused: {found}")


class Stopped(Exception):
    """A step went wrong; it has been said."""


def all_checks(infra, keep):
    """Runs all; how many failed."""
    checks = Checks()
    template, authorizer, router = (
        infra / f"{name}-x86_64.yaml" for name in ("template", "authorizer", "router")
    )
    for file in (template, authorizer, router):
        if not file.exists():
            print(f"FAILED  {file.name} is not there: run infra/build --x86-64")
            return 1
    values_of_settings(checks, infra, yaml_parse(template.read_text()), FUNCTIONS)
    values_of_settings(checks, infra, yaml_parse(authorizer.read_text()), {"Authorizer": "authorizer"})
    values_of_settings(checks, infra, yaml_parse(router.read_text()), {"Router": "router"})
    with Ministack() as ministack:
        stacks = Stacks(ministack)
        try:
            deployment(checks, infra, template, router, ministack, stacks)
        except Stopped:
            print(ministack.log())
        except Exception:
            print(ministack.log())
            raise
        if keep:
            input(f"ministack is at {ministack.url}; enter ends it ")
    print(NOT_COVERED.format(stand_ins=", ".join(sorted(set(stacks.stand_ins)))))
    return checks.failed


def values_of_settings(checks, infra, template, functions):
    """What a template lets through must not stop a function."""
    for resource, function in functions.items():
        variables = {
            name: value["Ref"]
            for name, value in environment_of(template, resource).items()
            if isinstance(value, dict) and "Ref" in value
        }
        binary = infra / "dist" / "x86_64" / function
        found, tried = settings.disagreements(template["Parameters"], variables, binary)
        checks.that(f"{function} starts with all of {tried} values that the template lets through", not found, found)
        narrower = settings.documented_values_pass(template["Parameters"], variables, binary)
        for value in narrower:
            print(f"        the template is narrower than the function: {value}")


def environment_of(template, resource):
    return template["Resources"][resource]["Properties"]["Environment"]["Variables"]


def deployment(checks, infra, template, router, ministack, stacks):
    """From nothing to a working pool, back, and a router in front of it."""
    pool_url, functions_url = stacks.upload(infra / "user-pool.yaml"), stacks.upload(template)
    pool_settings = {"CallbackUrls": REDIRECT}
    with checks.step("user-pool.yaml is deployed, without triggers"):
        pool = stacks.deploy("pool", pool_url, **pool_settings)
    functions_settings = {"UserPoolId": pool["UserPoolId"]}
    checks.refused(
        "template.yaml is refused with two claims of one name, before anything is made", "are the same name",
        lambda: stacks.deploy("twice", functions_url, **functions_settings, ClaimTenantName="tenant_id"),
    )
    with checks.step("template.yaml is deployed, with the pool's id"):
        functions = stacks.deploy("functions", functions_url, **functions_settings)
    with checks.step("user-pool.yaml is deployed again, and attaches the functions"):
        stacks.deploy("pool", pool_url, **pool_settings, FunctionsStack="functions")

    what_was_made(checks, ministack, stacks, pool, functions)
    operator = Operator(ministack, functions["TableName"], pool["UserPoolId"])
    with checks.step("tenantctl makes a tenant in the stack's table"):
        operator.run("tenant", "create", "acme", "--name", "Acme Corporation", "--tier", "pro")
        operator.run("tenant", "roles", "set", "acme", "admin", "--group", "acme-admins")
    checks.equal("tenantctl table check finds only what ministack drops", operator.table_problems(), {"ttl", "recovery"})
    doctor = operator.findings()
    checks.equal("tenantctl doctor finds nothing else in pool and table", doctor, DROPPED_BY_MINISTACK | SAID_OF_EVERY_NEW_POOL)

    sign_in = SignIn(ministack, pool["UserPoolId"], pool["AppClientId"], REDIRECT)
    signing_in(checks, ministack, operator, sign_in)
    event_versions(checks, stacks, pool_url, pool_settings, sign_in)
    changed_settings(checks, ministack, stacks, functions_url, functions_settings, functions, sign_in)
    going_back(checks, ministack, stacks, pool_url, pool_settings, functions_url, functions_settings, functions, sign_in)
    front_door(checks, ministack, stacks, router, functions["TableName"], operator, sign_in)


def what_was_made(checks, ministack, stacks, pool, functions):
    """The resources as the services show them."""
    cognito, functions_of = ministack.client("cognito-idp"), ministack.client("lambda")
    shown = cognito.describe_user_pool(UserPoolId=pool["UserPoolId"])["UserPool"]
    checks.equal("the pool calls post-confirmation's alias", shown["LambdaConfig"].get("PostConfirmation"),
                 functions["PostConfirmationArn"])
    checks.equal("the pool calls pre-token-generation's alias with V2_0",
                 shown["LambdaConfig"].get("PreTokenGenerationConfig"),
                 {"LambdaVersion": "V2_0", "LambdaArn": functions["PreTokenGenerationArn"]})
    attribute = next((a for a in shown["SchemaAttributes"] if a["Name"] == "custom:tenantId"), {})
    checks.equal("custom:tenantId is mutable", attribute.get("Mutable"), True)
    client = cognito.describe_user_pool_client(UserPoolId=pool["UserPoolId"], ClientId=pool["AppClientId"])
    client = client["UserPoolClient"]
    checks.equal("the app client writes email and name alone", sorted(client["WriteAttributes"]), ["email", "name"])
    checks.equal("the app client has the code flow alone", client["AllowedOAuthFlows"], ["code"])
    lives = [client["AccessTokenValidity"], client["IdTokenValidity"], client["TokenValidityUnits"]["AccessToken"]]
    checks.equal("access and ID tokens live 15 minutes", lives, [15, 15, "minutes"])
    checks.equal("the pool's plan is Essentials", shown["UserPoolTier"], "ESSENTIALS")
    checks.equal("the pool is protected from deletion", shown["DeletionProtection"], "ACTIVE")
    for resource, function in FUNCTIONS.items():
        arn = functions[f"{resource}Arn"]
        shown = functions_of.get_function_configuration(FunctionName=arn)
        checks.equal(f"{function} runs on provided.al2023, 5 s, 512 MB",
                     [shown["Runtime"], shown["Timeout"], shown["MemorySize"]], ["provided.al2023", 5, 512])
        variables = shown["Environment"]["Variables"]
        checks.equal(f"{function} has the table and the pool",
                     [variables["TENANCY_TABLE"], variables["USER_POOL_IDS"]],
                     [functions["TableName"], pool["UserPoolId"]])
        policy = json.loads(functions_of.get_policy(FunctionName=arn.rsplit(":", 1)[0], Qualifier="live")["Policy"])
        pinned = [
            (s["Principal"], s["Action"], {k.lower(): v for c in s["Condition"].values() for k, v in c.items()})
            for s in policy["Statement"]
        ]
        checks.equal(f"{function}'s alias may be invoked by Cognito for this pool and account alone", pinned, [(
            {"Service": "cognito-idp.amazonaws.com"}, "lambda:InvokeFunction",
            {"aws:sourcearn": pool["UserPoolArn"], "aws:sourceaccount": pool["UserPoolArn"].split(":")[4]},
        )])


def signing_in(checks, ministack, operator, sign_in):
    """Members get their tenant, and nobody else does."""
    make_user(ministack, sign_in.pool, "ana@example.com")
    make_user(ministack, sign_in.pool, "eve@example.com")
    operator.run("invite", "create", "--tenant", "acme", "--role", "admin", "--email", "ana@example.com")
    wanted = {"tenant_id": "acme", "tenant_name": "Acme Corporation", "tenant_tier": "pro", "tenant_roles": ["admin"]}
    with checks.step("an invited user signs in, and redeems the invite by it"):
        id_token, access_token, refresh_token = sign_in.by_password("ana@example.com", PASSWORD)
    checks.equal("the ID token has the tenant", part(id_token, wanted), wanted)
    checks.equal("the ID token has custom:tenantId", id_token.get("custom:tenantId"), "acme")
    checks.equal("the access token has the tenant", part(access_token, wanted), wanted)
    with checks.step("the user refreshes"):
        id_token, access_token, _ = sign_in.by_refresh(refresh_token)
    checks.equal("both new tokens have the tenant", [part(id_token, wanted), part(access_token, wanted)], [wanted] * 2)
    with checks.step("the user signs in by the login page, with code flow and PKCE"):
        id_token, access_token, _ = sign_in.by_code("ana@example.com", PASSWORD)
    checks.equal("both tokens have the tenant", [part(id_token, wanted), part(access_token, wanted)], [wanted] * 2)
    checks.refused("a user of no tenant gets no token, and the text of errors.md", "does not belong to an organization",
                   lambda: sign_in.by_password("eve@example.com", PASSWORD))
    operator.run("tenant", "set-tier", "acme", "enterprise")
    operator.run("member", "remove", "ana@example.com", "--tenant", "acme", "--yes")
    checks.refused("a removed member gets no further token", "does not belong to an organization",
                   lambda: sign_in.by_refresh(refresh_token))
    operator.run("member", "add", "ana@example.com", "--tenant", "acme", "--role", "admin")


def event_versions(checks, stacks, pool_url, pool_settings, sign_in):
    """EventVersion of user-pool.yaml. On V1_0 ministack looks for the claims where V2_0 has them."""
    for version in ("V3_0", "V2_0"):
        with checks.step(f"the pool changes to event version {version}"):
            stacks.deploy("pool", pool_url, **pool_settings, FunctionsStack="functions", EventVersion=version)
            id_token, access_token, _ = sign_in.by_password("ana@example.com", PASSWORD)
        found = [id_token.get("tenant_id"), access_token.get("tenant_id")]
        checks.equal(f"both tokens have the tenant on {version}", found, ["acme", "acme"])


def changed_settings(checks, ministack, stacks, functions_url, functions_settings, functions, sign_in):
    """A parameter with another value must reach the alias, which is what Cognito calls."""
    client = ministack.client("lambda")
    arn, alias = functions["PreTokenGenerationArn"].rsplit(":", 1)

    def version():
        return client.get_alias(FunctionName=arn, Name=alias)["FunctionVersion"]

    before = version()
    with checks.step("template.yaml is deployed with Mode=observe"):
        stacks.deploy("functions", functions_url, **functions_settings, Mode="observe")
    checks.that("the alias is at another version", version() != before, before)
    mode = client.get_function_configuration(FunctionName=f"{arn}:{alias}")["Environment"]["Variables"]["MODE"]
    checks.equal("the alias has the new setting", mode, "observe")
    with checks.step("a user of no tenant signs in, in observe mode"):
        id_token, _, _ = sign_in.by_password("eve@example.com", PASSWORD)
    checks.equal("and gets no tenant", [name for name in id_token if "tenant" in name], [])
    long = ",".join(f"arn:aws:iam::111122223333:role/cognito-tenancy-{n:03}-*" for n in range(40))
    with checks.step("a setting of 2,000 characters is deployed"):
        stacks.deploy("functions", functions_url, **functions_settings, IamRoleAllowlist=long)
    found = client.get_function_configuration(FunctionName=f"{arn}:{alias}")["Environment"]["Variables"]
    checks.equal("the alias has it, and enforces again", [found["IAM_ROLE_ALLOWLIST"], found["MODE"]], [long, "enforce"])
    checks.refused("the user of no tenant is refused again", "does not belong to an organization",
                   lambda: sign_in.by_password("eve@example.com", PASSWORD))
    with checks.step("nothing is published for settings that are as they were"):
        before = version()
        stacks.deploy("functions", functions_url, **functions_settings, IamRoleAllowlist=long, LogRetentionDays="30")
    checks.equal("the alias is where it was", version(), before)


def going_back(checks, ministack, stacks, pool_url, pool_settings, functions_url, functions_settings, functions, sign_in):
    """Triggers first, functions after; the table stays."""
    checks.refused("the functions' stack cannot be deleted while the pool has its functions", "is imported by stack pool",
                   lambda: stacks.delete("functions"))
    with checks.step("user-pool.yaml is deployed without FunctionsStack, and takes the triggers off"):
        stacks.deploy("pool", pool_url, **pool_settings, FunctionsStack="")
    shown = ministack.client("cognito-idp").describe_user_pool(UserPoolId=sign_in.pool)["UserPool"]["LambdaConfig"]
    checks.that("the pool has no triggers", not any(shown.values()), shown)
    with checks.step("users sign in without a tenant"):
        id_token, _, _ = sign_in.by_password("ana@example.com", PASSWORD)
    checks.equal("the token says so", id_token.get("tenant_id"), None)
    with checks.step("the functions' stack is deleted"):
        stacks.delete("functions")
    table = ministack.client("dynamodb").describe_table(TableName=functions["TableName"])["Table"]
    checks.equal("the table is still there, protected", table.get("DeletionProtectionEnabled"), True)
    with checks.step("a new stack takes the table over, and the pool its functions"):
        again = stacks.deploy("again", functions_url, **functions_settings, ExistingTableName=functions["TableName"])
        stacks.deploy("pool", pool_url, **pool_settings, PostConfirmationArn=again["PostConfirmationArn"],
                      PreTokenGenerationArn=again["PreTokenGenerationArn"])
        id_token, _, _ = sign_in.by_password("ana@example.com", PASSWORD)
    checks.equal("members are members still", [id_token.get("tenant_id"), id_token.get("tenant_tier")],
                 ["acme", "enterprise"])


def part(claims, wanted):
    """Those claims that are asked about."""
    return {name: claims.get(name) for name in wanted}


def make_user(ministack, pool, address):
    cognito = ministack.client("cognito-idp")
    attributes = [{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool, Username=address, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=address, Password=PASSWORD, Permanent=True)


class Operator:
    """tenantctl, as an operator has it."""

    def __init__(self, ministack, table, pool):
        root = Path(__file__).resolve().parents[3]
        target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
        self.program = target / "debug" / "tenantctl"
        if not self.program.exists():
            subprocess.run(["cargo", "build", "--quiet", "--locked"], cwd=root, check=True)
        self.environment = {
            **ministack.environment(), "TENANCY_TABLE": table, "USER_POOL_ID": pool, "TENANTCTL_ACTOR": "deploy-test",
        }

    def run(self, *arguments, may_find=False):
        """Runs a command, and gives its JSON. Raises `Refused` when it fails."""
        ended = subprocess.run(
            [self.program, *arguments, "--output", "json"],
            env=self.environment, capture_output=True, text=True, check=False,
        )
        if ended.returncode not in ((0, 4) if may_find else (0,)):
            raise Refused(f"tenantctl {' '.join(arguments)}: {ended.stdout}{ended.stderr}")
        return json.loads(ended.stdout or "null")

    def table_problems(self):
        """What `table check` does not find good."""
        found = self.run("table", "check", may_find=True)
        return {check["name"] for check in found["checks"] if check["result"] != "good"}

    def findings(self):
        """The rules that `doctor` finds broken."""
        found = self.run("doctor", may_find=True)
        return {finding["rule"] for finding in found["findings"]}
