//! An API behind the authorizer, from the sign-up to the answer that API Gateway gets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dev_stack::functions::AUTHORIZER;
use dev_stack::{EventVersion, Invocation, Triggers};
use serde_json::{Value, json};

use crate::support::faults::{Fault, Proxy};
use crate::support::figures::{self, CREDENTIALS};
use crate::support::{CODE, EMAIL, UserPool, World, fixture, fixtures, items};

const FORMS: [&str; 5] =
    ["rest-token.json", "rest-request.json", "websocket-connect.json", "http-1.json", "http-2.json"];

/// A published event with this token.
pub(crate) fn event(case: &str, token: &str) -> String {
    String::from_utf8(fixture("authorizer", case)).unwrap().replace("<token>", token)
}

/// What the client of an API gets (API Gateway developer guide, "Output from an API Gateway Lambda authorizer").
pub(crate) fn status(invocation: &Invocation) -> u16 {
    match invocation {
        Invocation::FunctionError(error) if error.error_message == "Unauthorized" => 401,
        Invocation::Ok(answer) => {
            let answer: Value = serde_json::from_slice(answer).unwrap();
            let effect = &answer["policyDocument"]["Statement"][0]["Effect"];
            match (effect.as_str(), answer["isAuthorized"].as_bool()) {
                (Some("Allow"), None) | (None, Some(true)) => 200,
                (Some("Deny"), None) | (None, Some(false)) => 403,
                _ => panic!("no answer that API Gateway understands: {answer}"),
            }
        }
        _ => 500,
    }
}

impl UserPool<'_> {
    /// Starts an authorizer for the tokens of this pool and its app client.
    pub(crate) async fn protect(&self, settings: &[(&str, &str)]) {
        let mut all = vec![("USER_POOL_IDS", self.id.as_str()), ("CLIENT_IDS", self.client.as_str())];
        all.extend(settings);
        self.world.configure(&all).await;
    }

    async fn request(&self, case: &str, token: &str) -> u16 {
        status(&self.world.invoke(AUTHORIZER, event(case, token)).await)
    }

    /// A new access token of Ana.
    pub(crate) async fn access_token(&self) -> String {
        self.sign_in(EMAIL).await.unwrap().access_token
    }
}

/// Ana, a member of `acme`, and an authorizer with these settings.
pub(crate) async fn protected<'a>(world: &'a World, settings: &[(&str, &str)]) -> (UserPool<'a>, String) {
    let pool = world.user_pool(EventVersion::V2);
    let sub = pool.ana_joins_acme().await;
    pool.protect(settings).await;
    (pool, sub)
}

#[tokio::test]
async fn a_member_gets_in_at_every_kind_of_api_and_the_api_learns_the_tenant() {
    let world = World::start().await;
    let (pool, sub) = protected(&world, &[]).await;
    let token = pool.access_token().await;

    for case in FORMS {
        let answer: Value =
            serde_json::from_str(&world.answer(AUTHORIZER, event(case, &token)).await).unwrap();

        let context = &answer["context"];
        assert_eq!(
            (&context["tenantId"], &context["tenantRoles"]),
            (&json!("acme"), &json!("viewer")),
            "{case}"
        );
        assert_eq!((&context["sub"], &context["userPoolId"]), (&json!(sub), &json!(pool.id)), "{case}");
    }
    let report = world.reports(AUTHORIZER, 5).await.remove(0);
    assert_eq!(
        (&report["Outcome"], &report["Allowed"], &report["ColdStart"]),
        (&json!("allowed"), &json!(1), &json!(1))
    );
    assert_eq!((&report["tenantId"], &report["eventForm"]), (&json!("acme"), &json!("rest_token")));
    assert_eq!((&report["StoreCalls"], &report["apiStage"]), (&json!(0), &json!("abcdef123/test")));
    let role = &world.roles[AUTHORIZER];
    assert_eq!(role.used().len(), 0, "without a live check nothing is read");
}

#[tokio::test]
async fn without_the_trigger_there_are_tokens_and_nobody_gets_in() {
    let world = World::start().await;
    let (pool, _) = protected(&world, &[]).await;
    let before = pool.access_token().await;

    world.stack.cognito().set_triggers(&pool.id, &Triggers::default()).unwrap();
    let after = pool.sign_in(EMAIL).await.unwrap();

    assert_eq!(pool.request("rest-token.json", &before).await, 200, "until it expires");
    for case in ["rest-token.json", "rest-request.json", "websocket-connect.json"] {
        let refusal = world.refusal(AUTHORIZER, event(case, &after.access_token)).await;
        assert_eq!(refusal.1, "Unauthorized", "{case}");
    }
    for case in ["http-1.json", "http-2.json"] {
        assert_eq!(pool.request(case, &after.access_token).await, 403, "{case}");
    }
    // The stamp is still in the ID token, and it is not the tenant.
    assert_eq!(pool.request("rest-token.json", &after.id_token).await, 401);
    let reports = world.reports(AUTHORIZER, 7).await;
    assert_eq!((&reports[1]["reason"], &reports[1]["Refused"]), (&json!("no_tenant"), &json!(1)));
    assert_eq!(reports[6]["reason"], "token_use");
}

#[tokio::test]
async fn a_token_of_another_pool_or_app_client_is_refused() {
    let world = World::start().await;
    let (pool, _) = protected(&world, &[]).await;
    let token = pool.access_token().await;

    // The stack signs for all its pools with the same keys, so only the settings can tell.
    let other_pool = world.user_pool(EventVersion::V2);
    other_pool.protect(&[("CLIENT_IDS", &pool.client)]).await;
    assert_eq!(pool.request("rest-token.json", &token).await, 401);
    pool.protect(&[("CLIENT_IDS", "another")]).await;
    assert_eq!(pool.request("rest-token.json", &token).await, 401);

    pool.protect(&[("CLIENT_IDS", "any")]).await;
    assert_eq!(pool.request("rest-token.json", &token).await, 200);
}

#[tokio::test]
async fn a_removed_member_and_a_suspended_tenant_are_out_at_the_next_call() {
    let world = World::start().await;
    let (pool, sub) = protected(&world, &[("LIVE_CHECK", "member"), ("CLIENT_IDS", "bound")]).await;
    world.put(items::client(&pool.id, &pool.client, "acme", "required")).await;
    let token = pool.access_token().await;
    let member = items::member(&pool.id, &sub, "acme", &["viewer"]);
    assert_eq!(pool.request("rest-token.json", &token).await, 200);
    let role = &world.roles[AUTHORIZER];
    assert_eq!(role.used(), role.allowed(), "the role allows what is needed and no more");

    for status in ["suspended", "removed"] {
        world.put(items::but(member.clone(), json!({ "status": status }))).await;
        for case in FORMS {
            assert_eq!(pool.request(case, &token).await, 403, "{status}, {case}");
        }
    }
    world.put(member).await;
    assert_eq!(pool.request("http-2.json", &token).await, 200);

    world.put(items::but(items::tenant("acme"), json!({ "status": "suspended" }))).await;
    for case in FORMS {
        assert_eq!(pool.request(case, &token).await, 403, "{case}");
    }
    world.put(items::tenant("acme")).await;

    world.put(items::client(&pool.id, &pool.client, "globex", "required")).await;
    assert_eq!(pool.request("rest-token.json", &token).await, 401);
    world.delete(&format!("CLIENT#{}#{}", pool.id, pool.client), "PTR").await;
    assert_eq!(pool.request("rest-token.json", &token).await, 401);
}

#[tokio::test]
async fn a_damaged_item_of_another_tenant_does_not_matter() {
    let world = World::start().await;
    let (pool, sub) = protected(&world, &[("LIVE_CHECK", "member")]).await;
    let token = pool.access_token().await;
    let other = items::member(&pool.id, &sub, "globex", &[]);
    world.put(items::but(other, json!({ "status": 7 }))).await;
    assert_eq!(pool.request("rest-token.json", &token).await, 200);

    let own = items::member(&pool.id, &sub, "acme", &[]);
    world.put(items::but(own, json!({ "status": 7 }))).await;

    assert_eq!(pool.request("rest-token.json", &token).await, 500);
    let report = world.reports(AUTHORIZER, 2).await.remove(1);
    assert_eq!((&report["reason"], &report["event"]), (&json!("data_damaged"), &json!("data.integrity")));
}

#[tokio::test]
async fn when_the_table_is_silent_a_tenant_last_seen_active_is_served_and_a_membership_never_is() {
    let world = World::start().await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let cached = [
        ("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()),
        ("TENANT_CACHE_SECONDS", "1"),
        ("TENANT_STALE_SECONDS", "600"),
    ];
    let (pool, _) = protected(&world, &[&cached[..], &[("LIVE_CHECK", "tenant")]].concat()).await;
    let token = pool.access_token().await;
    assert_eq!(pool.request("rest-token.json", &token).await, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;

    table.spoil("GetItem", Fault::INTERNAL, 1_000);
    assert_eq!(pool.request("rest-token.json", &token).await, 200);

    let report = world.reports(AUTHORIZER, 2).await.remove(1);
    assert_eq!((&report["StaleServed"], &report["tenantId"]), (&json!(1), &json!("acme")));
    let lines = world.stack.lambda().logs(AUTHORIZER).unwrap();
    assert!(lines.iter().any(|line| line.contains("cache.stale")), "{lines:?}");

    table.heal();
    pool.protect(&[&cached[..], &[("LIVE_CHECK", "member")]].concat()).await;
    assert_eq!(pool.request("rest-token.json", &token).await, 200);
    for (round, fault) in [Fault::INTERNAL, Fault::NOT_ALLOWED].into_iter().enumerate() {
        table.spoil("GetItem", fault, 1_000);
        for case in FORMS {
            assert_eq!(
                world.refusal(AUTHORIZER, event(case, &token)).await.1,
                "Unavailable",
                "{case} {fault:?}"
            );
        }
        for report in &world.reports(AUTHORIZER, 1 + (round + 1) * FORMS.len()).await[1..] {
            assert_eq!(report["reason"], "store_unavailable");
        }
    }
    table.heal();
    assert_eq!(pool.request("rest-token.json", &token).await, 200, "nothing is left of the outage");
}

#[tokio::test]
async fn keys_out_of_reach_are_no_verdict_about_the_token_and_the_function_starts() {
    let world = World::start().await;
    // A port on which nobody listens.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let pool = "eu-west-1_Gone";
    let endpoint = format!("http://{gone}");
    world
        .configure(&[
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &endpoint),
            ("USER_POOL_IDS", pool),
            ("CLIENT_IDS", "any"),
        ])
        .await;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let (header, claims) =
        (json!({ "alg": "RS256", "kid": "k" }), json!({ "iss": format!("{endpoint}/{pool}") }));
    let token = format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode([0; 256]));

    for case in FORMS {
        let refusal = world.refusal(AUTHORIZER, event(case, &token)).await;
        assert_eq!(refusal, ("Unavailable".to_owned(), "Unavailable".to_owned()), "{case}");
    }

    let report = world.reports(AUTHORIZER, 5).await.remove(0);
    assert_eq!((&report["reason"], &report["Unavailable"]), (&json!("keys_unavailable"), &json!(1)));
    assert_eq!(world.stack.lambda().cold_starts(AUTHORIZER).unwrap(), 1);
}

#[tokio::test]
async fn hostile_events_are_unavailable_and_the_process_lives() {
    let world = World::start().await;
    let (pool, _) = protected(&world, &[]).await;
    let token = pool.access_token().await;
    let deep = format!("{}1{}", "{\"headers\":".repeat(100_000), "}".repeat(100_000));
    let mut events: Vec<_> = fixtures("hostile").iter().map(|case| fixture("hostile", case)).collect();
    events.extend([deep.into_bytes(), format!("\"{}\"", "x".repeat(1 << 20)).into_bytes()]);

    for (number, event) in events.iter().enumerate() {
        assert_eq!(world.refusal(AUTHORIZER, event).await.1, "Unavailable", "{number}");
    }
    let large = event("rest-request.json", &"x".repeat(1 << 20));
    assert_eq!(world.refusal(AUTHORIZER, large).await.1, "Unauthorized");

    assert_eq!(pool.request("rest-request.json", &token).await, 200);
    assert_eq!(world.stack.lambda().cold_starts(AUTHORIZER).unwrap(), 1, "one process served them all");
    assert_eq!(world.reports(AUTHORIZER, 1).await[0]["event"], "event.invalid");
}

#[tokio::test]
async fn a_start_that_is_refused_names_every_setting_that_cannot_be() {
    let world = World::with_settings(&[
        ("USER_POOL_IDS", "nonsense/x"),
        ("CLIENT_IDS", "bound"),
        ("TENANCY_TABLE", " "),
        ("LIVE_CHECK", "often"),
        ("JWKS_SECONDS", "1"),
    ])
    .await;

    world.invoke(AUTHORIZER, event("rest-token.json", "t")).await;

    let lines = world.stack.lambda().logs(AUTHORIZER).unwrap();
    let line: Value =
        serde_json::from_str(lines.iter().find(|line| line.contains("config.invalid")).unwrap()).unwrap();
    let faults = line["faults"].as_str().unwrap();
    for name in ["USER_POOL_IDS", "TENANCY_TABLE", "LIVE_CHECK", "JWKS_SECONDS"] {
        assert!(faults.split("; ").any(|fault| fault.starts_with(name)), "{name}: {faults}");
    }
}

/// Planted into what the function reads.
const CANARIES: [&str; 4] =
    ["canary.mail@example.com", "Canary Tenant Name", "canary-header", "canary-query"];

#[tokio::test]
async fn nothing_that_is_printed_holds_a_token_a_name_or_an_address() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::but(items::tenant("acme"), json!({ "name": CANARIES[1] }))).await;
    world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
    let sub = pool.sign_up(CANARIES[0]).await;
    pool.confirm(CANARIES[0], Some(CODE)).await.unwrap();
    let tokens = pool.sign_in(CANARIES[0]).await.unwrap();
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    let settings = [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("RUST_LOG", "trace"),
        ("LIVE_CHECK", "member"),
        ("TOKEN_USE", "either"),
        ("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str()),
    ];
    pool.protect(&[&settings[..], &CREDENTIALS].concat()).await;
    let planted = |token: &str| {
        let request = event("rest-request.json", token).replace("no-cache", CANARIES[2]);
        request.replace("queryValue1", CANARIES[3])
    };

    let (broken, _) = tokens.access_token.split_at(tokens.access_token.len() - 8);
    for token in [&tokens.access_token, &tokens.id_token, broken, CANARIES[0], ""] {
        world.invoke(AUTHORIZER, planted(token)).await;
        world.invoke(AUTHORIZER, planted(token).replace("execute-api", CANARIES[2])).await;
    }
    for fault in [Fault::INTERNAL, Fault::NOT_ALLOWED, Fault::GARBAGE, Fault::Reset] {
        table.spoil("", fault, 1_000);
        world.invoke(AUTHORIZER, planted(&tokens.access_token)).await;
        table.heal();
    }
    world.put(items::but(items::tenant("acme"), json!({ "name": 7 }))).await;
    world.invoke(AUTHORIZER, planted(&tokens.access_token)).await;
    world.reports(AUTHORIZER, 15).await;

    let printed = world.stack.lambda().logs(AUTHORIZER).unwrap().join("\n");
    let parts = [&tokens.access_token, &tokens.id_token].map(|token| token.split('.').map(str::to_owned));
    let credentials = CREDENTIALS.map(|(_, value)| value.to_owned());
    let canaries: Vec<String> = CANARIES
        .map(str::to_owned)
        .into_iter()
        .chain(parts.into_iter().flatten())
        .chain(credentials)
        .collect();
    for canary in &canaries {
        assert!(!printed.contains(canary), "printed {canary}: {printed}");
    }
    figures::canaries(AUTHORIZER, &printed, canaries.len());
    assert!(printed.contains(&sub), "the sub may be printed, and shows that something was");
}
