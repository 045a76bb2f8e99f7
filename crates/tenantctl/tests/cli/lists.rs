//! Every list, with ids as long as they can be, on a terminal of 80 and of 60 columns.

use std::fmt::Write as _;

use crate::support::Desk;

const TENANT: &str = "acme-holding-international-and-subsidiaries-of-the-north-region";
const NAME: &str = "Acme Holding International and Subsidiaries of the North Region";
const ACTOR: &str = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_TenantOperators_0123456789abcdef/alice@example.com";
const ADDRESS: &str = "ana.maria.gonzalez-fernandez.of.procurement@subsidiary.acme-holding.example.com";
const ROLE: &str = "arn:aws:iam::123456789012:role/tenants/acme-holding-international/administrators";

#[tokio::test(flavor = "multi_thread")]
async fn every_list_fits_the_terminal_and_cuts_nothing() {
    let desk = Desk::new().await;
    let sub = desk.user(ADDRESS).await;
    let roles = "--role administrator-of-everything --role auditor";
    let actor = format!("--actor {ACTOR}");
    for line in [
        format!("tenant create {TENANT} --name '{NAME}' --slug acme --tier enterprise-with-support {actor}"),
        format!(
            "tenant roles set {TENANT} administrator-of-everything --group acme-holding-administrators --group \
                 acme-holding-auditors --iam-role {ROLE} {actor}"
        ),
        format!("invite create --tenant {TENANT} --email {ADDRESS} {roles} {actor}"),
        format!("member add {sub} --tenant {TENANT} {roles} {actor}"),
        format!("client bind {} --tenant {TENANT} --mode machine --yes {actor}", desk.client),
        format!(
            "idp bind AcmeHoldingInternationalOfNorth --no-lookup --tenant {TENANT} --join {roles} {actor}"
        ),
    ] {
        desk.run(&line).ok();
    }
    desk.file(
        "guests.csv",
        &format!("email,roles,expires\n{ADDRESS},administrator-of-everything auditor,48h\n"),
    );
    let rows: [(String, &[&str]); 10] = [
        (format!("audit list --tenant {TENANT}"), &[ACTOR, TENANT, &sub, "member.add"]),
        ("tenant list".to_owned(), &[TENANT, "Subsidiaries", "enterprise-with-support", "active"]),
        (format!("tenant show {TENANT}"), &[TENANT, ROLE, "acme-holding-auditors"]),
        (format!("tenant roles show {TENANT}"), &["administrator-of-everything", ROLE]),
        (format!("member list --tenant {TENANT}"), &[&sub, "administrator-of-everything", "pending"]),
        (format!("member show {sub}"), &[&sub, TENANT, "administrator-of-everything"]),
        (format!("invite list --tenant {TENANT}"), &[ADDRESS, "0/1", "open"]),
        ("client list".to_owned(), &[&desk.client, &desk.pool, TENANT, "machine"]),
        ("idp list".to_owned(), &["AcmeHoldingInternationalOfNorth", &desk.pool, TENANT, "yes"]),
        (format!("invite import guests.csv --tenant {TENANT}"), &[ADDRESS, "already-invited"]),
    ];

    let mut wide = String::new();
    for (line, shown) in &rows {
        for columns in ["80", "60"] {
            let page = desk.run_with(line, &[("COLUMNS", columns)], "").stdout;
            let most: usize = columns.parse().unwrap();
            for text in page.lines().filter(|text| text.chars().count() > most) {
                let _ = writeln!(wide, "{line} at {columns}: {text}");
            }
            let whole: String = page.split_whitespace().collect();
            for part in *shown {
                let is_shown =
                    if most == 80 && part.len() <= 63 { page.contains(part) } else { whole.contains(part) };
                assert!(is_shown, "{line} at {columns} lacks {part}:\n{page}");
            }
        }
    }
    assert_eq!(wide, "");
}
