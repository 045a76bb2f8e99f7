"""What a month costs: quantities first, then each times its price."""

import costs_facts as facts
from costs_prices import FREE, LITE_STEPS, price

HOURS = 730
SECONDS = HOURS * 3600
FUNCTIONS = ("post-confirmation", "pre-token-generation")

# Milliseconds that Lambda bills. Nothing was measured on AWS: there the table answers a read in 2 to 5 ms and
# a transaction in 10 to 20, and Cognito an update of a user in some tens; the functions themselves take less
# than one.
WARM_MS = {"post-confirmation": 100, "pre-token-generation": 10}
# The first phase of a new environment, which is billed: for own runtimes such as these always, for all since
# 2025-08-01 (AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase", 2025-04-29, which also says
# "under 1 %").
INIT_MS = 100
COLD_SHARE = 0.01

# How invocations end, of each function's own; the rest is `joined` and `issued`.
SHARES = {
    "post-confirmation": {"already_joined": 0.01, "denied": 0.05, "unavailable": 0.0001},
    "pre-token-generation": {"denied": 0.01, "unavailable": 0.0001},
}
USUAL = {"post-confirmation": "joined", "pre-token-generation": "issued"}

# Paths of docs/architecture.md, the dearest of the ordinary ones.
TOKEN_PATH = "sign-in, new environment, the stamp right or missing"
SIGN_UP_PATH = "the address, one invite, with the stamp"
# `tenantctl invite create --email`: the tenant checked, invite, pointer and audit item written, each 2 units,
# and the invite's copy in the index 1 (crates/tenancy-aws/src/operator/invites.rs); the tenant and the
# pointer read.
INVITE_READS, INVITE_WRITES = 2, 9
# Membership and its copy in the index, profile, two audit items, invite and its copy, use and pointer: about
# 2,000 bytes on the local stack, and 100 for each of the nine, which DynamoDB adds.
USER_BYTES = 3_000

# CloudWatch keeps log lines compressed: a fifth, as in the examples of its page of prices.
COMPRESSED = 0.2
# DynamoDB asks KMS again after five minutes, for each caller (developer guide, "Table key caching"): two
# functions, and one operator.
KEY_CALLERS = 3


class Plan:
    """What is assumed of a month; `options` are those of the command."""

    def __init__(self, sign_ins, options, **changes):
        known = facts.template()
        self.sign_ins = sign_ins
        self.refreshes = options.refreshes_per_sign_in
        self.users = options.users if options.users is not None else max(1, sign_ins // 20)
        self.sign_ups = options.sign_ups if options.sign_ups is not None else max(1, sign_ins // 100)
        self.resets = max(1, sign_ins // 100)
        self.machine_tokens = options.machine_tokens
        self.architecture = options.architecture
        self.tier = options.tier
        self.memory_mb = options.memory_mb or known["memory_mb"]
        self.retention_days = options.log_retention_days or known["retention_days"]
        self.is_traced = known["is_traced"] and not options.no_tracing
        self.app_clients = options.app_clients
        self.has_own_key = options.customer_key
        self.provisioned = options.provisioned
        self.logs_system_lines = True
        self.has_outcome_metrics = True
        for name, value in changes.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)

    def invocations(self, function):
        if function == "post-confirmation":
            return self.sign_ups + self.resets
        return self.sign_ins * (1 + self.refreshes) + self.machine_tokens


def metric_months(plan):
    """Metrics times the part of the month's hours in which they got a number."""
    total = 0.0
    for function in FUNCTIONS:
        names = facts.metrics()
        invocations = plan.invocations(function)
        total += len(names if function == "pre-token-generation" else names[:-1]) * hours(invocations) / HOURS
        if not plan.has_outcome_metrics:
            continue
        rest = invocations
        events = {}
        if function == "post-confirmation":
            events["passed"] = plan.resets
            rest -= plan.resets
        for outcome, share in SHARES[function].items():
            events[outcome] = rest * share
        events[USUAL[function]] = rest * (1 - sum(SHARES[function].values()))
        for outcome, count in events.items():
            is_sized = function == "pre-token-generation" and outcome == "issued"
            total += len(names if is_sized else names[:-1]) * hours(count) / HOURS
    invocations = sum(plan.invocations(function) for function in FUNCTIONS)
    return total + facts.template()["filter_metrics"] * hours(invocations) / HOURS


def most_metrics():
    """Every metric with every outcome: the most that can be billed."""
    names = facts.metrics()
    post = len(names[:-1]) * (1 + len(facts.outcomes("post-confirmation")))
    ends = facts.outcomes("pre-token-generation")
    token = len(names[:-1]) * (1 + len(ends)) + 1 + len(facts.SIZED_OUTCOMES & set(ends))
    return post, token, facts.template()["filter_metrics"]


def hours(events):
    """Hours of a month in which at least one of so many events falls: at most."""
    return min(HOURS, events)


def quantities(plan):
    """(name, what it is and how it is counted, how many), in the order of the tables."""
    known = facts.template()
    token_reads, _ = facts.units(TOKEN_PATH)
    sign_up_reads, sign_up_writes = facts.units(SIGN_UP_PATH)
    post, token = (plan.invocations(function) for function in FUNCTIONS)
    gigabytes = plan.memory_mb / 1024
    gb_seconds = (
        gigabytes
        / 1000
        * (
            post * (WARM_MS["post-confirmation"] + COLD_SHARE * INIT_MS)
            + token * (WARM_MS["pre-token-generation"] + COLD_SHARE * INIT_MS)
        )
    )
    kept_warm = plan.provisioned * gigabytes * SECONDS
    reads = (token + post) * COLD_SHARE + token * token_reads + plan.sign_ups * (sign_up_reads + INVITE_READS)
    writes = plan.sign_ups * (sign_up_writes + INVITE_WRITES)
    per_call = {function: facts.line_bytes(function) for function in FUNCTIONS}
    if not plan.logs_system_lines:
        per_call = {function: sizes[-1:] for function, sizes in per_call.items()}
    log_gb = sum(plan.invocations(function) * sum(per_call[function]) for function in FUNCTIONS) / 1e9
    traces = 0
    if plan.is_traced:
        calls = post + token
        first = min(calls, SECONDS)
        traces = first + 0.05 * (calls - first)
    requests = SECONDS / 300 * KEY_CALLERS if plan.has_own_key else 0
    return [
        ("post-confirmation", "invocations of post-confirmation: sign-ups + password resets", post),
        (
            "pre-token-generation",
            "invocations of pre-token-generation: sign-ins x (1 + refreshes) + machines",
            token,
        ),
        ("lambda-request", "Lambda requests: both", post + token),
        (
            "lambda-gb-second",
            f"GB-seconds: {gigabytes:g} GB x ({WARM_MS['post-confirmation']} ms x the first + "
            f"{WARM_MS['pre-token-generation']} ms x the second + {INIT_MS} ms x {COLD_SHARE:.0%} of both)",
            gb_seconds,
        ),
        ("lambda-provisioned", f"GB-seconds kept warm: {plan.provisioned} environments", kept_warm),
        (
            "dynamodb-read",
            f"read units: {token_reads} x tokens + {sign_up_reads + INVITE_READS} x sign-ups, and 1 for each "
            "new environment",
            reads,
        ),
        (
            "dynamodb-write",
            f"write units: {sign_up_writes + INVITE_WRITES} x sign-ups ({sign_up_writes} the redemption and "
            f"its stamp, {INVITE_WRITES} the making of the invite)",
            writes,
        ),
        ("dynamodb-storage", f"GB of the table: {USER_BYTES:,} bytes x users", plan.users * USER_BYTES / 1e9),
        ("metric", "custom metrics x hours with a number / 730", metric_months(plan)),
        (
            "alarm-metric",
            f"metrics of alarms: {known['alarm_metrics']} of {known['alarms']} alarms, and one for each app "
            f"client of {known['query_alarms']} queries",
            known["alarm_metrics"] + known["query_alarms"] * plan.app_clients,
        ),
        ("alarm-composite", "composite alarms", known["composite_alarms"]),
        ("dashboard", "dashboards", known["dashboards"]),
        (
            "log-ingested",
            f"GB of log lines: {sum(per_call['pre-token-generation']):,} bytes x tokens + "
            f"{sum(per_call['post-confirmation']):,} x the others",
            log_gb,
        ),
        (
            "log-stored",
            f"GB of them kept: {plan.retention_days} days, compressed to {COMPRESSED:g}",
            log_gb * plan.retention_days / (HOURS / 24) * COMPRESSED,
        ),
        ("trace", "traces: at most one a second, and 5 % of the rest", traces),
        ("key", "customer managed keys", 1 if plan.has_own_key else 0),
        ("key-request", f"requests to KMS: one in 5 minutes x {KEY_CALLERS} callers", requests),
    ]


# Rows of the bill: what it is called, and the quantities in it.
ROWS = [
    ("Lambda", ["lambda-request", "lambda-gb-second", "lambda-provisioned"]),
    ("DynamoDB", ["dynamodb-read", "dynamodb-write", "dynamodb-storage"]),
    ("CloudWatch metrics", ["metric"]),
    ("CloudWatch alarms and dashboard", ["alarm-metric", "alarm-composite", "dashboard"]),
    ("CloudWatch Logs", ["log-ingested", "log-stored"]),
    ("X-Ray", ["trace"]),
    ("KMS, with a key of your own", ["key", "key-request"]),
]


def unit_price(name, plan):
    """USD for one of a quantity; none for what is not billed by itself."""
    if name in FUNCTIONS:
        return None
    if name in ("lambda-gb-second", "lambda-provisioned"):
        return price(f"{name}-{plan.architecture}")
    if name == "dynamodb-storage":
        return price(name) + price("dynamodb-recovery")
    return price(name)


def bill(plan):
    """(row, USD), and the sum."""
    amounts = {name: amount for name, _, amount in quantities(plan)}
    rows = [(label, sum(amounts[name] * unit_price(name, plan) for name in names)) for label, names in ROWS]
    rows = [(label, dollars) for label, dollars in rows if dollars or not label.startswith(("KMS", "X-Ray"))]
    return rows, sum(dollars for _, dollars in rows)


def free_tier(plan):
    """What of it an account that has nothing else would not pay."""
    amounts = {name: amount for name, _, amount in quantities(plan)}
    off = 0.0
    for name in ("lambda-request", "lambda-gb-second", "metric", "trace"):
        off += min(amounts[name], FREE[name]) * unit_price(name, plan)
    off += min(amounts["dynamodb-storage"], FREE["dynamodb-storage"]) * price("dynamodb-storage")
    # Not the metrics of queries.
    off += min(facts.template()["alarm_metrics"], FREE["alarm-metric"]) * price("alarm-metric")
    return off + min(amounts["log-ingested"], FREE["log"]) * price("log-ingested")


def cognito(plan):
    """What Cognito asks for the users, with these functions or without: before and after its free users."""

    def of(users):
        if plan.tier != "lite":
            return users * price(f"cognito-{plan.tier}")
        total, below = 0.0, 0
        for upto, each in LITE_STEPS:
            total += max(0, min(users, upto) - below) * each
            below = upto
        return total

    free = 0 if plan.tier == "plus" else FREE["cognito-users"]
    before = of(plan.users)
    # The free ones are of the first step.
    return before, before - of(min(plan.users, free))
