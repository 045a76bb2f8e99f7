//! Spellings of one mailbox are equal, and two mailboxes are different.

use proptest::prelude::*;
use tenancy::{EmailAddress, EmailHash};

fn normal(raw: &str) -> Option<String> {
    raw.parse::<EmailAddress>().ok().map(|address| address.as_str().to_owned())
}

#[test]
fn spellings_of_one_address_are_equal() {
    let rows = [
        ("ana@example.com", "ana@example.com"),
        ("Ana@Example.COM", "ana@example.com"),
        ("  ana@example.com\t", "ana@example.com"),
        ("\u{a0}ana@example.com", "ana@example.com"),
        ("ANA+TAG@EXAMPLE.com", "ana+tag@example.com"),
        ("jos\u{e9}@example.com", "jos\u{e9}@example.com"),
        ("jose\u{301}@example.com", "jos\u{e9}@example.com"),
        ("JOSE\u{301}@example.com", "jos\u{e9}@example.com"),
        ("ana@b\u{fc}cher.example", "ana@xn--bcher-kva.example"),
        ("ana@B\u{dc}CHER.example", "ana@xn--bcher-kva.example"),
        ("ana@bu\u{308}cher.example", "ana@xn--bcher-kva.example"),
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"),
        ("ana@\u{65e5}\u{672c}.example", "ana@xn--wgv71a.example"),
        ("ana@\u{ff45}xample.com", "ana@example.com"),
        ("ana@example\u{3002}com", "ana@example.com"),
        ("ana@fa\u{df}.example", "ana@xn--fa-hia.example"),
        ("\"a@b\"@example.com", "\"a@b\"@example.com"),
        ("a@b@example.com", "a@b@example.com"),
        ("\u{3a3}@example.com", "\u{3c3}@example.com"),
        ("\u{130}@example.com", "i\u{307}@example.com"),
        ("ana@sub.example.com", "ana@sub.example.com"),
        ("ana@localhost", "ana@localhost"),
        ("o'brien@example.com", "o'brien@example.com"),
    ];

    for (raw, expected) in rows {
        assert_eq!(normal(raw).as_deref(), Some(expected), "{raw:?}");
    }
}

#[test]
fn different_addresses_stay_different() {
    let rows = [
        ("ana@example.com", "ana+x@example.com"),
        ("a.na@example.com", "ana@example.com"),
        ("ana@example.com", "ana@example.org"),
        ("ana@example.com", "ana@sub.example.com"),
        ("ana@example.com", "an\u{430}@example.com"),
        ("ana@example.com", "ana@ex\u{430}mple.com"),
        ("ana@fass.example", "ana@fa\u{df}.example"),
        ("ana@example.com", "\u{1d51e}na@example.com"),
        ("ana@example.com", "a\u{200b}na@example.com"),
        ("jose@example.com", "jos\u{e9}@example.com"),
        ("ana@example.com", "ana@evil.com@example.com"),
        ("ana_x@example.com", "ana-x@example.com"),
        ("1ana@example.com", "lana@example.com"),
    ];

    for (left, right) in rows {
        let (left, right) = (normal(left), normal(right));
        assert!(left.is_some() && right.is_some(), "{left:?} {right:?}");
        assert_ne!(left, right);
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let long_local = format!("{}@example.com", "a".repeat(243));
    let long_label = format!("ana@{}.com", "a".repeat(64));
    let rows = [
        "",
        "   ",
        "ana",
        "@",
        "ana@",
        "@example.com",
        "an a@example.com",
        "ana@exa mple.com",
        "ana\n@example.com",
        "ana\u{0}@example.com",
        "ana@example..com",
        "ana@.example.com",
        "ana@[192.0.2.1]",
        "ana@example.com/x",
        "ana@exam#ple.com",
        "ana@example.com:25",
        "ana@%65xample.com",
        &long_local,
        &long_label,
        "ana@xn--a",
        "ana@\u{ad}",
    ];

    for raw in rows {
        assert_eq!(normal(raw), None, "{raw:?}");
    }
    assert!(normal(&format!("{}@example.com", "a".repeat(242))).is_some(), "254 bytes are an address");
}

/// IDNA leaves soft hyphens out, so a long text can be a short address. Very long ones are refused unread.
#[test]
fn a_long_spelling_of_an_address_is_read_up_to_a_limit() {
    let spelled = |bytes: usize| {
        let padding = bytes - "ana@aexample.com".len();
        format!("ana@a{}{}xample.com", "\u{ad}".repeat(padding / 2), "e".repeat(1 + padding % 2))
    };

    assert_eq!(spelled(1_016).len(), 1_016);
    assert_eq!(normal(&spelled(600)).as_deref(), Some("ana@aexample.com"));
    assert_eq!(normal(&spelled(1_016)).as_deref(), Some("ana@aexample.com"));
    assert_eq!(normal(&spelled(1_017)), None);
    assert_eq!(normal(&spelled(2_000)), None);
}

#[test]
fn the_hash_is_the_published_one() {
    // printf '%s' 'cognito-tenancy/email/v1:ana@example.com' | sha256sum
    let hash = EmailHash::of(&" Ana@Example.com ".parse().unwrap());

    assert_eq!(hash.as_str(), "9961d5fed336ae2e98ea6d3a0b145139bc00da287153b1fb6852fe36541ef33a");
}

#[test]
fn an_address_does_not_show_in_debug() {
    let address: EmailAddress = "ana@example.com".parse().unwrap();

    assert_eq!(format!("{address:?}"), "EmailAddress(<redacted>)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn normalising_twice_changes_nothing(raw in "\\PC{0,40}@\\PC{0,40}|.{0,60}|[a-zA-Z.+ßİΣé]{1,9}@[a-zA-Zßü.]{1,12}") {
        if let Some(once) = normal(&raw) {
            prop_assert_eq!(normal(&once), Some(once.clone()));
            prop_assert!(once.len() <= 254 && once.contains('@'));
        }
    }

    #[test]
    fn case_and_blanks_around_never_matter(local in "[a-z0-9.+_-]{1,20}", domain in "[a-z]{1,10}\\.[a-z]{2,6}") {
        let plain = format!("{local}@{domain}");
        let shouted = format!(" {} ", plain.to_uppercase());
        prop_assert_eq!(normal(&plain), normal(&shouted));
    }
}
