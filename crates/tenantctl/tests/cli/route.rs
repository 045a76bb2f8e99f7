//! `tenantctl route test`: the same rules as the router, and a comparison with one that runs.

use std::sync::Arc;

use router::{Config, FrontDoor};
use tenancy_aws::DynamoStore;

use crate::assert_page;
use crate::support::Desk;

/// `acme` in a cell of its own, `globex` in the default one.
async fn desk() -> Desk {
    let desk = Desk::with_acme().await;
    desk.run("tenant create tenant-7 --name Globex --tier free --slug globex").ok();
    desk.put_cell("shared-1", "eu-west-1_Shared1").await;
    desk.put_cell("silo", "eu-west-1_Acme").await;
    desk.set_text("TENANT#acme", "META", "cell", "silo").await;
    desk.set_text("TENANT#acme", "META", "provider", "AcmeOkta").await;
    desk.run("domain set acme.com --tenant acme").ok();
    desk.run("domain set globex.example --tenant tenant-7 --no-route").ok();
    desk
}

/// A router on the desk's table; gives its address.
async fn router(desk: &Desk) -> String {
    let settings = [
        ("DEFAULT_CELL", "shared-1"),
        ("HOST_SUFFIX", "app.localhost"),
        ("APP_LOGIN_URL", "http://{slug}.app.localhost/login"),
        ("DEFAULT_LOGIN_URL", "http://app.localhost/login"),
    ];
    let lookup =
        |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let config = Config::read(&mut function::Settings::new(&lookup)).unwrap();
    let store = Arc::new(DynamoStore::new(desk.dynamodb(), "tenancy".to_owned()));
    let clock = || std::time::UNIX_EPOCH;
    let door =
        FrontDoor::new(config, store, true, "router".to_owned(), clock, function::metrics::Costs::default);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(router::listen(door, listener));
    format!("http://app.localhost:{port}")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_the_way_is_shown() {
    let desk = desk().await;

    let pages = [
        "route test --slug acme",
        "route test --host acme.app.example.com",
        "route test --email ana@acme.com --output json",
        "route test --host GLOBEX.app.example.com:443 --default-cell shared-1",
        "route test --email ana@globex.example --default-cell shared-1",
        "route test --slug nobody --default-cell shared-1",
        "route test --slug nobody",
        "route test --slug a/b --default-cell shared-1",
        "route test --host app.example.com --host-suffix app.example.com --default-cell shared-1",
        "route test --host a.b.example.com --host-suffix app.example.com",
    ]
    .map(|line| format!("$ tenantctl {line}\n{}\n", desk.run(line)));

    assert_page!(pages.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_runs_is_compared_with_the_table() {
    let desk = desk().await;
    let url = router(&desk).await;
    let asked = [
        "--slug acme",
        "--slug globex",
        "--slug 'a b'",
        "--email ana@acme.com",
        "--email ana@nobody.example",
        "--host acme.app.localhost --host-suffix app.localhost",
    ];

    for question in asked {
        let line = format!("route test {question} --default-cell shared-1 --against {url} --output json");
        let run = desk.run(&line);
        assert_eq!(run.code, 0, "{line}: {run}");
        let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(
            (&document["against"]["same"], &document["against"]["status"]),
            (&true.into(), &200.into())
        );
    }

    // The router has another default cell than the one that is named here.
    let differs = desk.run(&format!("route test --slug nobody --default-cell silo --against {url}"));
    assert_eq!(differs.code, 4, "{differs}");
    let words = differs.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "userPoolId: the table says \"eu-west-1_Acme\", the router \"eu-west-1_Shared1\"";
    assert!(words.contains(expected), "{words}");
    let nobody = desk.run("route test --slug acme --against http://127.0.0.1:9").fails(1);
    assert!(nobody.contains("could not ask the router at http://127.0.0.1:9"), "{nobody}");
}
