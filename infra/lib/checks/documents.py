"""What docs/settings.md, docs/log-fields.md and the code say: the check holds the template against it, and
writes none of it down a second time."""

import functools
import re

import environments

ROOT = environments.ROOT


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def rows(text, heading):
    """The rows of the first table under a heading, as lists of cells."""
    section = text.split(f"\n{heading}\n", 1)
    if len(section) < 2:
        raise LookupError(f"no heading {heading!r}")
    section = re.split(r"\n#+ ", section[1], maxsplit=1)[0]
    found = []
    for line in section.splitlines():
        if line.startswith("|"):
            # A `|` within a cell is written `\|`.
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
        elif found:
            break
    return found[2:]


def ticked(text):
    return re.findall(r"`([^`]+)`", text)


# -- settings ------------------------------------------------------------------------------------------------


class Setting:
    """A row of docs/settings.md, with the rows below it that have no name."""

    def __init__(self, variable, default, values, fault):
        self.variable = variable
        self.default = self._default(default, values)
        # `enforce`: what it does
        self.choices = [values[0] for values in [re.findall(r"^`(\w+)`:", values)] if values]
        self.range = None
        if limits := re.search(r"no whole number, (\d+) to (\d+)", fault):
            self.range = (int(limits[1]), int(limits[2]))
        # `neither; not ..` has a condition of another setting beside it, which is the section Rules' to check.
        self.is_choice = fault.split(";")[0] == "neither"

    @staticmethod
    def _default(cell, values):
        if cell.startswith("`"):
            return cell.strip("`")
        if cell == "all":
            return ALL_CLAIMS
        return "" if cell in ("admits none", "any pool", "none") else None

    @property
    def parameter(self):
        return "".join(part.capitalize() for part in self.variable.split("_"))


ALL_CLAIMS = "id,name,tier,roles"


@functools.lru_cache(maxsize=None)
def settings(function):
    """The settings of a function, by name."""
    text, found = read("docs/settings.md"), {}
    headings = ["## Both functions"] if function in FUNCTIONS else []
    for heading in [*headings, f"## {function}"]:
        last = None
        for variable, default, values, fault in rows(text, heading):
            if variable:
                last = Setting(variable.strip("`"), default, values, fault)
                found[last.variable] = last
            else:
                last.choices += re.findall(r"^`(\w+)`:", values)
    return found


def reserved_claims():
    """Names that no claim may have: whole names, and beginnings."""
    text = re.search(r"\*\*Claim names\*\*:.*?\n\n", read("docs/settings.md"), re.S)[0]
    reserved = text.split("Reserved,", 1)[1]
    names = ticked(reserved.replace("\n", " "))
    return [name for name in names if not name.endswith(":")], [name for name in names if name.endswith(":")]


# -- log fields ----------------------------------------------------------------------------------------------

LOG_FIELDS = "docs/log-fields.md"
FUNCTIONS = ("post-confirmation", "pre-token-generation")
# Each has a section of its own on the page.
OTHER_FUNCTIONS = ("authorizer", "router")


@functools.lru_cache(maxsize=None)
def metrics(function=FUNCTIONS[0]):
    """A function's own metrics, and their units."""
    heading = "### Metrics" if function in FUNCTIONS else f"### Metrics of the {function}"
    return {row[0].strip("`"): row[1] for row in rows(read(LOG_FIELDS), heading)}


@functools.lru_cache(maxsize=None)
def outcomes():
    """How an invocation can end, and of which functions."""
    text = read(LOG_FIELDS)
    of_triggers = {
        row[0].strip("`"): FUNCTIONS if row[1] == "both" else (row[1],) for row in rows(text, "### `Outcome`")
    }
    found = dict(of_triggers)
    for function in OTHER_FUNCTIONS:
        for row in rows(text, f"### Outcomes of the {function}"):
            name = row[0].strip("`")
            found[name] = (*found.get(name, ()), function)
    return found


@functools.lru_cache(maxsize=None)
def reasons():
    text = read(LOG_FIELDS)
    found = {
        value
        for heading in ("### `reason`", *(f"### Reasons of the {function}" for function in OTHER_FUNCTIONS))
        for row in rows(text, heading)
        for value in ticked(row[0])
    }
    of_attempts = text.split("`reason` of `security.cross_tenant`:", 1)[1]
    return found | set(re.findall(r"^\| `(\w+)` \|", of_attempts, re.M))


@functools.lru_cache(maxsize=None)
def events():
    text = read(LOG_FIELDS)
    found = {value for row in rows(text, "### `event`") for value in ticked(row[0])}
    return found | {value for row in rows(text, "## Other lines") for value in ticked(row[1])}


@functools.lru_cache(maxsize=None)
def fields():
    """Every field that a line can have."""
    text = read(LOG_FIELDS)
    found = {row[0].strip("`") for row in rows(text, "### Properties") if row[0]}
    for function in OTHER_FUNCTIONS:
        found |= {value for row in rows(text, f"### Properties of the {function}") for value in ticked(row[0])}
        found |= set(metrics(function))
    found |= {value for row in rows(text, "## Other lines") for value in ticked(row[2])} - reasons()
    # What every line of `tracing` has in Lambda's JSON format, and what Lambda's own lines have (Lambda developer
    # guide, "Telemetry API event schema reference").
    return found | set(metrics()) | {"timestamp", "level", "message"} | {"time", "type", "record"}


LEVELS = {"INFO", "WARN", "ERROR"}
