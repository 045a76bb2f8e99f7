//! `pools` is written only where the deployed functions know it.

use dev_stack::{Trigger, Triggers};

use super::fixtures::{add_function, cell, pool};
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_not_placed_while_a_function_of_any_cell_does_not_know_pools() {
    let desk = Desk::new().await;
    cell(&desk, "new", "");
    add_function(&desk, "old", &[("TENANCY_TABLE", "tenancy"), ("MODE", "enforce")]);
    let (old, _) = pool(&desk, Some("old"));
    desk.run(&format!("cell create old --user-pool-id {old} --domain old.localhost:80 --tier none")).ok();
    let create = "tenant create acme --name Acme --tier pro";

    let refused = desk.run(&format!("{create} --output json")).fails(3);
    let nothing = desk.run("tenant list").ok();
    desk.run("cell drain old").ok();
    let drained = desk.run(create).fails(3);
    desk.run("cell close old").ok();
    desk.run(create).ok();

    assert!(refused.contains("\"pools-unknown\"") && refused.contains("function:old"), "{refused}");
    assert!(refused.contains("REDEEM") && refused.contains("--unchecked"), "{refused}");
    assert!(nothing.contains("There are no such tenants"), "{nothing}");
    assert!(drained.contains(&old), "its users still sign in: {drained}");
    assert_ne!(desk.json("tenant show acme")["pools"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_token_functions_are_asked_and_a_foreign_one_is_not() {
    let desk = Desk::new().await;
    let a = cell(&desk, "a", "");
    add_function(&desk, "join-old", &[("TENANCY_TABLE", "tenancy")]);
    add_function(&desk, "foreign", &[]);
    let attach = |pre_token_generation: Option<&str>, post_confirmation: &str| {
        let mut triggers = Triggers::default().with(Trigger::PostConfirmation, post_confirmation);
        if let Some(function) = pre_token_generation {
            triggers = triggers.with(Trigger::PreTokenGeneration, function);
        }
        desk.stack.cognito().set_triggers(&a.pool, &triggers).unwrap();
    };

    attach(Some("pre-token-a"), "join-old");
    let old = desk.run("tenant create acme --name Acme --tier pro").fails(3);
    attach(None, "foreign");
    let none = desk.run("tenant create acme --name Acme --tier pro").fails(3);
    assert!(desk.stack.lambda().remove_function("pre-token-a"));
    attach(Some("pre-token-a"), "foreign");
    let gone = desk.run("tenant create acme --name Acme --tier pro").fails(1);
    let told = desk.run("tenant create acme --name Acme --tier pro --unchecked").ok();

    assert!(old.contains("function:join-old"), "{old}");
    assert!(none.contains("has no pre-token-generation function"), "{none}");
    assert!(
        gone.contains("could not read the settings of the function") && gone.contains("--unchecked"),
        "{gone}"
    );
    assert!(told.contains("in cell `a`"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_of_one_tenant_takes_no_other() {
    let desk = Desk::new().await;
    cell(&desk, "shared", "");
    desk.run("tenant create first --name First --tier pro").ok();
    add_function(&desk, "of-acme", &[("TENANCY_TABLE", "tenancy"), ("POOL_TENANT", "acme")]);
    let (pool, _) = pool(&desk, Some("of-acme"));
    desk.run(&format!("cell create silo --user-pool-id {pool} --domain silo.localhost:80 --capacity 1")).ok();
    let cell_of = |tenant: &str| desk.json(&format!("tenant show {tenant}"))["cell"].clone();

    desk.run("tenant create globex --name Globex --tier pro").ok();
    let named = desk.run("tenant create initech --name X --tier pro --cell silo --output json").fails(3);
    desk.run("tenant create acme --name Acme --tier pro").ok();

    assert_eq!((cell_of("globex"), cell_of("acme")), ("shared".into(), "silo".into()));
    assert!(named.contains("\"pool-of-other-tenant\"") && named.contains("`acme` alone"), "{named}");
}
