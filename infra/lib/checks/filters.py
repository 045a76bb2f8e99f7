"""The metric filters, tried on lines that the functions printed.

Each pattern names fields and values that there are (docs/log-fields.md), and matches in
infra/rules/log-lines.jsonl what infra/rules/log-filters.yaml says, once an invocation, and nothing else.
"""

import collections
import json
import re

import yaml

from checks.documents import FUNCTIONS, LEVELS, events, fields, outcomes, reasons
from checks.metrics import OF_STACK
from checks.situations import stacks
from checks.template import INFRA

NAMES = dict(zip(FUNCTIONS, ("PostConfirmation", "PreTokenGeneration")))
VALUES = {"event": events, "reason": reasons, "Outcome": outcomes, "level": lambda: LEVELS}
TOKEN = re.compile(r'\s*(?:(?P<name>\$\.[\w.]+)|(?P<text>"[^"*%]*")|(?P<sign>&&|\|\||!=|=|\(|\)))')


class BadPattern(Exception):
    """A pattern that is not understood here."""


def check():
    lines = [
        json.loads(line)
        for line in (INFRA / "rules/log-lines.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    counts = yaml.safe_load((INFRA / "rules/log-filters.yaml").read_text(encoding="utf-8"))
    found = list(_faults_of_lines(lines, counts))
    tried = 0
    for situation, stack in stacks("template.yaml").items():
        groups = {
            stack.properties(f"{name}Logs")["LogGroupName"]: function for function, name in NAMES.items()
        }
        counted = collections.Counter()
        for name in stack.of_type("AWS::Logs::MetricFilter"):
            properties = stack.properties(name)
            function = groups.get(properties["LogGroupName"])
            if function is None:
                found.append(f"{name}: {properties['LogGroupName']} is no log group of this template")
                continue
            try:
                pattern = Pattern(properties["FilterPattern"])
                found += [f"{name}: {why}" for why in pattern.faults(function)]
                for line in lines:
                    tried += 1
                    if line["function"] == function and pattern.matches(line["line"]):
                        for transformation in properties["MetricTransformations"]:
                            counted[transformation["MetricName"], line["when"]] += 1
            except BadPattern as error:
                found.append(f"{name}: {properties['FilterPattern']}: {error}")
        for metric, namespace in _made(stack):
            if metric not in counts or namespace != OF_STACK:
                found.append(
                    f"rules/log-filters.yaml does not know {metric} in {OF_STACK}, but a metric filter"
                    " makes it"
                )
        wanted = collections.Counter(
            (metric, when) for metric, situations in counts.items() for when in situations
        )
        for metric, when in sorted(set(wanted) | set(counted)):
            if wanted[metric, when] != counted[metric, when]:
                found.append(
                    f"{metric}: {when} counts {counted[metric, when]} times, and must {wanted[metric, when]}"
                )
    more, of_authorizer = _authorizer()
    return list(dict.fromkeys(found + more)), tried + of_authorizer


def _authorizer():
    """The filter of authorizer.yaml counts refusals for want of a tenant, and no other reason of the authorizer."""
    found, tried = [], 0
    stack = stacks("authorizer.yaml")["defaults"]
    for name in stack.of_type("AWS::Logs::MetricFilter"):
        pattern = Pattern(stack.properties(name)["FilterPattern"])
        found += [f"authorizer.yaml, {name}: {why}" for why in pattern.faults("authorizer")]
        for reason in sorted(reasons()):
            tried += 1
            if pattern.matches({"Outcome": "refused", "reason": reason}) != (reason == "no_tenant"):
                found.append(f"authorizer.yaml, {name}: it must count no_tenant alone, and not {reason}")
    return found, tried


def _made(stack):
    for name in stack.of_type("AWS::Logs::MetricFilter"):
        for transformation in stack.properties(name)["MetricTransformations"]:
            yield transformation["MetricName"], transformation["MetricNamespace"]


def _faults_of_lines(lines, counts):
    """The recorded lines are still what docs/log-fields.md describes, and enough of it."""
    situations = {line["when"] for line in lines}
    for metric, named in counts.items():
        yield from (
            f"rules/log-filters.yaml, {metric}: no line was recorded of {when}"
            for when in named
            if when not in situations
        )
    for line in lines:
        unknown = set(line["line"]) - fields()
        if unknown:
            yield (
                f"rules/log-lines.jsonl: docs/log-fields.md has no {', '.join(sorted(unknown))}; record the"
                " lines anew"
            )
        for field, known in VALUES.items():
            value = line["line"].get(field)
            if value is not None and value not in known():
                yield (
                    f"rules/log-lines.jsonl: {field} is never {value} (docs/log-fields.md); record the lines"
                    " anew"
                )
    of_triggers = {outcome for outcome, functions in outcomes().items() if set(functions) & set(FUNCTIONS)}
    missing = of_triggers - {line["line"].get("Outcome") for line in lines}
    if missing:
        yield f"rules/log-lines.jsonl: no line with the outcome {', '.join(sorted(missing))}"


class Pattern:
    """A filter pattern for JSON: `{ ($.event = "x") && ($.reason != "y") }`.

    What CloudWatch does with `!=` when there is no such field is not left to this reader: a pattern whose
    answer hangs on it is a fault.
    """

    def __init__(self, text):
        inner = re.fullmatch(r"\{(.*)\}", text.strip(), re.S)
        if not inner:
            raise BadPattern("it must be `{ .. }`")
        self.tokens, at = [], 0
        body = inner[1].rstrip()
        while at < len(body):
            match = TOKEN.match(body, at)
            if not match:
                raise BadPattern(f"not understood here: {body[at:]}")
            self.tokens.append(match[match.lastgroup])
            at = match.end()
        self.comparisons = []
        self.tree = self._any()
        if self.tokens:
            raise BadPattern(f"too much: {' '.join(self.tokens)}")

    def _any(self):
        parts = [self._all()]
        while self.tokens and self.tokens[0] == "||":
            self.tokens.pop(0)
            parts.append(self._all())
        return ("||", parts) if len(parts) > 1 else parts[0]

    def _all(self):
        parts = [self._one()]
        while self.tokens and self.tokens[0] == "&&":
            self.tokens.pop(0)
            parts.append(self._one())
        return ("&&", parts) if len(parts) > 1 else parts[0]

    def _one(self):
        if not self.tokens:
            raise BadPattern("it ends too early")
        if self.tokens[0] == "(":
            self.tokens.pop(0)
            inner = self._any()
            if not self.tokens or self.tokens.pop(0) != ")":
                raise BadPattern("a bracket is not closed")
            return inner
        name, sign, text = (self.tokens + [""] * 3)[:3]
        del self.tokens[:3]
        if not name.startswith("$.") or sign not in ("=", "!=") or not text.startswith('"'):
            raise BadPattern(f"not a comparison with a text: {name} {sign} {text}")
        comparison = (name.removeprefix("$."), sign, text.strip('"'))
        self.comparisons.append(comparison)
        return comparison

    def faults(self, function):
        for field, _, value in self.comparisons:
            if field.partition(".")[0] not in fields():
                yield f"no line has the field {field}"
            elif field in VALUES and value not in VALUES[field]():
                yield f"{field} is never {value}"
            elif field == "Outcome" and function not in outcomes()[value]:
                yield f"{function} has no outcome {value}"

    def matches(self, line):
        answer = self._answer(self.tree, line)
        if answer is None:
            raise BadPattern(
                f"whether it matches hangs on a field that is not there: {json.dumps(line)[:100]}"
            )
        return answer

    def _answer(self, tree, line):
        if tree[0] in ("&&", "||"):
            answers = [self._answer(part, line) for part in tree[1]]
            decides = tree[0] == "||"
            return decides if decides in answers else None if None in answers else not decides
        field, sign, value = tree
        found = line
        for name in field.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            return False if sign == "=" else None
        return (found == value) == (sign == "=")
