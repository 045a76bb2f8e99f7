"""The figures of infra/README.md are those of infra/costs and of infra/lib/deploy/settings.py."""

import re
import subprocess
import sys

from checks.situations import OF_TEMPLATES
from checks.template import INFRA, source
from deploy import settings

README = INFRA / "README.md"


def check():
    found = []
    costs = [sys.executable, str(INFRA / "costs"), "--check", str(README)]
    done = subprocess.run(costs, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        found.append((done.stderr or done.stdout).strip())
    text = README.read_text(encoding="utf-8")
    blocks = text.count("<!-- end of infra/costs -->")
    for function, count in _tried().items():
        if not re.search(rf"\b{count}(\s+values)?\s+on\s+{function}\b", text):
            found.append(f"README.md: deploy-test tries {count} values on {function}, and the page must say so")
    return found, blocks + len(OF_TEMPLATES)


def _tried():
    """How many values infra/deploy-test tries on each function."""
    variables = {
        function: source(file)["Resources"][name]["Properties"]["Environment"]["Variables"]
        for file, function, name in OF_TEMPLATES
    }
    return {
        function: sum(
            len(settings.SAMPLES[settings.SAME.get(variable, variable)])
            for variable, value in own.items()
            if "Ref" in value
        )
        for function, own in variables.items()
    }
