"""Making and removing each kind of thing. What is made has been written into the journal before."""

import json
import re
import time

import botocore.exceptions

from .cloud import TAG, Unusable, code_of
from .signals import uninterrupted
from .tenants import remove_items

GONE = {
    "ResourceNotFoundException",
    "NoSuchEntity",
    "UserNotFoundException",
    "TableNotFoundException",
}
BUSY = {
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "LimitExceededException",
    "ResourceInUseException",
    "ResourceConflictException",
    "ConcurrentModificationException",
    "ConcurrentModification",
    "DeleteConflict",
    "InternalErrorException",
    "ServiceException",
}

# What a run calls its users, and which partitions it notes.
USER = re.compile(r"success\+[0-9a-z-]+@simulator\.amazonses\.com|(smoke|probe)-[0-9a-z-]+")
PARTITION = re.compile(r"(INVITE|USER|CLIENT)#")


def patiently(call, seconds=60, also=(), **arguments):
    """Calls again while the service is busy, or not ready as one of `also` says: pairs of code and text."""
    deadline, wait = time.monotonic() + seconds, 0.2
    while True:
        try:
            with uninterrupted():
                return call(**arguments)
        except botocore.exceptions.ClientError as error:
            code = code_of(error)
            early = any(code == known and text in str(error) for known, text in also)
            if not (code in BUSY or early) or time.monotonic() > deadline:
                raise
        time.sleep(wait)
        wait = min(wait * 2, 5)


class Things:
    """What a run makes, newest last."""

    def __init__(self, cloud, journal, tell, tier=None):
        self.cloud = cloud
        self.journal = journal
        self.tell = tell
        self.tier = {"UserPoolTier": tier} if tier else {}
        self.run = journal.head["run"]

    def name(self, suffix=""):
        return f"{TAG}-{self.run}" + (f"-{suffix}" if suffix else "")

    @property
    def tags(self):
        return {TAG: self.run}

    # Making.

    def table(self, tenantctl):
        name = self.name()
        self.journal.add("table", name)
        tenantctl.run("table", "create")
        arn = self.cloud.dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        patiently(self.cloud.dynamodb.tag_resource, ResourceArn=arn, Tags=tags)
        return arn

    def role(self, suffix=""):
        """A role of copies, which may do nothing yet. None gets a permission to log: so no log group is left behind."""
        name = self.name(suffix)
        self.journal.add("role", name)
        trusted = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        role = patiently(
            self.cloud.iam.create_role,
            RoleName=name,
            AssumeRolePolicyDocument=policy(trusted),
            Description="Throw-away role of infra/smoke-test",
            MaxSessionDuration=3600,
            Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()],
        )["Role"]
        return role["Arn"]

    def grant(self, suffix, *statements):
        """What a role may do, in place of what it might before; and the stamp."""
        pools = f"arn:{self.cloud.partition}:cognito-idp:{self.cloud.region}:{self.cloud.account}:userpool/*"
        stamp = {
            "Effect": "Allow",
            "Action": "cognito-idp:AdminUpdateUserAttributes",
            "Resource": pools,
            "Condition": {"StringEquals": {f"aws:ResourceTag/{TAG}": self.run}},
        }
        patiently(
            self.cloud.iam.put_role_policy,
            RoleName=self.name(suffix),
            PolicyName="calls",
            PolicyDocument=policy(*statements, stamp),
        )

    def function(self, suffix, zip_path, role_arn, architecture, environment=None, timeout=5):
        name = self.name(suffix)
        self.journal.add("function", name)
        patiently(
            self.cloud.functions.create_function,
            # A role that was just made is not known to Lambda for some seconds.
            also=[
                ("InvalidParameterValueException", "cannot be assumed"),
                ("InvalidParameterValueException", "KMS"),
            ],
            seconds=90,
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=role_arn,
            Code={"ZipFile": zip_path.read_bytes()},
            Architectures=[architecture],
            Timeout=timeout,
            MemorySize=512,
            Description="Throw-away function of infra/smoke-test",
            Environment={"Variables": environment or {}},
            Tags=self.tags,
        )
        deadline = time.monotonic() + 90
        while True:
            configuration = self.cloud.functions.get_function_configuration(FunctionName=name)
            if configuration.get("State") == "Active":
                return configuration["FunctionArn"]
            if configuration.get("State") == "Failed" or time.monotonic() > deadline:
                raise Unusable(f"{name} does not become active: {configuration.get('StateReason')}")
            time.sleep(0.5)

    def pool(self, suffix, **settings):
        name = self.name(suffix)
        thing = self.journal.add("pool", name)
        create = self.cloud.cognito.create_user_pool
        pool = patiently(create, PoolName=name, UserPoolTags=self.tags, **self.tier, **settings)["UserPool"]
        self.journal.note(thing, id=pool["Id"])
        return pool["Id"]

    def permission(self, function_arn, pool_id):
        """Lets the pool call the function. It goes with the function."""
        patiently(
            self.cloud.functions.add_permission,
            FunctionName=function_arn,
            StatementId=re.sub(r"\W", "-", pool_id),
            Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com",
            SourceArn=self.cloud.pool_arn(pool_id),
            SourceAccount=self.cloud.account,
        )

    def domain(self, pool_id, suffix):
        """A prefix cannot hold the word `cognito`."""
        name = f"tenancy-smoke-{self.run}-{suffix}"
        self.journal.add("domain", name, pool=pool_id)
        patiently(self.cloud.cognito.create_user_pool_domain, Domain=name, UserPoolId=pool_id)
        return name

    def client(self, pool_id, suffix="", **settings):
        """An app client. In a pool of ours it goes with the pool, and is in the journal all the same."""
        name = self.name(suffix)
        thing = self.journal.add("client", name, pool=pool_id)
        made = patiently(
            self.cloud.cognito.create_user_pool_client, UserPoolId=pool_id, ClientName=name, **settings
        )
        client = made["UserPoolClient"]
        self.journal.note(thing, id=client["ClientId"])
        return client

    def user(self, pool_id, username):
        """To be called before somebody signs up or is made."""
        return self.journal.add("user", username, pool=pool_id)

    def tenant(self, tenant_id, table):
        return self.journal.add("tenant", tenant_id, table=table, partitions=[])

    # Removing.

    def remove_all(self, and_go_on=False):
        """Removes what the journal has, the newest first; gives what could not be removed, and why."""
        left = []
        own = {
            thing.get("id", thing["name"])
            for thing in self.journal.things
            if thing["kind"] in ("pool", "table")
        }
        for thing in reversed(list(self.journal.things)):
            try:
                # What is in a pool or a table of the run goes with it.
                if thing.get("pool", thing.get("table")) not in own or thing["kind"] == "domain":
                    self.remove(thing)
                    self.tell(f"removed {thing['kind']} {thing['name']}")
                self.journal.removed(thing)
            except Exception as error:  # Whatever it is, the others are still to be removed.
                left.append((thing, f"{type(error).__name__}: {error}"))
        if not and_go_on:
            self.journal.end()
        return left

    def remove(self, thing):
        """Tries a few times: what was just made may be neither known nor free yet."""
        if not self.is_ours(thing):
            raise Unusable("by its name it is not of this run: left alone")
        for attempt in range(5):
            try:
                return getattr(self, f"remove_{thing['kind']}")(thing)
            except botocore.exceptions.ClientError as error:
                if code_of(error) in GONE:
                    return None
                if attempt == 4:
                    raise
            except botocore.exceptions.BotoCoreError:
                if attempt == 4:
                    raise
            time.sleep(0.5 * 2**attempt)
        return None

    def is_ours(self, thing):
        """The journal is a file, and may have been changed: what is removed has a name that this run gives."""
        kind, name, own = thing["kind"], thing["name"], self.name()
        if kind == "user":
            return USER.fullmatch(name) is not None
        if kind == "domain":
            return name.startswith(f"tenancy-smoke-{self.run}-")
        if kind == "tenant" and not all(PARTITION.match(partition) for partition in thing["partitions"]):
            return False
        return name == own or name.startswith(f"{own}-")

    def remove_table(self, thing):
        dynamodb, name = self.cloud.dynamodb, thing["name"]
        table = dynamodb.describe_table(TableName=name)["Table"]
        try:
            # With recovery on, DynamoDB keeps a backup of a deleted table for 35 days.
            patiently(
                dynamodb.update_continuous_backups,
                TableName=name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
                also=[("ContinuousBackupsUnavailableException", "")],
            )
        except botocore.exceptions.ClientError as error:
            # A local engine does not have it.
            if code_of(error) != "UnknownOperationException":
                raise
        if table.get("DeletionProtectionEnabled"):
            patiently(dynamodb.update_table, TableName=name, DeletionProtectionEnabled=False)
        patiently(dynamodb.delete_table, TableName=name, seconds=120)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            # Ends with ResourceNotFoundException, which is success.
            dynamodb.describe_table(TableName=name)
            time.sleep(1)
        raise Unusable("the table is not gone after two minutes")

    def remove_role(self, thing):
        try:
            self.cloud.iam.delete_role_policy(RoleName=thing["name"], PolicyName="calls")
        except botocore.exceptions.ClientError as error:
            if code_of(error) not in GONE:
                raise
        patiently(self.cloud.iam.delete_role, RoleName=thing["name"])

    def remove_function(self, thing):
        patiently(self.cloud.functions.delete_function, FunctionName=thing["name"])

    def remove_pool(self, thing):
        # By name as well: a call that was made twice may have made two.
        for pool_id in {*self.pools_named(thing["name"]), *([thing["id"]] if "id" in thing else [])}:
            tags = self.cloud.cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"].get("UserPoolTags", {})
            if tags.get(TAG) != self.run:
                raise Unusable(f"{pool_id} has not the tag of this run: left alone")
            patiently(self.cloud.cognito.delete_user_pool, UserPoolId=pool_id)

    def remove_domain(self, thing):
        described = self.cloud.cognito.describe_user_pool_domain(Domain=thing["name"])["DomainDescription"]
        # The name is of this run alone; and the pool is, too.
        if described.get("UserPoolId") == thing["pool"]:
            patiently(
                self.cloud.cognito.delete_user_pool_domain, Domain=thing["name"], UserPoolId=thing["pool"]
            )

    def remove_client(self, thing):
        # By its name alone, which is of this run: a call that was made twice may have made two.
        for client_id in self.clients_named(thing["pool"], thing["name"]):
            patiently(
                self.cloud.cognito.delete_user_pool_client, UserPoolId=thing["pool"], ClientId=client_id
            )

    def remove_user(self, thing):
        patiently(self.cloud.cognito.admin_delete_user, UserPoolId=thing["pool"], Username=thing["name"])

    def remove_tenant(self, thing):
        remove_items(self.cloud.dynamodb, thing["table"], thing["name"], thing["partitions"])

    def pools_named(self, name):
        pages = self.cloud.cognito.get_paginator("list_user_pools").paginate(
            PaginationConfig={"PageSize": 60}
        )
        return [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == name]

    def clients_named(self, pool_id, name):
        pages = self.cloud.cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool_id)
        return [
            client["ClientId"]
            for page in pages
            for client in page["UserPoolClients"]
            if client["ClientName"] == name
        ]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def by_hand(thing, flags=""):
    """The command that removes a thing, with the flags of the AWS CLI that lead to its account."""
    kind, name, pool = thing["kind"], thing["name"], thing.get("pool")
    identity = thing.get("id", "<its id>")
    idp = "aws cognito-idp"
    command = {
        "table": f"aws dynamodb update-continuous-backups --table-name {name} "
        "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=false; "
        f"aws dynamodb update-table --table-name {name} --no-deletion-protection-enabled; "
        f"aws dynamodb delete-table --table-name {name}",
        "role": f"aws iam delete-role-policy --role-name {name} --policy-name calls; "
        f"aws iam delete-role --role-name {name}",
        "function": f"aws lambda delete-function --function-name {name}",
        "pool": f"{idp} delete-user-pool --user-pool-id {identity}   # {name}",
        "domain": f"{idp} delete-user-pool-domain --domain {name} --user-pool-id {pool}",
        "client": f"{idp} delete-user-pool-client --user-pool-id {pool} --client-id {identity}   # {name}",
        "user": f"{idp} admin-delete-user --user-pool-id {pool} --username {name}",
        "tenant": f"the items of tenant {name} in table {thing.get('table')}: by --clean",
    }[kind]
    return "; ".join(
        part.replace("   #", f"{flags}   #") if "   #" in part else part + (flags if part.startswith("aws ") else "")
        for part in command.split("; ")
    )
