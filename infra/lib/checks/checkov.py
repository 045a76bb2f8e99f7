"""checkov, with a list of reasoned exceptions. What is not on it fails; so does what need not be on it."""

import json
import re

from checks import tools
from checks.template import INFRA

CONFIG = INFRA / "checkov.yaml"


def exceptions():
    """The checks that are skipped, each with its reason; a finding for one without."""
    reasons, found, reason = {}, [], ""
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        if comment := re.fullmatch(r"  # (.+)", line):
            reason = f"{reason} {comment[1]}".strip()
        elif item := re.fullmatch(r"  - (CKV\w+)", line):
            reasons[item[1]] = reason
            if len(reason) < 40:
                found.append(f"checkov.yaml: {item[1]} is skipped without a reason")
            reason = ""
    return reasons, found


def check(files):
    """The findings, and how many checks held."""
    reasons, found = exceptions()
    paths = {str(path): name for name, form, path in files if form == "resolved"}
    # Without the list: what is skipped is not run, and nobody would learn that it need not be any more.
    command = [
        tools.CHECKOV,
        "--framework",
        "cloudformation",
        "--skip-download",
        "--output",
        "json",
        "--file",
        *paths,
    ]
    status, printed, complaint = tools.output(command)
    try:
        report = json.loads(printed)
        results = report["results"]
    except (ValueError, KeyError, TypeError):
        return [*found, f"checkov ended with {status}: {(complaint or printed).strip()}"], 0
    needed = set()
    for failure in results["failed_checks"]:
        needed.add(failure["check_id"])
        if failure["check_id"] not in reasons:
            name = paths.get(failure["file_abs_path"], failure["file_path"])
            found.append(f"{name}, {failure['resource']}: {failure['check_id']} {failure['check_name']}")
    found += [f"checkov could not read {paths.get(path, path)}" for path in results["parsing_errors"]]
    found += [
        f"checkov.yaml: {check_id} is skipped, and fails nowhere: take it off the list"
        for check_id in sorted(set(reasons) - needed)
    ]
    if not results["passed_checks"]:
        found.append("checkov: not one check held, so it did not see the templates")
    return found, len(results["passed_checks"])
