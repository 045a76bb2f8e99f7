"""The values of parameters with which the templates are looked at."""

import functools

from checks.template import Stack, source, translated

POOL = "eu-west-1_AbCdEf123"
OTHER_POOL = "eu-west-1_Other0001"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"

# The functions of the product: the template, the name, and the resource.
OF_TEMPLATES = [
    ("template.yaml", "post-confirmation", "PostConfirmation"),
    ("template.yaml", "pre-token-generation", "PreTokenGeneration"),
    ("authorizer.yaml", "authorizer", "Authorizer"),
    ("router.yaml", "router", "Router"),
]

# What decides each condition of template.yaml: with these values it holds, with those it does not.
SWITCHES = {
    "MakesTable": ({"ExistingTableName": ""}, {"ExistingTableName": "shared-tenancy"}),
    "HasTableKey": ({"TableKeyArn": KEY}, {"TableKeyArn": ""}),
    "HasBoundary": ({"PermissionsBoundaryArn": BOUNDARY}, {"PermissionsBoundaryArn": ""}),
    "HasTopic": ({"AlarmTopicArn": TOPIC}, {"AlarmTopicArn": ""}),
    "IsTraced": ({"Tracing": "Active"}, {"Tracing": "PassThrough"}),
    "ReservesPostConfirmation": (
        {"PostConfirmationReservedConcurrency": "5"},
        {"PostConfirmationReservedConcurrency": ""},
    ),
    "ReservesPreTokenGeneration": (
        {"PreTokenGenerationReservedConcurrency": "50"},
        {"PreTokenGenerationReservedConcurrency": ""},
    ),
    "ProvisionsPreTokenGeneration": (
        {"PreTokenGenerationProvisionedConcurrency": "5"},
        {"PreTokenGenerationProvisionedConcurrency": "0"},
    ),
    "HoldsTransactionsToKeys": (
        {"LeadingKeysInTransactions": "enforced"},
        {"LeadingKeysInTransactions": "off"},
    ),
    "WatchesForDetachment": ({"DetachedAlarm": "yes"}, {"DetachedAlarm": "no"}),
}

_ALIAS = "arn:aws:lambda:eu-west-1:111122223333:function:{}:live"
_TOKENS = {"UserPoolId": POOL, "AppClientIds": "1example23456789,2example23456789"}
_BACKEND = dict(_TOKENS, BackendUrl="https://orders.example.com")
_BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:{}"
_FRONT_DOOR = {
    "HostSuffix": "app.example.com",
    "DefaultCell": "shared-1",
    "TenancyTable": "shared-tenancy",
    "AppLoginUrl": "https://{slug}.app.example.com/login",
    "DefaultLoginUrl": "https://www.example.com/login",
}
_FIRST_PASS = {"CallbackUrls": "https://app.example.com/callback"}


def _all(side):
    return {name: value for switch in SWITCHES.values() for name, value in switch[side].items()}


SITUATIONS = {
    "template.yaml": {
        "defaults": {"UserPoolId": POOL},
        "every-on": dict(_all(0), UserPoolId=POOL),
        "every-off": dict(_all(1), UserPoolId=POOL),
    },
    "user-pool.yaml": {
        "first-pass": _FIRST_PASS,
        "second-pass": dict(_FIRST_PASS, FunctionsStack="tenancy"),
        "every-on": dict(
            _FIRST_PASS,
            PostConfirmationArn=_ALIAS.format("post-confirmation"),
            PreTokenGenerationArn=_ALIAS.format("pre-token-generation"),
            LogoutUrls="https://app.example.com/",
            DomainPrefix="example-tenants",
            ApiSignIn="srp",
            SignUp="closed",
            EmailSourceArn="arn:aws:ses:eu-west-1:111122223333:identity/example.com",
            EmailFrom="Example <no-reply@example.com>",
            EventVersion="V3_0",
            Marker="yes",
        ),
    },
    "authorizer.yaml": {
        "defaults": {"HttpApiId": "a1b2c3d4e5", "UserPoolIds": POOL, "ClientIds": "1example23456789"},
        "every-on": {
            "HttpApiId": "a1b2c3d4e5",
            "RestApiId": "b1b2c3d4e5",
            "WebSocketApiId": "c1b2c3d4e5",
            "UserPoolIds": f"{POOL},{OTHER_POOL}",
            "ClientIds": "bound",
            "LiveCheck": "member",
            "TenancyTable": "shared-tenancy",
            "TableKeyArn": KEY,
            "Response": "policy",
            "TokenSource": "query:token",
            "PermissionsBoundaryArn": BOUNDARY,
            "AlarmTopicArn": TOPIC,
            "ReservedConcurrency": "50",
        },
        "every-off": {
            "RestApiId": "b1b2c3d4e5",
            "UserPoolIds": POOL,
            "ClientIds": "any",
            "TableKeyArn": KEY,
            "TenancyTable": "shared-tenancy",
            "Tracing": "PassThrough",
        },
    },
    "router.yaml": {
        "defaults": _FRONT_DOOR,
        "every-on": dict(
            _FRONT_DOOR,
            CertificateArn="arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
            TableKeyArn=KEY,
            AllowedOrigins="https://www.example.com,https://*.app.example.com",
            PassHint="off",
            ShowName="on",
            PublicList="on",
            BrandName="Example Cloud",
            SupportUrl="https://help.example.com/sign-in",
            PermissionsBoundaryArn=BOUNDARY,
            AlarmTopicArn=TOPIC,
        ),
        "every-off": dict(_FRONT_DOOR, ReservedConcurrency="", Tracing="PassThrough"),
    },
    "cedar.yaml": {"defaults": {"UserPoolId": POOL, "ClientIds": "3n4b5urk1ft4fl3mg5e62d9ado"}},
    "examples/http-api.yaml": {"defaults": _BACKEND},
    "examples/rest-api.yaml": {"defaults": _BACKEND},
    "examples/alb.yaml": {
        "defaults": {
            "UserPoolId": POOL,
            "AppClientId": "1example23456789",
            "ListenerArn": _BALANCER.format("listener/app/main/50dc6c495c0c9188/f2f7dc8efc522ab2"),
            "TargetGroupArn": _BALANCER.format("targetgroup/orders/73e2d6bc24d8a067"),
        },
    },
}


@functools.lru_cache(maxsize=None)
def stack(name, situation):
    raw, values = source(name), SITUATIONS[name][situation]
    return Stack(translated(raw, values), values)


def stacks(name):
    return {situation: stack(name, situation) for situation in SITUATIONS[name]}


def every_stack():
    """The stacks that have functions, alarms and a dashboard, in every situation."""
    for name in ("template.yaml", "authorizer.yaml", "router.yaml"):
        for situation, one in stacks(name).items():
            yield f"{name}, {situation}", one


def each():
    """Every template in every situation: `template/every-on` and the stack."""
    for name in SITUATIONS:
        for situation in SITUATIONS[name]:
            yield f"{name.removesuffix('.yaml')}/{situation}", stack(name, situation)


def findings():
    """That the situations reach everything: each condition holds in one and does not in another."""
    found = []
    for name in SITUATIONS:
        seen = {}
        for situation, one in stacks(name).items():
            found += [f"{name}, {situation}: its own rules refuse it: {why}" for why in one.refusals()]
            for condition, is_true in one.conditions.items():
                seen.setdefault(condition, set()).add(is_true)
        found += [
            f"{name}: the condition {condition} is the same in all situations; add one to"
            " lib/checks/situations.py"
            for condition, values in seen.items()
            if len(values) < 2
        ]
    unknown = set(stack("template.yaml", "defaults").conditions) ^ set(SWITCHES)
    return found + [
        f"lib/checks/situations.py: no switch, or one too many, for {name}" for name in sorted(unknown)
    ]
