"""router.yaml in front of the pool: an HTTP API, and routes through it."""

import json
import urllib.error
import urllib.request

HOST = "app.example.com"
# ministack asks for none; it only has to look like one.
CERTIFICATE = "arn:aws:acm:eu-west-1:000000000000:certificate/00000000-0000-0000-0000-000000000000"
SETTINGS = {
    "HostSuffix": HOST,
    "CertificateArn": CERTIFICATE,
    "DefaultCell": "lobby",
    "AppLoginUrl": f"https://{{slug}}.{HOST}/login",
    "DefaultLoginUrl": "https://www.example.com/sign-in",
}


def front_door(checks, ministack, stacks, template, table, operator, sign_in):
    """The template deployed, a tenant and a stranger routed, a setting changed, and everything deleted."""
    url, settings = stacks.upload(template), {**SETTINGS, "TenancyTable": table}
    with checks.step("tenantctl makes two cells, places the tenant, and sets its mail domain"):
        lobby = ["--user-pool-id", "eu-west-1_Lobby0001", "--client-id", "lobbyclient", "--domain", "lobby.example.com"]
        own = ["--user-pool-id", sign_in.pool, "--client-id", sign_in.client, "--domain", "login.example.com"]
        operator.run("cell", "create", "lobby", *lobby, "--unchecked")
        operator.run("cell", "create", "shared-1", *own, "--unchecked")
        operator.run("tenant", "place", "acme", "--cell", "shared-1", "--unchecked")
        operator.run("domain", "set", "acme-corp.com", "--tenant", "acme")
    with checks.step("router.yaml is deployed, with both hosts"):
        router = stacks.deploy("router", url, **settings)
    what_was_made(checks, ministack, router, table)

    api = Api(ministack.url)
    checks.equal("a stranger gets the default cell", api.pool("/v1/route"), "eu-west-1_Lobby0001")
    checks.equal("a slug leads to the tenant's pool", api.pool("/v1/route?slug=acme"), sign_in.pool)
    for what, body in (("an address", {"email": "ana@acme-corp.com"}), ("a code", {"code": "acme"})):
        checks.equal(f"{what} leads to the tenant's pool", api.pool("/v1/route", body), sign_in.pool)
    status, page = api.ask("/")
    checks.that("the start page has a form", status == 200 and "<form" in page, (status, page[:200]))
    status, _ = api.ask("/v1/route", host=f"{router['ApiId']}.execute-api.localhost")
    checks.equal("the API's own host is misdirected", status, 421)

    with checks.step("router.yaml is deployed with another title of the start page"):
        stacks.deploy("router", url, **settings, BrandName="Acme Portal")
    _, page = api.ask("/")
    checks.that("the start page has it", "<title>Acme Portal</title>" in page, page[:200])
    with checks.step("the router's stack is deleted"):
        stacks.delete("router")
    left = [one["Name"] for one in ministack.client("apigatewayv2").get_apis()["Items"]]
    checks.equal("no API is left", left, [])


def what_was_made(checks, ministack, router, table):
    """The resources as the services show them."""
    function, alias = router["RouterArn"].rsplit(":", 1)
    functions, api = ministack.client("lambda"), ministack.client("apigatewayv2")
    shown = functions.get_function_configuration(FunctionName=router["RouterArn"])
    checks.equal("router runs on provided.al2023, 5 s, 512 MB",
                 [shown["Runtime"], shown["Timeout"], shown["MemorySize"]], ["provided.al2023", 5, 512])
    checks.equal("router has the table", shown["Environment"]["Variables"]["TENANCY_TABLE"], table)
    policy = json.loads(functions.get_policy(FunctionName=function, Qualifier=alias)["Policy"])
    of_api = f"{router['ApiId']}/$default/$default"
    pinned = [
        (statement["Principal"], statement["Action"], [arn.rsplit(":", 1)[1] for arn in source.values()])
        for statement in policy["Statement"] for source in statement["Condition"].values()
    ]
    checks.equal("its alias may be invoked by API Gateway for this API alone", pinned,
                 [({"Service": "apigateway.amazonaws.com"}, "lambda:InvokeFunction", [of_api])])
    (route,) = api.get_routes(ApiId=router["ApiId"])["Items"]
    (integration,) = api.get_integrations(ApiId=router["ApiId"])["Items"]
    checks.equal("every request goes to the alias, in payload format 2.0",
                 [route["RouteKey"], route["Target"], integration["IntegrationUri"], integration["PayloadFormatVersion"]],
                 ["$default", f"integrations/{integration['IntegrationId']}", router["RouterArn"], "2.0"])
    mapped = {
        domain["DomainName"]: [(m["ApiId"], m["Stage"]) for m in api.get_api_mappings(DomainName=domain["DomainName"])["Items"]]
        for domain in api.get_domain_names()["Items"]
    }
    to_api = [(router["ApiId"], "$default")]
    checks.equal("the shared host and the wildcard below it lead to the API", mapped, {HOST: to_api, f"*.{HOST}": to_api})


class Api:
    """The HTTP API, as callers reach it."""

    def __init__(self, url):
        self.url = url

    def ask(self, path, body=None, host=HOST):
        """The status and the text of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Host": host, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def pool(self, path, body=None):
        """The user pool of a route; or the status and the text of what is none."""
        status, text = self.ask(path, body)
        return json.loads(text)["userPoolId"] if status == 200 else (status, text)
