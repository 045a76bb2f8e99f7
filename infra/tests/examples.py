#!/usr/bin/env python3
"""Checks the examples for owners of Terraform and CDK code against template.yaml: a line for each check.

Needs what infra/check needs, Node and npm; installs the rest into target/infra. Not checked, as neither the
provider nor an account can be had here: `terraform validate`, `plan` and `apply`, and `cdk deploy`.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
INFRA = HERE.parent
sys.path[:0] = [str(HERE), str(INFRA / "lib")]

import environments  # noqa: E402

environments.enter("check")

# `examples_gateways` imports this one by its name.
sys.modules["examples"] = sys.modules[__name__]

# What these import is in the environment alone.
import examples_gateways  # noqa: E402
from checks.template import source  # noqa: E402
from checks.values import accepts  # noqa: E402

TARGET = environments.TOOLS
POOL_ID = "eu-west-1_AbCdEf123"
ATTRIBUTE = "custom:tenantId"


class Finding(Exception):
    """What is wrong."""


def need(is_right, problem):
    if not is_right:
        raise Finding(problem)


# -- template.yaml -------------------------------------------------------------------------------------------


def check_parameters(template, given):
    """`given`: parameter -> its value, or None where it is only known later."""
    known = template["Parameters"]
    unknown = sorted(set(given) - set(known))
    need(not unknown, f"template.yaml has no parameter {', '.join(unknown)}")
    missing = sorted(
        name for name, parameter in known.items() if "Default" not in parameter and name not in given
    )
    need(not missing, f"template.yaml needs {', '.join(missing)}")
    for name, value in given.items():
        if value is None:
            continue
        need(accepts(known[name], value), f"template.yaml does not take {name}={value!r}")


def exports(template):
    """Output -> what its export is called behind the name of the stack."""
    found = {}
    for name, output in template["Outputs"].items():
        export = output.get("Export", {}).get("Name", {})
        if isinstance(export, dict) and str(export.get("Fn::Sub", "")).startswith("${AWS::StackName}-"):
            found[name] = export["Fn::Sub"].split("}-", 1)[1]
    return found


# -- Terraform -----------------------------------------------------------------------------------------------


class Terraform:
    """main.tf as a tree, and what must hold in it."""

    def __init__(self, text, template, template_bytes):
        import hcl2

        self.text = text
        self.template = template
        self.template_bytes = template_bytes
        self.tree = hcl2.loads(text)
        self.blocks = {}
        for kind in ("resource", "data"):
            for block in self.tree.get(kind, []):
                for resource, named in block.items():
                    for name, body in named.items():
                        prefix = "data." if kind == "data" else ""
                        self.blocks[f"{prefix}{plain(resource)}.{plain(name)}"] = body
        self.variables = {
            plain(name): body for block in self.tree.get("variable", []) for name, body in block.items()
        }

    def the(self, resource):
        found = [body for name, body in self.blocks.items() if name.startswith(f"{resource}.")]
        need(len(found) == 1, f"one {resource}, there are {len(found)}")
        return found[0]

    def checks(self):
        return [
            ("arguments are the provider's, the required ones are there", self.arguments),
            ("references lead somewhere, and in no circle", self.references),
            ("parameters are the template's, with allowed values", self.parameters),
            ("outputs that are read are the template's", self.outputs),
            ("capabilities suffice, and the template fits", self.capabilities),
            ("both triggers, pre-token-generation with a version for access tokens", self.triggers),
            (f"{ATTRIBUTE} is mutable, and written by no app client", self.attribute),
            ("the functions cannot be destroyed while they are triggers", self.order),
        ]

    def arguments(self):
        from examples_arguments import PROVIDER, tree

        for name, body in self.blocks.items():
            resource = name.rsplit(".", 1)[0]
            need(resource in tree(), f"{resource} is not in examples_arguments.py")
            compare(name, body, tree()[resource])
        version = plain(self.tree["terraform"][0]["required_providers"][0]["aws"]["version"])
        need(
            version == "~> " + PROVIDER.split()[1].split(".")[0] + ".0",
            f"version {version} is not that of {PROVIDER}",
        )

    def references(self):
        values = {
            f"local.{plain(name)}": body
            for block in self.tree.get("locals", [])
            for name, body in block.items()
        }
        declared = set(self.blocks) | set(values) | {f"var.{name}" for name in self.variables}
        leads_to = {name: references(body) for name, body in [*self.blocks.items(), *values.items()]}
        others = [self.tree.get(kind, []) for kind in ("output", "check", "variable")]
        for name, found in [*leads_to.items(), ("an output, check or variable", references(others))]:
            lost = sorted(found - declared)
            need(not lost, f"{name}: there is no {', '.join(lost)}")
        unused = sorted(
            f"var.{name}" for name in self.variables if f"var.{name}" not in references([self.blocks])
        )
        need(not unused, f"not used: {', '.join(unused)}")
        for name in leads_to:
            need(name not in reachable(name, leads_to), f"{name} depends on itself")

    def parameters(self):
        given = {
            plain(name): self.value(value)
            for name, value in self.the("aws_cloudformation_stack")["parameters"].items()
        }
        check_parameters(self.template, given)

    def outputs(self):
        read = set(re.findall(r'aws_cloudformation_stack\.\w+\.outputs\["(\w+)"\]', self.text))
        need(read, "none is read")
        unknown = sorted(read - set(self.template["Outputs"]))
        need(not unknown, f"template.yaml has no output {', '.join(unknown)}")

    def capabilities(self):
        stack = self.the("aws_cloudformation_stack")
        given = {plain(capability) for capability in stack["capabilities"]}
        wanted = (
            {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
            if "Transform" in self.template
            else {"CAPABILITY_IAM"}
        )
        if re.search(r"\b(RoleName|PolicyName|ManagedPolicyName|UserName)\b", str(named_iam(self.template))):
            wanted = wanted - {"CAPABILITY_IAM"} | {"CAPABILITY_NAMED_IAM"}
        need(wanted <= given, f"missing: {', '.join(sorted(wanted - given))}")
        limit = 460_800 if "template_url" in stack else 51_200
        need(
            self.template_bytes < limit, f"template.yaml has {self.template_bytes} bytes, of {limit} at most"
        )

    def triggers(self):
        pool = self.the("aws_cognito_user_pool")
        config = pool["lambda_config"][0]
        need("pre_token_generation" not in config, "pre_token_generation is the old form, for V1_0 alone")
        token = config["pre_token_generation_config"][0]
        need(plain(token["lambda_version"]) in ("V2_0", "V3_0"), f"lambda_version {token['lambda_version']}")
        for argument, output in (
            (config["post_confirmation"], "PostConfirmationArn"),
            (token["lambda_arn"], "PreTokenGenerationArn"),
        ):
            need(f'outputs["{output}"]' in argument, f"{argument} is not the output {output}")
        need(
            plain(pool["user_pool_tier"]) in ("ESSENTIALS", "PLUS"), "V2_0 needs the plan ESSENTIALS or PLUS"
        )
        need(
            "aws_lambda_permission" not in self.text.replace("No aws_lambda_permission", ""),
            "a second permission",
        )

    def attribute(self):
        schema = [
            block
            for block in self.the("aws_cognito_user_pool")["schema"]
            if plain(block["name"]) == "tenantId"
        ]
        need(len(schema) == 1 and schema[0]["mutable"] is True, "tenantId is not mutable")
        need(
            "string_attribute_constraints" in schema[0],
            "without constraints Terraform would replace the pool",
        )
        client = self.the("aws_cognito_user_pool_client")
        need("write_attributes" in client, "no write_attributes")
        need(ATTRIBUTE not in map(plain, client["write_attributes"]), "an app client may write it")
        need(ATTRIBUTE in map(plain, client["read_attributes"]), "the app client may not read it")

    def order(self):
        stack = self.the("aws_cloudformation_stack")
        need(stack.get("lifecycle", [{}])[0].get("prevent_destroy") is True, "no prevent_destroy")
        need(
            self.the("aws_cognito_user_pool").get("tags"),
            "no tag tells tenantctl that Terraform owns the pool",
        )

    def value(self, expression):
        """A text, or the default of the variable that stands there; None: known later."""
        variable = re.fullmatch(r"\$\{var\.(\w+)\}", str(expression))
        if variable:
            default = self.variables.get(variable[1], {}).get("default")
            return None if default is None else plain(default)
        return None if "${" in str(expression) else plain(expression)


def plain(text):
    """A text without its quotation marks."""
    text = str(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


META = {
    "lifecycle",
    "depends_on",
    "count",
    "for_each",
    "provider",
    "__is_block__",
    "__comments__",
    "__inline_comments__",
}


def compare(where, body, known):
    for name, (is_required, _) in known.items():
        need(not is_required or name in body, f"{where}: {name} is missing")
    for name, value in body.items():
        if name in META:
            continue
        need(name in known, f"{where}: {name} is no argument")
        kind = known[name][1]
        is_block = isinstance(value, list) and all(
            isinstance(item, dict) and item.get("__is_block__") for item in value
        )
        need(is_block == isinstance(kind, dict), f"{where}: {name} is {'no' if is_block else 'a'} block")
        if is_block:
            for item in value:
                compare(f"{where}.{name}", item, kind)
            continue
        is_expression = isinstance(value, str) and value.startswith("${")
        kinds = {"text": str, "number": (int, float), "flag": bool, "list": list, "map": dict}
        need(is_expression or isinstance(value, kinds[kind]), f"{where}: {name} is not a {kind}")


def references(value):
    found = set()
    if isinstance(value, dict):
        for key, inner in value.items():
            if not key.startswith("__"):
                found |= references(inner)
    elif isinstance(value, list):
        for inner in value:
            found |= references(inner)
    elif isinstance(value, str):
        for expression in re.findall(r"\$\{(.*)\}", value):
            # Not within quotation marks, where a dot means nothing.
            expression = re.sub(r'"[^"$]*"', '""', expression)
            found |= set(re.findall(r"\b(?:data\.)?aws_\w+\.\w+|\b(?:var|local)\.\w+", expression))
    return {name for name in found if f"data.{name}" not in found}


def reachable(start, leads_to):
    seen, next_ones = set(), list(leads_to.get(start, ()))
    while next_ones:
        name = next_ones.pop()
        if name not in seen:
            seen.add(name)
            next_ones.extend(leads_to.get(name, ()))
    return seen


def named_iam(template):
    return [
        {key: value for key, value in resource.get("Properties", {}).items() if key != "Policies"}
        for resource in template["Resources"].values()
        if resource.get("Type", "").startswith("AWS::IAM::")
    ]


# What somebody may get wrong, and the check that has to find it.
TERRAFORM_MISTAKES = [
    ("arguments", "user_pool_tier ", "user_pool_plan "),
    ("arguments", '      lambda_version = "V2_0"\n', ""),
    ("arguments", '    max_length = "63"\n    }', '    max_length = "63"\n    }\n    text {}'),
    ("references", "var.mode", "var.modus"),
    ("references", "= var.user_pool_id\n    Mode", "= aws_cognito_user_pool.main.id\n    Mode"),
    ("parameters", "    Mode  ", "    Modus "),
    ("parameters", '"observe"', '"watch"'),
    ("parameters", "    UserPoolId    = var.user_pool_id\n", ""),
    ("outputs", 'outputs["TableName"]', 'outputs["Table"]'),
    ("capabilities", ', "CAPABILITY_AUTO_EXPAND"', ""),
    ("capabilities", "template_url =", "template_body ="),
    ("triggers", '"V2_0"', '"V1_0"'),
    (
        "triggers",
        "pre_token_generation_config {",
        'pre_token_generation = ""\n    pre_token_generation_config {',
    ),
    ("attribute", "mutable             = true", "mutable             = false"),
    ("attribute", 'write_attributes = ["email", "name"]', 'write_attributes = ["email", "custom:tenantId"]'),
    ("order", "prevent_destroy = true", "prevent_destroy = false"),
]


def terraform_mistake(check, old, new, template, template_bytes):
    text = (INFRA / "examples/terraform/main.tf").read_text(encoding="utf-8")
    need(old in text, f"main.tf has no {old!r}")
    try:
        getattr(Terraform(text.replace(old, new), template, template_bytes), check)()
    except Finding:
        return
    raise Finding(f"passes with {new!r} in the place of {old!r}")


def terraform_format():
    run(["terraform", "fmt", "-check", "-diff", "-recursive", str(INFRA / "examples/terraform")], INFRA)


def terraform_gateways(old="", new=""):
    """gateways/main.tf, perhaps with a mistake in it."""
    text = (INFRA / "examples/terraform/gateways/main.tf").read_text(encoding="utf-8")
    need(old in text, f"gateways/main.tf has no {old!r}")
    code = Terraform(text.replace(old, new) if old else text, None, 0)
    code.arguments()
    code.references()
    found = list(examples_gateways.of_terraform(code))
    need(not found, "; ".join(found))


# -- CDK -----------------------------------------------------------------------------------------------------


class Cdk:
    """The app, run in a copy under target, and what it makes."""

    def __init__(self, template):
        self.template = template
        self.source = INFRA / "examples" / "cdk"
        self.place = TARGET / "examples-cdk"
        self.environment = dict(os.environ, CI="true", CDK_DISABLE_VERSION_CHECK="1", AWS_REGION="eu-west-1")
        self.pool = self.tenancy = self.manifest = None

    def checks(self):
        return [
            ("the lock file names no registry, and the versions are pinned", self.pins),
            ("npm ci installs from it", self.install),
            ("synthesized without a pool's id: the pool alone, without triggers", self.first),
            ("cdk synth with a pool's id and functions", self.second),
            ("parameters are the template's, with allowed values", self.parameters),
            ("exports are called as those of the template", self.exported),
            (
                "both triggers, with a version for access tokens, and no second permission",
                self.triggers,
            ),
            (f"{ATTRIBUTE} is mutable, and written by no app client", self.attribute),
            ("the stacks make no circle", self.circle),
            ("a template that is not packaged is refused", self.unpackaged),
            ("a pool by its id takes no trigger, and sameEnvironment adds a permission", self.claims),
        ]

    def pins(self):
        lock = json.loads((self.source / "package-lock.json").read_text(encoding="utf-8"))
        manifest = json.loads((self.source / "package.json").read_text(encoding="utf-8"))
        for name, package in lock["packages"].items():
            need("resolved" not in package, f"{name} is resolved to {package.get('resolved')}")
            need(not name or "integrity" in package or package.get("inBundle"), f"{name} has no checksum")
        for kind in ("dependencies", "devDependencies"):
            for name, version in manifest[kind].items():
                need(re.fullmatch(r"[0-9.]+", version), f"{name} {version} is not pinned")
                locked = lock["packages"][f"node_modules/{name}"]["version"]
                need(locked == version, f"{name} {version} is locked as {locked}")

    def install(self):
        files = [path for path in sorted(self.source.iterdir()) if path.is_file()]
        self.place.mkdir(parents=True, exist_ok=True)
        for path in files:
            shutil.copy(path, self.place / path.name)
        packaged = (INFRA / "template.yaml").read_text(encoding="utf-8")
        # What `sam package` would do to it.
        packaged = re.sub(r"CodeUri: dist/(\S+)", r"CodeUri: s3://bucket/\1", packaged)
        (self.place / "packaged.yaml").write_text(packaged, encoding="utf-8")
        (self.place / "raw.yaml").write_text("CodeUri: dist/function.zip\n", encoding="utf-8")
        lock = hashlib.sha256((self.source / "package-lock.json").read_bytes()).hexdigest()
        stamp = self.place / "node_modules" / ".lock"
        if not stamp.exists() or stamp.read_text() != lock:
            run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], self.place, self.environment)
            stamp.write_text(lock)

    def synthesize(self, out, context, app="app.js"):
        """As the command line does it, without it."""
        shutil.rmtree(self.place / out, ignore_errors=True)
        environment = dict(self.environment, CDK_OUTDIR=out, CDK_CONTEXT_JSON=json.dumps(context))
        run(["node", app], self.place, environment)
        return {
            path.name.split(".")[0]: json.loads(path.read_text())
            for path in (self.place / out).glob("*.template.json")
        }

    def first(self):
        stacks = self.synthesize("out-first", {})
        need(list(stacks) == ["Pool"], f"stacks {sorted(stacks)}")
        need("LambdaConfig" not in only(stacks["Pool"], "AWS::Cognito::UserPool"), "it has triggers")

    def second(self):
        shutil.rmtree(self.place / "out", ignore_errors=True)
        options = ["--quiet", "--no-notices", "--no-version-reporting", "--output", "out"]
        context = ["-c", f"userPoolId={POOL_ID}", "-c", "functions=Tenancy"]
        cdk = self.place / "node_modules" / ".bin" / "cdk"
        run([str(cdk), "synth", *options, *context], self.place, self.environment)
        self.pool = json.loads((self.place / "out/Pool.template.json").read_text())
        self.tenancy = json.loads((self.place / "out/Tenancy.template.json").read_text())
        self.manifest = json.loads((self.place / "out/manifest.json").read_text())

    def parameters(self):
        given = only(self.tenancy, "AWS::CloudFormation::Stack")["Parameters"]
        check_parameters(self.template, given)
        need(given["UserPoolId"] == POOL_ID, "UserPoolId is not the id as text")

    def exported(self):
        wanted = {f"Tenancy-{behind}": name for name, behind in exports(self.template).items()}
        found = {
            output["Export"]["Name"]: output["Value"]["Fn::GetAtt"][1].split(".", 1)[1]
            for output in self.tenancy["Outputs"].values()
        }
        need(found == wanted, f"{found} instead of {wanted}")

    def triggers(self):
        config = only(self.pool, "AWS::Cognito::UserPool")["LambdaConfig"]
        names = exports(self.template)
        wanted = {
            "PostConfirmation": {"Fn::ImportValue": f"Tenancy-{names['PostConfirmationArn']}"},
            "PreTokenGenerationConfig": {
                "LambdaArn": {"Fn::ImportValue": f"Tenancy-{names['PreTokenGenerationArn']}"},
                "LambdaVersion": "V2_0",
            },
        }
        need(config == wanted, f"{config} instead of {wanted}")
        need(not of_type(self.pool, "AWS::Lambda::Permission"), "CDK added a permission, without the account")
        need(only(self.pool, "AWS::Cognito::UserPool")["UserPoolTier"] in ("ESSENTIALS", "PLUS"), "plan")

    def attribute(self):
        schema = only(self.pool, "AWS::Cognito::UserPool")["Schema"]
        tenant = [attribute for attribute in schema if attribute["Name"] == "tenantId"]
        need(len(tenant) == 1 and tenant[0].get("Mutable") is True, "tenantId is not mutable")
        client = only(self.pool, "AWS::Cognito::UserPoolClient")
        need(ATTRIBUTE not in client["WriteAttributes"], "an app client may write it")
        need(ATTRIBUTE in client["ReadAttributes"], "the app client may not read it")

    def circle(self):
        needs = self.manifest["artifacts"]["Tenancy"].get("dependencies", [])
        need("Pool" not in needs, "Tenancy depends on Pool")
        need("Fn::ImportValue" not in json.dumps(self.tenancy), "Tenancy imports a value")

    def unpackaged(self):
        try:
            self.synthesize("out-raw", {"userPoolId": POOL_ID, "template": "raw.yaml"})
        except Finding as finding:
            need("is not packaged" in str(finding), str(finding))
        else:
            raise Finding("it is taken")

    def mistake(self, check, old, new):
        text = (self.source / "app.js").read_text(encoding="utf-8")
        need(old in text, f"app.js has no {old!r}")
        (self.place / "mistake.js").write_text(text.replace(old, new), encoding="utf-8")
        other = Cdk(self.template)
        stacks = other.synthesize(
            "out-mistake", {"userPoolId": POOL_ID, "functions": "Tenancy"}, "mistake.js"
        )
        other.pool, other.tenancy = stacks["Pool"], stacks["Tenancy"]
        try:
            getattr(other, check)()
        except Finding:
            return
        raise Finding(f"passes with {new!r} in the place of {old!r}")

    def gateways(self, old="", new=""):
        """gateways.js, perhaps with a mistake in it."""
        text = (self.source / "gateways.js").read_text(encoding="utf-8")
        need(old in text, f"gateways.js has no {old!r}")
        (self.place / "gateways-tried.js").write_text(text.replace(old, new) if old else text, encoding="utf-8")
        found = list(examples_gateways.of_cdk(self.synthesize("out-gateways", {}, "gateways-tried.js")))
        need(not found, "; ".join(found))

    def claims(self):
        script = """
            const cdk = require('aws-cdk-lib');
            const { UserPool, UserPoolOperation } = require('aws-cdk-lib/aws-cognito');
            const { Function } = require('aws-cdk-lib/aws-lambda');
            const app = new cdk.App({ outdir: 'out-claims' });
            const stack = new cdk.Stack(app, 'S');
            const byId = UserPool.fromUserPoolId(stack, 'ById', 'eu-west-1_AbCdEf123');
            const functionArn = cdk.Fn.importValue('x');
            const name = { functionArn, sameEnvironment: true, skipPermissions: true };
            new UserPool(stack, 'Own').addTrigger(
              UserPoolOperation.POST_CONFIRMATION, Function.fromFunctionAttributes(stack, 'F', name));
            const made = Object.values(app.synth().getStackByName('S').template.Resources);
            const permission = made.find((resource) => resource.Type === 'AWS::Lambda::Permission');
            const names = permission && Object.keys(permission.Properties).sort();
            console.log(JSON.stringify([typeof byId.addTrigger, names]));
        """
        found = json.loads(run(["node", "-e", script], self.place, self.environment))
        wanted = ["undefined", ["Action", "FunctionName", "Principal", "SourceArn"]]
        need(
            found == wanted,
            f"{found} instead of {wanted}: the comments of app.js and the README are wrong now",
        )


CDK_MISTAKES = [
    ("parameters", "Mode: context", "Modus: context"),
    ("exported", "'PreTokenGenerationArn']", "'PreTokenArn']"),
    ("triggers", "skipPermissions: true", "sameEnvironment: true"),
    ("attribute", ", mutable: true", ""),
    (
        "attribute",
        "withStandardAttributes(standard)",
        "withStandardAttributes(standard).withCustomAttributes('tenantId')",
    ),
]


def of_type(template, kind):
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == kind]


def only(template, kind):
    found = of_type(template, kind)
    need(len(found) == 1, f"one {kind}, there are {len(found)}")
    return found[0]


# -- The run -------------------------------------------------------------------------------------------------


def run(command, folder, environment=None):
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    # Node quotes the line at fault, which may be a whole library.
    said = [
        line.rstrip()
        for line in (done.stderr or done.stdout).splitlines()
        if line.strip() and len(line) < 300
    ]
    need(done.returncode == 0, f"{' '.join(command[:3])}: {chr(10).join(said[-30:])}")
    return done.stdout


def found_mistake(check, old, new):
    try:
        check(old, new)
    except Finding:
        return
    raise Finding(f"passes with {new!r} in the place of {old!r}")


def judge(name, check, *arguments):
    try:
        check(*arguments)
    except Finding as finding:
        print(f"FAILED {name}: {finding}", flush=True)
        return False
    except Exception as error:  # a check that breaks has found something, too
        print(f"FAILED {name}: {type(error).__name__}: {error}", flush=True)
        return False
    print(f"ok     {name}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--without-cdk", action="store_true", help="where there is no Node")
    options = parser.parse_args()

    results = []
    template, template_bytes = source("template.yaml"), (INFRA / "template.yaml").stat().st_size
    parsed = []

    def parse():
        text = (INFRA / "examples/terraform/main.tf").read_text(encoding="utf-8")
        parsed.append(Terraform(text, template, template_bytes))

    results.append(judge("terraform: main.tf is HCL", parse))
    for terraform in parsed:
        for name, check in terraform.checks():
            results.append(judge(f"terraform: {name}", check))
        for check, old, new in TERRAFORM_MISTAKES:
            what = " ".join(new.split()) or f"without {' '.join(old.split())}"
            results.append(
                judge(
                    f"terraform: found, a mistake: {what}",
                    terraform_mistake,
                    check,
                    old,
                    new,
                    template,
                    template_bytes,
                )
            )
    results.append(judge("terraform: the gateways demand what those of the templates demand", terraform_gateways))
    for old, new in examples_gateways.TERRAFORM_MISTAKES:
        what = " ".join(new.split()) or f"without {' '.join(old.split())}"
        results.append(judge(f"terraform: found, a mistake: {what}", found_mistake, terraform_gateways, old, new))
    if shutil.which("terraform"):
        results.append(judge("terraform: terraform fmt", terraform_format))
    else:
        print("-      terraform: terraform fmt: not checked, there is no terraform here")
    if options.without_cdk:
        print("-      cdk: not checked")
    else:
        cdk = Cdk(template)
        for name, check in cdk.checks():
            results.append(judge(f"cdk: {name}", check))
        for check, old, new in CDK_MISTAKES:
            what = new or f"without {old.strip(', ')}"
            results.append(judge(f"cdk: found, a mistake: {what}", cdk.mistake, check, old, new))
        results.append(judge("cdk: the gateways demand what those of the templates demand", cdk.gateways))
        for old, new in examples_gateways.CDK_MISTAKES:
            what = new or f"without {old.strip()}"
            results.append(judge(f"cdk: found, a mistake: {what}", found_mistake, cdk.gateways, old, new))
    failed = results.count(False)
    print(f"{len(results)} checks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
