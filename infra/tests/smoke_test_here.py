#!/usr/bin/env python3
"""infra/smoke-test against the local stack: a whole run, and runs that are stopped and killed half-way.
Nothing may be left: what is there afterwards is what was there before.

Takes the binaries from target/debug (or the folder given): dev-stack, tenantctl, post-confirmation,
pre-token-generation, probe. About a minute.
"""

import contextlib
import http.server
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

INFRA = pathlib.Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(INFRA / "lib"))

import environments  # noqa: E402

environments.enter("smoke-test")

import boto3  # noqa: E402

REGION = "eu-west-1"
TABLE = "tenancy"
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
SERVICES = {
    "dynamodb": "DYNAMODB",
    "cognito": "COGNITO_IDENTITY_PROVIDER",
    "lambda": "LAMBDA",
    "sts": "STS",
    "iam": "IAM",
}


class Stack:
    """The local stack, with a deployment on it: table, functions, a pool that requires an attribute."""

    def __init__(self, binaries, folder):
        self.log = open(folder / "dev-stack.log", "w")
        self.process = subprocess.Popen(
            [str(binaries / "dev-stack"), "--empty", "--json"],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "DEV_STACK_BIN_DIR": str(binaries)},
        )
        self.facts = json.loads(self.process.stdout.readline())
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **{f"AWS_ENDPOINT_URL_{service}": self.facts[name] for name, service in SERVICES.items()},
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        self.clients = {
            name: boto3.client(
                "cognito-idp" if name == "cognito" else name,
                endpoint_url=self.facts[name],
                region_name=REGION,
                aws_access_key_id="local",
                aws_secret_access_key="local",
            )
            for name in SERVICES
        }

    def deploy(self, binaries):
        tool = [str(binaries / "tenantctl"), "--table", TABLE, "--region", REGION]
        subprocess.run([*tool, "table", "create"], env=self.environment, check=True, capture_output=True)
        subprocess.run(
            [*tool, "tenant", "create", "acme", "--name", "Acme", "--tier", "pro", "--actor", "test"],
            env=self.environment,
            check=True,
            capture_output=True,
        )
        exports = self.facts["exports"]
        pool = self.clients["cognito"].create_user_pool(
            PoolName="deployed",
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            Schema=[
                {"Name": "tenantId", "AttributeDataType": "String", "Mutable": True},
                {"Name": "given_name", "Required": True},
            ],
            LambdaConfig={
                "PostConfirmation": exports["POST_CONFIRMATION_ARN"],
                "PreTokenGenerationConfig": {
                    "LambdaArn": exports["PRE_TOKEN_GENERATION_ARN"],
                    "LambdaVersion": "V2_0",
                },
            },
        )
        self.pool = pool["UserPool"]["Id"]
        # As infra/template.yaml does: without it the pool may not call them.
        for arn in (exports["POST_CONFIRMATION_ARN"], exports["PRE_TOKEN_GENERATION_ARN"]):
            self.clients["lambda"].add_permission(
                FunctionName=arn,
                StatementId="deployed",
                Action="lambda:InvokeFunction",
                Principal="cognito-idp.amazonaws.com",
                SourceArn=pool["UserPool"]["Arn"],
            )

    def everything(self):
        """All that is there, by kind."""
        cognito, dynamodb = self.clients["cognito"], self.clients["dynamodb"]
        pools = [pool["Id"] for pool in cognito.list_user_pools(MaxResults=60)["UserPools"]]
        return {
            "pools": pools,
            "clients": [cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"] for pool in pools],
            "users": [
                [user["Username"] for user in cognito.list_users(UserPoolId=pool)["Users"]] for pool in pools
            ],
            "deployed pool": {
                name: value
                for name, value in cognito.describe_user_pool(UserPoolId=self.pool)["UserPool"].items()
                if name != "EstimatedNumberOfUsers"
            },
            "functions": [
                function["FunctionName"] for function in self.clients["lambda"].list_functions()["Functions"]
            ],
            "roles": [role["RoleName"] for role in self.clients["iam"].list_roles()["Roles"]],
            "tables": dynamodb.list_tables()["TableNames"],
            "items": sorted(
                json.dumps(item, sort_keys=True) for item in dynamodb.scan(TableName=TABLE)["Items"]
            ),
        }

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=120)
        self.log.close()


def wait_for_tenantctl():
    """One that the killed run had started may write still."""
    end = time.monotonic() + 60
    while time.monotonic() < end and any(b"infra/smoke-test" in line for line in command_lines()):
        time.sleep(0.1)


def command_lines():
    for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = process.read_bytes()
            if line.split(b"\0")[0].endswith(b"/tenantctl"):
                yield line


class CloudFormation(http.server.BaseHTTPRequestHandler):
    """One stack, as infra/template.yaml would have made it."""

    stack = None

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        exports = self.stack.facts["exports"]
        outputs = {
            "TableName": TABLE,
            "PostConfirmationArn": exports["POST_CONFIRMATION_ARN"],
            "PreTokenGenerationArn": exports["PRE_TOKEN_GENERATION_ARN"],
        }
        members = "".join(
            f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for key, value in outputs.items()
        )
        parameter = (
            f"<ParameterKey>UserPoolId</ParameterKey><ParameterValue>{self.stack.pool}</ParameterValue>"
        )
        body = (
            '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
            "<DescribeStacksResult><Stacks>"
            f"<member><StackName>tenancy</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
            f"<StackStatus>CREATE_COMPLETE</StackStatus><Parameters><member>{parameter}</member></Parameters>"
            f"<Outputs>{members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "text/xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def zips(binaries, folder):
    """What infra/build makes, of the binaries that are there."""
    for name in ("post-confirmation", "pre-token-generation", "probe"):
        bootstrap = folder / "bootstrap"
        shutil.copy(binaries / name, bootstrap)
        if shutil.which("strip"):
            subprocess.run(["strip", str(bootstrap)], check=True)
        with zipfile.ZipFile(
            folder / f"{name}-{ARCHITECTURE}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o100755 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, bootstrap.read_bytes())
        bootstrap.unlink()
    return folder


class Runs:
    """Runs of the smoke test, each in a folder of its own."""

    def __init__(self, stack, binaries, dist, folder):
        self.stack = stack
        self.folder = folder
        self.command = [
            str(INFRA / "smoke-test"),
            "--dist",
            str(dist),
            "--architecture",
            ARCHITECTURE,
            "--settle-seconds",
            "0",
        ]
        self.command += ["--tenantctl", str(binaries / "tenantctl")]
        self.before = stack.everything()

    def start(self, name, *options):
        folder = self.folder / name
        folder.mkdir()
        process = subprocess.Popen(
            [*self.command, *options],
            cwd=folder,
            env=self.stack.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return folder, process

    def check_nothing_left(self, name):
        after = self.stack.everything()
        for kind, things in self.before.items():
            expect(
                after[kind] == things, f"{name}: {kind} are as before", f"{after[kind]} instead of {things}"
            )

    def whole(self, stack_url):
        report = self.folder / "report.md"
        self.stack.environment["AWS_ENDPOINT_URL_CLOUDFORMATION"] = stack_url
        folder, process = self.start(
            "whole", "--stack", "tenancy", "--attribute", "given_name=Smoke", "--report", str(report)
        )
        output, _ = process.communicate(timeout=1800)
        print(output)
        expect(process.returncode == 0, "a whole run ends with 0", output)
        # The local stack decides the open questions as they are assumed, in one file.
        expect("; 0 of " in output and "unclear" not in output, "every answer is the one that is assumed")
        expect(
            "The deployed pool, as it is" in output and "event version V3_0" in output, "every part was run"
        )
        count = re.search(r"; 0 of (\d+) answers", output)
        readme = (INFRA / "README.md").read_text(encoding="utf-8")
        expect(count and f"{count[1]} answers" in readme, "README.md says how many answers there are", count)
        text = report.read_text()
        for secret in ("eyJ", "inv_", "@simulator", "123456789012", self.stack.pool):
            expect(secret not in text, f"the report does not hold {secret[:6]}..")
        expect(not list(folder.iterdir()), "the journal is gone")
        self.check_nothing_left("whole")

    def without_essentials(self):
        """Pools of a tier that has event version V1_0 alone: that is said, and no failure."""
        folder, process = self.start("lite", "--tier", "LITE")
        output, _ = process.communicate(timeout=1800)
        expect(process.returncode == 0, "a run on tier LITE ends with 0", output)
        for said in (
            "this account's tier does not have it",
            "no pool with V3_0",
            "not asked: the account's tier",
        ):
            expect(said in output, f"it says: {said}", output)
        expect("; 0 of " in output and "unclear" not in output, "what can be answered is as assumed", output)
        expect(not list(folder.iterdir()), "the journal is gone")
        self.check_nothing_left("lite")

    def stopped(self, at, how):
        """Stops a run once its output has the text `at`."""
        name = f"{how.name} at {at!r}"
        options = ["--user-pool-id", self.stack.pool, "--table", TABLE, "--attribute", "given_name=Smoke"]
        folder, process = self.start("".join(letter for letter in name if letter.isalnum()), *options)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if at in line:
                process.send_signal(how)
                break
        else:
            expect(False, f"{name}: the output never says so", "".join(lines))
        rest = process.stdout.read()
        process.wait(timeout=600)
        journals = list(folder.glob("smoke-test-*.json"))
        if how == signal.SIGKILL:
            expect(process.returncode == -signal.SIGKILL, f"{name}: it was killed")
            expect(
                len(journals) == 1 and journals[0].stat().st_mode & 0o777 == 0o600,
                f"{name}: the journal is there, for its owner",
            )
            wait_for_tenantctl()
            cleaned = subprocess.run(
                [*self.command[:1], "--clean", str(journals[0])],
                env=self.stack.environment,
                capture_output=True,
                text=True,
            )
            expect(cleaned.returncode == 0, f"{name}: --clean ends with 0", cleaned.stdout + cleaned.stderr)
            journals = list(folder.glob("smoke-test-*.json"))
        else:
            expect(process.returncode == 1, f"{name}: it ends with 1", rest)
            expect("it was stopped" in rest, f"{name}: it says that it was stopped", rest)
        expect(not journals, f"{name}: the journal is gone")
        self.check_nothing_left(name)


def expect(held, what, found=""):
    if not held:
        print(f"FAILED: {what}\n{found}")
        sys.exit(1)
    print(f"ok: {what}", flush=True)


def main():
    subprocess.run([sys.executable, str(INFRA / "tests" / "smoke_test_parts.py")], check=True)
    binaries = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else INFRA.parent / "target" / "debug").resolve()
    with tempfile.TemporaryDirectory(prefix="smoke-test-here-") as folder:
        folder = pathlib.Path(folder)
        (folder / "dist").mkdir()
        dist = zips(binaries, folder / "dist")
        stack = Stack(binaries, folder)
        try:
            stack.deploy(binaries)
            CloudFormation.stack = stack
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), CloudFormation)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            runs = Runs(stack, binaries, dist, folder)
            runs.stopped("confirmed with an invite code", signal.SIGTERM)
            runs.stopped("a second tenant chosen", signal.SIGKILL)
            runs.stopped("making a table and a role", signal.SIGTERM)
            runs.stopped("making a table and a role", signal.SIGKILL)
            runs.stopped("event version V2_0", signal.SIGINT)
            runs.stopped("event version V3_0", signal.SIGKILL)
            runs.stopped("making the probe and its pools", signal.SIGTERM)
            runs.stopped("`groupOverrideDetails` null", signal.SIGKILL)
            runs.without_essentials()
            runs.whole(f"http://127.0.0.1:{server.server_port}")
            server.shutdown()
        finally:
            stack.stop()


main()
