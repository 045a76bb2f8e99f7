//! A name that nobody has gets what a tenant with the default route gets: the same bytes and the same headers. And people are
//! only ever sent to the app.

use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::Builder;

use crate::support::{Door, Got, SHARED};

fn run<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// The answers to a name, for each way to ask.
async fn answers(door: &Door, name: &str) -> Vec<Got> {
    vec![
        door.get(&format!("{name}.app.example.com"), "/v1/route").await,
        door.get(&format!("{name}.app.example.com"), "/").await,
        door.get(SHARED, &format!("/v1/route?slug={name}")).await,
        door.route_of(&json!({ "code": name })).await,
        door.route_of(&json!({ "email": format!("ana@{name}.example") })).await,
        door.start(name).await,
        door.start(&format!("ana@{name}.example")).await,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn an_unknown_name_and_a_tenant_with_the_default_route_are_not_told_apart(
        name in "[a-z0-9][a-z0-9-]{1,20}[a-z0-9]"
    ) {
        prop_assume!(!["acme", "initech"].contains(&name.as_str()));
        let door = Door::with(&[("SHOW_NAME", "off"), ("PASS_HINT", "off")]);

        run(async {
            let known = answers(&door, "globex").await;
            for (number, (unknown, known)) in answers(&door, &name).await.iter().zip(&known).enumerate() {
                assert_eq!(unknown, known, "{name} {number}");
            }
        });
    }

    #[test]
    fn people_are_sent_to_one_of_the_two_configured_addresses_and_nowhere_else(
        entry in prop_oneof![
            ".{0,60}",
            "[a-z./:@\\\\#?&%\r\n]{0,40}",
            "(//|https://|javascript:|\r\nLocation: )?[a-z]{0,8}(@|%40)?(acme\\.com|evil\\.example)?[^a-z]{0,5}",
        ],
        host in "(acme|nobody|initech|[a-z-]{3,8})\\.app\\.example\\.com",
    ) {
        let door = Door::new();

        run(async {
            for got in [door.start(&entry).await, door.get(&host, "/").await] {
                let Some(target) = got.header("location") else {
                    assert!(matches!(got.status, 422 | 421), "{entry:?} {host} {}", got.status);
                    continue;
                };
                let (address, hint) = target.split_once('#').unwrap_or((target, ""));
                let slug = address
                    .strip_prefix("https://")
                    .and_then(|rest| rest.strip_suffix(".app.example.com/login"));
                let is_app = slug.is_some_and(|slug| slug.parse::<tenancy::Slug>().is_ok());
                assert!(is_app || address == "https://www.example.com/sign-in", "{target}");
                let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%=".contains(&b);
                assert!(hint.bytes().all(is_plain), "{target}");
            }
        });
    }
}
