//! How many calls of the table each path makes. `docs/architecture.md` publishes the numbers.

use dev_stack::EventVersion;
use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::{Value, json};

use crate::support::faults::Proxy;
use crate::support::{CLIENT, CODE, EMAIL, POOL, SUB, World, items};

/// What a path costs: calls of the table, and how many of the looked-up tenants and bindings were in memory.
async fn cost(world: &World, function: &str, number: usize) -> (u64, u64, u64) {
    let report = world.reports(function, number).await.remove(number - 1);
    let count = |name: &str| report[name].as_u64().unwrap();
    (count("StoreCalls"), count("CacheHit"), count("CacheMiss"))
}

fn sign_in(change: impl FnOnce(&mut Value)) -> String {
    let mut event = json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1", "userPoolId": POOL,
        "userName": SUB, "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": {
            "userAttributes": { "sub": SUB, "email": EMAIL, "email_verified": "true", "custom:tenantId": "acme" },
            "scopes": [],
        },
        "response": { "claimsAndScopeOverrideDetails": null },
    });
    change(&mut event);
    event.to_string()
}

async fn cached_world() -> World {
    let world = World::with_settings(&[("TENANT_CACHE_SECONDS", "3600")]).await;
    world.put(items::tenant("acme")).await;
    world.put(items::tenant("globex")).await;
    world
}

#[tokio::test]
async fn a_cold_sign_in_reads_three_items_at_once_and_a_warm_one_reads_one() {
    let world = cached_world().await;
    world.put(items::member(POOL, SUB, "acme", &["admin"])).await;

    world.answer(PRE_TOKEN_GENERATION, sign_in(|_| ())).await;
    world.answer(PRE_TOKEN_GENERATION, sign_in(|_| ())).await;

    assert_eq!(
        cost(&world, PRE_TOKEN_GENERATION, 1).await,
        (3, 0, 2),
        "user, tenant by the stamp, client binding"
    );
    assert_eq!(cost(&world, PRE_TOKEN_GENERATION, 2).await, (1, 2, 0), "memberships are never remembered");
}

#[tokio::test]
async fn a_first_sign_in_opens_no_connection() {
    let world = World::with_settings(&[]).await;
    world.put(items::tenant("acme")).await;
    world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    world.configure(&[("AWS_ENDPOINT_URL_DYNAMODB", &table.url)]).await;

    // Refused before any call. So what was asked until here is the start.
    world.refusal(PRE_TOKEN_GENERATION, "{}".to_owned()).await;
    let started = (table.seen().len(), table.connections());
    world.answer(PRE_TOKEN_GENERATION, sign_in(|_| ())).await;

    assert_eq!(started, (4, 3));
    assert_eq!((table.seen().len(), table.connections()), (7, 3));
}

#[tokio::test]
async fn a_wrong_or_missing_stamp_costs_one_read_more_at_most() {
    let world = cached_world().await;
    world.put(items::member(POOL, SUB, "acme", &["admin"])).await;
    let set = |stamp: Value| sign_in(|event| event["request"]["userAttributes"]["custom:tenantId"] = stamp);

    world.answer(PRE_TOKEN_GENERATION, set(json!("globex"))).await;
    let wrong = world.reports(PRE_TOKEN_GENERATION, 1).await;
    assert_eq!(
        wrong[0]["StoreCalls"], 4,
        "user, the stamp's tenant and client binding, then the right tenant"
    );
    world.configure(&[("TENANT_CACHE_SECONDS", "3600")]).await;
    world.answer(PRE_TOKEN_GENERATION, set(json!(null))).await;

    let reports = world.reports(PRE_TOKEN_GENERATION, 1).await;
    assert_eq!(reports[0]["StoreCalls"], 3, "user and client binding, then the tenant: no stamp");
}

#[tokio::test]
async fn a_machine_reads_its_binding_and_then_its_tenant() {
    let world = cached_world().await;
    let machine = json!({
        "version": "3", "triggerSource": "TokenGeneration_ClientCredentials", "userPoolId": POOL,
        "callerContext": { "clientId": CLIENT }, "request": {}, "response": {},
    })
    .to_string();

    let unbound = machine.replace(CLIENT, "anotherclient");
    world.put(items::client(POOL, CLIENT, "globex", "machine")).await;
    world.answer(PRE_TOKEN_GENERATION, &machine).await;
    world.answer(PRE_TOKEN_GENERATION, &machine).await;
    world.answer(PRE_TOKEN_GENERATION, &unbound).await;

    assert_eq!(cost(&world, PRE_TOKEN_GENERATION, 3).await, (1, 0, 1), "no binding");
    assert_eq!(cost(&world, PRE_TOKEN_GENERATION, 1).await, (2, 0, 2));
    assert_eq!(cost(&world, PRE_TOKEN_GENERATION, 2).await, (0, 2, 0));
}

#[tokio::test]
async fn a_late_redemption_by_code_takes_seven_calls() {
    let world = cached_world().await;
    world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;

    let event = sign_in(|event| event["request"]["clientMetadata"] = json!({ "inviteCode": CODE }));
    world.answer(PRE_TOKEN_GENERATION, event).await;

    let (calls, _, _) = cost(&world, PRE_TOKEN_GENERATION, 1).await;
    assert_eq!(calls, 7, "three at once; invite and use at once; the invite's tenant; the write");
}

#[tokio::test]
async fn redeeming_by_the_address_takes_nine_calls_at_sign_in() {
    let world = cached_world().await;
    world.put(items::but(items::invite(CODE, "acme", &["viewer"], 1), json!({ "email": EMAIL }))).await;
    world.put(items::pointer(EMAIL, "acme", CODE)).await;

    let verified = |event: &mut Value| event["request"]["userAttributes"]["email_verified"] = json!("true");
    world.answer(PRE_TOKEN_GENERATION, sign_in(verified)).await;

    let (calls, _, _) = cost(&world, PRE_TOKEN_GENERATION, 1).await;
    assert_eq!(calls, 9, "three at once; pointers; invite and use; its tenant and its pointer; the write");
}

#[tokio::test]
async fn the_stamp_is_one_call_of_the_table_and_a_repetition_writes_nothing() {
    let world = cached_world().await;
    world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
    let pool = world.user_pool(EventVersion::V2);
    let sub = pool.sign_up(EMAIL).await;
    let confirmation = |metadata: Value| {
        json!({
            "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "userPoolId": pool.id, "userName": sub,
            "request": {
                "userAttributes": { "sub": sub, "email": EMAIL, "email_verified": "true" }, "clientMetadata": metadata,
            },
            "response": {},
        })
        .to_string()
    };

    world.refusal(POST_CONFIRMATION, confirmation(json!(null))).await;
    world.answer(POST_CONFIRMATION, confirmation(json!({ "inviteCode": CODE }))).await;
    world.answer(POST_CONFIRMATION, confirmation(json!({ "inviteCode": CODE }))).await;

    assert_eq!(
        cost(&world, POST_CONFIRMATION, 1).await.0,
        3,
        "user; pointers: no invite; the user once more"
    );
    assert_eq!(
        cost(&world, POST_CONFIRMATION, 2).await.0,
        6,
        "user; invite and use; tenant; the write; the stamp's note"
    );
    assert_eq!(cost(&world, POST_CONFIRMATION, 3).await.0, 3, "user; invite and use");
}

#[tokio::test]
async fn a_code_is_redeemed_in_three_round_trips_and_the_stamp_is_a_fourth() {
    let world = World::start().await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    world.configure(&[("AWS_ENDPOINT_URL_DYNAMODB", &table.url)]).await;
    world.put(items::tenant("acme")).await;
    world.put(items::invite(CODE, "acme", &["viewer"], 2)).await;
    let pool = world.user_pool(EventVersion::V2);
    let sub = pool.sign_up(EMAIL).await;
    let confirmation = json!({
        "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "userPoolId": pool.id, "userName": sub,
        "callerContext": { "clientId": CLIENT },
        "request": { "userAttributes": { "sub": sub }, "clientMetadata": { "inviteCode": CODE } }, "response": {},
    });
    let late = sign_in(|event| event["request"]["clientMetadata"] = json!({ "inviteCode": CODE }));
    // So many calls are made at the same time: none is answered before all have arrived. The others follow each other.
    let together = |calls| table.hold(calls);
    // The warm-up is over.
    let without_code = json!({ "request": { "userAttributes": { "sub": SUB } }, "triggerSource": "PostConfirmation_ConfirmSignUp", "userPoolId": POOL, "version": "1", "response": {} });
    world.refusal(POST_CONFIRMATION, without_code.to_string()).await;
    world.refusal(PRE_TOKEN_GENERATION, sign_in(|_| ())).await;

    together(4);
    world.answer(POST_CONFIRMATION, confirmation.to_string()).await;
    let confirmed = table.seen().len();
    together(5);
    world.answer(PRE_TOKEN_GENERATION, late).await;

    assert_eq!(confirmed, 7, "user, client binding, invite and use; tenant; the join; the stamp's note");
    assert_eq!(
        table.seen().len(),
        7,
        "user, client binding, hinted tenant, invite and use; tenant; the join"
    );
}

#[tokio::test]
async fn joining_by_an_identity_provider_takes_five_calls() {
    let world = cached_world().await;
    world
        .put(json!({
            "pk": format!("IDP#{POOL}#Saml"), "sk": "PTR", "et": "idp", "v": 1, "tid": "acme", "join": true,
            "defaultRoles": [], "emailTrusted": false, "groupRoles": {},
        }))
        .await;
    let federated = |sub: &str, source: &str| {
        let sub = sub.to_owned();
        sign_in(move |event| {
            event["triggerSource"] = json!(source);
            event["userName"] = json!(null);
            event["request"]["userAttributes"] = json!({
                "sub": sub, "cognito:user_status": "EXTERNAL_PROVIDER", "identities": "[{\"providerName\":\"Saml\"}]",
            });
        })
    };

    world.answer(PRE_TOKEN_GENERATION, federated("late", "TokenGeneration_HostedAuth")).await;
    world.answer(POST_CONFIRMATION, federated("first", "PostConfirmation_ConfirmSignUp")).await;

    let (late, _, _) = cost(&world, PRE_TOKEN_GENERATION, 1).await;
    assert_eq!(late, 5, "user and client binding at once; the provider's binding; its tenant; the write");
    let (first, _, _) = cost(&world, POST_CONFIRMATION, 1).await;
    assert_eq!(first, 5, "the same. No user name, so no stamp");
}

#[tokio::test]
async fn a_confirmation_with_a_code_takes_five_calls_and_one_that_is_not_ours_none() {
    let world = cached_world().await;
    world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;
    let confirmation = json!({
        "version": "1", "triggerSource": "PostConfirmation_ConfirmSignUp", "userPoolId": POOL,
        "request": { "userAttributes": { "sub": SUB }, "clientMetadata": { "inviteCode": CODE } }, "response": {},
    })
    .to_string();

    world.answer(POST_CONFIRMATION, &confirmation).await;
    world.answer(POST_CONFIRMATION, confirmation.replace("ConfirmSignUp", "ConfirmForgotPassword")).await;

    let (calls, _, _) = cost(&world, POST_CONFIRMATION, 1).await;
    assert_eq!(calls, 5, "user; invite and use at once; tenant; the write. No user name, so no stamp");
    assert_eq!(cost(&world, POST_CONFIRMATION, 2).await.0, 0);
}
