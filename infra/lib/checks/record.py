"""A changed parameter publishes a new version behind the alias, and nothing else does.

SAM publishes a version when the template or the code changes, and does not see the values of parameters. So
each function has a settings document, whose own version number is in the description of the function's
version. It must have every value that a parameter decides in what a version freezes, and nothing else: a
version that is published for nothing is a cold start for everybody.
"""

import re

from checks.situations import OF_TEMPLATES, stacks
from checks.template import references, source

# Of the function as a whole, and not frozen in a version; and what SAM takes for itself.
NOT_IN_A_VERSION = {
    "ReservedConcurrentExecutions",
    "ProvisionedConcurrencyConfig",
    "VersionDescription",
    "Tags",
}


def check():
    found, compared = [], 0
    for file, _, name in OF_TEMPLATES:
        raw = source(file)
        document = f"{name}Settings"
        frozen = {
            key: value
            for key, value in raw["Resources"][name]["Properties"].items()
            if key not in NOT_IN_A_VERSION
        }
        content = raw["Resources"][document]["Properties"]["Content"]
        decided, recorded = _parameters(frozen, raw), _parameters(content, raw)
        found += [
            f"{document}: {one} decides something of the function, and is not in it"
            for one in sorted(decided - recorded)
        ]
        found += [
            f"{document}: {one} decides nothing of the function's version"
            for one in sorted(recorded - decided)
        ]
        for situation, stack in stacks(file).items():
            lines = stack.properties(document)["Content"].strip().splitlines()
            has = dict(line.strip().split("=", 1) for line in lines)
            for key, value in has.items():
                compared += 1
                if str(_value(stack.properties(name), key)) != value:
                    found.append(
                        f"{document}, {situation}: {key} is {value}, and of the function"
                        f" {_value(stack.properties(name), key)}"
                    )
            found += _version(name, stack)
    return list(dict.fromkeys(found)), compared


def _parameters(value, raw):
    """The parameters that decide a value, also by way of a condition."""
    found, names = set(), references(value)
    while names:
        name = names.pop()
        if name in raw["Parameters"]:
            found.add(name)
        elif name in raw["Conditions"]:
            names |= references(raw["Conditions"][name])
    return found


def _value(properties, key):
    if key.isupper():
        return properties["Environment"]["Variables"].get(key)
    return {
        "MemorySize": properties.get("MemorySize"),
        "ApplicationLogLevel": properties["LoggingConfig"].get("ApplicationLogLevel"),
        "Tracing": properties.get("TracingConfig", {}).get("Mode"),
        "Release": (re.search(r"\(release (\S+),", properties["Description"]) or [None, None])[1],
    }.get(key)


def _version(name, stack):
    """The alias stands on a version whose description has the document's number."""
    aliases = [alias for alias in stack.of_type("AWS::Lambda::Alias") if alias.startswith(name)]
    versions = [version for version in stack.of_type("AWS::Lambda::Version") if version.startswith(name)]
    if len(aliases) != 1 or len(versions) != 1:
        yield f"{name}: one alias and one version, not {len(aliases)} and {len(versions)}"
        return
    if stack.properties(aliases[0])["FunctionVersion"] != f"<{versions[0]}.Version>":
        yield f"{name}: its alias must stand on its version"
    description = stack.properties(versions[0]).get("Description", "")
    if not re.search(rf"<{name}Settings\.VersionNumber>", description):
        yield f"{name}: the description of its version must have `${{{name}Settings.VersionNumber}}`"
    if stack.resources[versions[0]].get("DeletionPolicy") != "Retain":
        yield f"{name}: its versions must stay when the next one comes, or there is nothing to roll back to"
