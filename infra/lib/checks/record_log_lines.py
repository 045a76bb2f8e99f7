"""Writes infra/rules/log-lines.jsonl: lines that the real functions print, for the check of the metric
filters.

    cargo build && python3 infra/lib/checks/record_log_lines.py

Runs the functions of target/debug in the local stack, as Lambda would with LogFormat JSON, in several
situations. Only needed when the lines change; `infra/check` tells it, when docs/log-fields.md no longer knows
what stands in them.
"""

import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
TO = ROOT / "infra/rules/log-lines.jsonl"

# The local stack names the functions by their triggers. These are names as CloudFormation makes them.
NAMES = {
    "post-confirmation": "tenants-functions-PostConfirmation-a1B2c3D4e5F6",
    "pre-token-generation": "tenants-functions-PreTokenGeneration-a1B2c3D4e5F6",
}


class Stack:
    """The local stack, with some settings of the functions."""

    def __init__(self, **settings):
        settings = dict(settings, AWS_LAMBDA_LOG_FORMAT="JSON", TENANT_CACHE_SECONDS="0")
        options = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
        self.process = subprocess.Popen(
            [str(ROOT / "target/debug/dev-stack"), "--json", "--verbose", "--unchecked", *options],
            env=dict(os.environ, DEV_STACK_BIN_DIR=str(ROOT / "target/debug")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines, self.when = [], None
        self.follower = threading.Thread(target=self._follow)
        self.follower.start()
        self.at = json.loads(self.process.stdout.readline())

    def _follow(self):
        for line in self.process.stderr:
            function, _, text = line.strip().partition("] ")
            if text.startswith("{"):
                function, recorded = function.lstrip("["), json.loads(text)
                if "Function" in recorded:
                    recorded["Function"] = NAMES[recorded["Function"]]
                self.lines.append({"function": function, "when": self.when, "line": recorded})

    def invoke(self, when, function, event):
        self.when = when
        url = f"{self.at['lambda']}/2015-03-31/functions/{function}/invocations"
        _post(url, event, {})
        # Until the lines are here: they come by another way than the answer.
        time.sleep(0.3)

    def dynamodb(self, operation, **body):
        scope = "AKID/20260101/eu-west-1/dynamodb/aws4_request"
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "X-Amz-Date": "20260101T000000Z",
        }
        return _post(self.at["dynamodb"], dict(body, TableName=self.at["table"]), headers)

    def put(self, **attributes):
        """Writes an item of texts and numbers."""
        item = {
            name: {"N": str(value)} if isinstance(value, int) else {"S": value}
            for name, value in dict(attributes, v=1).items()
        }
        self.dynamodb("PutItem", Item=item)

    def set_membership(self, status):
        """Changes the status of the user's membership of `acme`."""
        self.dynamodb(
            "UpdateItem",
            Key={"pk": {"S": f"USER#{POOL}#{SUB}"}, "sk": {"S": "TENANT#acme"}},
            UpdateExpression="SET #status = :status",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
        )

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.follower.join()
        return self.lines


def _post(url, body, headers):
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        return urllib.request.urlopen(request, timeout=30).read()
    except urllib.error.HTTPError as error:
        return error.read()


def sign_up(code=None, stamp=None):
    return _event("PostConfirmation_ConfirmSignUp", {"inviteCode": code} if code else {}, stamp)


def sign_in(tenant=None, stamp=None):
    return _event("TokenGeneration_Authentication", {"tenantId": tenant} if tenant else {}, stamp)


def machine(scope):
    event = json.loads(
        (ROOT / "tests/fixtures/pre-token-generation/v3-client-credentials-published.json").read_text(encoding="utf-8")
    )
    event["request"]["scopes"] = [scope]
    return event


def _event(source, metadata, stamp):
    """An event of the fixtures' user; the pool of the fixtures is not the stack's, so no stamp can be
    written."""
    kind = (
        "post-confirmation/confirm-sign-up-code"
        if source.startswith("Post")
        else "pre-token-generation/v2-user"
    )
    event = json.loads((ROOT / f"tests/fixtures/{kind}.json").read_text(encoding="utf-8"))
    event["triggerSource"] = source
    event["request"]["clientMetadata"] = metadata
    if stamp:
        event["request"]["userAttributes"]["custom:tenantId"] = stamp
    return event


POST, PRE = "post-confirmation", "pre-token-generation"
# Of the fixtures.
POOL, SUB = "eu-west-1_EXAMPLE01", "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10"


def ordinary():
    stack = Stack()
    stack.invoke("a sign-in without a tenant", PRE, sign_in())
    stack.invoke("a sign-up without an invite", POST, sign_up())
    stack.invoke("a sign-up with an unknown code", POST, sign_up("inv_0123456789ABCDEFGHJKMNPQRS"))
    stack.invoke("a sign-up with a malformed code", POST, sign_up("nonsense"))
    stack.invoke(
        "a sign-up with an invite and a forged stamp", POST, sign_up(stack.at["inviteCode"], stamp="globex")
    )
    stack.invoke("a sign-up that was done before", POST, sign_up())
    stack.invoke("a sign-in", PRE, sign_in())
    stack.invoke("a sign-in with a stamp of another tenant", PRE, sign_in(stamp="globex"))
    stack.invoke("a sign-in that asks for another tenant", PRE, sign_in(tenant="globex"))
    stack.set_membership("suspended")
    when = "a sign-in of a suspended member who asks for the tenant and has its stamp"
    stack.invoke(when, PRE, sign_in(tenant="acme", stamp="acme"))
    stack.set_membership("active")
    stack.invoke("an event that cannot be read", PRE, {"nonsense": 1})
    forgotten = dict(sign_up(), triggerSource="PostConfirmation_ConfirmForgotPassword")
    stack.invoke("a new password", POST, forgotten)
    damage = {
        "Key": {"pk": {"S": "TENANT#acme"}, "sk": {"S": "META"}},
        "UpdateExpression": "SET tier = :tier",
        "ExpressionAttributeValues": {":tier": {"N": "7"}},
    }
    stack.dynamodb("UpdateItem", **damage)
    stack.invoke("a sign-in with a damaged tenant", PRE, sign_in())
    return stack.end()


def other_settings():
    lines = []
    stack = Stack(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1")
    stack.invoke("a sign-up without an answer of the table", POST, sign_up())
    stack.invoke("a sign-in without an answer of the table", PRE, sign_in())
    lines += stack.end()
    stack = Stack(UNINVITED="admit", MODE="observe")
    stack.invoke("a sign-up that is admitted without an invite", POST, sign_up())
    stack.invoke("a sign-in without a tenant in observe mode", PRE, sign_in())
    lines += stack.end()
    stack = Stack(AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1", MODE="observe")
    stack.invoke("a sign-in without an answer of the table in observe mode", PRE, sign_in())
    lines += stack.end()
    stack = Stack()
    client = sign_in()["callerContext"]["clientId"]
    binding = {
        "pk": f"CLIENT#{POOL}#{client}",
        "sk": "PTR",
        "et": "client",
        "tid": "acme",
        "mode": "required",
    }
    stack.put(**binding)
    stack.invoke("a sign-in through the app client of another tenant", PRE, sign_in())
    lines += stack.end()
    stack = Stack()
    # The default tenant is lost, the tenant that was joined next is missing, and the last one can be granted.
    stack.put(pk="TENANT#globex", sk="META", et="tenant", tid="globex", name="Globex", tier="pro", status="active")
    for number, (tenant, status) in enumerate({"acme": "suspended", "missing": "active", "globex": "active"}.items()):
        member = {"pk": f"USER#{POOL}#{SUB}", "sk": f"TENANT#{tenant}", "et": "member", "tid": tenant}
        stack.put(**member, status=status, joinedAt=1_700_000_000 + number)
    stack.invoke("a sign-in that passes over a damaged item", PRE, sign_in())
    lines += stack.end()
    stack = Stack(CLAIM_BYTES_MAX="64")
    stack.invoke("a sign-up with an invite", POST, sign_up(stack.at["inviteCode"]))
    stack.invoke("a sign-in with too large claims", PRE, sign_in())
    lines += stack.end()
    stack = Stack(MARKER_SCOPE="tenancy/member")
    stack.invoke("a machine without a tenant that asks for the marker", PRE, machine("tenancy/member"))
    lines += stack.end()
    stack = Stack(CLAIM_TENANT_ID="sub", TENANT_ATTRIBUTE="email")
    stack.invoke("a sign-up with bad settings", POST, sign_up())
    stack.invoke("a sign-in with bad settings", PRE, sign_in())
    lines += stack.end()
    return lines


def lambdas_own():
    """Lambda's own lines, which the local stack does not print: by the Lambda developer guide, "Telemetry API event
    schema reference"."""
    ended = {"a sign-up that Lambda ended": (POST, "timeout"), "a sign-in that Lambda ended": (PRE, "failure")}
    done = {"a sign-up without an invite": (POST, "error"), "a sign-in": (PRE, "success")}
    for when, (function, status) in {**ended, **done}.items():
        record = {"requestId": "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa", "status": status}
        record["metrics"] = {"durationMs": 5000.0, "billedDurationMs": 5000, "memorySizeMB": 512, "maxMemoryUsedMB": 21}
        line = {"time": "2026-01-01T00:00:00.000Z", "type": "platform.report", "record": record}
        yield {"function": function, "when": when, "line": line}


if __name__ == "__main__":
    recorded = [*ordinary(), *other_settings(), *lambdas_own()]
    TO.write_text("".join(json.dumps(line) + "\n" for line in recorded), encoding="utf-8")
    print(f"{len(recorded)} lines in {TO.relative_to(ROOT)}")
