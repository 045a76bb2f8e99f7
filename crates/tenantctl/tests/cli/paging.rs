//! Lists of more than one page: 1,000 items, or 1 MB.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_json::{Value, json};

use crate::fake_aws::{self, Answer, Request};
use crate::support::Desk;

/// More than a page.
const MANY: usize = 1_120;

type Item = HashMap<String, AttributeValue>;

/// Writes copies of the item whose sort key begins with `sk`, each with its texts and numbers replaced by those of `names`.
async fn copy(desk: &Desk, pk: &str, sk: &str, names: impl Fn(usize) -> Vec<(&'static str, AttributeValue)>) {
    let client = desk.dynamodb();
    let query =
        client.query().table_name("tenancy").key_condition_expression("pk = :pk AND begins_with(sk, :sk)");
    let query =
        query.expression_attribute_values(":pk", text(pk)).expression_attribute_values(":sk", text(sk));
    let model: Item = query.send().await.unwrap().items.unwrap().remove(0);
    let copies: Vec<WriteRequest> = (0..MANY)
        .map(|number| {
            let mut item = model.clone();
            item.extend(names(number).into_iter().map(|(name, value)| (name.to_owned(), value)));
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        })
        .collect();
    for batch in copies.chunks(25) {
        client.batch_write_item().request_items("tenancy", batch.to_vec()).send().await.unwrap();
    }
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn texts(list: &Value, member: &str) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter().map(|element| element[member].as_str().unwrap().to_owned()).collect()
}

/// The first column of a list for people, without its heading.
fn first_column(page: &str) -> Vec<String> {
    page.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_on_several_pages_are_all_there_and_in_order() {
    let desk = Desk::with_acme().await;
    let id = |number: usize| format!("tenant-{number:05}");
    copy(&desk, "TENANT#acme", "META", |number| {
        let key = text(format!("TENANT#{}", id(number)));
        vec![("pk", key), ("tid", text(id(number))), ("gsi1sk", text(id(number)))]
    })
    .await;
    let wanted: Vec<String> = std::iter::once("acme".to_owned()).chain((0..MANY).map(id)).collect();

    let document = desk.json("tenant list");
    let page = desk.run("tenant list").ok();
    let piped = desk.run_with("tenant list", &[("COLUMNS", "")], "").ok();
    let one = desk.json("tenant list --tier free");

    assert_eq!(texts(&document["tenants"], "id"), wanted);
    assert_eq!(document["damaged"], json!([]));
    assert_eq!(first_column(&page), wanted);
    assert_eq!(first_column(&piped), wanted);
    assert_eq!(one, json!({ "tenants": [], "damaged": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_on_several_pages_are_all_there_and_a_wide_one_on_the_last_page_is_not_cut() {
    let desk = Desk::with_acme().await;
    desk.run("member add model --no-lookup --tenant acme --role viewer").ok();
    let sub = |number: usize| format!("sub-{number:05}");
    let wide: Vec<String> =
        ["administrator-of-everything", "auditor-of-everything"].map(str::to_owned).into();
    copy(&desk, &format!("USER#{}#model", desk.pool), "TENANT#acme", |number| {
        let roles = if number == MANY - 1 { wide.clone() } else { vec!["viewer".to_owned()] };
        vec![
            ("pk", text(format!("USER#{}#{}", desk.pool, sub(number)))),
            ("gsi1sk", text(format!("MEMBER#{}", sub(number)))),
            ("roles", AttributeValue::L(roles.into_iter().map(text).collect())),
        ]
    })
    .await;
    let wanted: Vec<String> = std::iter::once("model".to_owned()).chain((0..MANY).map(sub)).collect();

    let document = desk.json("member list --tenant acme");
    let narrow = desk.run_with("member list --tenant acme", &[("COLUMNS", "60")], "");
    let piped = desk.run_with("member list --tenant acme", &[("COLUMNS", "")], "").ok();
    let first = desk.json(&format!("member list --tenant acme --limit {}", MANY - 10));
    desk.set_text(&format!("USER#{}#{}", desk.pool, sub(1_050)), "TENANT#acme", "status", "none").await;
    let damaged = desk.run("member list --tenant acme --output json");

    assert_eq!(texts(&document["members"], "sub"), wanted);
    assert_eq!(texts(&first["members"], "sub"), wanted[..MANY - 10]);
    assert_eq!(first_column(&piped), wanted);
    assert!(piped.lines().last().unwrap().contains(&wide.join(", ")), "{piped}");
    assert!(narrow.stderr.contains("--limit 100"), "{}", narrow.stderr);
    let too_wide: Vec<&str> = narrow.stdout.lines().filter(|line| line.chars().count() > 60).collect();
    assert_eq!(too_wide, Vec::<&str>::new());
    let last = narrow.stdout.split_once(&wanted[MANY]).unwrap().1;
    assert!(wide.iter().all(|role| last.contains(role)), "{last}");
    let told: Value = serde_json::from_str(&damaged.stdout).unwrap();
    assert_eq!((damaged.code, told["members"].as_array().unwrap().len()), (4, MANY), "{}", damaged.stderr);
    assert!(told["damaged"][0].as_str().unwrap().contains(&sub(1_050)), "{}", told["damaged"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn invites_of_one_second_are_in_the_order_of_their_addresses_across_the_end_of_a_page() {
    let desk = Desk::with_acme().await;
    let made = desk.json("invite create --tenant acme --email model@example.com");
    let hash = desk.json("invite list --tenant acme")["invites"][0]["hash"].as_str().unwrap().to_owned();
    let begin = 2_000_000_000;
    // Seven in a second, and their addresses in another order than their hashes.
    let second = |number: usize| begin + number / 7;
    copy(&desk, &format!("INVITE#{hash}"), "META", |number| {
        let hash = format!("{:08x}{}", number.wrapping_mul(0x9E37_79B1) & 0xFFFF_FFFF, hash.split_at(8).1);
        let order = format!("INVITE#{}#{}", second(number), hash.split_at(8).0);
        vec![
            ("email", text(format!("person-{number:05}@example.com"))),
            ("createdAt", AttributeValue::N(second(number).to_string())),
            ("pk", text(format!("INVITE#{hash}"))),
            ("gsi1sk", text(order)),
        ]
    })
    .await;

    let document = desk.json("invite list --tenant acme");
    let page = desk.run_with("invite list --tenant acme", &[("COLUMNS", "")], "").ok();

    let wanted: Vec<String> = std::iter::once("model@example.com".to_owned())
        .chain((0..MANY).map(|number| format!("person-{number:05}@example.com")))
        .collect();
    assert_eq!(texts(&document["invites"], "email"), wanted);
    assert_eq!(document["invites"][0]["reference"], made["reference"]);
    let shown = page.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap().to_owned());
    assert_eq!(shown.collect::<Vec<_>>(), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_on_several_pages_is_in_order_and_a_limit_keeps_the_latest() {
    let desk = Desk::with_acme().await;
    let begin = 1_700_000_000;
    copy(&desk, "TENANT#acme", "AUDIT#", |number| {
        vec![
            ("sk", text(format!("AUDIT#{}#0", begin + number))),
            ("target", text(format!("item-{number:05}"))),
        ]
    })
    .await;
    let wanted: Vec<String> =
        (0..MANY).map(|number| format!("item-{number:05}")).chain(["acme".to_owned()]).collect();

    let all = desk.json("audit list --tenant acme --limit 0");
    let latest = desk.json("audit list --tenant acme --limit 1050");
    let whole = desk.run(&format!("audit list --tenant acme --limit {}", MANY + 1));
    let page = desk.run("audit list --tenant acme --limit 1050");

    assert_eq!(texts(&all["audit"], "target"), wanted);
    assert_eq!(texts(&latest["audit"], "target"), wanted[MANY + 1 - 1_050..]);
    assert_eq!((whole.stderr.as_str(), whole.stdout.lines().count()), ("", MANY + 2));
    assert!(page.stderr.contains("showing the latest 1050 entries"), "{}", page.stderr);
    assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), ["audit"]);
}

/// A table whose list of tenants has one page, and then an error.
fn broken_off() -> String {
    let queries = AtomicUsize::new(0);
    let tenant = |id: &str| {
        json!({
            "pk": { "S": format!("TENANT#{id}") }, "sk": { "S": "META" }, "et": { "S": "tenant" }, "v": { "N": "1" },
            "tid": { "S": id }, "name": { "S": id }, "tier": { "S": "pro" }, "status": { "S": "active" },
            "gsi1pk": { "S": "TENANTS" }, "gsi1sk": { "S": id },
        })
    };
    let items: Vec<Value> = ["acme", "globex"].map(tenant).into();
    fake_aws::serve(move |request: &Request| match queries.fetch_add(1, Ordering::Relaxed) % 2 {
        0 => Answer::ok(
            &json!({ "Items": items, "Count": 2, "LastEvaluatedKey": { "pk": { "S": "TENANT#globex" } } }),
        ),
        _ => request.error("AccessDeniedException", "not any more"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_of_a_list_is_told_after_what_was_read() {
    let desk = Desk::without_table().await;
    let url = broken_off();
    let run = |line: &str| desk.run_with(line, &[("AWS_ENDPOINT_URL_DYNAMODB", &url)], "");

    let page = run("tenant list");
    let document = run("tenant list --output json");

    assert_eq!((page.code, document.code), (1, 1), "{page} {document}");
    assert_eq!(first_column(&page.stdout), ["acme", "globex"]);
    assert!(page.stderr.contains("not any more") && page.stderr.contains("The list is incomplete"), "{page}");
    // No reader can take it for the whole list.
    assert!(document.stdout.contains(r#""id": "globex""#), "{document}");
    assert!(serde_json::from_str::<Value>(&document.stdout).is_err(), "{document}");
    let error: Value = serde_json::from_str(&document.stderr).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains("The list is incomplete"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_finds_a_member_on_the_last_page_who_is_gone() {
    let desk = Desk::with_acme().await;
    desk.run("member add zoe --no-lookup --tenant acme --role viewer").ok();
    copy(&desk, &format!("USER#{}#zoe", desk.pool), "TENANT#acme", |number| {
        vec![
            ("pk", text(format!("USER#{}#left-{number:05}", desk.pool))),
            ("gsi1sk", text(format!("MEMBER#left-{number:05}"))),
            ("status", text("removed")),
        ]
    })
    .await;

    let drift = desk.run("repair drift --output json");

    let told: Value = serde_json::from_str(&drift.stdout).unwrap();
    assert_eq!((drift.code, texts(&told["findings"], "sub")), (4, vec!["zoe".to_owned()]), "{drift}");
}
