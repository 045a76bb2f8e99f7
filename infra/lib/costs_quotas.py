"""Quotas that growth meets, in their order, and at which rate: the defaults of an account in a region.

Sources, read as stored copies of 2026: Cognito developer guide, "Quotas in Amazon Cognito"; Lambda developer
guide, "Lambda quotas" and "Lambda scaling behavior"; AWS re:Post, "Why is my on-demand DynamoDB table being
throttled?"; DynamoDB developer guide, "Understanding DynamoDB warm throughput in different scenarios".
"""

import costs_facts as facts
from costs_prices import price

USER_AUTHENTICATION = 120
USER_UPDATE = 25
USER_CREATION = 50
USER_FEDERATION = 25
CLIENT_AUTHENTICATION = 150
USER_LIST = 30
CONCURRENCY = 1_000
# Not documented; what people report of new accounts.
CONCURRENCY_NEW = 10
CALLS_EACH = 10
TABLE_WRITES, TABLE_READS = 4_000, 12_000
PARTITION_WRITES, PARTITION_READS = 1_000, 3_000

# When people work, and how much more comes at the busiest moment (3 to 1 is the example of Cognito's guide).
BUSY_SECONDS = 20 * 8 * 3600
PEAK = 3

# Write units of one redemption in one partition (`redemption` in crates/tenancy-aws/src/store.rs; 2 for an item
# of a transaction): the audit item in that of the tenant, the counter and the use in that of the invite; in
# the index, where a copy is 1, invite, membership and, once more, its stamp.
TENANT_WRITES, INVITE_WRITES, INDEX_WRITES = 2, 4, 3


def rates(plan):
    """Requests a second at the peak: tokens for users, sign-ups."""
    tokens = plan.sign_ins * (1 + plan.refreshes)
    return tokens * PEAK / BUSY_SECONDS, plan.sign_ups * PEAK / BUSY_SECONDS


def most_sign_ins(refreshes):
    """Sign-ins a month at which the peak reaches the quota of `UserAuthentication`."""
    return USER_AUTHENTICATION / PEAK * BUSY_SECONDS / (1 + refreshes)


def rows(plan, token_reads, sign_up_writes):
    """(quota, default, can it be raised, met at, then)."""
    calls = 1 + plan.refreshes
    repair, repair_most = facts.repair_rates()
    backlog = (USER_CREATION - USER_UPDATE) * 3600
    remembered = facts.cache_seconds() * 0.8
    found = [
        (
            "Cognito `UserAuthentication`: sign-ins and refreshes",
            f"{USER_AUTHENTICATION}/s",
            f"""yes, {price("cognito-rate"):.0f} USD a month for each 1/s; with managed login through
            Service Quotas alone""",
            f"""{USER_AUTHENTICATION} / {calls} = {USER_AUTHENTICATION / calls:.1f} sign-ins/s with their
            refreshes; {most_sign_ins(plan.refreshes):,.0f} a month""",
            f"""the app gets `TooManyRequestsException`, and the functions are not called. Tokens of 60
            minutes: 2 refreshes, {most_sign_ins(2):,.0f} a month. Or buy""",
        ),
        (
            "Cognito `UserUpdate`: stamping, and all else that changes users",
            f"{USER_UPDATE}/s",
            "**no**",
            f"{USER_UPDATE} sign-ups/s, {USER_UPDATE * 3600:,} an hour",
            f"""the stamp is tried three times within the call, then deferred, and the sign-up succeeds:
            membership and tokens are right, `stamp` stays `pending`, `StampDeferred` and its alarm say so.
            When it is over: `tenantctl repair stamps`, {repair} a second ({repair_most} at most, since
            others change users too). An hour at {USER_CREATION} sign-ups/s leaves {backlog:,}, which take
            {backlog / repair / 3600:.1f} h""",
        ),
        (
            "Cognito `UserCreation`: `SignUp` and `ConfirmSignUp`",
            f"{USER_CREATION}/s",
            "yes, at a price",
            f"{USER_CREATION} / 2 = {USER_CREATION // 2} sign-ups/s: as stamping; raised, stamping is first",
            "the app gets `TooManyRequestsException`",
        ),
        (
            "Cognito `UserFederation`",
            f"{USER_FEDERATION}/s",
            "yes, at a price",
            f"{USER_FEDERATION} federated sign-ins/s",
            "the same",
        ),
        (
            "Cognito `ClientAuthentication`: machines",
            f"{CLIENT_AUTHENTICATION}/s",
            "**no**",
            f"{CLIENT_AUTHENTICATION} machine tokens/s",
            "the same; machines should keep their tokens until they end",
        ),
        (
            "Lambda, calls of a function",
            f"{CALLS_EACH} x concurrency, {CONCURRENCY:,}",
            "yes, free",
            f"""{CALLS_EACH * CONCURRENCY:,}/s; a new account may have a concurrency of {CONCURRENCY_NEW}:
            {CALLS_EACH * CONCURRENCY_NEW}/s, below Cognito's {USER_AUTHENTICATION}""",
            """sign-ins fail (the alarms of throttles). Raise it before anything else;
            `PreTokenGenerationReservedConcurrency` keeps a part of it from other functions""",
        ),
        (
            "Lambda, new environments",
            f"{CONCURRENCY:,} in 10 s for a function",
            "no",
            "not by these functions: Cognito lets less through",
            "-",
        ),
        (
            "DynamoDB, a new table on demand",
            f"{TABLE_WRITES:,} writes/s, {TABLE_READS:,} reads/s",
            "grows to double the last peak; warm throughput",
            f"""{TABLE_WRITES:,} / {sign_up_writes} = {TABLE_WRITES // sign_up_writes:,} sign-ups/s;
            {TABLE_READS:,} / {token_reads} = {TABLE_READS // token_reads:,} tokens/s""",
            """the SDK tries three times, a redemption six times; then `UNAVAILABLE`, and the next sign-in
            finishes it""",
        ),
        (
            "DynamoDB, a partition",
            f"{PARTITION_WRITES:,} writes/s, {PARTITION_READS:,} reads/s",
            "no",
            f"""users are spread. One tenant: {PARTITION_WRITES:,} / {INDEX_WRITES} =
            {PARTITION_WRITES // INDEX_WRITES} sign-ups/s (index), {PARTITION_WRITES:,} / {TENANT_WRITES} =
            {PARTITION_WRITES // TENANT_WRITES} (audit). One invite for many: {PARTITION_WRITES:,} /
            {INVITE_WRITES} = {PARTITION_WRITES // INVITE_WRITES}, and its counter collides sooner. A
            tenant's record is read once in {remembered:.0f} s at most by each environment: {CONCURRENCY:,}
            of them make {CONCURRENCY / remembered:.0f} reads/s""",
            "the same",
        ),
        ("Cognito `UserList`", f"{USER_LIST}/s", "**no**", "only `tenantctl`", "it waits"),
    ]
    return [[" ".join(cell.split()) for cell in row] for row in found]
