//! `tenantctl domain`.

use crate::assert_page;
use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_domain_is_set_listed_changed_and_removed() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();

    let pages = [
        "domain list",
        "domain set Acme.COM --tenant acme --dry-run",
        "domain set Acme.COM --tenant acme",
        "domain set acme.com --tenant acme",
        "domain set bücher.example --tenant acme",
        "domain set acme.com --tenant globex",
        "domain set acme.com --tenant acme --no-route",
        "domain set mail.acme.com --tenant globex",
        "domain list --output json",
        "domain list --tenant globex",
        "domain remove mail.acme.com",
        "domain remove mail.acme.com --yes",
        "domain remove mail.acme.com",
        "audit list --tenant acme --output json",
    ]
    .map(|line| format!("$ tenantctl {line}\n{}\n", desk.run(line)));

    assert_page!(pages.concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_is_nobodys_or_of_an_offboarded_tenant_is_refused() {
    let desk = Desk::with_acme().await;
    let rows = [
        ("domain set co.uk --tenant acme", 3, "co.uk is a public suffix"),
        ("domain set github.io --tenant acme", 3, "github.io is a public suffix"),
        ("domain set gmail.com --tenant acme", 3, "everybody can have an address"),
        ("domain set x.mailinator.com --tenant acme", 3, "(mailinator.com)"),
        ("domain set localhost --tenant acme", 2, "mail domain"),
        ("domain set ana@acme.com --tenant acme", 2, "mail domain"),
        (
            "tenant onboard globex --name Globex --tier pro --admin ana@gmail.com --domain gmail.com --apply",
            3,
            "everybody can have an address",
        ),
        ("domain set acme.com --tenant nobody", 3, "there is no tenant `nobody`"),
    ];

    for (line, code, words) in rows {
        let said = desk.run(line).fails(code);
        assert!(said.contains(words), "{line}: {said}");
    }
    desk.run("tenant offboard acme --yes").ok();
    let offboarded = desk.run("domain set acme.com --tenant acme --output json");
    assert!(offboarded.stderr.contains("\"code\":\"tenant-offboarded\""), "{offboarded}");
    assert!(desk.items().await.iter().all(|item| !item.contains("DOMAIN#")), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_who_want_one_domain_one_gets_it() {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();

    let runs = desk
        .at_once(&["domain set shared.example --tenant acme", "domain set shared.example --tenant globex"])
        .await;

    assert_eq!(runs.iter().filter(|run| run.code == 0).count(), 1, "{runs:?}");
    assert_eq!(desk.json("domain list")["domains"].as_array().map(Vec::len), Some(1));
}
