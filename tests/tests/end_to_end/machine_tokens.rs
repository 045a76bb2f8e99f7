//! Machines: what a service reads from a token of client credentials, from the binding of the app client to the handler.

use dev_stack::EventVersion;
use serde_json::json;
use tenant_token::{Refusal, TokenUse};

use crate::behind_the_token::{rules, verdict};
use crate::support::{EMAIL, World, items};

#[tokio::test]
async fn a_service_reads_the_tenant_of_a_machine_whose_app_client_is_bound() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V3);
    pool.ana_joins_acme().await;
    let machine = pool.machine("orders/read");
    world.put(items::tenant("globex")).await;
    world.put(items::client(&machine.id, &machine.client, "globex", "machine")).await;

    let token = machine.client_credentials().await.unwrap();
    let token = verdict(rules(&machine).scope("orders/read"), &token).await.unwrap();

    assert!(token.is_machine());
    assert_eq!(token.tenant().as_str(), "globex");
    assert_eq!((token.tenant_name(), token.tenant_tier()), (Some("globex Inc."), Some("pro")));
    assert_eq!((token.client_id(), token.token_use()), (machine.client.as_str(), TokenUse::Access));
    assert_eq!(
        (token.subject().pool_id(), token.subject().sub()),
        (pool.id.as_str(), machine.client.as_str())
    );
    assert!(token.roles().is_empty() && token.groups().is_empty());
    // A user of the same pool is told from it, and keeps a tenant of her own.
    let user = pool.sign_in(EMAIL).await.unwrap();
    let user = verdict(rules(&pool), &user.access_token).await.unwrap();
    assert_eq!((user.tenant().as_str(), user.is_machine()), ("acme", false));
}

#[tokio::test]
async fn a_machine_without_a_tenant_is_let_in_by_no_service() {
    let world = World::start().await;
    world.put(items::tenant("globex")).await;
    // Cognito calls a trigger of event version 2 for users alone.
    for (version, bound) in [(EventVersion::V3, false), (EventVersion::V2, true)] {
        let machine = world.user_pool(version).machine("orders/read");
        if bound {
            world.put(items::client(&machine.id, &machine.client, "globex", "machine")).await;
        }

        let token = machine.client_credentials().await.unwrap();

        assert_eq!(verdict(rules(&machine), &token).await.unwrap_err(), Refusal::NoTenant, "{version:?}");
    }
}

#[tokio::test]
async fn a_machine_of_a_suspended_tenant_gets_no_token() {
    let world = World::start().await;
    let machine = world.user_pool(EventVersion::V3).machine("orders/read");
    world.put(items::client(&machine.id, &machine.client, "globex", "machine")).await;

    world.put(items::but(items::tenant("globex"), json!({ "status": "suspended" }))).await;

    assert!(machine.client_credentials().await.unwrap_err().contains("suspended"));
}
