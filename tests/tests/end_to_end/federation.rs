//! Users of an identity provider: the binding decides whose tenant they join, never what the provider says of tenants.

use dev_stack::EventVersion;
use dev_stack::cognito::FederatedUser;
use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::{Value, json};

use crate::support::{CLIENT, CODE, EMAIL, POOL, SUB, World, items, payload};

const PROVIDER: &str = "AcmeSaml";

/// An event about a user of [`PROVIDER`], whose e-mail address Cognito does not call verified.
fn event(source: &str, change: impl FnOnce(&mut Value)) -> String {
    let identities = json!([{
        "userId": "ana-at-acme", "providerName": PROVIDER, "providerType": "SAML", "issuer": "https://idp.example.com",
        "primary": "true", "dateCreated": "1700000000000",
    }]);
    let mut event = json!({
        "version": "2", "triggerSource": source, "region": "eu-west-1", "userPoolId": POOL,
        "userName": "acmesaml_ana-at-acme", "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": {
            "userAttributes": {
                "sub": SUB, "identities": identities.to_string(), "cognito:user_status": "EXTERNAL_PROVIDER",
                "email": EMAIL, "email_verified": "false", "custom:tenantId": "globex",
            },
            "groupConfiguration": { "groupsToOverride": [format!("{POOL}_{PROVIDER}")], "iamRolesToOverride": [] },
        },
        "response": {},
    });
    change(&mut event["request"]["userAttributes"]);
    event.to_string()
}

fn first_sign_in() -> String {
    event("PostConfirmation_ConfirmSignUp", |_| ())
}

fn hosted_auth() -> String {
    event("TokenGeneration_HostedAuth", |_| ())
}

fn binding(changes: Value) -> Value {
    let binding = json!({
        "pk": format!("IDP#{POOL}#{PROVIDER}"), "sk": "PTR", "et": "idp", "v": 1, "tid": "acme", "join": true,
        "defaultRoles": ["staff"], "emailTrusted": false, "groupRoles": {},
    });
    items::but(binding, changes)
}

async fn world(binding: Value) -> World {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    world.put(items::tenant("globex")).await;
    world.put(binding).await;
    world
}

async fn members(world: &World) -> Vec<String> {
    let items = world.items().await;
    let members = items.values().filter(|item| item["et"] == "member");
    members.map(|member| format!("{} {}", member["tid"].as_str().unwrap(), member["roles"])).collect()
}

async fn tenant_of(world: &World, event: &str) -> Value {
    let reply: Value = serde_json::from_str(&world.answer(PRE_TOKEN_GENERATION, event).await).unwrap();
    let details = &reply["response"]["claimsAndScopeOverrideDetails"];
    details["accessTokenGeneration"]["claimsToAddOrOverride"]["tenant_id"].clone()
}

#[tokio::test]
async fn the_first_sign_in_joins_the_tenant_of_the_provider_and_not_that_of_an_attribute() {
    let world = world(binding(json!({}))).await;

    world.answer(POST_CONFIRMATION, first_sign_in()).await;

    assert_eq!(members(&world).await, ["acme [\"staff\"]"]);
    assert_eq!(tenant_of(&world, &hosted_auth()).await, "acme", "although the attribute says globex");
    let items = world.items().await;
    let audit = items.values().find(|item| item["et"] == "audit").unwrap();
    assert_eq!((&audit["action"], &audit["target"]), (&json!("idp.join"), &json!("idp:AcmeSaml")));
    world.answer(POST_CONFIRMATION, first_sign_in()).await;
    assert_eq!(world.items().await.len(), items.len(), "again: nothing more");
}

#[tokio::test]
async fn a_first_sign_in_that_broke_is_finished_by_a_later_one() {
    let world = world(binding(json!({}))).await;

    assert_eq!(tenant_of(&world, &hosted_auth()).await, "acme");

    assert_eq!(members(&world).await, ["acme [\"staff\"]"]);
}

#[tokio::test]
async fn a_federated_user_signs_in_for_the_first_time_and_later() {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    let pool = world.user_pool(EventVersion::V2);
    world.put(items::but(binding(json!({})), json!({ "pk": format!("IDP#{}#{PROVIDER}", pool.id) }))).await;
    let sign_in = async || {
        let user = FederatedUser {
            provider: PROVIDER.to_owned(),
            subject: "ana-at-acme".to_owned(),
            attributes: [("email".to_owned(), EMAIL.to_owned())].into(),
        };
        let tokens = world.stack.cognito().federated_sign_in(&pool.id, &pool.client, user).await.unwrap();
        payload(&tokens.access_token)
    };

    let (first, later) = (sign_in().await, sign_in().await);

    for token in [&first, &later] {
        assert_eq!(token["tenant_id"], "acme");
        assert_eq!(
            token["cognito:groups"],
            json!(["staff"]),
            "the pool's own group of the provider is dropped"
        );
    }
    assert_eq!(first["sub"], later["sub"]);
    assert_eq!(pool.stamp(first["username"].as_str().unwrap()).await.as_deref(), Some("acme"));
}

#[tokio::test]
async fn nobody_joins_by_a_provider_that_does_not_join_or_is_not_theirs() {
    let others = |change: Value| {
        move |attributes: &mut Value| {
            for (name, value) in change.as_object().unwrap() {
                attributes[name] = value.clone();
            }
        }
    };
    let linked = json!({ "cognito:user_status": "CONFIRMED" });
    let two = json!([{ "providerName": "Other" }, { "providerName": PROVIDER }]).to_string();
    let rows = [
        ("a binding that does not join", binding(json!({ "join": false })), others(json!({}))),
        ("a suspended tenant", binding(json!({ "tid": "globex" })), others(json!({}))),
        ("a native user with a linked identity", binding(json!({})), others(linked)),
        ("no status", binding(json!({})), others(json!({ "cognito:user_status": null }))),
        ("several providers, none primary", binding(json!({})), others(json!({ "identities": two }))),
        ("identities that are no list", binding(json!({})), others(json!({ "identities": "{}" }))),
        (
            "another provider",
            binding(json!({})),
            others(json!({ "identities": "[{\"providerName\":\"Other\"}]" })),
        ),
    ];

    for (row, binding, change) in rows {
        let world = world(binding).await;
        world.put(items::but(items::tenant("globex"), json!({ "status": "suspended" }))).await;
        let (code, _) =
            world.refusal(POST_CONFIRMATION, event("PostConfirmation_ConfirmSignUp", change)).await;
        assert_eq!(code, "INVITE_REQUIRED", "{row}");
        assert_eq!(members(&world).await, Vec::<String>::new(), "{row}");
    }
}

#[tokio::test]
async fn a_removed_member_does_not_come_back_through_the_provider() {
    let world = world(binding(json!({}))).await;
    world.put(items::but(items::member(POOL, SUB, "acme", &["staff"]), json!({ "status": "removed" }))).await;

    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, hosted_auth()).await.0, "NO_TENANT");
}

#[tokio::test]
async fn the_providers_address_counts_only_where_it_is_trusted_and_fresh() {
    let invited = |world: World| async move {
        world.put(items::but(items::invite(CODE, "globex", &["guest"], 1), json!({ "email": EMAIL }))).await;
        world.put(items::pointer(EMAIL, "globex", CODE)).await;
        world
    };
    let no_join = |trusted: bool| binding(json!({ "join": false, "emailTrusted": trusted }));

    let distrusting = invited(world(no_join(false)).await).await;
    assert_eq!(distrusting.refusal(PRE_TOKEN_GENERATION, hosted_auth()).await.0, "NO_TENANT");

    let trusting = invited(world(no_join(true)).await).await;
    for source in ["TokenGeneration_RefreshTokens", "TokenGeneration_Authentication"] {
        let (code, _) = trusting.refusal(PRE_TOKEN_GENERATION, event(source, |_| ())).await;
        assert_eq!(code, "NO_TENANT", "{source}: by then the user may have changed the address");
    }
    assert_eq!(tenant_of(&trusting, &hosted_auth()).await, "globex");
}

#[tokio::test]
async fn an_invite_of_another_tenant_does_not_take_the_place_of_the_providers_own() {
    let world = world(binding(json!({ "emailTrusted": true }))).await;
    world.put(items::but(items::invite(CODE, "globex", &["guest"], 1), json!({ "email": EMAIL }))).await;
    world.put(items::pointer(EMAIL, "globex", CODE)).await;

    world.answer(POST_CONFIRMATION, first_sign_in()).await;

    assert_eq!(members(&world).await, ["acme [\"staff\"]", "globex [\"guest\"]"], "both, by one write");
    assert_eq!(tenant_of(&world, &hosted_auth()).await, "globex", "the invite's tenant is the default");
    world.put(items::client(POOL, CLIENT, "acme", "required")).await;
    assert_eq!(tenant_of(&world, &hosted_auth()).await, "acme", "and the own tenant's client lets them in");
}

#[tokio::test]
async fn an_address_is_not_trusted_where_it_could_be_another_providers() {
    let world = world(binding(json!({ "join": false, "emailTrusted": true }))).await;
    world.put(items::but(items::invite(CODE, "globex", &["guest"], 1), json!({ "email": EMAIL }))).await;
    world.put(items::pointer(EMAIL, "globex", CODE)).await;
    let two = json!([{ "providerName": PROVIDER, "primary": "true" }, { "providerName": "Other", "primary": "false" }]);
    let linked =
        event("TokenGeneration_HostedAuth", |attributes| attributes["identities"] = json!(two.to_string()));

    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, linked).await.0, "NO_TENANT");
}

#[tokio::test]
async fn what_a_provider_may_is_read_anew_for_every_redemption() {
    let world = World::with_settings(&[("TENANT_CACHE_SECONDS", "3600")]).await;
    world.put(items::tenant("acme")).await;
    world.put(binding(json!({}))).await;
    let of = |sub: &str| event("TokenGeneration_HostedAuth", |attributes| attributes["sub"] = json!(sub));
    assert_eq!(tenant_of(&world, &of("first")).await, "acme");

    world.put(binding(json!({ "defaultRoles": ["visitor"] }))).await;
    assert_eq!(tenant_of(&world, &of("second")).await, "acme");
    world.put(binding(json!({ "join": false }))).await;
    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, of("third")).await.0, "NO_TENANT");
    world.put(binding(json!({}))).await;
    world.put(items::but(items::tenant("acme"), json!({ "status": "suspended" }))).await;
    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, of("fourth")).await.0, "NO_TENANT");

    assert_eq!(members(&world).await, ["acme [\"staff\"]", "acme [\"visitor\"]"]);
}

#[tokio::test]
async fn a_damaged_binding_is_refused_and_never_guessed() {
    let rows = [
        ("whose `join` is a text", json!({ "join": "true" })),
        ("without `join`", json!({ "join": null })),
        ("without `emailTrusted`", json!({ "emailTrusted": null })),
        ("of a tenant that does not exist", json!({ "tid": "nowhere" })),
        ("without a tenant", json!({ "tid": null })),
        ("with a role of two words", json!({ "defaultRoles": ["a b"] })),
        ("with groups that are a list", json!({ "groupRoles": [] })),
        ("that is another entity", json!({ "et": "client" })),
        ("of another version", json!({ "v": 2 })),
    ];

    for (row, change) in rows {
        let world = world(binding(change)).await;
        assert_eq!(
            world.refusal(POST_CONFIRMATION, first_sign_in()).await.0,
            "UNAVAILABLE",
            "a binding {row}"
        );
        assert_eq!(members(&world).await, Vec::<String>::new(), "{row}");
    }
}

#[tokio::test]
async fn a_client_of_one_tenant_gives_nothing_to_users_of_anothers_provider() {
    let world = world(binding(json!({}))).await;
    world.put(items::client(POOL, CLIENT, "globex", "required")).await;

    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, hosted_auth()).await.0, "WRONG_TENANT");
}
