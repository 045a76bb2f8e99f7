"""docs/log-fields.md and the code name the same metrics, dimensions, fields, outcomes and events.

The template's metrics, alarms, filters and queries are held against the page; so the page is held against the
code.
"""

import re

from checks.documents import FUNCTIONS, LOG_FIELDS, events, metrics, outcomes, read, rows

REPORT = "crates/cognito-trigger/src/report.rs"
SOURCES = [REPORT, "crates/cognito-trigger/src/serve.rs", "crates/cognito-trigger/src/logging.rs"]
SOURCES += [f"crates/{function}/src/lib.rs" for function in FUNCTIONS]


def check():
    report = _code(REPORT)
    code = "\n".join(map(_code, SOURCES))
    found = []
    emitted = dict(re.findall(r'Metric \{ name: "(\w+)", unit: "(\w+)" \}', report))
    found += _differences("metrics", emitted, metrics())
    space = re.search(r'const NAMESPACE: &str = "(\w+)";', report)
    if not space or f"Namespace `{space[1]}`" not in read(LOG_FIELDS):
        found.append(f"{LOG_FIELDS} and {REPORT} differ about the namespace")
    dimensions = re.search(r"const DIMENSIONS.*= &\[(.*)\];", report)
    if not dimensions or dimensions[1] != '&["Function"], &["Function", "Outcome"]':
        found.append(f"{REPORT} has other dimensions than `Function`, and `Function` with `Outcome`")
    properties = re.search(r"struct Properties<'a> \{(.*?)\n\}", report, re.S)
    names = {_camel(name) for name in re.findall(r"^    (\w+):", properties[1] if properties else "", re.M)}
    documented = {row[0].strip("`") for row in rows(read(LOG_FIELDS), "### Properties") if row[0]}
    found += _differences("properties", names | {"_aws", "Function", "Outcome"}, documented)
    # `report.outcome = "x"`, and `if .. { "x" } else { "y" }`
    written = {
        value
        for expression in re.findall(r"\boutcome = ([^;]+);", code)
        for value in re.findall(r'"(\w+)"', expression)
    }
    found += _differences("outcomes", written, set(outcomes()))
    written = set(re.findall(r'\bevent = "([\w.]+)"|Some\("(\w+\.\w+)"\)', code))
    found += _differences("events", {one or other for one, other in written}, events())
    return found, len(emitted) + len(names) + len(outcomes()) + len(events())


def _code(path):
    """What a file does, without its tests."""
    return read(path).split("#[cfg(test)]", 1)[0]


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _differences(what, code, page):
    if isinstance(code, dict):
        code, page = set(code.items()), set(page.items())
        code, page = {" in ".join(pair) for pair in code}, {" in ".join(pair) for pair in page}
    if code - page:
        yield f"{what} of the code that {LOG_FIELDS} lacks: {', '.join(sorted(code - page))}"
    if page - code:
        yield f"{what} of {LOG_FIELDS} that the code lacks: {', '.join(sorted(page - code))}"
