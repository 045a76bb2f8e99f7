//! The claims of tokens of all kinds, as the local stack issues them. `tests/cedar` decides about those on record.

use dev_stack::{EventVersion, Triggers};
use serde_json::{Map, Value, json};

use crate::support::{CLIENT, EMAIL, POOL, SUB, UserPool, World, items, payload};

/// Claims that differ from one sign-in to the next, except those that say who the token is for.
const OF_ONE_SIGN_IN: [&str; 6] =
    ["at_hash", "auth_time", "event_id", "jti", "origin_jti", "cognito:username"];

/// The tokens of one app client's user or machine, with the ids of the fixtures.
struct Record<'a> {
    pool: &'a UserPool<'a>,
    tokens: &'a mut Map<String, Value>,
}

impl Record<'_> {
    fn put(&mut self, name: &str, mut claims: Value) {
        let claims_of = claims.as_object_mut().unwrap();
        let machine = claims_of.get("sub") == claims_of.get("client_id");
        let fixed = [
            ("iss", json!(format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"))),
            ("sub", json!(if machine { CLIENT } else { SUB })),
            ("username", json!(SUB)),
            ("client_id", json!(CLIENT)),
            ("aud", json!(CLIENT)),
            ("iat", json!(1_800_000_000)),
            ("exp", json!(1_800_003_600)),
        ];
        assert!(claims_of["iss"].as_str().unwrap().ends_with(&self.pool.id), "{claims_of:?}");
        for (claim, value) in fixed {
            if let Some(issued) = claims_of.get_mut(claim) {
                *issued = value;
            }
        }
        claims_of.retain(|claim, _| !OF_ONE_SIGN_IN.contains(&claim.as_str()));
        self.tokens.insert(name.to_owned(), claims);
    }
}

/// Ana with each role in `acme` and, after a switch, in `globex`; and once more when the trigger is detached.
async fn users(world: &World, tokens: &mut Map<String, Value>) {
    let pool = world.user_pool(EventVersion::V2);
    let sub = pool.ana_joins_acme().await;
    let mut record = Record { pool: &pool, tokens };
    world.put(items::tenant("globex")).await;
    for (name, roles) in
        [("viewer", &["viewer"][..]), ("admin", &["admin"]), ("guest", &["guest"]), ("no role", &[])]
    {
        world.put(items::member(&pool.id, &sub, "acme", roles)).await;
        record.put(name, pool.sign_in(EMAIL).await.unwrap().access);
    }
    world.put(items::member(&pool.id, &sub, "globex", &["admin"])).await;
    let refresh_token = pool.sign_in(EMAIL).await.unwrap().refresh_token.unwrap();
    record
        .put("admin of globex", pool.switch(&refresh_token, &[("tenantId", "globex")]).await.unwrap().access);
    world.put(items::but(items::tenant("acme"), json!({ "tier": "enterprise" }))).await;
    world.put(items::member(&pool.id, &sub, "acme", &["admin"])).await;
    let enterprise = pool.sign_in(EMAIL).await.unwrap();
    record.put("admin, tier enterprise", enterprise.access);
    record.put("ID token", enterprise.id);

    world.stack.cognito().set_triggers(&pool.id, &Triggers::default()).unwrap();
    record.put("no trigger", pool.sign_in(EMAIL).await.unwrap().access);
}

/// Event version 1: only the ID token has the tenant, and the roles are one text.
async fn users_of_version_1(world: &World, tokens: &mut Map<String, Value>) {
    let pool = world.user_pool(EventVersion::V1);
    let sub = pool.ana_joins_acme().await;
    world.put(items::member(&pool.id, &sub, "acme", &["admin", "viewer"])).await;

    let issued = pool.sign_in(EMAIL).await.unwrap();

    let mut record = Record { pool: &pool, tokens };
    record.put("V1", issued.access);
    record.put("V1, ID token", issued.id);
}

/// Event version 3: a machine of `acme`, and one whose app client is bound to no tenant.
async fn machines(world: &World, tokens: &mut Map<String, Value>) {
    let pool = world.user_pool(EventVersion::V3);
    world.put(items::tenant("acme")).await;
    let mut record = Record { pool: &pool, tokens };
    for (name, scope, bound) in [
        ("machine", "orders/read", true),
        ("machine that writes", "orders/write", true),
        ("machine without a tenant", "orders/read", false),
    ] {
        let machine = pool.machine(scope);
        if bound {
            world.put(items::client(&pool.id, &machine.client, "acme", "machine")).await;
        }
        record.put(name, payload(&machine.client_credentials().await.unwrap()));
    }
}

#[tokio::test]
async fn tokens_of_all_kinds_have_the_claims_on_record() {
    let world = World::start().await;
    let mut tokens = Map::new();

    users(&world, &mut tokens).await;
    users_of_version_1(&world, &mut tokens).await;
    machines(&world, &mut tokens).await;

    insta::assert_json_snapshot!(tokens);
}
