//! Checks the settings of `--set` as the functions do at their start, before anything is built or served.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// What every stack gives a function, as far as its settings depend on it.
const GIVEN: [(&str, &str); 6] = [
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
    ("CLIENT_IDS", "client"),
    ("TENANCY_TABLE", "tenancy"),
    ("USER_POOL_IDS", "eu-west-1_local"),
];

/// Variables that are read elsewhere than in the settings of a function.
const OTHERS: [&str; 3] = ["AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL", "RUST_BACKTRACE"];

/// Every fault: names that no function reads, and values that one refuses.
pub(crate) fn faults(settings: &BTreeMap<String, String>) -> Vec<String> {
    let (known, _) = read(&BTreeMap::new());
    let unknown = settings.keys().filter(|name| !known.contains(*name) && !OTHERS.contains(&name.as_str()));
    let unknown = unknown.map(|name| format!("no function has a setting {name}; docs/settings.md lists all"));
    unknown.chain(read(settings).1).collect()
}

/// The names that the functions ask for, and the faults that they find.
fn read(settings: &BTreeMap<String, String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let asked = RefCell::new(BTreeSet::new());
    let lookup = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        let given = GIVEN.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned());
        settings.get(name).cloned().or(given)
    };
    let invalid = [
        post_confirmation::Config::of_function(&lookup).err(),
        pre_token_generation::Config::of_function(&lookup).err(),
        authorizer::Config::of_function(&lookup).err(),
    ];
    let faults = invalid.into_iter().flatten().flat_map(|invalid| invalid.0).collect();
    (asked.into_inner(), faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(settings: &[(&str, &str)]) -> Vec<String> {
        faults(&settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn settings_of_any_function_are_taken() {
        let settings = [
            ("MODE", "observe"),
            ("UNINVITED", "admit"),
            ("LIVE_CHECK", "member"),
            ("MAX_TOKEN_AGE_SECONDS", "600"),
            ("TENANT_CACHE_SECONDS", "0"),
            ("USER_POOL_IDS", "eu-west-1_a"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
        ];

        assert_eq!(faults_of(&settings), Vec::<String>::new());
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let faults = faults_of(&[
            ("MOED", "observe"),
            ("MODE", "Observe"),
            ("UNINVITED", "maybe"),
            ("LIVE_CHECK", "yes"),
        ]);

        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults[0].contains("no function has a setting MOED"), "{faults:?}");
        for name in ["MODE", "UNINVITED", "LIVE_CHECK"] {
            assert!(faults.iter().any(|fault| fault.starts_with(name)), "{name}: {faults:?}");
        }
    }
}
