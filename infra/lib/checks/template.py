"""A template as CloudFormation sees it: with its parameters' values, its conditions decided and its functions
done."""

import contextlib
import copy
import functools
import io
import itertools
import json
import logging
import re

from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

import environments

INFRA = environments.INFRA
REGION = "eu-west-1"
ACCOUNT = "111122223333"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "tenancy",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/tenancy/00000000",
}
NO_VALUE = object()


class Broken(Exception):
    """The template has something that cannot be worked out here."""


@functools.lru_cache(maxsize=None)
def source(name):
    """A template as it was written, its short functions (`!Ref`) in their long form."""
    return plain(yaml_parse((INFRA / name).read_text(encoding="utf-8")))


def plain(value):
    return json.loads(json.dumps(value))


def translated(raw, parameters):
    """What SAM's transform makes of it, which is what CloudFormation gets."""
    if "Transform" not in raw:
        return copy.deepcopy(raw)
    template = copy.deepcopy(raw)
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            # `aws cloudformation package` and `sam deploy` do this, and the translator takes no local file.
            resource["Properties"]["CodeUri"] = "s3://bucket/" + resource["Properties"]["CodeUri"]
    # The translator complains on standard error that it has no boto session; it needs none here.
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            result = Translator({}, Parser()).translate(template, dict(parameters))
    except InvalidDocumentException as error:
        raise Broken(
            f"SAM cannot translate it: {'; '.join(cause.message for cause in error.causes)}"
        ) from error
    finally:
        logging.disable(logging.NOTSET)
    return plain(result)


class Stack:
    """A template with values for its parameters."""

    def __init__(self, template, values):
        self.template = template
        declared = template.get("Parameters", {})
        unknown = sorted(set(values) - set(declared))
        if unknown:
            raise Broken(f"no parameter {', '.join(unknown)}")
        self.values = {}
        for name, parameter in declared.items():
            value = values.get(name, parameter.get("Default"))
            if value is None:
                raise Broken(f"parameter {name} has neither a value nor a default")
            if parameter["Type"] == "CommaDelimitedList":
                self.values[name] = [part.strip() for part in str(value).split(",")]
            else:
                self.values[name] = str(value)
        names = template.get("Conditions", {})
        self.conditions = {name: self.is_true(names[name]) for name in names}
        self.resources = {
            name: resource
            for name, resource in template["Resources"].items()
            if self.conditions.get(resource.get("Condition"), True)
        }

    # -- conditions and rules --------------------------------------------------------------------------------

    def is_true(self, condition):
        ((function, operands),) = condition.items()
        if function == "Condition":
            return self.is_true(self.template["Conditions"][operands])
        if function == "Fn::Equals":
            left, right = (self.value(operand) for operand in operands)
            return str(left) == str(right)
        if function == "Fn::Not":
            return not self.is_true(operands[0])
        if function == "Fn::And":
            return all(self.is_true(operand) for operand in operands)
        if function == "Fn::Or":
            return any(self.is_true(operand) for operand in operands)
        raise Broken(f"the condition {function} is not known here")

    def refusals(self):
        """Which of the template's rules refuse these values, in the rules' own words."""
        return [
            assertion["AssertDescription"]
            for rule in self.template.get("Rules", {}).values()
            for assertion in rule["Assertions"]
            if not self.is_true(assertion["Assert"])
        ]

    # -- values ----------------------------------------------------------------------------------------------

    def value(self, value, names=None, references=None):
        """A value with its functions done. `references` says what becomes of another resource: a text as AWS
        would make it (`physical`), or the function as it stands (`kept`)."""
        references = references or self.physical
        if isinstance(value, list):
            done = [self.value(part, names, references) for part in value]
            return [part for part in done if part is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, operand),) = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._done(function, operand, names or {}, references)
        done = {key: self.value(part, names, references) for key, part in value.items()}
        return {key: part for key, part in done.items() if part is not NO_VALUE}

    def _done(self, function, operand, names, references):
        if function == "Ref":
            if operand == "AWS::NoValue":
                return NO_VALUE
            known = {**PSEUDO, **self.values, **names}
            return known[operand] if operand in known else references(operand, None)
        if function == "Fn::GetAtt":
            parts = operand if isinstance(operand, list) else operand.split(".", 1)
            return references(*parts)
        if function == "Fn::If":
            name, then, otherwise = operand
            return self.value(then if self.conditions[name] else otherwise, names, references)
        if function == "Fn::Join":
            glue, parts = operand
            parts = self.value(parts, names, references)
            return (
                {function: [glue, parts]}
                if any(isinstance(part, dict) for part in parts)
                else glue.join(parts)
            )
        if function == "Fn::Split":
            glue, text = self.value(operand, names, references)
            return text.split(glue) if isinstance(text, str) else {function: [glue, text]}
        if function == "Fn::Select":
            which, parts = operand
            parts = self.value(parts, names, references)
            return parts[int(which)] if isinstance(parts, list) else {function: [which, parts]}
        if function == "Fn::Select":
            index, parts = self.value(operand, names, references)
            return parts[int(index)] if isinstance(parts, list) else {function: [index, parts]}
        if function == "Fn::Sub":
            return self._substituted(operand, names, references)
        return {function: self.value(operand, names, references)}

    def _substituted(self, operand, names, references):
        text, extra = operand if isinstance(operand, list) else (operand, {})
        names = {**names, **{name: self.value(part, names, references) for name, part in extra.items()}}
        kept = []

        def one(match):
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            form = {"Fn::GetAtt": name} if "." in name else {"Ref": name}
            value = self.value(form, names, references)
            if not isinstance(value, (dict, list)):
                return str(value)
            kept.append(value)
            (function, operand), = value.items()
            if function == "Fn::GetAtt":
                operand = ".".join(operand)
            if function not in ("Ref", "Fn::GetAtt", "Fn::Sub"):
                raise Broken(f"{function} within a text cannot be worked out here")
            return operand if function == "Fn::Sub" else "${" + operand + "}"

        text = re.sub(r"\$\{([^}]+)\}", one, text)
        return {"Fn::Sub": text} if kept else text

    def physical(self, name, attribute):
        """What AWS would put in the place of a reference to a resource, as far as it is known before."""
        if name not in self.template["Resources"]:
            raise Broken(f"a reference to {name}, which there is not")
        if name not in self.resources:
            raise Broken(f"a reference to {name}, which there is not when {self.described()}")
        kind = self.resources[name]["Type"]
        properties = self.resources[name].get("Properties", {})

        def property_or_name(key):
            return self.value(properties[key]) if key in properties else f"<{name}>"

        arn = {
            "AWS::DynamoDB::Table": ("dynamodb", "table/", "TableName", ""),
            "AWS::Logs::LogGroup": ("logs", "log-group:", "LogGroupName", ":*"),
            "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:", "AlarmName", ""),
            "AWS::CloudWatch::CompositeAlarm": ("cloudwatch", "alarm:", "AlarmName", ""),
            "AWS::Lambda::Function": ("lambda", "function:", "FunctionName", ""),
        }.get(kind)
        if arn and attribute == "Arn":
            service, prefix, key, suffix = arn
            return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{prefix}{property_or_name(key)}{suffix}"
        if arn and attribute is None:
            return property_or_name(arn[2])
        return f"<{name}.{attribute}>" if attribute else f"<{name}>"

    def kept(self, name, attribute):
        if name not in self.resources:
            raise Broken(f"a reference to {name}, which there is not when {self.described()}")
        return {"Ref": name} if attribute is None else {"Fn::GetAtt": [name, attribute]}

    def described(self):
        return ", ".join(f"{name} is {str(value).lower()}" for name, value in self.conditions.items())

    # -- views -----------------------------------------------------------------------------------------------

    def properties(self, name):
        """Properties of a resource, everything in its final form."""
        return self.value(self.resources[name].get("Properties", {}))

    def of_type(self, *kinds):
        return [name for name, resource in self.resources.items() if resource["Type"] in kinds]

    def resolved(self, references):
        """The template without parameters and conditions, for tools that cannot decide them."""
        resources = {}
        for name, resource in self.resources.items():
            rest = {key: part for key, part in resource.items() if key != "Condition"}
            resources[name] = self.value(rest, references=references)
        outputs = {
            name: self.value(
                {key: part for key, part in output.items() if key != "Condition"}, references=references
            )
            for name, output in self.template.get("Outputs", {}).items()
            if self.conditions.get(output.get("Condition"), True)
        }
        done = {
            key: self.template[key]
            for key in ("AWSTemplateFormatVersion", "Description")
            if key in self.template
        }
        return dict(done, Resources=resources, Outputs=outputs)


def walk(value, path=()):
    """Every value within a value, with the way to it."""
    yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield from walk(part, (*path, key))


def references(value):
    """Names that a part of a template refers to, in any way."""
    names = set()
    for path, part in walk(value):
        key = path[-1] if path else None
        if key in ("Ref", "Condition") and isinstance(part, str):
            names.add(part)
        elif key == "Fn::GetAtt":
            names.add((part if isinstance(part, list) else part.split("."))[0])
        elif key == "Fn::If":
            names.add(part[0])
        elif key == "Fn::Sub":
            text, extra = part if isinstance(part, list) else (part, {})
            found = {name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)}
            names |= found - set(extra)
    return names


def every(switches):
    """All ways to set switches: `{name: (on, off)}` with values of parameters."""
    names = sorted(switches)
    for chosen in itertools.product((True, False), repeat=len(names)):
        values = {}
        for name, is_on in zip(names, chosen):
            values.update(switches[name][0 if is_on else 1])
        yield dict(zip(names, chosen)), values
