//! Ids are parts of keys: none of them can contain the `#` that separates the parts.

use std::str::FromStr;

use tenancy::{ClientId, Group, PoolId, ProviderName, Role, Slug, Sub, Username};

/// Each of these has a sign that some kind of id allows and others refuse.
const TEXTS: [&str; 10] = ["Az09", "a_b", "a-b", "a+b", "a.b", "a:b", "a b", "a#b", "é", ""];

fn accepted<T: FromStr>() -> Vec<&'static str> {
    TEXTS.into_iter().filter(|text| text.parse::<T>().is_ok()).collect()
}

#[test]
fn an_id_has_the_characters_of_its_kind_and_no_separator() {
    assert_eq!(accepted::<PoolId>(), ["Az09", "a_b", "a-b"]);
    assert_eq!(accepted::<ClientId>(), ["Az09", "a_b", "a-b", "a+b"]);
    assert_eq!(accepted::<Sub>(), ["Az09", "a_b", "a-b", "a+b", "a.b", "a:b"]);
    assert_eq!(accepted::<ProviderName>(), ["Az09", "a_b", "a-b", "a+b", "a.b", "a:b", "é"]);
    assert_eq!(accepted::<Role>(), ["Az09", "a_b", "a-b", "a.b", "a:b"]);
    assert_eq!(accepted::<Group>(), accepted::<Role>());
    assert_eq!(accepted::<Slug>(), ["a-b"]);
}

#[test]
fn an_id_is_as_long_as_cognito_allows() {
    fn longest<T: FromStr>() -> usize {
        (1..=600).rev().find(|length| "a".repeat(*length).parse::<T>().is_ok()).unwrap()
    }

    assert_eq!((longest::<PoolId>(), longest::<ClientId>(), longest::<Sub>()), (55, 128, 128));
    assert_eq!((longest::<ProviderName>(), longest::<Role>(), longest::<Group>()), (32, 64, 64));
}

#[test]
fn a_username_goes_to_cognito_as_it_came() {
    let name = Username::new("Ana #1@example.com").unwrap();

    assert_eq!(name.as_str(), "Ana #1@example.com");
    assert_eq!(format!("{name:?}"), "Username(<redacted>)");
    let is_one = |length| Username::new(&"é".repeat(length)).is_some();
    assert_eq!([0, 1, 128, 129].map(is_one), [false, true, true, false]);
}
