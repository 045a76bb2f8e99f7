//! Places of tenants.

use std::collections::BTreeMap;

use serde_json::json;
use tenancy::{Cell, CellStatus, Tenant, TenantStatus, Timestamp};
use tenancy_aws::operator::{Operator, OperatorError};

use super::fixtures::cell;
use crate::support::Desk;

fn operator(desk: &Desk) -> Operator {
    Operator::new(desk.dynamodb(), "tenancy".to_owned(), "bob".to_owned())
}

fn tenant(number: usize) -> Tenant {
    Tenant {
        id: format!("tenant-{number}").parse().unwrap(),
        name: "Tenant".parse().unwrap(),
        tier: "pro".parse().unwrap(),
        status: TenantStatus::Active,
        roles: BTreeMap::new(),
        pools: Vec::new(),
    }
}

/// Places tenants with these numbers, all at once.
async fn place_at_once(
    operator: &Operator,
    numbers: std::ops::Range<usize>,
) -> Vec<Result<String, OperatorError>> {
    let local = tokio::task::LocalSet::new();
    let running: Vec<_> = numbers.map(|number| local.spawn_local(place(operator.clone(), number))).collect();
    local.await;
    let mut ended = Vec::with_capacity(running.len());
    for run in running {
        ended.push(run.await.unwrap());
    }
    ended
}

/// Places a new tenant as `tenant create` does.
async fn place(operator: Operator, number: usize) -> Result<String, OperatorError> {
    let tenant = tenant(number);
    let slug = tenant.id.as_str().parse().unwrap();
    let plan =
        async |cell: &_| operator.create_tenant(&tenant, &slug, Some(cell), Timestamp::default()).await;
    let cell = operator.place(&tenant.tier, None, &|_| true, plan).await?;
    Ok(cell.cell.name.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_placements_at_once_into_3_cells_of_50_150_are_placed_and_never_one_over() {
    let desk = Desk::new().await;
    for name in ["a", "b", "c"] {
        cell(&desk, name, "--capacity 50");
    }
    let operator = operator(&desk);

    let (mut placed, mut refused) = (BTreeMap::<String, usize>::new(), 0);
    for ended in place_at_once(&operator, 0..200).await {
        match ended {
            Ok(cell) => *placed.entry(cell).or_default() += 1,
            Err(OperatorError::Refused(_) | OperatorError::Crowded(_)) => refused += 1,
            Err(error) => panic!("{error}: {error:?}"),
        }
    }

    assert_eq!(placed, ["a", "b", "c"].map(|name| (name.to_owned(), 50)).into());
    assert_eq!(refused, 50);
    for name in ["a", "b", "c"] {
        let name = name.parse().unwrap();
        assert_eq!(operator.cell(&name).await.unwrap().cell.tenants, 50);
        assert_eq!(operator.count_tenants(&name).await.unwrap(), 50);
    }
    assert_eq!(desk.json("tenant list")["tenants"].as_array().unwrap().len(), 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_free_place_of_many_small_cells_is_found_when_all_are_filled_at_once() {
    let desk = Desk::new().await;
    let operator = operator(&desk);
    for number in 0..20 {
        let cell = Cell {
            name: format!("c{number}").parse().unwrap(),
            pool: format!("eu-west-1_Pool{number}").parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            status: CellStatus::Open,
            capacity: 3,
            tenants: 0,
            tiers: Vec::new(),
            client: None,
            domain: "c.localhost:1".parse().unwrap(),
            issuer: None,
            scopes: Vec::new(),
        };
        let change = operator.create_cell(&cell, Timestamp::default()).await.unwrap();
        operator.apply(change, "the cell").await.unwrap();
    }

    let ended = place_at_once(&operator, 0..60).await;
    let failed: Vec<String> =
        ended.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();

    assert_eq!(failed, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_among_placements_loses_none_of_them() {
    let desk = Desk::new().await;
    cell(&desk, "a", "--capacity 100");
    let operator = operator(&desk);
    desk.set_number("CELL#a", "META", "tenants", 7).await;

    let (ended, among) = tokio::join!(place_at_once(&operator, 0..40), desk.at_once(&["cell recount a"]));
    let after = desk.json("cell recount a");

    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    assert_eq!(among[0].code, 0, "{among:?}");
    assert_eq!(after["counted"], 40);
    assert_eq!(desk.json("cell show a")["tenants"], 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_that_was_overtaken_is_not_written() {
    let desk = Desk::new().await;
    cell(&desk, "a", "");
    let operator = operator(&desk);
    let name = "a".parse().unwrap();
    desk.set_number("CELL#a", "META", "tenants", 7).await;
    let read = operator.cell(&name).await.unwrap();

    // One comes and one goes: the number is the same, and the count is not.
    place(operator.clone(), 1).await.unwrap();
    desk.run("tenant offboard tenant-1 --yes").ok();
    let change = operator.recount_cell(&read, 0, Timestamp::default());
    let overtaken = operator.apply(change, "cell `a`").await;

    assert_eq!(operator.cell(&name).await.unwrap().cell.tenants, 7);
    assert!(matches!(overtaken, Err(OperatorError::Overtaken(_))), "{overtaken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_spread_by_fill_and_a_named_cell_comes_first() {
    let desk = Desk::new().await;
    cell(&desk, "small", "--capacity 2");
    cell(&desk, "wide", "--capacity 4");
    let cell_of = |tenant: &str| desk.json(&format!("tenant show {tenant}"))["cell"].clone();

    for place in ["t-1", "t-2", "t-3", "t-4 --cell wide", "t-5"] {
        desk.run(&format!("tenant create --name X --tier pro {place}")).ok();
    }
    let full = desk.run("tenant create t-6 --name X --tier pro --cell small --output json").fails(3);

    assert_eq!(["t-1", "t-2", "t-3", "t-4", "t-5"].map(cell_of), ["small", "wide", "wide", "wide", "small"]);
    assert!(full.contains("\"cell-full\""), "{full}");
    let unknown = desk.run("tenant create t-6 --name X --tier pro --cell none").fails(3);
    assert!(unknown.contains("there is no cell `none`"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_from_before_the_cells_is_placed_where_its_members_are() {
    let desk = Desk::with_acme().await;
    let sub = desk.user("ana@example.com").await;
    desk.run(&format!("member add {sub} --tenant acme")).ok();
    let other = cell(&desk, "other", "");

    let nowhere = desk.run("tenant place acme --output json").fails(3);
    let elsewhere = desk.run("tenant place acme --cell other --output json").fails(3);
    desk.run(&format!(
        "cell create home --domain home.localhost:80 --capacity 9 --user-pool-id {}",
        desk.pool
    ))
    .ok();
    let placed = desk.json("tenant place acme --unchecked");
    let twice = desk.run("tenant place acme --output json").fails(3);

    assert!(nowhere.contains("\"tenant-elsewhere\"") && nowhere.contains("belongs to no cell"), "{nowhere}");
    assert!(elsewhere.contains("\"tenant-elsewhere\""), "{elsewhere}");
    assert_eq!((&placed["cell"], &placed["userPoolId"]), (&json!("home"), &json!(desk.pool)));
    assert!(twice.contains("\"tenant-placed\""), "{twice}");
    let shown = desk.json("tenant show acme");
    assert_eq!((&shown["cell"], &shown["pools"]), (&json!("home"), &json!([desk.pool])));
    assert_eq!(desk.json("cell show home")["tenants"], 1);
    assert_eq!(desk.json(&format!("cell show {}", other.name))["tenants"], 0);
    let audit = desk.json("audit list --tenant acme");
    let last = audit["audit"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["action"], &last["target"]), (&json!("tenant.place"), &json!("cell:home")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_only_an_app_client_or_an_identity_provider_is_placed_in_no_other_pool() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier pro").ok();
    desk.run(&format!("client bind {} --tenant acme --yes", desk.client)).ok();
    desk.run("idp bind Okta --tenant globex --no-lookup").ok();
    cell(&desk, "other", "");

    for tenant in ["acme", "globex"] {
        let elsewhere = desk.run(&format!("tenant place {tenant} --cell other --output json")).fails(3);
        assert!(elsewhere.contains("\"tenant-elsewhere\""), "{tenant}: {elsewhere}");
    }

    assert_eq!(desk.json("cell show other")["tenants"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_place_and_takes_none() {
    let desk = Desk::new().await;
    cell(&desk, "a", "");

    let plan = desk.json("tenant create acme --name Acme --tier pro --dry-run");

    let counted = plan["writes"].as_array().unwrap().iter().find(|write| write["pk"] == "CELL#a").unwrap();
    assert_eq!((&counted["before"]["tenants"], &counted["after"]["tenants"]), (&json!(0), &json!(1)));
    assert_eq!(desk.json("cell show a")["tenants"], 0);
}
