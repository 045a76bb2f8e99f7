"""The policies of examples/isolation.yaml against the requests of rules/isolation-requests.yaml; and that a
policy which is wrong in one place lets through what the list says."""

import yaml

from checks import iam
from checks.guard import changed
from checks.template import ACCOUNT, INFRA, REGION, Stack, source

SERVICE = f"arn:aws:iam::{ACCOUNT}:role/orders"
VALUES = {"ServiceRoleArn": SERVICE, "TableName": "orders", "BucketName": "documents"}


def check():
    """The findings, and how many requests were played against how many policies."""
    stack = Stack(source("examples/isolation.yaml"), VALUES)
    template = stack.resolved(stack.physical)
    played = yaml.safe_load((INFRA / "rules/isolation-requests.yaml").read_text(encoding="utf-8"))
    requests = {request["what"]: request for request in played["requests"]}
    must = {what for what, request in requests.items() if request["allowed"]}
    found = [
        f"examples/isolation.yaml {'refuses' if what in must else 'allows'}: {what}"
        for what in sorted(must ^ _allowed(template, requests))
    ]
    # Where the template itself is wrong, so is every change of it.
    for wrong in [] if found else played["wrong"]:
        change = {key: wrong[key] for key in ("what", "in", "set", "remove") if key in wrong}
        lets = _allowed(changed(template, change), requests) - must
        if not lets or lets != set(wrong["lets"]):
            through = ", ".join(sorted(lets)) or "nothing"
            found.append(f"rules/isolation-requests.yaml, {wrong['what']}: it lets through {through}")
    if len(requests) != len(played["requests"]):
        found.append("rules/isolation-requests.yaml: two requests have the same name")
    return found, len(requests) * (1 + len(played["wrong"]))


def _allowed(template, requests):
    role = template["Resources"]["TenantRole"]["Properties"]
    own = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    trust = role["AssumeRolePolicyDocument"]["Statement"]
    return {
        what
        for what, request in requests.items()
        if (_takes(trust, request) if "tags" in request else iam.allows(own, *_call(request)))
    }


def _takes(trust, request):
    """A call of AssumeRole with tags needs both actions."""
    context = {f"aws:RequestTag/{key}": value for key, value in request["tags"].items()}
    context["aws:PrincipalArn"] = f"arn:aws:iam::{ACCOUNT}:role/{request.get('by', 'orders')}"
    actions = ["sts:AssumeRole"]
    if request["tags"]:
        context["aws:TagKeys"] = list(request["tags"])
        actions.append("sts:TagSession")
    return all(iam.allows(trust, action, "", context) for action in actions)


def _call(request):
    """The action, the resource and the context of a call with the role's credentials."""
    context = {"aws:PrincipalTag/tenant_id": request.get("tenant")}
    if request["action"].endswith(("Object", "Bucket")):
        context["s3:prefix"] = request.get("prefix")
        path = f"/{request['object']}" if "object" in request else ""
        action, resource = f"s3:{request['action']}", f"arn:aws:s3:::documents{path}"
    else:
        context["dynamodb:LeadingKeys"] = request.get("keys")
        table = request.get("table", "orders")
        action = f"dynamodb:{request['action']}"
        resource = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
    return action, resource, {key: value for key, value in context.items() if value is not None}
