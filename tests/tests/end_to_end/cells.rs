//! Tenants that are in some pools alone, and pools of one tenant.

use dev_stack::EventVersion;
use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use serde_json::{Value, json};
use tenant_token::Refusal;

use crate::behind_the_token::{rules, verdict};
use crate::support::{CODE, EMAIL, UserPool, World, items};

/// `tenant`, in these pools alone.
async fn put_into(world: &World, tenant: &str, pools: &[&str]) {
    let mut item = items::tenant(tenant);
    item["pools"] = json!(pools);
    world.put(item).await;
}

async fn last_reason(world: &World, function: &str, number: usize) -> Value {
    world.reports(function, number).await.remove(number - 1)["reason"].clone()
}

/// The functions' roles are then for this pool, as in the stack of its cell.
fn roles_of(pool: &UserPool<'_>) {
    pool.world.roles.values().for_each(|role| role.serve(&pool.id));
}

#[tokio::test]
async fn an_invite_of_a_tenant_in_cell_2_is_not_redeemable_in_cell_1() {
    let world = World::start().await;
    let cell_2 = world.user_pool(EventVersion::V2);
    let cell_1 = world.user_pool(EventVersion::V2);
    put_into(&world, "acme", &[&cell_2.id]).await;
    world.put(items::invite(CODE, "acme", &["viewer"], 1)).await;

    cell_1.sign_up(EMAIL).await;
    let refused = cell_1.confirm(EMAIL, Some(CODE)).await.unwrap_err();
    let no_token = cell_1.sign_in(EMAIL).await.unwrap_err();

    assert!(refused.contains("You need a valid invitation"), "{refused}");
    assert_eq!(last_reason(&world, POST_CONFIRMATION, 1).await, "other_pool");
    assert!(no_token.contains("does not belong to an organization"), "{no_token}");
    let hash = items::hash(CODE);
    assert_eq!(world.item(&format!("INVITE#{hash}"), "META").await.unwrap()["uses"], 0);

    roles_of(&cell_2);
    cell_2.sign_up(EMAIL).await;
    cell_2.confirm(EMAIL, Some(CODE)).await.unwrap();
    assert_eq!(cell_2.sign_in(EMAIL).await.unwrap().access["tenant_id"], "acme");
}

#[tokio::test]
async fn no_token_of_a_tenant_is_made_in_a_pool_that_is_not_its_own() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    let before = pool.sign_in(EMAIL).await.unwrap();

    // The tenant moves: both pools at first, then the new one alone.
    put_into(&world, "acme", &[&pool.id, "eu-west-1_New"]).await;
    let between = pool.sign_in(EMAIL).await.unwrap();
    put_into(&world, "acme", &["eu-west-1_New"]).await;
    let sign_in = pool.sign_in(EMAIL).await.unwrap_err();
    let refresh = pool.refresh(before.refresh_token.as_ref().unwrap()).await.unwrap_err();

    assert_eq!(between.id["tenant_id"], "acme");
    for refused in [&sign_in, &refresh] {
        assert!(refused.contains("Your account cannot sign in to this organization"), "{refused}");
    }
    let reports = world.reports(PRE_TOKEN_GENERATION, 4).await;
    let told = |number: usize| (&reports[number]["Outcome"], &reports[number]["reason"]);
    assert_eq!([told(2), told(3)], [(&json!("denied"), &json!("other_pool")); 2]);
    let calls: Vec<u64> = reports.iter().map(|report| report["StoreCalls"].as_u64().unwrap()).collect();
    // The refused sign-in looks for an invite, as it does for every user without a live membership.
    assert_eq!(calls, [3, 3, 5, 3], "the pools of a tenant cost no call");
}

#[tokio::test]
async fn a_pool_of_one_tenant_lets_nobody_else_in() {
    let world = World::start().await;
    let silo = world.user_pool(EventVersion::V2);
    world.put(items::tenant("acme")).await;
    world.put(items::tenant("globex")).await;
    world.put(items::invite(CODE, "globex", &["viewer"], 2)).await;
    let bob = silo.sign_up("bob@example.com").await;
    silo.confirm("bob@example.com", Some(CODE)).await.unwrap();
    assert_eq!(silo.sign_in("bob@example.com").await.unwrap().id["tenant_id"], "globex", "a shared pool");

    world.configure(&[("USER_POOL_IDS", &silo.id), ("POOL_TENANT", "acme")]).await;
    let other_member = silo.sign_in("bob@example.com").await.unwrap_err();
    silo.sign_up(EMAIL).await;
    let other_invite = silo.confirm(EMAIL, Some(CODE)).await.unwrap_err();
    world.put(items::member(&silo.id, &bob, "acme", &["viewer"])).await;

    assert!(other_member.contains("cannot sign in to this organization"), "{other_member}");
    assert!(other_invite.contains("You need a valid invitation"), "{other_invite}");
    let both = silo.sign_in("bob@example.com").await.unwrap();
    assert_eq!(both.id["tenant_id"], "acme", "the pool decides, and not the default tenant");
}

#[tokio::test]
async fn with_redeem_off_members_sign_in_and_invites_stay() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    pool.ana_joins_acme().await;
    world.put(items::invite("inv_0123456789ABCDEFGHJKMNPQRT", "acme", &["viewer"], 1)).await;

    world.configure(&[("REDEEM", "off")]).await;
    let ana = pool.sign_in(EMAIL).await;
    pool.sign_up("bob@example.com").await;
    let bob = pool.confirm("bob@example.com", Some("inv_0123456789ABCDEFGHJKMNPQRT")).await.unwrap_err();

    assert_eq!(ana.unwrap().id["tenant_id"], "acme");
    assert!(bob.contains("Sign-in is not available right now"), "{bob}");
    let reasons = world.reports(POST_CONFIRMATION, 1).await;
    assert_eq!(reasons.last().unwrap()["reason"], "redeem_off");
    world.configure(&[]).await;
    let hash = items::hash("inv_0123456789ABCDEFGHJKMNPQRT");
    assert_eq!(world.item(&format!("INVITE#{hash}"), "META").await.unwrap()["uses"], 0);
}

#[tokio::test]
async fn with_redeem_off_a_fall_back_moves_no_default() {
    let world = World::start().await;
    let pool = world.user_pool(EventVersion::V2);
    let ana = pool.ana_joins_acme().await;
    world.put(items::tenant("globex")).await;
    world.put(items::member(&pool.id, &ana, "globex", &["viewer"])).await;
    let removed = json!({ "status": "removed" });
    world.put(items::but(items::member(&pool.id, &ana, "acme", &["viewer"]), removed)).await;
    let user = format!("USER#{}#{ana}", pool.id);

    world.configure(&[("REDEEM", "off")]).await;
    let before = world.items().await;
    let fallen_back = pool.sign_in(EMAIL).await.unwrap();
    let after = world.items().await;
    world.configure(&[]).await;
    let moved = pool.sign_in(EMAIL).await.unwrap();

    assert_eq!((&fallen_back.id["tenant_id"], &moved.id["tenant_id"]), (&json!("globex"), &json!("globex")));
    assert_eq!(before[&format!("{user} / PROFILE")]["defaultTid"], "acme");
    assert_eq!(after, before, "nothing is written, also no audit item");
    assert_eq!(world.item(&user, "PROFILE").await.unwrap()["defaultTid"], "globex", "with REDEEM=on it is");
}

#[tokio::test]
async fn in_a_pool_of_one_tenant_a_machine_without_a_binding_carries_that_tenant() {
    let world = World::start().await;
    let machine = world.user_pool(EventVersion::V3).machine("orders/read");
    world.put(items::tenant("acme")).await;
    world.put(items::tenant("globex")).await;
    let shared = machine.client_credentials().await.unwrap();
    assert_eq!(verdict(rules(&machine), &shared).await.unwrap_err(), Refusal::NoTenant, "a shared pool");

    world.configure(&[("USER_POOL_IDS", &machine.id), ("POOL_TENANT", "acme")]).await;
    let unbound = machine.client_credentials().await.unwrap();
    world.put(items::client(&machine.id, &machine.client, "acme", "machine")).await;
    let bound = machine.client_credentials().await.unwrap();
    world.put(items::client(&machine.id, &machine.client, "acme", "required")).await;
    let of_users = machine.client_credentials().await.unwrap();
    world.put(items::client(&machine.id, &machine.client, "globex", "machine")).await;
    let foreign = machine.client_credentials().await.unwrap_err();

    for token in [unbound, bound] {
        let token = verdict(rules(&machine).scope("orders/read"), &token).await.unwrap();
        assert!(token.is_machine());
        assert_eq!((token.tenant().as_str(), token.tenant_name()), ("acme", Some("acme Inc.")));
    }
    assert_eq!(verdict(rules(&machine), &of_users).await.unwrap_err(), Refusal::NoTenant);
    assert!(foreign.contains("not available right now"), "another tenant than the pool's: {foreign}");
    assert_eq!(last_reason(&world, PRE_TOKEN_GENERATION, 4).await, "data_damaged");
}

#[tokio::test]
async fn a_machine_gets_no_token_of_a_tenant_that_is_suspended_or_in_other_pools() {
    let world = World::start().await;
    let machine = world.user_pool(EventVersion::V3).machine("orders/read");
    world.configure(&[("USER_POOL_IDS", &machine.id), ("POOL_TENANT", "acme")]).await;

    world.put(items::but(items::tenant("acme"), json!({ "status": "suspended" }))).await;
    let suspended = machine.client_credentials().await.unwrap_err();
    put_into(&world, "acme", &["eu-west-1_New"]).await;
    let elsewhere = machine.client_credentials().await.unwrap_err();
    world.configure(&[]).await;
    world.put(items::client(&machine.id, &machine.client, "acme", "machine")).await;
    let bound = machine.client_credentials().await.unwrap_err();

    assert!(suspended.contains("Access to this organization is suspended"), "{suspended}");
    for refused in [&elsewhere, &bound] {
        assert!(refused.contains("cannot sign in to this organization"), "{refused}");
    }
    assert_eq!(last_reason(&world, PRE_TOKEN_GENERATION, 1).await, "other_pool");
}
