"""Runs the checks, and reports: one line a check, and below it what was found."""

import concurrent.futures
import importlib
import os
import subprocess
import sys
import time

from checks import NAMES, tools
from checks.template import INFRA, Broken

# As one command with its own lines: it may be there or not.
EXAMPLES = INFRA / "tests/examples.py"


def run(only):
    begin = time.monotonic()
    # For SAM's translator, which wants a region and finds it by way of boto.
    os.environ["AWS_DEFAULT_REGION"] = tools.ENVIRONMENT["AWS_DEFAULT_REGION"]
    os.environ.pop("AWS_PROFILE", None)
    from checks import lint, situations

    names = only or NAMES
    try:
        files = lint.written()
    except Broken as error:
        return _report("templates", "", [f"they cannot be worked out: {error}"])
    checks = {
        "lint": lambda: _lint(files, lint),
        "sam": lambda: _sam(lint),
        "guard": lambda: _guard(files),
        "checkov": lambda: _checkov(files),
        "permissions": lambda: _own(
            "permissions", "the roles allow what permissions.json lists, no more and no less ({} permissions)"
        ),
        "settings": lambda: _own(
            "settings", "the functions' environment is what docs/settings.md says ({} settings)"
        ),
        "record": lambda: _own(
            "record", "a changed parameter, and nothing else, publishes a version ({} values)"
        ),
        "values": lambda: _own(
            "values", "the patterns of parameters take and refuse what they must ({} values)"
        ),
        "metrics": lambda: _own("metrics", "alarms and dashboard have metrics that there are ({} metrics)"),
        "alarms": lambda: _own("alarms", "alarms tell the topic, and say what is wrong ({} alarms)"),
        "dashboard": lambda: _own(
            "dashboard", "the dashboard shows all alarms, and asks for known fields ({} queries)"
        ),
        "filters": lambda: _own("filters", "metric filters count the lines that they must ({} tries)"),
        "names": lambda: _own("names", "outputs, exports and parameters, none for nothing ({} of them)"),
        "cedar": lambda: _own("cedar", "cedar.yaml has the files of infra/cedar ({} claims and policies)"),
        "figures": lambda: _own("figures", "README.md has the figures of the commands ({} of them)"),
        "isolation": lambda: _own(
            "isolation", "one tenant's role reaches no other tenant, and wrong policies do ({} requests)"
        ),
        "examples": lambda: _examples(),
    }
    failed = 0 if only else _report("situations", "every condition is seen on and off", situations.findings())
    # The tools beside one another, and beside the checks in this process; the report keeps its order.
    with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
        slow = {
            name: pool.submit(_timed, checks[name])
            for name in ("checkov", "lint", "sam", "guard", "examples")
            if name in names
        }
        for name in [name for name in NAMES if name in names]:
            what, found, seconds = slow[name].result() if name in slow else _timed(checks[name])
            failed += _report(name, what, found, seconds)
    seconds = time.monotonic() - begin
    print(f"{failed} of the checks failed" if failed else "all checks passed", f"in {seconds:.0f} s")
    return 1 if failed else 0


def _timed(check):
    begin = time.monotonic()
    try:
        what, found = check()
    except Exception as error:
        # The template or a page has another shape than the check knows, which is a finding as well.
        what, found = "", [f"the check could not go on: {type(error).__name__}: {error}"]
    return what, found, time.monotonic() - begin


def _report(name, what, found, seconds=0):
    if not found:
        took = f" ({seconds:.0f} s)" if seconds >= 1 else ""
        print(f"ok      {name}: {what}{took}", flush=True)
        return 0
    print(f"FAILED  {name}: {found[0]}")
    for finding in found[1:]:
        print(f"        {finding}")
    sys.stdout.flush()
    return 1


def _lint(files, lint):
    found, count = lint.lint(files)
    return f"cfn-lint finds nothing in {count} forms of the templates, in {' and '.join(lint.REGIONS)}", found


def _sam(lint):
    return "sam validate --lint finds nothing", lint.sam()


def _guard(files):
    from checks import guard

    found, rules, cases = guard.check(files)
    return f"{rules} rules hold, and {cases} changes break them", found


def _checkov(files):
    from checks import checkov

    found, held = checkov.check(files)
    return f"{held} checks hold, and {len(checkov.exceptions()[0])} are skipped with a reason", found


def _own(name, what):
    found, count = importlib.import_module(f"checks.{name}").check()
    return what.format(count), found


def _examples():
    if not EXAMPLES.exists():
        return "there are none", []
    done = subprocess.run(
        [sys.executable, str(EXAMPLES)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode == 0:
        return f"infra/tests/examples.py: {sum(line.startswith('ok') for line in lines)} checks hold", []
    failed = [line for line in lines if not line.startswith("ok")]
    return "", failed or [f"infra/tests/examples.py ended with {done.returncode}"]
