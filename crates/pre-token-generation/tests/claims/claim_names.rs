//! pre-token-generation and `tenant-token`, with which the authorizer reads tokens, take the same claim names.

use function::Settings;
use pre_token_generation::Config;
use proptest::prelude::*;
use tenant_token::{ClaimNames, Clients, Issuer, IssuerForm, Rules};

fn trigger_takes(name: &str) -> bool {
    let lookup = |setting: &str| (setting == "CLAIM_TENANT_ID").then(|| name.to_owned());
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    settings.finish(config).is_ok()
}

fn library_takes(name: &str) -> bool {
    let issuers = Issuer::of_pool("eu-west-1_AbCdEf123", IssuerForm::Original).unwrap();
    let mut names = ClaimNames::default();
    names.tenant_id = name.to_owned();
    Rules::new(issuers, Clients::OfThePools).claim_names(names).faults().is_empty()
}

/// The names that `docs/settings.md` lists as reserved.
fn reserved() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
    let page = std::fs::read_to_string(path).unwrap();
    let paragraph = page.split("**Claim names**").nth(1).unwrap().split("\n\n").next().unwrap();
    let ticked = paragraph.split('`').skip(1).step_by(2).map(str::to_owned);
    ticked.filter(|name| name != "TENANT_ATTRIBUTE").collect()
}

#[test]
fn no_reserved_name_is_taken_by_either() {
    let reserved = reserved();
    assert!(reserved.len() >= 45, "{reserved:?}");
    for name in ["profile", "website", "nickname", "name", "cnf", "device_key", "custom:", "custom"] {
        assert!(reserved.iter().any(|listed| listed == name), "{name} is not documented");
    }

    for name in reserved {
        let name = if name.ends_with(':') { format!("{name}org") } else { name };
        assert_eq!((trigger_takes(&name), library_takes(&name)), (false, false), "{name}");
        let upper = name.to_uppercase();
        assert_eq!((trigger_takes(&upper), library_takes(&upper)), (false, false), "{upper}");
    }
}

#[test]
fn names_of_ones_own_are_taken_by_both() {
    for name in ["org_id", "tid", "https://example.com/tenant", "organization", "customer", &"x".repeat(128)]
    {
        assert_eq!((trigger_takes(name), library_takes(name)), (true, true), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_take_the_same_names(name in "(custom|cognito|dev|Custom)?[:_]?[ -~]{1,12}|\\PC{1,130}") {
        // A blank setting counts as not set.
        prop_assume!(!name.trim().is_empty());
        // The trigger has no claim of that name, so only the library sees that it is used twice.
        prop_assume!(name != "tenant_features");
        prop_assert_eq!(trigger_takes(&name), library_takes(&name));
    }
}
