//! `docs/tenantctl-json.md`: every document has the members that it publishes, of the types that it shows, and no others.

use std::path::Path;

use serde_json::Value;

use crate::support::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_as_published() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tenantctl-json.md");
    let page = std::fs::read_to_string(page).unwrap();
    let desk = prepared().await;

    let examples = examples(&page);
    assert!(examples.len() > 20, "the page has lost its examples");
    for (line, published) in examples {
        let run = desk.run(&format!("{} --output json", line.replace(" --output json", "")));
        let text = if run.stdout.is_empty() { &run.stderr } else { &run.stdout };
        let printed: Value =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}: {run}"));
        compare(&printed, &published, &line);
        after(&desk, &line).await;
    }
}

/// A desk with a table alone: the examples make the rest.
async fn prepared() -> Desk {
    let desk = Desk::new().await;
    desk.file("guests.csv", "email\nbob@example.com\n");
    desk.user("dana@example.com").await;
    desk
}

/// What the examples after `line` need and none of them makes.
async fn after(desk: &Desk, line: &str) {
    if line.starts_with("tenant create") {
        desk.run("tenant roles set acme admin --group acme-admins").ok();
    }
    if line.starts_with("domain set") {
        desk.put_cell("route-1", &desk.pool).await;
    }
    if line.starts_with("invite import") {
        let sub = desk.user("ana@example.com").await;
        desk.run("member add ana@example.com --tenant acme --role admin").ok();
        desk.run(&format!("client bind {} --tenant acme --yes", desk.client)).ok();
        desk.run("idp bind AcmeOkta --tenant acme --join --role member --no-lookup").ok();
        desk.file("event.json", &event(desk, &sub, &desk.client));
        desk.file("stranger.json", &event(desk, "stranger", "").replace("\"clientId\": \"\"", ""));
    }
}

fn event(desk: &Desk, sub: &str, client: &str) -> String {
    format!(
        r#"{{ "version": "2", "triggerSource": "TokenGeneration_Authentication", "userPoolId": "{}",
        "callerContext": {{ "clientId": "{client}" }},
        "request": {{ "userAttributes": {{ "sub": "{sub}" }}, "groupConfiguration": {{}} }}, "response": {{}} }}"#,
        desk.pool
    )
}

/// The blocks `json tenantctl ..`: the command, and what it is said to print.
fn examples(page: &str) -> Vec<(String, Value)> {
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("```json tenantctl ") else { continue };
        let text: String =
            lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        let document = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}"));
        examples.push((command.to_owned(), document));
    }
    examples
}

/// Members and types must be the same. `null` on either side stands for what is not there now; an empty list for one of
/// any elements; `"*"` for members of any name.
#[track_caller]
fn compare(printed: &Value, published: &Value, place: &str) {
    match (printed, published) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(_), Value::Object(wanted)) if wanted.contains_key("*") => {}
        (Value::Object(members), Value::Object(wanted)) => {
            let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            let (mut left, mut right) = (names(members), names(wanted));
            left.sort();
            right.sort();
            assert_eq!(left, right, "{place}");
            for (name, value) in members {
                compare(value, &wanted[name], &format!("{place}: {name}"));
            }
        }
        (Value::Array(elements), Value::Array(wanted)) => {
            if let (Some(element), Some(wanted)) = (elements.first(), wanted.first()) {
                compare(element, wanted, &format!("{place}[0]"));
            }
        }
        (printed, published) => {
            assert_eq!(
                std::mem::discriminant(printed),
                std::mem::discriminant(published),
                "{place}: {printed} is not of the type of {published}"
            );
        }
    }
}
