//! Killed after every call in turn, and run again: the end is that of one run.

use super::{desk, everything};
use crate::cell::fixtures::Fixture;
use crate::support::proxy::{Call, run_until};
use crate::support::{Desk, tidy, words};

/// What the table and the pool have of a tenant, without what differs from run to run.
async fn state(desk: &Desk, shared: &Fixture, tenant: &str) -> Vec<String> {
    let cognito = desk.cognito();
    let mut state: Vec<String> =
        desk.items().await.into_iter().filter(|item| item.contains(tenant)).collect();
    let pages = cognito.list_user_pool_clients().user_pool_id(&shared.pool).max_results(60).into_paginator();
    let mut pages = pages.items().send();
    while let Some(client) = pages.next().await {
        let client = client.unwrap();
        if client.client_name().is_some_and(|name| name.ends_with(tenant)) {
            let call = cognito.describe_user_pool_client().user_pool_id(&shared.pool);
            let described = call.client_id(client.client_id().unwrap()).send().await.unwrap();
            let mut described = described.user_pool_client.unwrap();
            described.creation_date = None;
            described.last_modified_date = None;
            state.push(format!("{described:?}"));
        }
    }
    let mut state: Vec<String> = state.iter().map(|item| tidy(item).replace(tenant, "TENANT")).collect();
    state.sort();
    state
}

/// After how many calls a run is killed: after the first, and after each that changes the table or the pool. A read leaves
/// nothing behind: to be killed after it is to be killed after the write before it.
fn moments(calls: &[Call]) -> Vec<usize> {
    let writes =
        ["TransactWriteItems", "CreateUserPoolClient", "UpdateUserPoolClient", "DeleteUserPoolClient"];
    let is_write = |(operation, _): &Call| writes.contains(&operation.as_str());
    let after_writes = calls.iter().zip(1..).filter(|(call, _)| is_write(call)).map(|(_, count)| count);
    std::iter::once(1).chain(after_writes).collect()
}

async fn run_line(desk: &Desk, line: &str, limit: usize) -> (Vec<Call>, bool) {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    run_until(desk, &words, limit).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_onboarding_killed_after_any_call_is_finished_by_the_same_command() {
    let (desk, shared) = desk().await;
    let command = |tenant: &str| format!("{} --apply", everything(&desk, &shared, tenant));
    let (calls, _) = run_line(&desk, &command("t-00"), usize::MAX).await;
    let expected = state(&desk, &shared, "t-00").await;
    let moments = moments(&calls);
    assert_eq!(moments.len(), 1 + 7, "{calls:?}");

    for (moment, number) in moments.iter().zip(1..) {
        let tenant = format!("t-{number:02}");
        let line = command(&tenant);
        let (calls, is_killed) = run_line(&desk, &line, *moment).await;
        assert!(is_killed, "{calls:?}");
        desk.run(&line).ok();
        assert_eq!(state(&desk, &shared, &tenant).await, expected, "killed after {calls:?}");
    }

    assert_eq!(desk.json("cell show shared")["tenants"], 1 + moments.len());
    assert_eq!(desk.json("cell recount shared")["changed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offboarding_killed_after_any_call_is_finished_by_the_same_command() {
    let (desk, shared) = desk().await;
    let onboard = |tenant: &str| desk.run(&format!("{} --apply", everything(&desk, &shared, tenant))).ok();
    onboard("t-00");
    let (calls, _) = run_line(&desk, "tenant offboard t-00 --yes", usize::MAX).await;
    let expected = state(&desk, &shared, "t-00").await;
    let moments = moments(&calls);
    assert_eq!(moments.len(), 1 + 5, "{calls:?}");
    assert!(!expected.iter().any(|item| item.starts_with("UserPoolClientType")), "{expected:?}");

    for (moment, number) in moments.iter().zip(1..) {
        let tenant = format!("t-{number:02}");
        onboard(&tenant);
        let line = format!("tenant offboard {tenant} --yes");
        let (calls, is_killed) = run_line(&desk, &line, *moment).await;
        assert!(is_killed, "{calls:?}");
        desk.run(&line).ok();
        assert_eq!(state(&desk, &shared, &tenant).await, expected, "killed after {calls:?}");
    }

    assert_eq!(desk.json("cell show shared")["tenants"], 0);
}
