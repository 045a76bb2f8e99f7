//! Every setting: what it does when it is not set, when it is, and when it cannot be. Those of modes, groups, machines and
//! sizes stand in `tokens`, those of the cache in `reads` and `failures`.

use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::{Value, json};

use crate::support::{CLIENT, EMAIL, POOL, SUB, World, items};

fn event(groups: &Value) -> String {
    json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "region": "eu-west-1", "userPoolId": POOL,
        "userName": SUB, "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": {
            "userAttributes": { "sub": SUB, "email": EMAIL, "custom:org": "acme" }, "groupConfiguration": groups,
        },
        "response": {},
    })
    .to_string()
}

async fn details(settings: &[(&str, &str)], tenant: Value, groups: &Value) -> (Value, World) {
    let world = World::with_settings(settings).await;
    world.put(tenant).await;
    world.put(items::member(POOL, SUB, "acme", &["admin", "viewer"])).await;
    let reply: Value =
        serde_json::from_str(&world.answer(PRE_TOKEN_GENERATION, event(groups)).await).unwrap();
    (reply["response"]["claimsAndScopeOverrideDetails"].clone(), world)
}

#[tokio::test]
async fn claims_can_be_renamed_and_chosen_for_each_token() {
    let settings = [
        ("CLAIM_TENANT_ID", "org_id"),
        ("CLAIM_TENANT_NAME", "https://example.com/org"),
        ("CLAIM_TENANT_TIER", "org_tier"),
        ("CLAIM_TENANT_ROLES", "org_roles"),
        ("CLAIMS_ID", "name, tier"),
        ("CLAIMS_ACCESS", "id,roles"),
        ("TENANT_ATTRIBUTE", "custom:org"),
    ];

    let (details, _) = details(&settings, items::tenant("acme"), &json!(null)).await;

    assert_eq!(
        details["idTokenGeneration"]["claimsToAddOrOverride"],
        json!({ "org_id": "acme", "https://example.com/org": "acme Inc.", "org_tier": "pro", "custom:org": "acme" }),
        "the id is always there"
    );
    assert_eq!(
        details["accessTokenGeneration"]["claimsToAddOrOverride"],
        json!({ "org_id": "acme", "org_roles": ["admin", "viewer"] })
    );
}

#[tokio::test]
async fn groups_take_the_forms_of_the_setting_where_the_tenant_lists_none() {
    let settings = [("GROUP_FORMAT", "{tenant_id}:{role}, tier-{tier}")];

    let (details, _) = details(&settings, items::tenant("acme"), &json!(null)).await;

    assert_eq!(
        details["groupOverrideDetails"]["groupsToOverride"],
        json!(["acme-admins", "billing", "acme:viewer", "tier-pro"])
    );
}

#[tokio::test]
async fn iam_roles_go_out_in_their_order_if_the_list_admits_them() {
    let arn = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let tenant = || {
        let roles = json!({
            "admin": { "groups": [], "iamRole": arn("app-admin") },
            "viewer": { "groups": [], "iamRole": "arn:aws:iam::999999999999:role/app-viewer" },
        });
        items::but(items::tenant("acme"), json!({ "roles": roles }))
    };
    let pool = json!({ "groupsToOverride": ["p"], "iamRolesToOverride": [arn("pool")], "preferredRole": arn("pool") });
    let allow = ("IAM_ROLE_ALLOWLIST", "arn:aws:iam::123456789012:role/app-*");

    let (none, world) = details(&[], tenant(), &pool).await;
    let block = &none["groupOverrideDetails"];
    assert_eq!(
        (&block["iamRolesToOverride"], block.get("preferredRole")),
        (&json!([]), None),
        "unset admits none"
    );
    let lines = world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
    assert!(
        lines.iter().any(|line| line.contains("data.integrity") && line.contains("IAM_ROLE_ALLOWLIST")),
        "{lines:?}"
    );

    let (admitted, _) = details(&[allow], tenant(), &pool).await;
    let block = &admitted["groupOverrideDetails"];
    assert_eq!(
        (&block["iamRolesToOverride"], &block["preferredRole"]),
        (&json!([arn("app-admin")]), &json!(arn("app-admin")))
    );

    let (kept, _) = details(&[("POOL_GROUPS", "keep")], items::tenant("acme"), &pool).await;
    assert_eq!(
        kept["groupOverrideDetails"],
        json!({
            "groupsToOverride": ["p", "acme-admins", "billing", "viewer"], "iamRolesToOverride": [arn("pool")],
            "preferredRole": arn("pool"),
        }),
        "without one of ours, those of the pool are kept with its groups"
    );
}

#[tokio::test]
async fn a_token_of_more_than_a_hundred_groups_is_refused() {
    let world = World::with_settings(&[("CLAIM_BYTES_MAX", "65536")]).await;
    let groups: Vec<String> = (0..101).map(|number| format!("g{number}")).collect();
    world.put(items::but(items::tenant("acme"), json!({ "roles": { "admin": { "groups": groups } } }))).await;
    world.put(items::member(POOL, SUB, "acme", &["admin"])).await;

    assert_eq!(world.refusal(PRE_TOKEN_GENERATION, event(&json!(null))).await.0, "UNAVAILABLE");
}

#[tokio::test]
async fn post_confirmation_names_every_setting_that_cannot_be() {
    let world = World::with_settings(&[
        ("TENANCY_TABLE", " "),
        ("UNINVITED", "maybe"),
        ("USER_POOL_IDS", "a b"),
        ("POOL_TENANT", "acme"),
        ("REDEEM", "no"),
        ("EMAIL_VERIFIED_PROVIDERS", "Okta,"),
        ("TENANT_ATTRIBUTE", "custom:"),
    ])
    .await;

    let faults = faults(&world, POST_CONFIRMATION).await.unwrap();

    for name in [
        "TENANCY_TABLE",
        "UNINVITED",
        "USER_POOL_IDS",
        "POOL_TENANT",
        "REDEEM",
        "EMAIL_VERIFIED_PROVIDERS",
        "TENANT_ATTRIBUTE",
    ] {
        assert!(faults.split("; ").any(|fault| fault.starts_with(name)), "{name}: {faults}");
    }
}

/// The faults of its settings that a function names when it starts; `None` when it starts.
async fn faults(world: &World, function: &str) -> Option<String> {
    world.invoke(function, "{}").await;
    let lines = world.stack.lambda().logs(function).unwrap();
    let line: Value =
        serde_json::from_str(lines.iter().find(|line| line.contains("config.invalid"))?).unwrap();
    Some(line["faults"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_pool_of_one_tenant_needs_a_tenant_and_exactly_one_pool() {
    let world = World::start().await;
    let not_one_pool = "POOL_TENANT needs exactly one pool in USER_POOL_IDS";
    let rows = [
        (POOL, "acme", None),
        (POOL, " ", None),
        ("", "acme", Some(not_one_pool)),
        (" ", "acme", Some(not_one_pool)),
        ("eu-west-1_One,eu-west-1_Two", "acme", Some(not_one_pool)),
        (POOL, "Acme Inc.", Some("POOL_TENANT is not usable")),
    ];

    for (pools, tenant, fault) in rows {
        world.configure(&[("USER_POOL_IDS", pools), ("POOL_TENANT", tenant)]).await;
        for function in [POST_CONFIRMATION, PRE_TOKEN_GENERATION] {
            let found = faults(&world, function).await;
            let Some(fault) = fault else {
                assert_eq!(found, None, "{function}: {pools}, {tenant}");
                continue;
            };
            let found = found.unwrap_or_else(|| panic!("{function} starts: {pools}, {tenant}"));
            assert!(found.starts_with(fault), "{function}: {pools}, {tenant}: {found}");
        }
    }
}

#[tokio::test]
async fn the_cache_settings_have_bounds() {
    let world =
        World::with_settings(&[("TENANT_CACHE_SECONDS", "3601"), ("TENANT_STALE_SECONDS", "-1")]).await;

    world.invoke(PRE_TOKEN_GENERATION, event(&json!(null))).await;

    let lines = world.stack.lambda().logs(PRE_TOKEN_GENERATION).unwrap();
    let line = lines.iter().find(|line| line.contains("config.invalid")).unwrap();
    assert!(line.contains("TENANT_CACHE_SECONDS") && line.contains("TENANT_STALE_SECONDS"), "{line}");
}
