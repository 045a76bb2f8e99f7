"""Tenants, invites and members of a run: made with tenantctl, so that no item's shape is written down twice;
removed by partition."""

import json
import os
import pathlib
import shutil
import subprocess
import time

from .cloud import TAG, Unusable
from .signals import uninterrupted

# docs/table.md: keys, the index, and the entities that are found by their tenant.
INDEX = "gsi1"


def find_tenantctl(given):
    root = pathlib.Path(__file__).resolve().parents[3]
    for path in (
        [given]
        if given
        else [root / "target/debug/tenantctl", root / "target/release/tenantctl", shutil.which("tenantctl")]
    ):
        if path and os.access(path, os.X_OK):
            return str(path)
    raise Unusable("no tenantctl: build it (cargo build --bin tenantctl), or say --tenantctl PATH")


class Tenantctl:
    """The operator's tool on one table."""

    def __init__(self, path, table, cloud):
        self.path = path
        self.table = table
        self.cloud = cloud
        self.flags = [
            "--table",
            table,
            "--region",
            cloud.region,
            "--output",
            "json",
            "--actor",
            "infra/smoke-test",
        ]

    def run(self, *arguments):
        """One command, and its document."""
        command = [self.path, *arguments, *self.flags]
        # In a session of its own: ctrl-c must not reach it.
        with uninterrupted():
            ended = subprocess.run(
                command,
                env=self.cloud.environment(),
                capture_output=True,
                text=True,
                timeout=180,
                start_new_session=True,
            )
        if ended.returncode:
            raise Unusable(f"tenantctl {arguments[0]} {arguments[1]}: {said(ended.stderr)}")
        return json.loads(ended.stdout or "{}")

    def version(self):
        return subprocess.run(
            [self.path, "--version"], capture_output=True, text=True, timeout=60
        ).stdout.strip()


def said(errors):
    """The message of tenantctl's error, a document a line, and its hint."""
    for line in reversed(errors.splitlines()):
        try:
            error = json.loads(line)["error"]
            return ". ".join(part for part in (error["message"], error.get("hint")) if part)
        except (ValueError, KeyError, TypeError):
            continue
    return errors.strip()[-600:]


class Tenants:
    """The throw-away tenants of a run in one table."""

    ROLE = "smoke-member"
    TIER = "smoke"

    def __init__(self, things, tenantctl):
        self.things = things
        self.tenantctl = tenantctl

    def tenant(self, suffix):
        tenant_id = self.things.name(suffix)
        thing = self.things.tenant(tenant_id, self.tenantctl.table)
        self.tenantctl.run(
            "tenant", "create", tenant_id, "--name", self.display_name(tenant_id), "--tier", self.TIER
        )
        return Tenant(self, tenant_id, thing)

    @staticmethod
    def display_name(tenant_id):
        return f"Smoke test {tenant_id[-6:]}"


class Tenant:
    def __init__(self, tenants, tenant_id, thing):
        self.tenants = tenants
        self.id = tenant_id
        self.thing = thing
        self.name = Tenants.display_name(tenant_id)

    def invite(self):
        """An invite for one user; gives its code."""
        tool = self.tenants.tenantctl
        made = tool.run("invite", "create", "--tenant", self.id, "--role", Tenants.ROLE, "--expires", "1h")
        listed = tool.run("invite", "list", "--tenant", self.id)["invites"]
        self.keep(*(f"INVITE#{invite['hash']}" for invite in listed))
        return made["code"]

    def join(self, pool_id, sub):
        """Makes a user a member without an invite."""
        self.keep(f"USER#{pool_id}#{sub}")
        self.tenants.tenantctl.run(
            "member",
            "add",
            sub,
            "--no-lookup",
            "--user-pool-id",
            pool_id,
            "--tenant",
            self.id,
            "--role",
            Tenants.ROLE,
        )

    def bind_machine(self, pool_id, client_id):
        self.keep(f"CLIENT#{pool_id}#{client_id}")
        self.tenants.tenantctl.run(
            "client", "bind", client_id, "--user-pool-id", pool_id, "--tenant", self.id, "--mode", "machine"
        )

    def keep(self, *partitions):
        """Notes partitions that are of this run alone."""
        known = self.thing["partitions"]
        new = [partition for partition in partitions if partition not in known]
        if new:
            self.tenants.things.journal.note(self.thing, partitions=known + new)


def remove_items(dynamodb, table, tenant_id, partitions):
    """Removes all that a throw-away tenant has in a table: its own partition (with the audit), its slug, the
    partitions that the run has noted, and what the index still shows."""
    if not tenant_id.startswith(f"{TAG}-"):
        raise ValueError(f"{tenant_id} is no throw-away tenant")
    own = [f"TENANT#{tenant_id}", f"SLUG#{tenant_id}", *partitions]
    for _ in range(20):
        keys = [key for partition in own for key in keys_of(dynamodb, table, partition)]
        # What the index shows besides is this tenant's, too. It follows the table after a moment.
        shown = indexed(dynamodb, table, tenant_id)
        keys += [key for key in shown if key not in keys]
        if not keys:
            return
        for key in keys:
            dynamodb.delete_item(TableName=table, Key=key)
        time.sleep(0.3)
    raise Unusable(f"the items of tenant {tenant_id} come back")


def keys_of(dynamodb, table, partition):
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition}},
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
    )
    return [{"pk": item["pk"], "sk": item["sk"]} for page in pages for item in page["Items"]]


def indexed(dynamodb, table, tenant_id):
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        IndexName=INDEX,
        KeyConditionExpression="gsi1pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"TENANT#{tenant_id}"}},
        ProjectionExpression="pk, sk",
    )
    return [{"pk": item["pk"], "sk": item["sk"]} for page in pages for item in page["Items"]]
