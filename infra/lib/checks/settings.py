"""The environment of each function is what docs/settings.md says of it, each by a parameter with that default
and range."""

from checks.documents import settings
from checks.permissions import FUNCTIONS
from checks.situations import OF_TEMPLATES, stack
from checks.template import source

# Not by a parameter of the same name, or required, and so without a default: the table may be the stack's own.
OTHERS = {
    "template.yaml": {"TENANCY_TABLE", "USER_POOL_IDS"},
    "authorizer.yaml": {"CLIENT_IDS", "USER_POOL_IDS"},
    "router.yaml": {"TENANCY_TABLE", "DEFAULT_CELL", "HOST_SUFFIX", "APP_LOGIN_URL", "DEFAULT_LOGIN_URL"},
}


def check():
    found, compared = [], 0
    for file, function, name in OF_TEMPLATES:
        raw = source(file)
        parameters = raw["Parameters"]
        documented = settings(function)
        variables = raw["Resources"][name]["Properties"]["Environment"]["Variables"]
        found += [
            f"{name}: {variable} is in docs/settings.md, and the environment lacks it"
            for variable in documented
            if variable not in variables
        ]
        found += [
            f"{name}: {variable} is no setting of {function} in docs/settings.md"
            for variable in variables
            if variable not in documented
        ]
        for variable, setting in documented.items():
            if variable in OTHERS[file] or variable not in variables:
                continue
            compared += 1
            if variables[variable] != {"Ref": setting.parameter}:
                found.append(f"{name}: {variable} must be `!Ref {setting.parameter}`")
            elif setting.parameter in parameters:
                found += [
                    f"{setting.parameter}: {why}" for why in _faults(setting, parameters[setting.parameter])
                ]
    found += _pool_and_table(source("template.yaml")["Parameters"])
    return list(dict.fromkeys(found)), compared


def _faults(setting, parameter):
    default = str(parameter.get("Default"))
    if setting.default is None or default != setting.default:
        yield f"the default is {default!r}, and {setting.default!r} in docs/settings.md"
    if not parameter.get("Description", "").startswith(f"{setting.variable}. "):
        yield f"its description must begin with the variable, `{setting.variable}. `"
    if setting.is_choice:
        if sorted(parameter.get("AllowedValues", [])) != sorted(setting.choices):
            yield f"it allows {parameter.get('AllowedValues')}, and docs/settings.md {setting.choices}"
    elif "AllowedPattern" not in parameter:
        # Of a number, too: the type Number takes 1.5. Which values a pattern takes is another check.
        yield "it needs an AllowedPattern: a value that the function refuses stops every sign-in"


def _pool_and_table(parameters):
    if "Default" in parameters["UserPoolId"]:
        yield "UserPoolId: without a value the functions would answer any pool; it must have no default"
    for situation, table in (("every-on", "<Table>"), ("every-off", "shared-tenancy")):
        one = stack("template.yaml", situation)
        for name in FUNCTIONS.values():
            variables = one.properties(name)["Environment"]["Variables"]
            if variables.get("TENANCY_TABLE") != table:
                yield f"{name}, {situation}: TENANCY_TABLE is {variables.get('TENANCY_TABLE')}, not {table}"
            if variables.get("USER_POOL_IDS") != one.values["UserPoolId"]:
                yield f"{name}, {situation}: USER_POOL_IDS is not the parameter UserPoolId"
