use std::collections::BTreeMap;

use function::InvalidSettings;
use router::config::Start;

type Given = BTreeMap<String, String>;

struct Function {
    name: &'static str,
    /// Settings without a default, with good values.
    required: &'static [(&'static str, &'static str)],
    read: fn(&Given) -> Result<(), InvalidSettings>,
}

const AWS: [(&str, &str); 4] = [
    ("TENANCY_TABLE", "tenancy"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];

const FUNCTIONS: [Function; 4] = [
    Function {
        name: "pre-token-generation",
        required: &AWS,
        read: |given| pre_token_generation::Config::of_function(&lookup(given)).map(drop),
    },
    Function {
        name: "post-confirmation",
        required: &AWS,
        read: |given| post_confirmation::Config::of_function(&lookup(given)).map(drop),
    },
    Function {
        name: "authorizer",
        required: &[
            AWS[0],
            AWS[1],
            AWS[2],
            AWS[3],
            ("USER_POOL_IDS", "eu-west-1_AbCdEf123"),
            ("CLIENT_IDS", "bound"),
        ],
        read: |given| authorizer::Config::of_function(&lookup(given)).map(drop),
    },
    Function {
        name: "router",
        required: &[
            AWS[0],
            AWS[1],
            AWS[2],
            AWS[3],
            ("DEFAULT_CELL", "shared-1"),
            ("HOST_SUFFIX", "app.example.com"),
            ("APP_LOGIN_URL", "https://{slug}.app.example.com/login"),
            ("DEFAULT_LOGIN_URL", "https://www.example.com/sign-in"),
            ("ROUTER_LISTEN", "127.0.0.1:0"),
        ],
        read: |given| Start::read(&lookup(given)).map(|start| sends_nobody_elsewhere(&start)),
    },
];

/// Settings, one `NAME=value` a line, for each of the four functions.
///
/// - Each fault names a setting that is wrong: once the settings that the faults name have good values, the function starts.
/// - The router's addresses are https, or http at a loopback host, and are one word of a content security policy.
/// - An allowed origin never admits `null` or a host that the settings do not name.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let given: Given = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for function in FUNCTIONS {
        mend(&function, given.clone());
    }
}

/// Gives the settings that faults name their good values, until the function starts.
fn mend(function: &Function, mut given: Given) {
    while let Err(InvalidSettings(faults)) = (function.read)(&given) {
        assert!(!faults.is_empty(), "{} refuses {given:?} and says nothing", function.name);
        let before = given.clone();
        for fault in &faults {
            let words = fault.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            let mut is_helpful = false;
            for word in words {
                let good = function.required.iter().find(|(name, _)| *name == word).map(|(_, good)| *good);
                let is = before.get(word).map(String::as_str);
                // A blank value counts as not set.
                if is.filter(|value| !value.trim().is_empty()) != good {
                    is_helpful = true;
                    match good {
                        Some(good) => drop(given.insert(word.to_owned(), good.to_owned())),
                        None => drop(given.remove(word)),
                    }
                }
            }
            assert!(is_helpful, "{}: `{fault}` names no setting that is wrong in {before:?}", function.name);
        }
    }
}

fn lookup(given: &Given) -> impl Fn(&str) -> Option<String> {
    |name| given.get(name).cloned()
}

fn sends_nobody_elsewhere(start: &Start) {
    let config = &start.config;
    let slug = "some-slug".parse().expect("a slug");
    let (app, default) = (config.app_login.of(&slug), config.default_login.as_str());
    let support = config.support.as_ref().map(|url| (url.as_str(), url.origin()));
    let addresses = [(app.as_str(), config.app_login.origin()), (default, config.default_login.origin())];
    for (address, origin) in addresses.into_iter().chain(support) {
        let (scheme, rest) = address.split_once("://").expect("a scheme");
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.split(':').next().unwrap_or_default();
        let is_loopback = host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost");
        assert!(scheme == "https" || (scheme == "http" && is_loopback), "{address}");
        let is_host = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b);
        assert!(authority.bytes().all(is_host), "{address}");
        assert!(rest.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\\"<>".contains(&b)), "{address}");
        // The origin is that of the address, or has `*` for the label with the slug.
        let named = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")).expect("a scheme");
        let is_named = match named.strip_prefix("*.") {
            Some(parents) => authority
                .split_once('.')
                .is_some_and(|(label, rest)| rest == parents && label.contains("some-slug")),
            None => named == authority,
        };
        assert!(is_named, "{address} {origin}");
    }
    for origin in &config.origins {
        for foreign in
            ["null", "", "*", "https://", "https://foreign.test", "https://foreign.test/.example.com"]
        {
            let is_named = format!("{origin:?}").contains("foreign.test");
            assert!(is_named || !origin.admits(foreign), "{origin:?} admits {foreign}");
        }
    }
}
