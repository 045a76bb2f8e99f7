"""What the rest of the repository says about costs: nothing that stands there is written down a second time.

Reads the sources as text, with the standard library alone, and fails when it does not find what it looks for.
"""

import json
import pathlib
import re

from costs_lines import EVENT_OVERHEAD, FUNCTION_LINES, SYSTEM_LINES

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The outcomes with which the last metric, the size of a token, can come: only where contents were made
# (`issue` in crates/pre-token-generation/src/lib.rs).
SIZED_OUTCOMES = {"issued", "unavailable", "observed"}


class Missing(Exception):
    """A source no longer says what is read from it."""


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def metrics():
    """Names of the metrics of a line, in its order; a test of cognito-trigger holds the page against the code."""
    table = read("docs/log-fields.md").split("### Metrics", 1)[-1].split("###", 1)[0]
    names = re.findall(r"^\| `(\w+)` \|", table, re.M)
    if not names or names[-1] != "ClaimBytes":
        raise Missing("docs/log-fields.md: the metrics, ClaimBytes the last of them")
    return names


def outcomes(function):
    """How an invocation of the function can end."""
    table = read("docs/log-fields.md").split("### `Outcome`", 1)[-1].split("###", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\w-]+) \|", table, re.M)
    found = [value for value, where in rows if where in (function, "both")]
    if len(found) < 3:
        raise Missing("docs/log-fields.md: the table of outcomes")
    return found


def units(path):
    """Read and write units of a path, those of the index among the latter."""
    for line in read("docs/architecture.md").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) >= 4 and cells[0] == path:
            return int(cells[2]), sum(int(number) for number in re.findall(r"\d+", cells[3]))
    raise Missing(f"docs/architecture.md: the units of `{path}`")


def cache_seconds():
    """How long a tenant is remembered, by default."""
    return int(_found(r"^\| `TENANT_CACHE_SECONDS` \| `(\d+)`", "docs/settings.md")[1])


def repair_rates():
    """Stamps a second that `tenantctl repair stamps` writes, by default and at most."""
    path = "crates/tenantctl/src/commands/repair/stamps/mod.rs"
    option = r"default_value_t = (\d+), value_parser = clap::value_parser!\(u32\)\.range\(1\.\.=(\d+)\)\)\]"
    rate = _found(option + r"\s+pub\(crate\) rate", path)
    return int(rate[1]), int(rate[2])


def _found(pattern, path):
    match = re.search(pattern, read(path), re.M)
    if not match:
        raise Missing(f"{path}: {pattern}")
    return match


def line_bytes(function):
    """Bytes of an invocation's log: Lambda's own lines and the function's."""
    line = FUNCTION_LINES[function]
    recorded = [metric["Name"] for metric in json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    now = metrics() if function == "pre-token-generation" else metrics()[:-1]
    if recorded != now:
        raise Missing(
            f"costs_lines.py: a line of {function} with the metrics {', '.join(now)}; record it anew"
        )
    system = SYSTEM_LINES if template()["system_log_level"] != "WARN" else []
    return [len(text.encode()) + EVENT_OVERHEAD for text in [*system, line]]


_template = None


def template():
    """What is paid for in the template."""
    global _template
    if _template is None:
        _template = _read_template(read("infra/template.yaml"))
    return _template


def _read_template(text):
    parameters = _entries(_section(text, "Parameters"))
    resources = _entries(_section(text, "Resources"))

    def default(name):
        match = re.search(r"^    Default: \"?([\w.-]+)\"?$", parameters.get(name, ""), re.M)
        if not match:
            raise Missing(f"template.yaml: a default of {name}")
        return match[1]

    def of_type(kind):
        return [body for body in resources.values() if re.search(rf"^    Type: {kind}$", body, re.M)]

    alarms = of_type("AWS::CloudWatch::Alarm")
    levels = set(re.findall(r"SystemLogLevel: (\w+)", text))
    names = [
        (_value(body, "MetricNamespace"), _value(body, "MetricName"))
        for body in of_type("AWS::Logs::MetricFilter")
    ]
    queries = [body for body in alarms if "SELECT " in body]
    # A metric filter with a default value sends a number whenever there are log lines, whatever is in them.
    found = {
        "memory_mb": int(default("MemoryMegabytes")),
        "retention_days": int(default("LogRetentionDays")),
        "is_traced": default("Tracing") == "Active",
        "system_log_level": levels.pop() if len(levels) == 1 else "INFO",
        "filter_metrics": len(set(names)),
        "alarms": len(alarms) - len(queries),
        # Metric math is paid by the metrics that go into it.
        "alarm_metrics": sum(max(1, body.count("MetricStat:")) for body in alarms if body not in queries),
        "query_alarms": len(queries),
        "composite_alarms": len(of_type("AWS::CloudWatch::CompositeAlarm")),
        "dashboards": len(of_type("AWS::CloudWatch::Dashboard")),
    }
    if not found["alarms"] or not found["dashboards"]:
        raise Missing("template.yaml: alarms and a dashboard")
    return found


def _section(text, name):
    match = re.search(rf"^{name}:\n((?:[ #\n].*\n?|\n)*)", text, re.M)
    if not match:
        raise Missing(f"template.yaml: {name}")
    return match[1]


def _entries(section):
    parts = re.split(r"^  (\w+):\n", section, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def _value(body, key):
    match = re.search(rf"\b{key}: (.+)$", body, re.M)
    return match[1] if match else ""
