"""What the patterns of parameters take and refuse: infra/rules/parameter-values.yaml has both for each.

A value that gets past a pattern and that the function refuses stops its start, and then nobody can sign in.
"""

import functools
import itertools
import re

import yaml

from checks.documents import reserved_claims, settings
from checks.situations import OF_TEMPLATES, SITUATIONS, stack
from checks.template import INFRA, Stack, source

CLAIMS = ["ClaimTenantId", "ClaimTenantName", "ClaimTenantTier", "ClaimTenantRoles", "ClaimTenantFeatures"]


def check():
    """The findings, and how many values were tried."""
    samples = yaml.safe_load((INFRA / "rules/parameter-values.yaml").read_text(encoding="utf-8"))
    found, tried, used = [], 0, {"claim names"}
    for file in SITUATIONS:
        for name, parameter in source(file)["Parameters"].items():
            if "AllowedPattern" not in parameter:
                continue
            if name in _ranges(file):
                least, most = _ranges(file)[name]
                found += [f"{file}, {name}: {why}" for why in _number_faults(parameter, least, most)]
                tried += most + 2000
                continue
            # Two templates may have a parameter of one name. It means the same, unless the file has samples of its own.
            key = f"{file}, {name}" if f"{file}, {name}" in samples else name
            own = samples.get(key if name not in CLAIMS else "claim names", {})
            used.add(key)
            if not own.get("takes") or not own.get("refuses"):
                found.append(
                    f"{file}, {name}: rules/parameter-values.yaml has nothing that it takes, or that it"
                    " refuses"
                )
            takes, refuses = list(own.get("takes", [])), list(own.get("refuses", []))
            if parameter.get("Default") is not None and parameter["Type"] == "String":
                takes.append(parameter["Default"])
            if name in CLAIMS:
                refuses += _reserved()
            tried += len(takes) + len(refuses)
            found += [
                f"{file}, {name}: refuses {value!r}, and must take it"
                for value in takes
                if not accepts(parameter, value)
            ]
            found += [
                f"{file}, {name}: takes {value!r}, and must refuse it"
                for value in refuses
                if accepts(parameter, value)
            ]
    found += [
        f"rules/parameter-values.yaml: there is no parameter {name} with a pattern"
        for name in sorted(set(samples) - used)
    ]
    patterns = {
        parameter["AllowedPattern"]
        for file in SITUATIONS
        for name, parameter in source(file)["Parameters"].items()
        if name in CLAIMS
    }
    if len(patterns) > 1:
        found.append(f"{', '.join(CLAIMS)}: the patterns must be the same text")
    found += _situations()
    pairs, refused = _same_names()
    return found + refused, tried + pairs


def accepts(parameter, value):
    """Whether CloudFormation would take a value. Its patterns are Java's, and these have nothing that Python
    reads otherwise; and they are for the whole value."""
    values = value.split(",") if parameter["Type"] == "CommaDelimitedList" else [value]
    for one in values:
        if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], str(one)):
            return False
        if "AllowedValues" in parameter and str(one) not in map(str, parameter["AllowedValues"]):
            return False
        if len(str(one)) > int(parameter.get("MaxLength", 4096)):
            return False
        if parameter["Type"] == "Number":
            least, most = parameter.get("MinValue", float("-inf")), parameter.get("MaxValue", float("inf"))
            if not float(least) <= float(one) <= float(most):
                return False
    return True


@functools.lru_cache(maxsize=None)
def _ranges(file):
    """Parameters of a template that are whole numbers to their function, with the least and the most."""
    functions = [function for template, function, _ in OF_TEMPLATES if template == file]
    every = [setting for function in functions for setting in settings(function).values()]
    return {setting.parameter: setting.range for setting in every if setting.range}


def _number_faults(parameter, least, most):
    wrong = [n for n in range(most + 2000) if accepts(parameter, str(n)) != (least <= n <= most)]
    if wrong:
        yield (
            f"its pattern and docs/settings.md ({least} to {most}) differ about"
            f" {', '.join(map(str, wrong[:5]))}"
        )
    # What has no default may be blank, which counts as not set.
    blank = [] if parameter.get("Default") == "" else [""]
    for value in (*blank, "-1", "+100", "100.0", "100 ", "0x64", "100,200"):
        if accepts(parameter, value):
            yield f"it takes {value!r}, and must refuse it"


def _reserved():
    names, beginnings = reserved_claims()
    names = names + [f"{beginning}x" for beginning in beginnings]
    return names + [name.upper() for name in names]


def _situations():
    """The situations of the other checks have values that CloudFormation takes."""
    for file, situations in SITUATIONS.items():
        for situation in situations:
            one = stack(file, situation)
            for name, parameter in source(file)["Parameters"].items():
                value = one.values[name]
                if not accepts(parameter, ",".join(value) if isinstance(value, list) else value):
                    yield f"lib/checks/situations.py, {situation}: {name} refuses {value!r}"


def _same_names():
    """Two claims of one name, or one with the attribute's: the function would not start, and the template
    refuses it."""
    found, pairs = [], 0
    for file in ("template.yaml", "authorizer.yaml"):
        template = source(file)
        names = [name for name in [*CLAIMS, "TenantAttribute"] if name in template["Parameters"]]
        for one, other in itertools.combinations(names, 2):
            values = dict(SITUATIONS[file]["defaults"], **{one: "custom:same", other: "custom:same"})
            pairs += 1
            if not Stack(template, values).refusals():
                found.append(f"{file}: {one} and {other} may have the same name; the section Rules must refuse it")
    return pairs, found
