"""The dashboard is whole: JSON in every situation, all alarms on it, no widget over another, queries of known
fields."""

import json
import re

from checks.alarms import COMPOSITE, METRIC, parts_of_composites
from checks.documents import LEVELS, events, fields, outcomes, reasons
from checks.metrics import widgets
from checks.situations import every_stack
from checks.template import REGION

# Of CloudWatch Logs Insights: what may stand in these queries beside fields and texts. `@` fields are its
# own.
WORDS = {
    "filter",
    "fields",
    "stats",
    "sort",
    "limit",
    "display",
    "parse",
    "dedup",
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "pct",
    "ispresent",
    "by",
    "as",
    "and",
    "or",
    "not",
    "in",
    "like",
    "asc",
    "desc",
    "bin",
    "SOURCE",
}
OWN_FIELDS = {"@timestamp", "@message", "@logStream", "@log"}
VALUES = {
    "event": events,
    "reason": reasons,
    "Outcome": outcomes,
    "level": lambda: LEVELS,
}


def check():
    found, queries = [], set()
    for situation, stack in every_stack():
        try:
            boards = [
                json.loads(stack.properties(name)["DashboardBody"])
                for name in stack.of_type("AWS::CloudWatch::Dashboard")
            ]
        except ValueError as error:
            found.append(f"{situation}: the dashboard is no JSON: {error}")
            continue
        for board in boards:
            found += _layout(board["widgets"])
        found += _alarms(stack, situation)
        for title, widget in widgets(stack):
            if widget.get("region", REGION) != REGION:
                found.append(f"dashboard, {title}: looks at {widget['region']}, and not where the stack is")
            if "query" in widget:
                queries.add(title)
                found += [f"dashboard, {title}: {why}" for why in query_faults(widget["query"], stack)]
    return list(dict.fromkeys(found)), len(queries)


def _layout(all_widgets):
    taken = {}
    for widget in all_widgets:
        title = widget["properties"].get("title")
        if not title:
            yield f"dashboard: a widget of type {widget['type']} has no title"
        if widget["x"] + widget["width"] > 24:
            yield f"dashboard, {title}: is off the right edge"
        for x in range(widget["x"], widget["x"] + widget["width"]):
            for y in range(widget["y"], widget["y"] + widget["height"]):
                if taken.setdefault((x, y), title) != title:
                    yield f"dashboard, {title}: lies over {taken[x, y]}"


def _alarms(stack, situation):
    parts, _ = parts_of_composites(stack)
    wanted = {stack.physical(name, "Arn") for name in stack.of_type(METRIC, COMPOSITE) if name not in parts}
    shown = [arn for _, widget in widgets(stack) for arn in widget.get("alarms", [])]
    if set(shown) != wanted or len(shown) != len(wanted):
        yield (
            f"dashboard, {situation}: shows other alarms than there are:"
            f" {', '.join(sorted(set(shown) ^ wanted)) or 'one twice'}"
        )


def query_faults(query, stack):
    groups = {stack.physical(name, None) for name in stack.of_type("AWS::Logs::LogGroup")}
    sources = re.findall(r"SOURCE '([^']+)'", query)
    if set(sources) != groups:
        yield f"looks at {', '.join(sources)}, and not at the log groups of the functions"
    rest = re.sub(r"SOURCE '[^']+'", " ", query)
    names = {stack.physical(resource, None) for resource in stack.of_type("AWS::Lambda::Function")}
    yield from _values(rest, {**VALUES, "Function": lambda: names})
    # What is no text, no pattern and no number is a word of the language or a field.
    rest = re.sub(r"'[^']*'|\"[^\"]*\"|/[^/]*/", " ", rest)
    named = set(re.findall(r"\bas (\w+)", rest))
    for word in dict.fromkeys(re.findall(r"@?[A-Za-z_]\w*", rest)):
        if word not in WORDS | OWN_FIELDS | named | fields():
            yield f"no line has the field {word} (docs/log-fields.md)"


def _values(query, values):
    """Values that fields are compared with are values that they can have."""
    for field, known in values.items():
        texts = re.findall(rf"\b{field} = '([^']*)'", query)
        for listed in re.findall(rf"\b{field} in \[([^\]]*)\]", query):
            texts += re.findall(r"'([^']*)'", listed)
        yield from (f"{field} is never {text}" for text in texts if text not in known())
        for pattern in re.findall(rf"\b{field} like /([^/]*)/", query):
            for part in pattern.split("|"):
                if not any(re.search(part, value) for value in known()):
                    yield f"{field} is never like {part}"
