"""What the roles allow is what permissions.json lists, neither more nor less, whatever the parameters are.

The list is held against the running functions by a test (tests/tests/end_to_end/permissions.rs). Here each
role is worked out for every way in which the conditions that it names can hold, and each of its statements is
taken apart into single actions with their resource and their conditions; so it does not matter how the
template puts them.
"""

import collections
import json

from checks.situations import POOL, SWITCHES, stacks
from checks.template import ACCOUNT, INFRA, REGION, Stack, every, references, source, translated

FUNCTIONS = {"post-confirmation": "PostConfirmation", "pre-token-generation": "PreTokenGeneration"}
# On the list, and not in template.yaml.
ELSEWHERE = {"authorizer", "router"}

Permission = collections.namedtuple("Permission", "action resource conditions")

TRUST = [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"}


def check():
    """The findings, and how many permissions were compared."""
    listed = json.loads((INFRA / "permissions.json").read_text(encoding="utf-8"))
    found = [f"permissions.json: {why}" for why in _own_faults(listed)]
    raw = source("template.yaml")
    template = translated(raw, {"UserPoolId": POOL})
    roles = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    functions = {name: r for name, r in template["Resources"].items() if r["Type"] == "AWS::Lambda::Function"}
    if set(functions) != set(FUNCTIONS.values()):
        return [*found, f"the template has the functions {', '.join(functions)}, the list others"], 0
    found += _roles_of_functions(functions, roles)
    compared = 0
    named = set().union(*(references(role) for role in roles.values())) & set(SWITCHES)
    for chosen, values in every({name: SWITCHES[name] for name in named}):
        when = ", ".join(f"{name} is {str(is_true).lower()}" for name, is_true in chosen.items())
        stack = Stack(template, dict(values, UserPoolId=POOL))
        for function, name in FUNCTIONS.items():
            role = functions[name]["Properties"]["Role"]["Fn::GetAtt"][0]
            allowed, faults = _allowed(stack.properties(role))
            wanted = [_wanted(entry, name, stack) for entry in listed[function] if _applies(entry, stack)]
            found += [f"{role}: {fault}" for fault in faults]
            found += [f"{role}, when {when}: {finding}" for finding in _compared(allowed, wanted)]
            compared += len(wanted)
    for name in sorted(ELSEWHERE):
        more, of_template = _of_own_template(name, listed[name])
        found, compared = found + more, compared + of_template
    return _once(found), compared


def _of_own_template(function, entries):
    """The role of authorizer.yaml: nothing of the table unless a setting needs it, and then the items of its pools. That of
    router.yaml: routes, and no pool's items."""
    found, compared = [], 0
    file = f"{function}.yaml"
    for situation, stack in stacks(file).items():
        (name,) = stack.of_type("AWS::IAM::Role")
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stack.values['TenancyTable']}"
        resources = {
            "own log group": stack.physical(f"{function.capitalize()}Logs", "Arn"),
            "table key": stack.values["TableKeyArn"],
            "index": f"{table}/index/gsi1",
            "anything": "*",
            None: table,
        }
        wanted = []
        for entry in entries:
            of_table = entry["action"].startswith("dynamodb:")
            if not (stack.conditions.get("ReadsTable", True) if of_table else _applies(entry, stack)):
                continue
            conditions = []
            if of_table:
                pools = stack.values.get("UserPoolIds", [None])
                keys = {key.replace("{pool}", str(pool)) for key in entry["keys"] for pool in pools}
                conditions.append(("ForAllValues:StringLike", "dynamodb:LeadingKeys", tuple(sorted(keys))))
                conditions.append(("Null", "dynamodb:LeadingKeys", ("false",)))
            if entry.get("on") == "table key":
                conditions.append(("StringEquals", "kms:ViaService", (f"dynamodb.{REGION}.amazonaws.com",)))
                at = "kms:EncryptionContext:aws:dynamodb:tableName"
                conditions.append(("StringEquals", at, (stack.values["TenancyTable"],)))
            wanted.append(Permission(entry["action"], resources[entry.get("on")], frozenset(conditions)))
        allowed, faults = _allowed(stack.properties(name))
        found += [f"{file}, {name}: {fault}" for fault in faults]
        found += [f"{file}, {name}, {situation}: {why}" for why in _compared(allowed, wanted)]
        if stack.properties(name)["AssumeRolePolicyDocument"].get("Statement") != TRUST:
            found.append(f"{file}, {name}: Lambda, and nobody else, may take the role: {TRUST}")
        compared += len(wanted)
    return found, compared


def _own_faults(listed):
    """What the list itself must keep to."""
    if set(listed) != {*FUNCTIONS, *ELSEWHERE}:
        yield f"it must be about {' and '.join([*FUNCTIONS, *ELSEWHERE])}"
    for function, entries in listed.items():
        calls = [(entry["action"], entry.get("on")) for entry in entries]
        yield from (
            f"{function}: {action} stands twice"
            for action, on in set(calls)
            if calls.count((action, on)) > 1
        )
        for entry in entries:
            service, _, call = entry["action"].partition(":")
            if (service == "dynamodb") != bool(entry.get("keys")):
                yield f"{function}: {entry['action']} must have `keys` if, and only if, it is one of DynamoDB"
            if (call in WRITES) != (entry.get("inside") == "TransactWriteItems"):
                yield (
                    f"{function}: {entry['action']} must be inside TransactWriteItems if, and only if, it"
                    " writes"
                )
            if entry.get("when") and entry["when"] not in SWITCHES:
                yield f"{function}: there is no condition {entry['when']}"


def _roles_of_functions(functions, roles):
    used = [function["Properties"]["Role"].get("Fn::GetAtt", [None])[0] for function in functions.values()]
    if len(set(used)) != len(used) or set(used) != set(roles):
        yield "each function must have a role of its own, and no role be there for nothing"
    for name, role in roles.items():
        properties = role["Properties"]
        if properties["AssumeRolePolicyDocument"].get("Statement") != TRUST:
            yield f"{name}: Lambda, and nobody else, may take the role: {TRUST}"
        if set(properties) - {"Description", "AssumeRolePolicyDocument", "PermissionsBoundary", "Policies"}:
            yield f"{name}: what it may do is in `Policies` and nowhere else"


def _allowed(role):
    """Every single permission of a role, and what cannot be one."""
    allowed, faults = [], []
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if (
                set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}
                or statement["Effect"] != "Allow"
            ):
                faults.append(
                    f"statement {statement.get('Sid')} must have Effect Allow, Action, Resource and Condition"
                    " alone"
                )
            conditions = _flat(statement.get("Condition", {}))
            for action in _list(statement.get("Action", [])):
                for resource in _list(statement.get("Resource", [])):
                    allowed.append(Permission(action, resource, conditions))
    return allowed, faults


def _flat(condition):
    return frozenset(
        (operator, key, tuple(sorted(_list(values))))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _list(value):
    return value if isinstance(value, list) else [value]


def _applies(entry, stack):
    return "when" not in entry or stack.conditions[entry["when"]]


def _wanted(entry, function, stack):
    """The permission that an entry of the list stands for."""
    table = stack.values["ExistingTableName"] or stack.physical("Table", None)
    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
    resources = {
        None: arn.format("dynamodb", f"table/{table}"),
        "user pool": arn.format("cognito-idp", f"userpool/{POOL}"),
        "own log group": stack.physical(f"{function}Logs", "Arn"),
        "table key": stack.values["TableKeyArn"],
        "anything": "*",
    }
    conditions = []
    if entry["action"].startswith("dynamodb:") and (
        "inside" not in entry or stack.conditions["HoldsTransactionsToKeys"]
    ):
        keys = [key.replace("{pool}", POOL) for key in entry["keys"]]
        conditions.append(("ForAllValues:StringLike", "dynamodb:LeadingKeys", tuple(sorted(keys))))
        # ForAllValues holds for a request without the key, too.
        conditions.append(("Null", "dynamodb:LeadingKeys", ("false",)))
    if "inside" in entry:
        conditions.append(("ForAnyValue:StringEquals", "dynamodb:EnclosingOperation", (entry["inside"],)))
    if entry.get("on") == "table key":
        # The key for DynamoDB, and of it for this table: not to decrypt anything else with it.
        conditions.append(("StringEquals", "kms:ViaService", (f"dynamodb.{REGION}.amazonaws.com",)))
        conditions.append(("StringEquals", "kms:EncryptionContext:aws:dynamodb:tableName", (table,)))
    return Permission(entry["action"], resources[entry.get("on")], frozenset(conditions))


def _compared(allowed, wanted):
    for permission in sorted(set(allowed) - set(wanted), key=str):
        alike = [other for other in wanted if other.action == permission.action]
        same = next((other for other in alike if other.resource == permission.resource), None)
        same = same or next(iter(alike), None)
        yield (
            f"{permission.action} is not allowed by permissions.json"
            if same is None
            else f"{permission.action} differs from permissions.json: {_difference(permission, same)}"
        )
    for permission in sorted(set(wanted) - set(allowed), key=str):
        if (permission.action, permission.resource) not in {(other.action, other.resource) for other in allowed}:
            yield (
                f"{permission.action} on {permission.resource} is in permissions.json, and the role does not"
                " allow it"
            )
    if len(allowed) != len(set(allowed)):
        yield "a permission stands twice"


def _difference(has, wanted):
    if has.resource != wanted.resource:
        return f"the role has it on {has.resource}, not on {wanted.resource}"
    lacking = [
        " ".join((operator, key, *values))
        for operator, key, values in sorted(wanted.conditions - has.conditions)
    ]
    beyond = [
        " ".join((operator, key, *values))
        for operator, key, values in sorted(has.conditions - wanted.conditions)
    ]
    return f"lacking {'; '.join(lacking) or 'nothing'}, and beyond it {'; '.join(beyond) or 'nothing'}"


def _once(findings):
    """Without those that differ in the situation alone."""
    seen = {}
    for finding in findings:
        seen.setdefault(finding.split(": ", 1)[-1] if ", when " in finding else finding, finding)
    return list(seen.values())
