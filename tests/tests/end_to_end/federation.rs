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

/// An open invite of `tenant` for the user's address.
async fn invited(world: &World, tenant: &str) {
    world.put_all(items::invite_of(EMAIL, CODE, tenant, &["guest"], 1_700_000_000)).await;
}

fn no_join(trusted: bool) -> Value {
    binding(json!({ "join": false, "emailTrusted": trusted }))
}

#[tokio::test]
async fn the_providers_address_counts_only_where_it_is_trusted_and_fresh() {
    let distrusting = world(no_join(false)).await;
    invited(&distrusting, "acme").await;
    assert_eq!(distrusting.refusal(PRE_TOKEN_GENERATION, hosted_auth()).await.0, "NO_TENANT");

    let trusting = world(no_join(true)).await;
    invited(&trusting, "acme").await;
    for source in ["TokenGeneration_RefreshTokens", "TokenGeneration_Authentication"] {
        let (code, _) = trusting.refusal(PRE_TOKEN_GENERATION, event(source, |_| ())).await;
        assert_eq!(code, "NO_TENANT", "{source}: by then the user may have changed the address");
    }
    assert_eq!(tenant_of(&trusting, &hosted_auth()).await, "acme");
    assert_eq!(members(&trusting).await, ["acme [\"guest\"]"]);
}

#[tokio::test]
async fn a_trusted_provider_does_not_take_another_tenants_invite() {
    let says_verified =
        |source: &str| event(source, |attributes| attributes["email_verified"] = json!("true"));
    for verified in [false, true] {
        let world = world(binding(json!({ "emailTrusted": true }))).await;
        invited(&world, "globex").await;
        let of = |source| if verified { says_verified(source) } else { event(source, |_| ()) };

        world.answer(POST_CONFIRMATION, of("PostConfirmation_ConfirmSignUp")).await;

        assert_eq!(members(&world).await, ["acme [\"staff\"]"], "verified: {verified}");
        assert_eq!(tenant_of(&world, &of("TokenGeneration_HostedAuth")).await, "acme");
        let invite = world.item(&format!("INVITE#{}", items::hash(CODE)), "META").await.unwrap();
        assert_eq!(invite["uses"], 0);
        let profile = world.item(&format!("USER#{POOL}#{SUB}"), "PROFILE").await.unwrap();
        assert_eq!(profile["defaultTid"], "acme", "the provider's tenant is the default");
    }
}

#[tokio::test]
async fn an_unbound_provider_opens_no_invite_whatever_it_says_and_a_listed_one_does() {
    let says_verified =
        event("TokenGeneration_HostedAuth", |attributes| attributes["email_verified"] = json!("true"));
    let unbound = World::start().await;
    unbound.put(items::tenant("globex")).await;
    invited(&unbound, "globex").await;
    assert_eq!(unbound.refusal(PRE_TOKEN_GENERATION, &says_verified).await.0, "NO_TENANT");

    unbound.configure(&[("EMAIL_VERIFIED_PROVIDERS", "Entra, AcmeSaml")]).await;

    assert_eq!(unbound.refusal(PRE_TOKEN_GENERATION, hosted_auth()).await.0, "NO_TENANT", "not verified");
    assert_eq!(tenant_of(&unbound, &says_verified).await, "globex");
}

#[tokio::test]
async fn a_linked_users_address_counts_only_for_the_tenant_of_all_their_providers() {
    let linked = |providers: Value| {
        event("TokenGeneration_HostedAuth", |attributes| {
            attributes["identities"] = json!(providers.to_string());
            attributes["cognito:user_status"] = json!("CONFIRMED");
            attributes["email_verified"] = json!("true");
        })
    };
    let saml =
        |provider: &str| json!({ "providerName": provider, "providerType": "SAML", "primary": "false" });
    let own = linked(json!([saml(PROVIDER)]));
    let with_another = linked(json!([saml(PROVIDER), saml("Other")]));

    let of_globex = world(binding(json!({ "emailTrusted": true }))).await;
    invited(&of_globex, "globex").await;
    assert_eq!(of_globex.refusal(PRE_TOKEN_GENERATION, &own).await.0, "NO_TENANT");

    let of_acme = world(binding(json!({ "emailTrusted": true }))).await;
    invited(&of_acme, "acme").await;
    assert_eq!(of_acme.refusal(PRE_TOKEN_GENERATION, &with_another).await.0, "NO_TENANT");
    assert_eq!(tenant_of(&of_acme, &own).await, "acme");
}

#[tokio::test]
async fn a_session_of_managed_login_does_not_take_another_tenants_invite() {
    // The source of a sign-in by the cookie is the same, and the user may have changed the address since.
    let changed =
        event("TokenGeneration_HostedAuth", |attributes| attributes["email"] = json!("cfo@globex.com"));
    let world = world(binding(json!({ "emailTrusted": true }))).await;
    world.put_all(items::invite_of("cfo@globex.com", CODE, "globex", &["admin"], 1_700_000_000)).await;

    assert_eq!(tenant_of(&world, &changed).await, "acme");
    assert_eq!(members(&world).await, ["acme [\"staff\"]"]);
}

#[tokio::test]
async fn a_code_proves_the_mailbox_where_the_provider_says_that_it_is_verified() {
    let with_code = |verified: &str| {
        let event =
            event("TokenGeneration_HostedAuth", |attributes| attributes["email_verified"] = json!(verified));
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event["request"]["clientMetadata"] = json!({ "inviteCode": CODE });
        event.to_string()
    };
    let world = World::start().await;
    world.put(items::tenant("globex")).await;
    invited(&world, "globex").await;

    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, with_code("false")).await.0, "INVITE_REQUIRED");
    let reports = world.reports(PRE_TOKEN_GENERATION, 1).await;
    assert_eq!(reports[0]["reason"], "address_not_verified");
    assert_eq!(tenant_of(&world, &with_code("true")).await, "globex");
}

#[tokio::test]
async fn a_binding_is_needed_only_where_it_decides() {
    let native = |code: Option<&str>| {
        let event = event("PostConfirmation_ConfirmSignUp", |attributes| {
            attributes["email_verified"] = json!("true");
        });
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event["request"]["clientMetadata"] = json!({ "inviteCode": code });
        event.to_string()
    };
    for broken in [
        binding(json!({ "join": "yes" })),
        binding(json!({ "join": false, "tid": "nowhere" })),
        binding(json!({ "tid": "nowhere" })),
    ] {
        let world = world(broken.clone()).await;
        world.put(items::invite(CODE, "globex", &["guest"], 1)).await;
        world.answer(POST_CONFIRMATION, native(Some(CODE))).await;
        assert_eq!(members(&world).await, ["globex [\"guest\"]"], "{broken}: the code needs no binding");
    }
    let joins_nobody = world(binding(json!({ "join": false, "tid": "nowhere" }))).await;
    assert_eq!(
        joins_nobody.refusal(POST_CONFIRMATION, native(None)).await.0,
        "INVITE_REQUIRED",
        "a binding that does not join needs no tenant"
    );
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
