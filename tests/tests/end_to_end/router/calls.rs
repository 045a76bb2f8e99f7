//! How many reads each path makes, and how many of them wait for one another. `docs/router.md` publishes the figures.

use std::time::Duration;

use dev_stack::functions::ROUTER;
use serde_json::{Value, json};

use super::{SETTINGS, of_address, of_slug, request, world};
use crate::support::faults::{Fault, Proxy};
use crate::support::{World, items};

/// A new environment of the router, in front of a table whose reads can be held.
struct Cold {
    world: World,
    table: Proxy,
}

impl Cold {
    async fn new() -> Self {
        let world = world(&[]).await;
        world.put(items::mail_domain("acme.example", "acme")).await;
        world.put(items::slug("acme-inc", "acme")).await;
        let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
        Self { world, table }
    }

    /// Starts a new environment, which reads the cells. On a busy machine it may not wait for them: then its first request
    /// does, which is sent here.
    async fn start(&self, cache_seconds: &str) {
        let through = [("AWS_ENDPOINT_URL_DYNAMODB", self.table.url.as_str())];
        let settings = SETTINGS.into_iter().filter(|(name, _)| *name != "ROUTE_CACHE_SECONDS");
        let settings: Vec<_> = settings.chain([("ROUTE_CACHE_SECONDS", cache_seconds)]).collect();
        self.world.configure(&[&through[..], &settings].concat()).await;
        self.world.ask(&of_slug("initech")).await;
    }

    /// Sends the environment's `number`th request. It must make so many `reads`, of which so many wait for one another: the
    /// others are answered only when all of them have arrived.
    async fn costs(&self, number: usize, event: &Value, (reads, waits): (usize, usize), row: &str) {
        if reads > waits {
            self.table.hold(reads + 1 - waits);
        }
        assert_eq!(self.world.ask(event).await["statusCode"], 200, "{row}: {event}");
        self.table.heal();

        let report = self.world.reports(ROUTER, number).await.remove(number - 1);
        let seen = (&report["StoreCalls"], &report["Unavailable"], &report["StaleServed"]);
        assert_eq!(seen, (&json!(reads), &json!(0), &json!(0)), "{row}: {event}");
    }
}

/// Whether the page has this row in its table of reads.
fn is_published(row: &str, (reads, waits): (usize, usize)) -> bool {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/router.md");
    let page = std::fs::read_to_string(path).unwrap();
    page.lines().any(|line| line == format!("| {row} | {reads} | {waits} |"))
}

/// A request for a slug in the three ways: query, code, host.
fn of_slug_in_every_way(slug: &str) -> [Value; 3] {
    let code = request("POST", "/v1/route", "", Some(&json!({ "code": slug }).to_string()));
    let mut host = request("GET", "/v1/route", "", None);
    host["headers"]["host"] = json!(format!("{slug}.app.example.com"));
    [of_slug(slug), code, host]
}

#[tokio::test]
async fn a_cold_route_waits_for_two_reads_at_most_and_a_warm_one_reads_nothing() {
    let cold = Cold::new().await;
    let rows = [
        ("the default route", vec![request("GET", "/v1/route", "", None)], (0, 0)),
        ("a slug in the default cell", of_slug_in_every_way("globex").to_vec(), (2, 1)),
        ("a slug in another cell", of_slug_in_every_way("acme").to_vec(), (2, 1)),
        ("a slug that nobody has", of_slug_in_every_way("nobody").to_vec(), (2, 1)),
        ("a slug that is not the id of its tenant", of_slug_in_every_way("acme-inc").to_vec(), (3, 2)),
        ("an address in the default cell", vec![of_address("ana@globex.example")], (2, 2)),
        ("an address in another cell", vec![of_address("ana@acme.com")], (2, 2)),
        ("an address that is nobody's", vec![of_address("ana@nobody.example")], (1, 1)),
    ];

    for (row, events, expected) in rows {
        for event in events {
            cold.start("3600").await;

            cold.costs(2, &event, expected, row).await;
            cold.costs(3, &event, (0, 0), row).await;
        }
        assert!(is_published(row, expected), "{row} {expected:?}");
    }
    assert!(is_published("a route that is cached", (0, 0)));
}

#[tokio::test]
async fn a_half_cold_route_reads_what_is_missing_and_an_expired_one_reads_all_at_once() {
    let cold = Cold::new().await;
    let acme = of_address("ana@acme.com");
    let expire = || tokio::time::sleep(Duration::from_millis(1_100));

    let published = async |row, number, event: &Value, cost| {
        cold.costs(number, event, cost, row).await;
        assert!(is_published(row, cost), "{row} {cost:?}");
    };

    cold.start("3600").await;
    cold.world.ask(&acme).await;
    let another = of_address("ana@acme.example");
    published("another address of a tenant that is cached", 3, &another, (1, 1)).await;

    cold.start("1").await;
    cold.world.ask(&acme).await;
    expire().await;
    published("an address that has expired", 3, &acme, (3, 1)).await;
    expire().await;
    let new = of_address("ana@globex.example");
    published("a new address, when the cells have expired", 4, &new, (3, 2)).await;

    cold.start("3600").await;
    cold.world.put(items::cell("new", "eu-west-1_New")).await;
    cold.world.put(items::but(items::tenant("globex"), json!({ "cell": "new" }))).await;
    published("a slug in a cell that was created a moment ago", 2, &of_slug("globex"), (3, 2)).await;
}

#[tokio::test]
async fn a_table_that_refuses_to_list_the_cells_costs_reads_and_no_answer() {
    let world = world(&[]).await;
    let table = Proxy::before(&world.stack.endpoints().dynamodb).await;
    table.spoil("Query", Fault::NOT_ALLOWED, usize::MAX);
    let through = [("AWS_ENDPOINT_URL_DYNAMODB", table.url.as_str())];
    world.configure(&[&through[..], &SETTINGS].concat()).await;

    assert_eq!(world.client(&of_slug("acme")).await, "silo-client");
    assert_eq!(world.client(&of_address("ana@acme.com")).await, "silo-client");
    assert_eq!(world.client(&of_slug("acme")).await, "silo-client");

    let reports = world.reports(ROUTER, 3).await;
    assert_eq!(
        reports[2]["StoreCalls"], 0,
        "a cached route does not ask for the cells again: {}",
        reports[2]
    );
}
