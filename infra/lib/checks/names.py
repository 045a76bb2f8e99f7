"""What others build on: outputs, exports and parameters; and that nothing in the templates is there for
nothing."""

import re

from checks.permissions import FUNCTIONS
from checks.situations import OF_TEMPLATES, SITUATIONS, stack
from checks.template import INFRA, references, source

# Outputs, and under which name other stacks import them. A change of these breaks who has deployed the
# template.
OUTPUTS = {
    "template.yaml": {
        "TableName": "TableName",
        "PostConfirmationArn": "PostConfirmationArn",
        "PreTokenGenerationArn": "PreTokenGenerationArn",
        "DashboardUrl": None,
    },
    "user-pool.yaml": {
        "MarkerScope": None,
        "UserPoolId": None,
        "UserPoolArn": None,
        "AppClientId": None,
        "Issuer": None,
        "LoginUrl": None,
    },
    "authorizer.yaml": {
        "AuthorizerArn": "AuthorizerArn",
        "HttpAuthorizerId": None,
        "RestAuthorizerId": None,
        "WebSocketAuthorizerId": None,
        "DashboardUrl": None,
    },
    "router.yaml": {
        "RouterArn": "RouterArn",
        "ApiId": None,
        "SharedHostTarget": None,
        "TenantHostsTarget": None,
        "DashboardUrl": None,
    },
    "cedar.yaml": {"PolicyStoreId": None, "PolicyStoreArn": None},
    "examples/http-api.yaml": {"Url": None},
    "examples/rest-api.yaml": {"Url": None},
    "examples/alb.yaml": {"RuleArn": None},
}


def check():
    found = []
    for file in SITUATIONS:
        raw = source(file)
        found += [f"{file}: {why}" for why in [*_parameters(raw), *_conditions(raw), *_outputs(file, raw)]]
    return found + list(_aliases()) + list(_functions()) + list(_architecture()), sum(
        len(source(file)["Parameters"]) + len(source(file)["Outputs"]) for file in SITUATIONS
    )


def _parameters(raw):
    parameters = raw["Parameters"]
    used = references({key: raw.get(key, {}) for key in ("Conditions", "Resources", "Outputs")})
    groups = raw["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    for name, parameter in parameters.items():
        if name not in used:
            yield f"parameter {name} does nothing"
        if len(parameter.get("Description", "")) < 20 and "Description" not in parameter:
            yield f"parameter {name} has no description"
        if "AllowedPattern" in parameter and not parameter.get("ConstraintDescription", "").startswith(
            "must be "
        ):
            yield f"parameter {name}: who is refused must be told what it `must be`: ConstraintDescription"
        if grouped.count(name) != 1:
            yield f"parameter {name} must be in one group of the console's page"
    yield from (
        f"the console's page has a parameter {name}, which there is not"
        for name in grouped
        if name not in parameters
    )


def _conditions(raw):
    used = references({key: raw.get(key, {}) for key in ("Conditions", "Resources", "Outputs")})
    yield from (f"condition {name} decides nothing" for name in raw.get("Conditions", {}) if name not in used)


def _outputs(file, raw):
    wanted, outputs = OUTPUTS[file], raw["Outputs"]
    if set(outputs) != set(wanted):
        yield f"outputs {', '.join(sorted(set(outputs) ^ set(wanted)))}: lib/checks/names.py has others"
    for name in set(outputs) & set(wanted):
        export = outputs[name].get("Export", {}).get("Name")
        expected = wanted[name] and {"Fn::Sub": "${AWS::StackName}-" + wanted[name]}
        if export != expected:
            yield f"output {name} is exported as {export}, and must be as {expected}"
        if not outputs[name].get("Description"):
            yield f"output {name} has no description"


def _aliases():
    """The outputs are the aliases, and user-pool.yaml imports what template.yaml exports."""
    functions = stack("template.yaml", "defaults")
    for function, name in FUNCTIONS.items():
        aliases = [one for one in functions.of_type("AWS::Lambda::Alias") if one.startswith(name)]
        if [functions.value(functions.template["Outputs"][f"{name}Arn"]["Value"])] != [
            f"<{one}>" for one in aliases
        ]:
            yield f"template.yaml: the output {name}Arn must be the alias of {function}"
    triggers = stack("user-pool.yaml", "second-pass").properties("UserPool")["LambdaConfig"]
    imported = {
        "PostConfirmation": triggers.get("PostConfirmation"),
        "PreTokenGeneration": triggers.get("PreTokenGenerationConfig", {}).get("LambdaArn"),
    }
    for name, value in imported.items():
        if value != {"Fn::ImportValue": f"tenancy-{name}Arn"}:
            yield (
                f"user-pool.yaml: with FunctionsStack its trigger {name} is {value}, not the export of that"
                " stack"
            )


def _functions():
    for file, function, name in OF_TEMPLATES:
        properties = source(file)["Resources"][name]["Properties"]
        if properties["Timeout"] != 5:
            yield (
                f"{file}: {name} has a time-out of {properties['Timeout']} s; the function ends by"
                " itself before 5"
            )
        code = f"dist/{function}-arm64.zip"
        if (properties["CodeUri"], properties["Architectures"]) != (code, ["arm64"]):
            yield f"{file}: {name} must have CodeUri {code} and Architectures [arm64]"
        if properties["Handler"] != "bootstrap":
            yield f"{file}: {name}: infra/build puts `bootstrap` into the zip"


def _architecture():
    """infra/build --x86-64 replaces the word, so that it may stand nowhere else."""
    for file in sorted({file for file, _, _ in OF_TEMPLATES}):
        for number, line in enumerate((INFRA / file).read_text(encoding="utf-8").splitlines(), 1):
            if "arm64" in line and not re.fullmatch(
                r" +(CodeUri: dist/[a-z-]+-arm64\.zip|Architectures: \[arm64\])", line
            ):
                yield (
                    f"{file}:{number}: arm64 may stand in CodeUri and Architectures alone: infra/build"
                    " replaces the word"
                )
            if "x86_64" in line:
                yield f"{file}:{number}: x86_64 may stand nowhere: infra/build writes it there"
