//! What the functions' roles allow: `infra/permissions.json`. Every test here runs with it enforced (`support/role.rs`), so
//! that nothing is missing from it; this file is about what nobody needs.

use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::{Value, json};

use crate::support::{CLIENT, CODE, EMAIL, POOL, SUB, World, items};

fn event(source: &str, attributes: &Value, metadata: &Value) -> String {
    json!({
        "version": "2", "triggerSource": source, "region": "eu-west-1", "userPoolId": POOL,
        "userName": SUB, "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": { "userAttributes": attributes, "clientMetadata": metadata },
        "response": {},
    })
    .to_string()
}

/// All the ways to join: by an invite's code, by the address, by the identity provider; and a default tenant that moves.
async fn join_in_every_way(function: &str, source: &str) -> World {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    world.put(items::tenant("globex")).await;
    let own = json!({ "sub": SUB, "email": EMAIL, "email_verified": "true" });
    let bound = items::but(items::invite(CODE, "acme", &["viewer"], 1), json!({ "email": EMAIL }));
    world.put(bound).await;
    world.put(items::pointer(EMAIL, "acme", CODE)).await;
    world.answer(function, event(source, &own, &json!({ "inviteCode": CODE }))).await;

    let provider = "AcmeSaml";
    world
        .put(json!({
            "pk": format!("IDP#{POOL}#{provider}"), "sk": "PTR", "et": "idp", "v": 1, "tid": "globex", "join": true,
            "defaultRoles": ["staff"], "emailTrusted": false, "groupRoles": {},
        }))
        .await;
    let third = "6f0c3a52-9f1e-4a86-8f5b-0b1c2d3e4f51";
    let by_address = json!({ "sub": third, "email": "carl@example.com", "email_verified": "true" });
    let code = "inv_ZZZZZZZZZZZZZZZZZZZZZZZZZZ";
    world.put_all(items::invite_of("carl@example.com", code, "globex", &["staff"], 1_700_000_000)).await;
    world.answer(function, event(source, &by_address, &json!({}))).await;
    let identities = json!([{ "userId": "ben", "providerName": provider, "primary": "true" }]);
    let federated = json!({
        "sub": "5f0c3a52-9f1e-4a86-8f5b-0b1c2d3e4f50", "identities": identities.to_string(),
        "cognito:user_status": "EXTERNAL_PROVIDER", "email": "ben@example.com", "email_verified": "true",
    });
    world.answer(function, event(source, &federated, &json!({}))).await;
    assert_eq!(world.count("USER#", "TENANT#").await, 3, "all have joined");
    world
}

#[tokio::test]
async fn post_confirmation_needs_everything_that_its_role_allows() {
    let world = join_in_every_way(POST_CONFIRMATION, "PostConfirmation_ConfirmSignUp").await;

    let role = &world.roles[POST_CONFIRMATION];
    assert_eq!(role.used(), role.allowed());
}

#[tokio::test]
async fn pre_token_generation_needs_everything_that_its_role_allows() {
    let world = join_in_every_way(PRE_TOKEN_GENERATION, "TokenGeneration_HostedAuth").await;

    let role = &world.roles[PRE_TOKEN_GENERATION];
    assert_eq!(role.used(), role.allowed());
}

#[tokio::test]
async fn another_pools_keys_are_refused() {
    let world = World::start().await;
    world.put(items::tenant("acme")).await;
    world.put(items::invite(CODE, "acme", &["viewer"], 2)).await;
    let own = json!({ "sub": SUB, "email": EMAIL, "email_verified": "true" });
    let rows = [
        (POST_CONFIRMATION, "PostConfirmation_ConfirmSignUp"),
        (PRE_TOKEN_GENERATION, "TokenGeneration_Authentication"),
    ];

    for (function, source) in rows {
        let of_pool = event(source, &own, &json!({ "inviteCode": CODE }));
        let of_another = of_pool.replace(POOL, "eu-west-1_EXAMPLE02");

        let (code, _) = world.refusal(function, of_another).await;
        assert_eq!(code, "UNAVAILABLE", "{function}");
        assert_eq!(world.count("USER#eu-west-1_EXAMPLE02#", "").await, 0, "{function}");
        world.answer(function, of_pool).await;
    }
}
