"""The settings' parameters against the functions: what a template lets through must not stop a function's start."""

import os
import re
import subprocess

# Of each parameter with a pattern or a range: values to try. Both sides must agree on each.
SAMPLES = {
    "CLAIM": [
        "organization", "https://example.com/tenant", "t", "x" * 128, "x" * 129, "email", "EMAIL", "emails", "sub", "Sub",
        "sub2", "cognito:groups", "Cognito:x", "dev:x", "scope", "cnf", "custom:tenantId2", "Custom:x", "profile", "website", "a b", 'a"b', "a'b", "a\\b",
        "tenänt", "a,b", "name", "name2", "identities", "phone_number_verified", "jti", "a\tb", "~!@#$%^&*()",
        "custom", "Custom", "cognito", "dev", "customer",
    ],
    "CLAIMS": ["id", "id,name", "name,tier,roles,id", "roles", "id,", ",id", "groups", "ID", "id;name", "name,name"],
    "GROUP_FORMAT": [
        "{role}", "{tenant_id}:{role}", "{tenant_id}:{role},tier-{tier}", "a", "A.b-c_d:e", "{role},", ",{role}",
        "{rolle}", "a,b c", "{role", "role}", "{}", "{role} x", "a,b,c", "{role}{role}", "ä",
    ],
    "IAM_ROLE_ALLOWLIST": [
        "arn:aws:iam::111122223333:role/app-*", "arn:aws:iam::111122223333:role/a,arn:aws:iam::111122223333:role/b",
        "*", "role/x", "arn:aws:iam::111122223333:role/a,", "arn:aws:iam::111122223333:role/a,b", "arn:x",
    ],
    "TENANT_ATTRIBUTE": [
        "custom:tenantId", "custom:t", "custom:" + "x" * 20, "custom:" + "x" * 21, "custom:", "tenantId", "email",
        'custom:a"b', "custom:a\\b", "custom:a b", "custom:a'b", "custom:ä",
    ],
    "MARKER_SCOPE": [
        "tenancy/member", "a/b", "https:api/read:all", "x" * 128 + "/" + "y" * 128, "x" * 129 + "/y", "x/" + "y" * 129,
        "tenancy", "/member", "tenancy/", "a/b/c", "a b/c", 'a"b/c', "a/b\\c", "a'b/c", "ä/b", "a/b\t", "aws.cognito/x",
        "AWS.Cognito/x", "aws.cognito.signin.user.admin", "awscognito/x",
    ],
    "CLAIM_BYTES_MAX": ["64", "65536", "4096", "63", "65537", "0", "-1", "1e3", "4096.5"],
    "TENANT_CACHE_SECONDS": ["0", "30", "3600", "3601", "-1", "1.5"],
    "TENANT_STALE_SECONDS": ["0", "600", "86400", "86401", "-1"],
    "MODE": ["enforce", "observe", "Enforce", "off"],
    "UNBOUND_MACHINE": ["bare", "refuse", "drop"],
    "POOL_GROUPS": ["drop", "keep", "merge"],
    "REDEEM": ["on", "off", "On", "true"],
    "POOL_TENANT": ["acme", "a-1", "x" * 63, "x" * 64, "ab", "Acme", "a b", "a#b", "acme,globex"],
    "UNINVITED": ["refuse", "admit", "allow"],
    # With blanks of Unicode, which a pattern of ASCII lets through.
    "EMAIL_VERIFIED_PROVIDERS": [
        "Okta", "Okta,Entra-ID", "Müller_SAML", "x" * 32, "x" * 33, "ü" * 32, "Okta,", ",Okta", "Okta,,Entra", "Okta, Entra",
        "Entra ID", "a#b", 'a"b', "a\tb", "a\x7fb", "a\x85b", "a\xa0b", "a\u2003b", "a\u200bb", "a\u3000b",
    ],
    # Of the router.
    "DEFAULT_CELL": ["shared-1", "a", "x" * 40, "x" * 41, "Shared", "a b", "a_b"],
    "HOST_SUFFIX": ["app.example.com", "a.b", "xn--bcher-kva.example", "example", "app.example.com/x", "app..example.com", "-a.example"],
    "APP_LOGIN_URL": [
        "https://{slug}.app.example.com/login", "https://app.example.com/t/{slug}/login", "https://app.example.com/login",
        "https://x-{slug}.app.example.com/", "http://app.example.com/login", "https://app.{slug}.example.com/login",
        "https://{slug}.app.example.com/{slug}", "https://app.example.com/login?t={slug}", "https://app.example.com/#{slug}",
        "https://{name}.example.com/", "https://user@app.example.com/", "https://app.example.com//x", "app.example.com/{slug}",
    ],
    "DEFAULT_LOGIN_URL": [
        "https://app.example.com/login", "https://app.example.com", "https://app.example.com:8443/x", "http://app.example.com/",
        "https://app.example.com/{slug}", "https://app.example.com/?x", "https://app.example.com/#x", "https://a@b.example.com/", "/login",
    ],
    "SUPPORT_URL": ["https://example.com/help", "http://example.com/help", "mailto:a@example.com", "https://example.com/?x", "javascript:1"],
    "ALLOWED_ORIGINS": [
        "https://app.example.com", "https://*.app.example.com", "https://a.example.com,https://b.example.com", "*", "null",
        "https://app.example.com/", "https://*", "https://*.com", "http://*.app.example.com", "app.example.com",
    ],
    "BRAND_NAME": ["Sign in", "Ácme & Söhne", "x" * 60, "x" * 61, "a\tb", "a\nb"],
    "PASS_HINT": ["on", "off", "On"],
    "SHOW_NAME": ["on", "off", "yes"],
    "PUBLIC_LIST": ["on", "off", "yes"],
    "ROUTE_CACHE_SECONDS": ["0", "30", "3600", "3601", "-1", "1.5"],
    "ROUTE_STALE_SECONDS": ["0", "600", "86400", "86401", "-1"],
    # Of the authorizer.
    "CLIENT_IDS": [
        "any", "1example23456789", "anybody,bounds", "any,1example23456789", "1example23456789,any", "1example23456789,bound", "any,bound",
        "1example23456789,2example23456789", "a_b+c-d", "a,", "a, b", "a#b", "x" * 129,
    ],
    "ISSUER_FORM": ["original", "updated", "both", "new"],
    "TOKEN_USE": ["access", "id", "either", "refresh"],
    "REQUIRED_SCOPES": [
        "tenancy/member", "orders/read orders/write", "https://api.example.com/read", "a  b", " a", 'a"b', "a\\b", "a\tb",
    ],
    "RESPONSE": ["auto", "policy", "simple"],
    "TOKEN_SOURCE": ["header", "query:token", "query:access_token", "query:a-b", "query:", "query:a b", "cookie", "query:a&b"],
    "LIVE_CHECK": ["none", "tenant", "member", "always"],
    "TENANCY_TABLE": ["tenancy", "a.b-c_D3", "ab", "ten ancy"],
    "LEEWAY_SECONDS": ["0", "30", "300", "301", "-1", "1.5"],
    "MAX_TOKEN_AGE_SECONDS": ["60", "900", "86400", "59", "86401", "-1"],
    "JWKS_SECONDS": ["300", "3600", "86400", "299", "86401"],
    "USER_POOL_IDS": ["eu-west-1_AbCdEf123", "us-gov-west-1_AbCdEf123", "eu-west-1_Ab Cd", "eu-west-1_Ab#", "x" * 56],
}

# Settings that share their samples.
SAME = {
    "CLAIM_TENANT_ID": "CLAIM", "CLAIM_TENANT_NAME": "CLAIM", "CLAIM_TENANT_TIER": "CLAIM", "CLAIM_TENANT_ROLES": "CLAIM",
    "CLAIM_TENANT_FEATURES": "CLAIM",
    "CLAIMS_ID": "CLAIMS", "CLAIMS_ACCESS": "CLAIMS",
}


def disagreements(parameters, variables, binary):
    """Compares the parameters of one function's variables with what its binary takes.

    `parameters`: the template's; `variables`: variable -> parameter; `binary`: path of the function. Gives sentences,
    one for each value that the template lets through and the function refuses, and the number of values tried. What the
    template alone refuses is no fault: it may be narrower.
    """
    found, tried = [], 0
    for variable, parameter in variables.items():
        for value in SAMPLES[SAME.get(variable, variable)]:
            tried += 1
            if takes(parameters[parameter], value) and not starts(binary, variable, value):
                found.append(f"{parameter} lets `{value}` through, and the function does not start with it")
    return found, tried


def documented_values_pass(parameters, variables, binary):
    """The other way round: a value that the function takes and the template does not is named, for a human to judge."""
    return [
        f"{parameter}: `{value}`"
        for variable, parameter in variables.items()
        for value in SAMPLES[SAME.get(variable, variable)]
        if starts(binary, variable, value) and not takes(parameters[parameter], value)
    ]


def takes(parameter, value):
    """Whether CloudFormation takes a value of a parameter."""
    if "AllowedValues" in parameter:
        return value in [str(allowed) for allowed in parameter["AllowedValues"]]
    if parameter["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return False
        return parameter["MinValue"] <= number <= parameter["MaxValue"]
    if len(value) > parameter.get("MaxLength", 4096):
        return False
    return re.fullmatch(parameter["AllowedPattern"], value) is not None


def starts(binary, variable, value):
    """Whether a function takes a setting. It is started without a Runtime API, and ends by itself."""
    environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
        "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "TENANCY_TABLE": "tenancy",
        # The authorizer must have both.
        "USER_POOL_IDS": "eu-west-1_AbCdEf123", "CLIENT_IDS": "any",
        # And the router these.
        "DEFAULT_CELL": "shared-1", "HOST_SUFFIX": "app.example.com",
        "APP_LOGIN_URL": "https://{slug}.app.example.com/login", "DEFAULT_LOGIN_URL": "https://app.example.com/login",
        variable: value,
    }
    if os.environ.get("LD_LIBRARY_PATH"):
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    ended = subprocess.run([binary], env=environment, capture_output=True, text=True, timeout=60, check=False)
    return "config.invalid" not in ended.stdout + ended.stderr
