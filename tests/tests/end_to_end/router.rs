//! The router: the real function on a real table.

mod calls;

use std::time::Duration;

use dev_stack::Invocation;
use dev_stack::functions::ROUTER;
use serde_json::{Value, json};

use crate::support::faults::{Fault, Proxy};
use crate::support::figures::{self, CREDENTIALS};
use crate::support::{World, items};

pub(crate) const SETTINGS: [(&str, &str); 6] = [
    ("DEFAULT_CELL", "shared-1"),
    ("HOST_SUFFIX", "app.example.com"),
    ("APP_LOGIN_URL", "https://{slug}.app.example.com/login"),
    ("DEFAULT_LOGIN_URL", "https://www.example.com/sign-in"),
    ("PUBLIC_LIST", "on"),
    ("ROUTE_CACHE_SECONDS", "3600"),
];

/// A request as an HTTP API sends it.
fn request(method: &str, path: &str, query: &str, body: Option<&str>) -> Value {
    let media_type = if path == "/start" { "application/x-www-form-urlencoded" } else { "application/json" };
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "host": "app.example.com", "content-type": media_type, "x-forwarded-proto": "https" },
        "requestContext": {
            "accountId": "123456789012", "apiId": "id", "domainName": "app.example.com", "domainPrefix": "app",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "a",
            },
            "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

pub(crate) fn of_slug(slug: &str) -> Value {
    request("GET", "/v1/route", &format!("slug={slug}"), None)
}

fn of_address(address: &str) -> Value {
    request("POST", "/v1/route", "", Some(&json!({ "email": address }).to_string()))
}

impl World {
    async fn ask(&self, event: &Value) -> Value {
        serde_json::from_str(&self.answer(ROUTER, event.to_string()).await).unwrap()
    }

    /// Whose route an event gets, by the app client; or the status.
    async fn client(&self, event: &Value) -> String {
        let answer = self.ask(event).await;
        if answer["statusCode"] != 200 {
            return answer["statusCode"].to_string();
        }
        let route: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        route["clientId"].as_str().unwrap().to_owned()
    }
}

/// Two cells; `acme` in its own, `globex` in the default one. The router has just been started.
pub(crate) async fn world(settings: &[(&str, &str)]) -> World {
    let world = World::start().await;
    world.put(items::cell("shared-1", "eu-west-1_Shared1")).await;
    world.put(items::cell("silo", "eu-west-1_Acme")).await;
    world.put(items::but(items::tenant("acme"), json!({ "cell": "silo", "provider": "AcmeOkta" }))).await;
    world.put(items::tenant("globex")).await;
    for (slug, domain) in [("acme", "acme.com"), ("globex", "globex.example")] {
        world.put(items::slug(slug, slug)).await;
        world.put(items::mail_domain(domain, slug)).await;
    }
    world.put(items::listed("acme", "acme", "Acme")).await;
    world.configure(&[settings, &SETTINGS].concat()).await;
    world
}

#[tokio::test]
async fn a_route_is_found_with_the_role_and_the_role_allows_no_more() {
    let world = world(&[]).await;

    assert_eq!(world.client(&of_slug("acme")).await, "silo-client");
    assert_eq!(world.client(&of_address("ana@acme.com")).await, "silo-client");
    let (known, unknown) = (world.ask(&of_slug("globex")).await, world.ask(&of_slug("nobody")).await);
    assert_eq!(known, unknown, "byte for byte");
    assert_eq!(known["headers"]["cache-control"], "public, max-age=10");
    let list = world.ask(&request("GET", "/v1/tenants", "", None)).await;
    assert_eq!(list["body"], r#"{"tenants":[{"slug":"acme","name":"Acme"}]}"#);
    let sent = world.ask(&request("POST", "/start", "", Some("q=ana%40acme.com"))).await;
    assert_eq!(sent["headers"]["location"], "https://acme.app.example.com/login#login_hint=ana%40acme.com");
    world.put(items::cell("new", "eu-west-1_New")).await;
    world.put(items::but(items::tenant("initech"), json!({ "cell": "new" }))).await;
    world.put(items::slug("initech", "initech")).await;
    assert_eq!(
        world.client(&of_slug("initech")).await,
        "new-client",
        "the cells were read before it existed"
    );

    let role = &world.roles[ROUTER];
    assert_eq!(role.used(), role.allowed());
    let report = world.reports(ROUTER, 1).await.remove(0);
    assert_eq!((&report["Outcome"], &report["Routed"]), (&json!("routed"), &json!(1)));
    assert_eq!((&report["tenantId"], &report["cell"]), (&json!("acme"), &json!("silo")));
    assert_eq!((&report["route"], &report["status"]), (&json!("GET /v1/route"), &json!("200")));
}

#[tokio::test]
async fn when_the_table_is_silent_a_route_that_was_served_is_served_on_and_a_new_one_is_not() {
    let world = world(&[]).await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let changes = [("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()), ("ROUTE_CACHE_SECONDS", "1")];
    let settings: Vec<_> = SETTINGS.into_iter().filter(|(name, _)| *name != "ROUTE_CACHE_SECONDS").collect();
    world.configure(&[&changes[..], &settings].concat()).await;
    let before = world.ask(&of_slug("acme")).await;
    let unknown = world.ask(&of_slug("nobody")).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    table.spoil("", Fault::INTERNAL, usize::MAX);

    assert_eq!(world.ask(&of_slug("acme")).await, before);
    assert_eq!(world.ask(&of_slug("nobody")).await, unknown, "an outage does not tell who exists");
    assert_eq!(world.client(&of_slug("globex")).await, "503");
    assert_eq!(world.client(&of_address("ana@acme.com")).await, "503");
    let page = world.ask(&request("POST", "/start", "", Some("q=globex"))).await;
    assert_eq!((&page["statusCode"], &page["headers"]["retry-after"]), (&json!(503), &json!("1")));
    assert!(page["body"].as_str().unwrap().contains("Sign-in is not available right now"));
    let reports = world.reports(ROUTER, 7).await;
    assert!(reports[2]["StaleServed"].as_u64() > Some(0), "{}", reports[2]);
    assert_eq!((&reports[4]["reason"], &reports[4]["Unavailable"]), (&json!("store_unavailable"), &json!(1)));
    let lines = world.stack.lambda().logs(ROUTER).unwrap();
    assert!(lines.iter().any(|line| line.contains("cache.stale")), "{lines:?}");

    // The outage may be old. The first request asks the table then, and the second does not.
    world.ask(&of_slug("acme")).await;
    world.ask(&of_slug("acme")).await;
    let report = world.reports(ROUTER, 9).await.remove(8);
    assert_eq!(report["StoreCalls"], 0, "a request of an outage does not wait for the table again");

    table.heal();
    assert_eq!(world.client(&of_slug("globex")).await, "globex-client".replace("globex", "shared-1"));
}

#[tokio::test]
async fn a_damaged_item_is_a_failure_of_its_tenant_alone() {
    let rows = [
        (items::but(items::slug("acme", "acme"), json!({ "tid": 7 })), "SLUG#acme / PTR"),
        (items::but(items::tenant("acme"), json!({ "cell": "No Cell" })), "TENANT#acme / META"),
        (items::but(items::tenant("acme"), json!({ "clientId": 7 })), "TENANT#acme / META"),
        (items::but(items::tenant("acme"), json!({ "provider": "a b" })), "TENANT#acme / META"),
        (items::but(items::tenant("acme"), json!({ "status": "asleep" })), "TENANT#acme / META"),
        (items::but(items::tenant("acme"), json!({ "cell": "nowhere" })), "CELL#nowhere / META"),
        (items::but(items::cell("silo", "p"), json!({ "domain": "evil.example/x" })), "CELL#silo / META"),
        (items::but(items::cell("silo", "p"), json!({ "pool": "a/b" })), "CELL#silo / META"),
        (items::but(items::cell("silo", "p"), json!({ "issuer": "javascript:x" })), "CELL#silo / META"),
        (items::but(items::cell("silo", "p"), json!({ "scopes": ["a b"] })), "CELL#silo / META"),
        (items::but(items::cell("silo", "p"), json!({ "status": "closed" })), "CELL#silo / META"),
        (items::but(items::cell("silo", "p"), json!({ "clientId": null })), "CELL#silo / META"),
        (items::but(items::cell("silo", "p"), json!({ "v": 2 })), "CELL#silo / META"),
    ];
    let world = world(&[("ROUTE_CACHE_SECONDS", "0")]).await;
    let settings: Vec<_> = SETTINGS.into_iter().filter(|(name, _)| *name != "ROUTE_CACHE_SECONDS").collect();
    world.configure(&[&[("ROUTE_CACHE_SECONDS", "0")][..], &settings].concat()).await;
    let whole = [
        items::slug("acme", "acme"),
        items::but(items::tenant("acme"), json!({ "cell": "silo" })),
        items::cell("silo", "eu-west-1_Acme"),
    ];

    for (number, (damaged, key)) in rows.into_iter().enumerate() {
        world.put_all(whole.clone()).await;
        assert_eq!(world.client(&of_slug("acme")).await, "silo-client", "{key}");
        world.put(damaged).await;

        assert_eq!(world.client(&of_slug("acme")).await, "503", "{number} {key}");
        assert_eq!(world.client(&of_slug("globex")).await, "shared-1-client", "{key}");

        let report = world.reports(ROUTER, number * 3 + 2).await.remove(number * 3 + 1);
        assert_eq!((&report["reason"], &report["event"]), (&json!("data_damaged"), &json!("data.integrity")));
        assert!(report["cause"].as_str().unwrap().contains(key), "{number} {report}");
    }
}

#[tokio::test]
async fn a_start_that_is_refused_names_every_setting_that_cannot_be() {
    let world = World::with_settings(&[
        ("DEFAULT_CELL", "No Cell"),
        ("HOST_SUFFIX", "localhost"),
        ("APP_LOGIN_URL", "http://{slug}.example.com"),
        ("TENANCY_TABLE", " "),
        ("ALLOWED_ORIGINS", "*"),
    ])
    .await;

    world.invoke(ROUTER, of_slug("acme").to_string()).await;

    let lines = world.stack.lambda().logs(ROUTER).unwrap();
    let line: Value =
        serde_json::from_str(lines.iter().find(|line| line.contains("config.invalid")).unwrap()).unwrap();
    let faults = line["faults"].as_str().unwrap();
    let names = [
        "DEFAULT_CELL",
        "HOST_SUFFIX",
        "APP_LOGIN_URL",
        "DEFAULT_LOGIN_URL",
        "TENANCY_TABLE",
        "ALLOWED_ORIGINS",
    ];
    for name in names {
        assert!(faults.split("; ").any(|fault| fault.starts_with(name)), "{name}: {faults}");
    }
}

/// Planted into what the function reads.
const CANARIES: [&str; 6] = [
    "canary.mail",
    "canary-domain",
    "Canary Tenant Name",
    "canary-header",
    "canary-query",
    "canary-slug-that-nobody-has",
];

#[tokio::test]
async fn nothing_that_is_printed_holds_an_address_a_name_or_what_a_caller_sends() {
    let world = world(&[]).await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let level = [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("RUST_LOG", "trace"),
        ("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()),
        ("SHOW_NAME", "on"),
    ];
    world.configure(&[&level[..], &SETTINGS, &CREDENTIALS].concat()).await;
    let acme = items::but(items::tenant("acme"), json!({ "name": CANARIES[2], "cell": "silo" }));
    world.put(acme.clone()).await;
    world.put(items::listed("acme", "acme", CANARIES[2])).await;
    let address = format!("{}@{}.example", CANARIES[0], CANARIES[1]);
    world.put(items::mail_domain(&format!("{}.example", CANARIES[1]), "acme")).await;
    let planted = |mut event: Value| {
        event["headers"]["x-note"] = json!(CANARIES[3]);
        event["headers"]["referer"] = json!(format!("https://app.example.com/?{address}"));
        event
    };
    let form = format!("q={}", address.replace('@', "%40"));
    let events = [
        of_address(&address),
        of_address(CANARIES[0]),
        of_slug(CANARIES[5]),
        of_slug(&address),
        request("GET", "/v1/route", &format!("email={address}&x={}", CANARIES[4]), None),
        request("GET", &format!("/{}", CANARIES[5]), "", None),
        request("POST", "/start", "", Some(&form)),
        request("POST", "/start", "", Some(&format!("{form}&q=2"))),
        request("POST", "/v1/route", "", Some(&form)),
        request("GET", "/v1/tenants", "", None),
        request("GET", "/", "", None),
        json!({ "headers": { "host": CANARIES[3] }, "body": address }),
    ];
    let mut calls = 0;
    for fault in
        [None, Some(Fault::INTERNAL), Some(Fault::NOT_ALLOWED), Some(Fault::GARBAGE), Some(Fault::Reset)]
    {
        if let Some(fault) = fault {
            table.spoil("", fault, usize::MAX);
        }
        for event in &events {
            let invocation = world.invoke(ROUTER, planted(event.clone()).to_string()).await;
            assert!(
                !matches!(invocation, Invocation::FunctionError(error) if error.error_message != "Unavailable")
            );
            calls += 1;
        }
        table.heal();
    }
    // A new start of the function forgets its lines. An event that is none of API Gateway's may have no report.
    world.reports(ROUTER, calls - 5).await;
    let earlier = world.stack.lambda().logs(ROUTER).unwrap();
    assert!(earlier.len() >= calls - 5, "{earlier:?}");
    world.put(items::but(acme, json!({ "name": 7 }))).await;
    world.configure(&[&level[..], &SETTINGS, &CREDENTIALS].concat()).await;
    world.ask(&planted(of_address(&address))).await;

    let reports = world.reports(ROUTER, 1).await;
    assert_eq!(reports[0]["reason"], "data_damaged", "after {calls} calls");
    let printed = [earlier, world.stack.lambda().logs(ROUTER).unwrap()].concat().join("\n");
    let canaries: Vec<&str> = CANARIES.into_iter().chain(CREDENTIALS.map(|(_, value)| value)).collect();
    for canary in &canaries {
        // The key of a damaged item would name a domain; here it is a tenant's.
        assert!(!printed.contains(canary), "printed {canary}: {printed}");
    }
    figures::canaries(ROUTER, &printed, canaries.len());
}
