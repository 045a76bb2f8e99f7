"""The rules of infra/rules with cfn-guard, and that each of them can fail.

A rule file says in its first line which templates it is held against; there, every rule must find something
to look at (cfn-guard calls a rule that finds nothing skipped, which is no better than failed). For each rule
`must-fail/<rule>.yaml` has small changes, each of which must make that rule fail, and of the others in its
file those that it names, if any.
"""

import concurrent.futures
import copy
import json
import re

import yaml

from checks import tools
from checks.template import INFRA, walk

RULES = INFRA / "rules"


def rules():
    """Each rule file's text, templates and names."""
    for path in sorted(RULES.glob("*.guard")):
        text = path.read_text(encoding="utf-8")
        held = re.match(r"# Held against: (.+)\n", text)
        yield path.name, text, held[1].split() if held else [], re.findall(r"^rule (\w+)", text, re.M)


def check(files):
    """The findings; and how many rules, and how many changes that must fail."""
    templates = {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, form, path in files
        if form in ("written", "physical")
    }
    found, home = [], {}
    for file, _, held, own in rules():
        if not held or set(held) - set(templates):
            found.append(
                f"rules/{file}: its first line must be `# Held against:` with {', '.join(sorted(templates))}"
            )
        found += [f"rules/{file}: {home[name]} has a rule {name}, too" for name in own if name in home]
        home.update(dict.fromkeys(own, file))
    cases, unread = _cases(home, templates)
    # Each file's rules with the templates that it names, and with the changes that its rules must find.
    runs = [
        (file, text, own, template, [case for case in cases if case[1] == template and home[case[0]] == file])
        for file, text, held, own in rules()
        for template in held
        if template in templates
    ]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda run: _run(*run, templates), runs))
    found += _together(held for held, _ in results)
    if not found:
        # A template that breaks a rule would do so with every change, too.
        found += unread + [finding for _, failed in results for finding in failed]
    run_cases = sum(len(run[4]) for run in runs)
    if run_cases != len(cases):
        found.append("rules/must-fail: a change is of a template against which its rule is not held")
    return found, len(home), run_cases


def _run(file, text, own, template, cases, templates):
    """What is found of the template, with its name; and of the changes."""
    results = _results(text, [templates[template], *(case[3] for case in cases)])
    if results is None or set(results[0]) != set(own):
        return [(template, f"rules/{file}: cfn-guard does not run all its rules; an error of syntax?")], []
    failed = [finding for case, result in zip(cases, results[1:]) for finding in _failed(case, result)]
    return [(template, why) for why in _passed(results[0])], failed


def _passed(result):
    for rule, (status, why) in sorted(result.items()):
        if status == "skip":
            yield f"{rule} finds nothing to look at, which proves nothing"
        elif status == "fail":
            yield f"{rule}: " + "; ".join(why)


def _together(runs):
    """Each finding once, with the templates that have it."""
    templates = {}
    for template, why in (finding for run in runs for finding in run):
        templates.setdefault(why, []).append(template)
    return [f"{', '.join(names)}: {why}" for why, names in templates.items()]


def _failed(case, result):
    rule, _, what, _, also = case
    if result[rule][0] != "fail":
        yield f"rules/must-fail/{rule}.yaml, {what}: the rule lets it pass"
    for other, (status, _) in sorted(result.items()):
        if other != rule and (status != "pass") != (other in also):
            yield f"rules/must-fail/{rule}.yaml, {what}: of {other} comes {status}"


def _results(text, documents):
    """Of each document, what became of each rule: pass, fail or skip, and why."""
    payload = json.dumps({"rules": [text], "data": [json.dumps(document) for document in documents]})
    command = [
        tools.GUARD,
        "validate",
        "--payload",
        "--structured",
        "--output-format",
        "json",
        "--show-summary",
        "none",
    ]
    _, printed, _ = tools.output(command, input=payload)
    try:
        reports = {report["name"]: report for report in json.loads(printed)}
        reports = [reports[f"DATA_STDIN[{index + 1}]"] for index in range(len(documents))]
    except (ValueError, KeyError, TypeError):
        return None
    return [_by_rule(report) for report in reports]


def _by_rule(report):
    result = {name: ("pass", []) for name in report["compliant"]}
    result.update({name: ("skip", []) for name in report["not_applicable"]})
    for failure in report["not_compliant"]:
        why = {}
        for _, part in walk(failure["Rule"]):
            if isinstance(part, dict) and part.get("error_message"):
                at = re.search(r"Path=(/[^\[\]]*)", part["error_message"])
                message = part.get("custom_message") or part["error_message"]
                why[f"{message} ({at[1] if at else 'nothing there'})"] = 1
        result[failure["Rule"]["name"]] = ("fail", list(why))
    return result


def _cases(names, templates):
    """Every change that must fail: its rule and template, what it does, the changed template, other rules."""
    cases, found = [], []
    for name in names:
        if not (RULES / f"must-fail/{name}.yaml").exists():
            found.append(f"rules: {name} has no template that must fail it; add rules/must-fail/{name}.yaml")
    for path in sorted((RULES / "must-fail").iterdir()):
        if path.suffix != ".yaml" or path.stem not in names:
            found.append(f"rules/must-fail/{path.name}: there is no such rule")
            continue
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            try:
                template = changed(templates[content["template"]], case)
            except (LookupError, TypeError, ValueError, StopIteration) as error:
                found.append(
                    f"rules/must-fail/{path.name}, {case.get('what')}: cannot be changed so: {error}"
                )
                continue
            cases.append((path.stem, content["template"], case["what"], template, case.get("also", [])))
    return cases, found


def changed(template, case):
    """A copy of the template with a change such as those of must-fail."""
    template = copy.deepcopy(template)
    if set(case) - {"what", "in", "set", "remove", "also"} or not (case.get("set") or case.get("remove")):
        raise ValueError("a case has `what`, `in`, and `set` or `remove` with places in that")
    for place, value in case.get("set", {}).items():
        parent, key = _place(template, f"{case['in']}/{place}")
        if key == "-":
            parent.append(value)
            continue
        if isinstance(parent, list):
            parent[key]
        if isinstance(parent, dict) and key in parent and parent[key] == value:
            raise ValueError(f"{place} is so already")
        parent[key] = value
    for place in case.get("remove", []):
        parent, key = _place(template, f"{case['in']}/{place}")
        del parent[key]
    return template


def _place(template, place):
    """Where `/Resources/Role/Statement/Sid=Stamp/Resource` is: a list's member by its number or one of its
    fields; `~1` is a slash within a name."""
    steps = [step.replace("~1", "/") for step in place.strip("/").split("/")]
    value = template
    for depth, step in enumerate(steps):
        if isinstance(value, list) and step != "-":
            if "=" in step:
                field, _, wanted = step.partition("=")
                step = next(index for index, part in enumerate(value) if str(part.get(field)) == wanted)
            else:
                step = int(step)
        if depth == len(steps) - 1:
            return value, step
        value = value[step]
    raise ValueError(f"{place} is no place")
