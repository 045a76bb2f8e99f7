"""Whether policies allow a request: as much of IAM's rules as infra/examples/isolation.yaml needs.

The rules are those of the IAM user guide: "Policy evaluation logic", "Condition operators", "Set operators
for multivalued context keys", "Variables and tags". Anything else is an error, and not a guess. Nothing here
has been compared with AWS.
"""

import re


def allows(statements, action, resource, context):
    """`context`: the condition keys that the request has, each with a text, or with a list of texts."""
    effects = {one["Effect"] for one in statements if _applies(one, action, resource, context)}
    return effects == {"Allow"}


def _applies(statement, action, resource, context):
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} of a statement is not known here")
    # A trust policy has principals, and no resource: it is about its own role.
    principal = statement.get("Principal", {}).get("AWS")
    return (
        any(_like(pattern, action, {}) for pattern in _list(statement["Action"]))
        and any(_like(pattern, resource, context) for pattern in _list(statement.get("Resource", "*")))
        and (principal is None or context["aws:PrincipalArn"] in _list(principal))
        and all(
            _holds(operator, context.get(key), _list(expected), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    )


def _holds(operator, found, expected, context):
    if operator == "Null":
        return (found is None) == (expected == ["true"])
    quantifier, _, name = operator.rpartition(":")
    optional, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    negated, name = "Not" in name, name.replace("Not", "")
    match = {"StringEquals": _equal, "StringLike": _like}[name]
    every = {"": all, "ForAllValues": all, "ForAnyValue": any}[quantifier]
    if found is None:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    if not quantifier and isinstance(found, list):
        raise ValueError(f"{operator} is for a key with one value")
    return every(any(match(text, one, context) for text in expected) != negated for one in _list(found))


def _equal(text, value, context):
    return _matches(text, value, context, re.escape)


def _like(pattern, value, context):
    return _matches(pattern, value, context, _wild)


def _wild(part):
    return re.escape(part).replace(r"\*", ".*").replace(r"\?", ".")


def _matches(pattern, value, context, expression):
    """A text with variables against a value. A variable that the request lacks matches nothing."""
    whole = ""
    for part in re.split(r"(\$\{[^}]*\})", pattern):
        if variable := re.fullmatch(r"\$\{([^,}]+)(?:, *'([^']*)')?\}", part):
            found = context.get(variable[1], variable[2])
            if not isinstance(found, str):
                return False
            whole += re.escape(found)
        else:
            whole += expression(part)
    return re.fullmatch(whole, value, re.S) is not None


def _list(value):
    return value if isinstance(value, list) else [value]
