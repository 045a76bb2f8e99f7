"""What infra/check looks at, one idea a file: each check gives its findings, sentences that say what and
why."""

# The names of the checks, in the order of the report.
NAMES = [
    "lint",
    "sam",
    "guard",
    "checkov",
    "permissions",
    "settings",
    "record",
    "values",
    "metrics",
    "alarms",
    "dashboard",
    "filters",
    "names",
    "cedar",
    "figures",
    "isolation",
    "examples",
]
