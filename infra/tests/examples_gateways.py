"""The gateways of infra/examples in Terraform and CDK demand what those of the templates demand.

The templates themselves (http-api.yaml, rest-api.yaml, alb.yaml) are linted and held against infra/rules like
template.yaml; what is here is compared with them. Each function gives sentences, one for each difference.
"""

from checks.situations import stack

MARKER = "tenancy/member"
HEADER = {"overwrite:header.x-tenant-id": "$context.authorizer.claims.tenant_id"}


def expected(name, kind):
    """Properties of the one resource of a type in a template, everything in its final form."""
    template = stack(f"examples/{name}.yaml", "defaults")
    (resource,) = template.of_type(kind)
    return template.properties(resource)


def claims_of_balancer():
    """Name, format and values of the claims that alb.yaml demands; of the app client, none."""
    actions = expected("alb", "AWS::ElasticLoadBalancingV2::ListenerRule")["Actions"]
    claims = actions[0]["JwtValidationConfig"]["AdditionalClaims"]
    return sorted(claim(one["Name"], one["Format"], one["Values"]) for one in claims)


def claim(name, form, values):
    return (name, form, () if name == "client_id" else tuple(values))


# -- Terraform -----------------------------------------------------------------------------------------------


def of_terraform(code):
    """`code`: gateways/main.tf as a tree (examples.Terraform)."""
    from examples import plain

    route = code.the("aws_apigatewayv2_route")
    if [code.value(scope) for scope in route["authorization_scopes"]] != [MARKER]:
        yield f"the route's scopes are {route['authorization_scopes']}, and the marker must stand alone"
    if plain(route["authorization_type"]) != "JWT" or "aws_apigatewayv2_authorizer." not in route["authorizer_id"]:
        yield "the route has no JWT authorizer"
    mapped = code.the("aws_apigatewayv2_integration")["request_parameters"]
    if {plain(name): plain(value) for name, value in mapped.items()} != HEADER:
        yield f"the tenant must come from the token alone, and not by {mapped}"

    rest = code.the("aws_cloudformation_stack")
    if "rest-api.yaml" not in rest["template_body"]:
        yield "the REST API must be rest-api.yaml"
    given = {plain(name): code.value(value) for name, value in rest["parameters"].items()}
    declared = stack("examples/rest-api.yaml", "defaults").template["Parameters"]
    if set(given) != set(declared):
        yield f"rest-api.yaml has other parameters: {', '.join(sorted(set(given) ^ set(declared)))}"
    if given.get("MarkerScope") != MARKER:
        yield f"MarkerScope is {given.get('MarkerScope')}"

    first, second = code.the("aws_lb_listener_rule")["action"]
    if (plain(first["type"]), first["order"], plain(second["type"])) != ("jwt-validation", 1, "forward"):
        yield "the load balancer must verify before it forwards"
    found = [
        claim(plain(one["name"]), plain(one["format"]), [code.value(value) for value in one["values"]])
        for one in first["jwt_validation"][0]["additional_claim"]
    ]
    if sorted(found) != claims_of_balancer():
        yield f"the load balancer demands {sorted(found)}, and alb.yaml {claims_of_balancer()}"


TERRAFORM_MISTAKES = [
    ("authorization_scopes = [var.marker_scope]", 'authorization_scopes = [var.marker_scope, "orders/read"]'),
    ("authorization_scopes = [var.marker_scope]", "authorization_scopes = []"),
    ('authorization_type = "JWT"', 'authorization_type = "NONE"'),
    ('"overwrite:header.x-tenant-id"', '"append:header.x-tenant-id"'),
    ("    MarkerScope  = var.marker_scope\n", ""),
    ('default     = "tenancy/member"', 'default     = "openid"'),
    ('format = "space-separated-values"', 'format = "single-string"'),
    ('values = ["access"]', 'values = ["access", "id"]'),
    ("    order = 1", "    order = 3"),
]


# -- CDK -----------------------------------------------------------------------------------------------------


def of_cdk(stacks):
    """`stacks`: what gateways.js makes, by name."""
    routes = _of_type(stacks["HttpApi"], "AWS::ApiGatewayV2::Route")
    for route in routes:
        if route.get("AuthorizationScopes") != [MARKER] or route.get("AuthorizationType") != "JWT":
            yield f"the route's scopes are {route.get('AuthorizationScopes')}, and the marker must stand alone"
    for integration in _of_type(stacks["HttpApi"], "AWS::ApiGatewayV2::Integration"):
        if integration.get("RequestParameters") != HEADER:
            yield f"the tenant must come from the token alone, and not by {integration.get('RequestParameters')}"

    wanted = expected("rest-api", "AWS::ApiGateway::Authorizer")["JwtConfiguration"]
    for authorizer in _of_type(stacks["RestApi"], "AWS::ApiGateway::Authorizer"):
        found = authorizer.get("JwtConfiguration", {})
        if _demands(found) != _demands(wanted):
            yield f"the authorizer demands {_demands(found)}, and that of rest-api.yaml {_demands(wanted)}"
    for method in _of_type(stacks["RestApi"], "AWS::ApiGateway::Method"):
        wanted = expected("rest-api", "AWS::ApiGateway::Method")
        for key in ("AuthorizationType", "AuthorizationScopes"):
            if method.get(key) != wanted[key]:
                yield f"the method's {key} is {method.get(key)}, and {wanted[key]} in rest-api.yaml"

    for rule in _of_type(stacks["LoadBalancer"], "AWS::ElasticLoadBalancingV2::ListenerRule"):
        order = [action["Type"] for action in sorted(rule["Actions"], key=lambda action: action["Order"])]
        if order != ["jwt-validation", "forward"]:
            yield "the load balancer must verify before it forwards"
        claims = [
            claim(one["Name"], one["Format"], one["Values"])
            for action in rule["Actions"]
            for one in action.get("JwtValidationConfig", {}).get("AdditionalClaims", [])
        ]
        if sorted(claims) != claims_of_balancer():
            yield f"the load balancer demands {sorted(claims)}, and alb.yaml {claims_of_balancer()}"


def _demands(configuration):
    """What an authorizer demands of a token, without the pool and the app clients."""
    issuers = configuration.get("Issuers", [])
    return configuration.get("DefaultAlgorithms"), [issuer.get("AdditionalClaims") for issuer in issuers]


def _of_type(template, kind):
    found = [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == kind]
    if not found:
        raise LookupError(f"no {kind}")
    return found


CDK_MISTAKES = [
    ("defaultAuthorizationScopes: [marker]", "defaultAuthorizationScopes: [marker, 'orders/read']"),
    ("      defaultAuthorizationScopes: [marker],\n", ""),
    ("overwriteHeader", "appendHeader"),
    ("ClaimName: 'tenant_id', Format: 'SINGLE_STRING', Required: true", "ClaimName: 'tenant_id', Format: 'SINGLE_STRING'"),
    ("made.authorizationScopes = [marker]", "made.authorizationScopes = []"),
    ("order: 1,", "order: 3,"),
    ("name: 'scope'", "name: 'scp'"),
]
