"""Every metric of an alarm or of the dashboard is one that there is.

Those of the functions with their dimensions and outcomes (docs/log-fields.md), those of metric filters, and
those of AWS from a short list with its sources (rules/aws-metrics.json). A misspelt metric is no error for
CloudWatch: its alarm is quiet for ever.
"""

import collections
import json
import re

from checks.documents import metrics, outcomes
from checks.situations import OF_TEMPLATES, every_stack
from checks.template import INFRA, PSEUDO

OWN = "CognitoTenancy"
OF_STACK = f"{OWN}/{PSEUDO['AWS::StackName']}"
STATISTIC = re.compile(r"Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?")

Metric = collections.namedtuple("Metric", "where namespace name dimensions statistic")


def check():
    found, seen = [], set()
    for situation, stack in every_stack():
        used, faults = every(stack)
        found += faults
        for metric in used:
            seen.add(metric)
            found += [
                f"{metric.where}: {metric.namespace} {metric.name}: {why}" for why in _faults(metric, stack)
            ]
        made = {name for name, _ in filtered(stack)}
        idle = made - {metric.name for metric in used if metric.namespace == OF_STACK}
        found += [
            f"{situation}: no alarm and no graph uses the metric {name} of a metric filter"
            for name in sorted(idle)
        ]
    return list(dict.fromkeys(found)), len(seen)


def filtered(stack):
    """Metrics that the template's metric filters make, and the filter."""
    for name in stack.of_type("AWS::Logs::MetricFilter"):
        for transformation in stack.properties(name)["MetricTransformations"]:
            if transformation["MetricNamespace"] == OF_STACK:
                yield transformation["MetricName"], name


def every(stack):
    """All metrics of alarms and of the dashboard, and what cannot be one."""
    used, faults = [], []
    for name in stack.of_type("AWS::CloudWatch::Alarm"):
        properties = stack.properties(name)
        if "Metrics" in properties:
            one, more = _of_queries(name, properties["Metrics"])
            used += one
            faults += more
        else:
            statistic = properties.get("Statistic") or properties.get("ExtendedStatistic")
            dimensions = {one["Name"]: one["Value"] for one in properties.get("Dimensions", [])}
            used.append(
                _metric(name, properties["Namespace"], properties["MetricName"], dimensions, statistic)
            )
    for title, widget in widgets(stack):
        if "metrics" in widget:
            for row in widget["metrics"]:
                try:
                    used.append(_of_row(title, row, widget))
                except (ValueError, IndexError):
                    faults.append(
                        f"dashboard, {title}: {row} must be written out: namespace, name, dimensions, options"
                    )
    return used, faults


def widgets(stack):
    """Each widget's title and properties."""
    for name in stack.of_type("AWS::CloudWatch::Dashboard"):
        for widget in json.loads(stack.properties(name)["DashboardBody"])["widgets"]:
            yield widget["properties"].get("title", widget["type"]), widget["properties"]


def _metric(where, namespace, name, dimensions, statistic):
    return Metric(where, namespace, name, tuple(sorted(dimensions.items())), statistic)


def _of_row(title, row, widget):
    options = row[-1] if isinstance(row[-1], dict) else {}
    texts = [part for part in row if not isinstance(part, dict)]
    if len(texts) % 2 or "..." in texts or "." in texts:
        raise ValueError
    namespace, name, *rest = texts
    dimensions = dict(zip(rest[::2], rest[1::2]))
    return _metric(
        f"dashboard, {title}", namespace, name, dimensions, options.get("stat", widget.get("stat"))
    )


SELECT = re.compile(
    r'SELECT (?P<statistic>\w+)\((?P<name>\w+)\) FROM SCHEMA\("(?P<namespace>[\w/]+)", (?P<dimensions>[\w,'
    r" ]+)\)"
    r"(?: WHERE (?P<key>\w+) = '(?P<value>[^']+)'(?: AND (?P<but>\w+) != '[^']+')?)?"
)


def _of_queries(name, queries):
    """The metrics of an alarm over several: each is a metric, a sum with others, or a query of Metrics
    Insights."""
    used, faults = [], []
    ids = {query["Id"] for query in queries}
    shown = [query for query in queries if query.get("ReturnData", True)]
    if len(shown) != 1:
        faults.append(f"{name}: an alarm watches one line; {len(shown)} have ReturnData")
    for query in queries:
        if "MetricStat" in query:
            metric = query["MetricStat"]["Metric"]
            dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
            statistic = query["MetricStat"]["Stat"]
            used.append(_metric(name, metric["Namespace"], metric["MetricName"], dimensions, statistic))
        elif query["Expression"].startswith("SELECT"):
            match = SELECT.fullmatch(query["Expression"])
            if not match:
                faults.append(
                    f"{name}: the query {query['Expression']} is not of the form that is understood here"
                )
                continue
            dimensions = dict.fromkeys(match["dimensions"].split(", "), "*")
            dimensions[match["key"]] = match["value"]
            if match["but"] and match["but"] not in dimensions:
                faults.append(f"{name}: the query has no dimension {match['but']}")
            statistic = match["statistic"].capitalize()
            used.append(_metric(name, match["namespace"], match["name"], dimensions, statistic))
        else:
            unknown = set(re.findall(r"\b[a-z]\w*\b", query["Expression"])) - ids
            faults += [f"{name}: {query['Expression']} has {one}, which is no Id" for one in sorted(unknown)]
    periods = {query["MetricStat"]["Period"] for query in queries if "MetricStat" in query}
    if len(periods) > 1:
        faults.append(f"{name}: the metrics of one alarm must have one period")
    return used, faults


def _faults(metric, stack):
    dimensions = dict(metric.dimensions)
    if not metric.statistic or not STATISTIC.fullmatch(metric.statistic):
        yield f"the statistic {metric.statistic} is none"
    if metric.namespace == OWN:
        yield from _own_faults(metric.name, dimensions, stack)
    elif metric.namespace == OF_STACK:
        if metric.name not in {name for name, _ in filtered(stack)}:
            yield "no metric filter of the template makes it"
        if dimensions:
            yield "the metric filters give no dimensions"
    else:
        yield from _faults_of_aws(metric, dimensions, stack)


def _own_faults(name, dimensions, stack):
    if set(dimensions) not in ({"Function"}, {"Function", "Outcome"}):
        yield "its dimensions are Function, or Function and Outcome"
        return
    # The dimension is the name that Lambda gives the function, not that of its trigger.
    names = {
        stack.physical(resource, None): function
        for _, function, resource in OF_TEMPLATES
        if resource in stack.resources
    }
    function = names.get(dimensions["Function"])
    if function is None:
        yield f"{dimensions['Function']} is no function of this template: write `${{PostConfirmation}}` or `!Ref`"
        return
    if name not in metrics(function):
        yield "the function emits no such metric"
    outcome = dimensions.get("Outcome")
    if outcome and function not in outcomes().get(outcome, ()):
        yield f"{function} has no outcome {outcome}"


def _faults_of_aws(metric, dimensions, stack):
    known = json.loads((INFRA / "rules/aws-metrics.json").read_text(encoding="utf-8"))
    if metric.namespace not in known:
        yield "rules/aws-metrics.json does not know the namespace"
        return
    if metric.name not in known[metric.namespace]["metrics"]:
        yield "rules/aws-metrics.json does not know the metric"
    if sorted(dimensions) not in known[metric.namespace]["dimensions"]:
        yield f"it has no dimensions {', '.join(sorted(dimensions)) or 'none'}"
    functions = [stack.physical(name, None) for name in stack.of_type("AWS::Lambda::Function")]
    if dimensions.get("FunctionName", functions[0]) not in functions:
        yield f"{dimensions['FunctionName']} is no function of this template"
    pool = stack.values.get("UserPoolId")
    if dimensions.get("UserPool", pool) != pool:
        yield f"{dimensions['UserPool']} is not the pool of the parameter UserPoolId"
