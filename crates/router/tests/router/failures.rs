//! What is told when something fails. `docs/failure-matrix.md` publishes each row.

use std::time::Duration;

use axum::extract::Request;

use crate::support::{Door, Item, SHARED, get, post};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

type Break = fn(&Door);

/// What fails; how; the status of a request for `acme`, and of one for a name that nobody has.
const ROWS: [(&str, Break, u16, u16); 13] = [
    ("the slug or mail domain cannot be read, and is not cached", silent_pointers, 503, 200),
    ("the tenant cannot be read, and is not cached", silent_tenant, 503, 200),
    ("the cell cannot be read, and is not cached", silent_cell, 503, 200),
    ("the default cell cannot be read, and is not cached", silent_default, 200, 503),
    ("a damaged slug or mail domain", damaged_pointers, 503, 200),
    ("a damaged tenant", damaged_tenant, 503, 200),
    ("a damaged cell", damaged_cell, 503, 200),
    ("the cell of the tenant does not exist", missing_cell, 503, 200),
    ("the cell of the tenant is closed", closed_cell, 503, 200),
    ("neither the tenant nor its cell has an app client", bare_cell, 503, 200),
    ("the default cell does not exist", missing_default, 200, 503),
    ("the table hangs for longer than the request may take", hanging_tenant, 503, 200),
    ("a panic", panicking_tenant, 503, 200),
];

fn pointers(door: &Door, slug: Item<tenancy::TenantId>, domain: Item<tenancy::route::MailRoute>) {
    door.table.slugs.lock().unwrap().insert("acme".to_owned(), slug);
    door.table.domains.lock().unwrap().insert("acme.com".to_owned(), domain);
}

fn silent_pointers(door: &Door) {
    pointers(door, Item::Silent, Item::Silent);
}

fn damaged_pointers(door: &Door) {
    pointers(door, Item::Damaged, Item::Damaged);
}

fn silent_tenant(door: &Door) {
    door.table.residents.lock().unwrap().insert("acme".to_owned(), Item::Silent);
}

fn damaged_tenant(door: &Door) {
    door.table.residents.lock().unwrap().insert("acme".to_owned(), Item::Damaged);
}

fn hanging_tenant(door: &Door) {
    door.table.residents.lock().unwrap().insert("acme".to_owned(), Item::Hanging);
}

fn panicking_tenant(door: &Door) {
    door.table.residents.lock().unwrap().insert("acme".to_owned(), Item::Panicking);
}

fn silent_cell(door: &Door) {
    door.table.cells.lock().unwrap().insert("acme-silo".to_owned(), Item::Silent);
}

fn damaged_cell(door: &Door) {
    door.table.cells.lock().unwrap().insert("acme-silo".to_owned(), Item::Damaged);
}

fn missing_cell(door: &Door) {
    door.table.cells.lock().unwrap().remove("acme-silo");
}

fn silent_default(door: &Door) {
    door.table.cells.lock().unwrap().insert("shared-1".to_owned(), Item::Silent);
}

fn missing_default(door: &Door) {
    door.table.cells.lock().unwrap().remove("shared-1");
}

fn closed_cell(door: &Door) {
    move_acme(door, "old");
}

fn bare_cell(door: &Door) {
    move_acme(door, "bare");
}

fn move_acme(door: &Door, cell: &str) {
    let place = tenancy::Place { cell: Some(cell.parse().unwrap()), ..tenancy::Place::default() };
    door.table.put_tenant("acme", "acme", tenancy::TenantStatus::Active, place);
}

/// Requests for a tenant or an unknown name, and whether people see the answer.
fn requests(slug: &str, domain: &str) -> Vec<(Request, bool)> {
    vec![
        (get(SHARED, &format!("/v1/route?slug={slug}")), false),
        (get(&format!("{slug}.app.example.com"), "/v1/route"), false),
        (get(&format!("{slug}.app.example.com"), "/"), true),
        (post("/v1/route", JSON, format!(r#"{{"code":"{slug}"}}"#)), false),
        (post("/v1/route", JSON, format!(r#"{{"email":"ana@{domain}"}}"#)), false),
        (post("/start", FORM, format!("q={slug}")), true),
        (post("/start", FORM, format!("q=ana%40{domain}")), true),
    ]
}

#[tokio::test]
async fn each_failure_has_its_status_and_is_told_to_people_on_a_page() {
    for (row, spoil, of_acme, of_unknown) in ROWS {
        for (slug, domain, status) in
            [("acme", "acme.com", of_acme), ("nobody", "nobody.example", of_unknown)]
        {
            let door = Door::new();
            spoil(&door);

            for (number, (request, is_for_people)) in requests(slug, domain).into_iter().enumerate() {
                let got = door.send_in(request, Duration::from_millis(200)).await;

                if status == 200 {
                    assert_eq!(got.status, if is_for_people { 303 } else { 200 }, "{row} {slug} {number}");
                    continue;
                }
                assert_eq!(got.status, status, "{row} {slug} {number}");
                assert_eq!(got.header("retry-after"), Some("1"), "{row} {slug} {number}");
                assert_eq!(got.header("cache-control"), Some("no-store"), "{row} {slug} {number}");
                if is_for_people {
                    let told = "role=\"alert\" id=\"alert\">Sign-in is not available right now. Try again in a moment";
                    assert!(got.text().contains(told), "{row} {slug} {number}");
                } else {
                    assert_eq!(got.json()["status"], 503, "{row} {slug} {number}");
                    assert_eq!(got.header("content-type"), Some("application/problem+json"));
                }
                assert!(!got.text().contains("acme.com"), "{row}: no address is shown");
            }
        }
    }
}

#[tokio::test]
async fn a_public_list_that_cannot_be_read_is_no_page_and_does_not_hide_an_error_of_the_form() {
    for (item, is_told) in [(Item::Silent, true), (Item::Damaged, true)] {
        let door = Door::with(&[("PUBLIC_LIST", "on")]);
        *door.table.list.lock().unwrap() = item;

        assert_eq!(door.get(SHARED, "/").await.status, 503);
        assert_eq!(door.get(SHARED, "/v1/tenants").await.status, 503);
        assert_eq!(door.start("").await.status == 422, is_told);
    }
}

#[test]
fn every_row_is_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/failure-matrix.md");
    let published = std::fs::read_to_string(path).unwrap();
    let section = published.split("## A route: router").nth(1).expect("a section about the router");

    let text = |status: u16| if status == 200 { "routed" } else { "503" };
    for (row, _, of_acme, of_unknown) in ROWS {
        let line = format!("| {row} | {} | {} |", text(of_acme), text(of_unknown));
        assert!(section.contains(&line), "docs/failure-matrix.md has no row `{line}`");
    }
}
