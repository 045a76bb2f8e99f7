"""Each alarm says what is wrong, tells the topic when it begins and when it ends, and what no data means. Each
has a row in README.md that says what to do."""

import re

from checks.documents import read, rows, ticked
from checks.situations import every_stack

METRIC, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"


def check():
    found, checked = [], set()
    # `..Errors` stands for all with that end.
    listed = [name for row in rows(read("infra/README.md"), "## Alarms") for name in ticked(row[0])]
    for situation, stack in every_stack():
        topic = [stack.values["AlarmTopicArn"]] if stack.values["AlarmTopicArn"] else None
        parts, faults = parts_of_composites(stack)
        found += faults
        for name in stack.of_type(METRIC, COMPOSITE):
            checked.add(name)
            alarm = stack.properties(name)
            told = None if name in parts else topic
            if name not in parts and not any(
                name.endswith(row[2:]) if row.startswith("..") else name == row for row in listed
            ):
                found.append(f"{name}: README.md has no row for it under Alarms")
            for key in ("AlarmActions", "OKActions"):
                if alarm.get(key) != told:
                    found.append(f"{name}, {situation}: {key} is {alarm.get(key)}, and must be {told}")
            if alarm.get("ActionsEnabled") is False:
                found.append(f"{name}: its actions are off")
            if len(alarm.get("AlarmDescription", "")) < 40:
                found.append(f"{name}: the description must say what is wrong, and where to look")
            if stack.resources[name]["Type"] == METRIC:
                found += [f"{name}: {why}" for why in _faults(alarm)]
    return list(dict.fromkeys(found)), len(checked)


def parts_of_composites(stack):
    """Alarms that are only there for a composite one, and what is wrong with the rule of such a one."""
    names = {stack.physical(name, None): name for name in stack.of_type(METRIC, COMPOSITE)}
    parts, faults = set(), []
    for name in stack.of_type(COMPOSITE):
        rule = stack.properties(name)["AlarmRule"]
        named = re.findall(r'\b(?:ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)', rule)
        if re.sub(r'\b(?:ALARM|OK|INSUFFICIENT_DATA)\("[^"]+"\)|AND|OR|NOT|[()\s]', "", rule) or not named:
            faults.append(f"{name}: the rule {rule} is not of the form that is understood here")
        for alarm in named:
            if alarm in names:
                parts.add(names[alarm])
            else:
                faults.append(f"{name}: there is no alarm {alarm}")
    return parts, faults


def _faults(alarm):
    if "TreatMissingData" not in alarm:
        yield "it must say what no data means"
    periods = [alarm.get("Period")] + [
        query.get("Period") or query.get("MetricStat", {}).get("Period") for query in alarm.get("Metrics", [])
    ]
    period = max((int(period) for period in periods if period), default=0)
    if period % 60 or not period:
        yield f"a period of {period} s; CloudWatch takes multiples of 60"
    # By parameter they are texts.
    count = int(alarm["EvaluationPeriods"])
    days = 7 if period >= 3600 else 1
    if period * count > days * 86_400:
        yield f"it looks back over more than {days} day(s), which CloudWatch does not do with periods of {period} s"
    if any("SELECT " in query.get("Expression", "") for query in alarm.get("Metrics", [])) and period * count > 10_800:
        yield "a query of Metrics Insights looks back over 3 hours at most"
    if int(alarm.get("DatapointsToAlarm", 1)) > count:
        yield "it waits for more data points than it looks at, and never fires"
    if "Threshold" not in alarm or "ComparisonOperator" not in alarm:
        yield "it compares with nothing"
