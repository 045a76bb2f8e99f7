"""cfn-lint and `sam validate --lint`: what AWS's own schemas say. A finding of any level counts.

The raw SAM template hides some faults (a circle of dependencies among them), so what CloudFormation gets is
linted as well; and so that a value which only a parameter brings is seen, the template of each situation with
all values filled in.
"""

import json
import shutil
import sys
from pathlib import Path

from checks import situations, tools
from checks.template import INFRA, source

# Resource types and properties differ between regions: that of the examples, and the one that has the most.
REGIONS = ["eu-west-1", "us-east-1"]


def written():
    """The templates in all their forms as files: `(template and situation, form, path)`."""
    folder = tools.WORK / "templates"
    shutil.rmtree(folder, ignore_errors=True)
    files, texts = [], set()

    def write(name, form, content):
        text = json.dumps(content, indent=1) + "\n"
        if text not in texts:
            texts.add(text)
            path = folder / f"{name.replace('/', '.')}.{form}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            files.append((name, form, path))

    # For the rules of cfn-guard about what SAM would make; it does not read all short forms of functions.
    for name in ("template", "authorizer", "router"):
        write(name, "written", source(f"{name}.yaml"))
    for name, stack in situations.each():
        # The same in all situations, unless SAM itself looks at a parameter.
        write(name, "translated", stack.template)
        write(name, "resolved", stack.resolved(stack.kept))
        # For the rules of cfn-guard: they read names where the template has references.
        write(name, "physical", stack.resolved(stack.physical))
    return files


def lint(files):
    """As they were written, translated and resolved; the findings of each file."""
    paths = [INFRA / name for name in situations.SITUATIONS]
    paths += sorted((INFRA / "examples").glob("*.yaml"))
    paths += [path for _, form, path in files if form in ("translated", "resolved")]
    command = [
        Path(sys.prefix) / "bin/cfn-lint",
        "--format",
        "json",
        "--include-checks",
        "I",
        "--regions",
        *REGIONS,
    ]
    status, printed, complaint = tools.output([*command, "--template", *paths])
    try:
        findings = json.loads(printed)
    except ValueError:
        return [f"cfn-lint ended with {status}: {(complaint or printed).strip()}"], len(paths)
    found, seen = [], set()
    # What is found in the template as it was written is told of that alone.
    for finding in sorted(
        findings, key=lambda finding: [str(path) for path in paths].index(finding["Filename"])
    ):
        at = ".".join(str(part) for part in finding["Location"].get("Path") or [])
        what = f"{finding['Rule']['Id']} {finding['Message']} ({at})"
        if what not in seen:
            seen.add(what)
            found.append(
                f"{Path(finding['Filename']).name}:{finding['Location']['Start']['LineNumber']}: {what}"
            )
    if status and not found:
        found.append(f"cfn-lint ended with {status}: {complaint.strip()}")
    return found, len(paths)


def sam():
    """SAM's own validation, of its syntax and of what it would deploy."""
    command = [Path(sys.prefix) / "bin/sam", "validate", "--lint", "--region", REGIONS[0], "--template"]
    found = []
    for name in situations.SITUATIONS:
        if "Transform" not in source(name):
            continue
        status, printed, complaint = tools.output([*command, INFRA / name])
        if status != 0 or "is a valid SAM Template" not in printed:
            lines = [line for line in (printed + complaint).splitlines() if line.strip()]
            found += lines or [f"{name}: sam validate ended with {status}"]
    return found
