"""cedar.yaml has the schema and the policies of infra/cedar, and the schema has the claims of template.yaml.

What the policies decide is tested in tests/cedar, with the real engine.
"""

import copy
import json

from checks.documents import reserved_claims
from checks.template import INFRA, source

# Of Cognito itself.
COGNITO = {"scope", "token_use", "client_id"}
# Which the functions do not put into tokens yet: template.yaml has no parameter for its name.
NOT_ISSUED = {"ClaimTenantFeatures": "tenant_features"}
CLAIMS = ["ClaimTenantId", "ClaimTenantTier", "ClaimTenantRoles"]


def check():
    """The findings, and how many claims and policies were compared."""
    template, schema, policies = source("cedar.yaml"), _file("schema.json"), _policies()
    found = list(_findings(template, schema, policies, source("template.yaml")["Parameters"]))
    found += _missed(template, schema, policies) if not found else []
    return found, len(_claims(json.loads(schema))) + len(policies)


def _file(name):
    return (INFRA / "cedar" / name).read_text(encoding="utf-8")


def _policies():
    return {path.stem: _file(f"policies/{path.name}") for path in (INFRA / "cedar/policies").glob("*.cedar")}


def _claims(schema):
    return set(schema["Tenancy"]["commonTypes"]["AccessToken"]["attributes"])


def _findings(template, schema, policies, parameters):
    resources = template["Resources"]
    store = resources["PolicyStore"]["Properties"]
    if store["ValidationSettings"] != {"Mode": "STRICT"}:
        yield "cedar.yaml: the policy store must validate policies: Mode STRICT"
    if store["Schema"]["CedarJson"] != schema:
        yield "cedar.yaml: the schema differs from cedar/schema.json"
    yield from _differences(resources, policies)
    yield from _identity_source(resources["IdentitySource"]["Properties"], json.loads(schema))
    issued = {parameters[name]["Default"] for name in CLAIMS}
    expected = COGNITO | set(NOT_ISSUED.values()) | issued
    for claim in sorted(_claims(json.loads(schema)) ^ expected):
        yield f"cedar/schema.json: {claim} must be in AccessToken if, and only if, tokens have this claim"
    for parameter, claim in NOT_ISSUED.items():
        if parameter in parameters:
            yield f"{claim} is issued now: lib/checks/cedar.py and docs/authorization.md say that it is not"
    for claim in sorted(issued & set(reserved_claims()[0])):
        yield f"cedar/schema.json: {claim} is reserved (docs/settings.md)"


def _differences(resources, policies):
    written = {
        name.removesuffix("Policy").lower(): resource["Properties"]["Definition"]["Static"]["Statement"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::VerifiedPermissions::Policy"
    }
    for name in sorted(set(written) | set(policies)):
        if written.get(name) != policies.get(name):
            yield f"cedar.yaml: {name.capitalize()}Policy differs from cedar/policies/{name}.cedar"


def _identity_source(properties, schema):
    cognito = properties["Configuration"]["CognitoUserPoolConfiguration"]
    if cognito.get("ClientIds") != {"Ref": "ClientIds"}:
        yield "cedar.yaml: without ClientIds tokens of every app client are accepted"
    entities = {f"Tenancy::{name}" for name in schema["Tenancy"]["entityTypes"]}
    for kind in (properties["PrincipalEntityType"], cognito["GroupConfiguration"]["GroupEntityType"]):
        if kind not in entities:
            yield f"cedar.yaml: the schema has no entity {kind}"


def _missed(template, schema, policies):
    """Mistakes that must be found, and are not."""
    parameters = source("template.yaml")["Parameters"]

    def properties(files, name):
        return files["template"]["Resources"][name]["Properties"]

    def store(files):
        return properties(files, "PolicyStore")

    def identities(files):
        return properties(files, "IdentitySource")

    def cognito(files):
        return identities(files)["Configuration"]["CognitoUserPoolConfiguration"]

    mistakes = {
        "no validation": lambda files: store(files)["ValidationSettings"].update(Mode="OFF"),
        "another schema": lambda files: files.update(schema=files["schema"].replace("owner", "user")),
        "a policy too few": lambda files: files["template"]["Resources"].pop("IsolationPolicy"),
        "a policy too many": lambda files: files["policies"].pop("owner"),
        "another policy": lambda files: files["policies"].update(admin=""),
        "tokens of every app client": lambda files: cognito(files).pop("ClientIds"),
        "an unknown entity": lambda files: identities(files).update(PrincipalEntityType="User"),
        "an unknown group": lambda files: cognito(files)["GroupConfiguration"].update(GroupEntityType="G"),
        "another name of a claim": lambda files: files["parameters"]["ClaimTenantId"].update(Default="tid"),
        "a claim that is issued now": lambda files: files["parameters"].update(ClaimTenantFeatures={}),
    }
    for what, mistake in mistakes.items():
        files = copy.deepcopy(
            {"template": template, "schema": schema, "policies": policies, "parameters": parameters}
        )
        mistake(files)
        if not list(_findings(**files)):
            yield f"lib/checks/cedar.py does not find a mistake: {what}"
