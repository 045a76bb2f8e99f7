//! What the functions are made of: held by the lock file, so that an update cannot bring it back unseen.

use std::collections::BTreeMap;
use std::path::Path;

/// Every package of the lock file, with its versions.
fn locked() -> BTreeMap<String, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = std::fs::read_to_string(path).unwrap();
    let value = |line: &str, name: &str| {
        line.strip_prefix(&format!("{name} = \"")).and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
    };
    let mut packages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in lock.lines() {
        if let Some(found) = value(line, "name") {
            name = found;
        } else if let Some(version) = value(line, "version") {
            packages.entry(name.clone()).or_default().push(version);
        }
    }
    assert!(
        packages.contains_key("aws-sdk-dynamodb") && packages.len() > 100,
        "the lock file was not understood"
    );
    packages
}

#[test]
fn no_jitter_entropy_slows_a_cold_start() {
    // aws-lc gathers it in the first TLS call of a process; ring does not.
    let locked = locked();

    for package in ["aws-lc-sys", "aws-lc-rs", "aws-lc-fips-sys", "s2n-tls-sys", "openssl-sys"] {
        assert_eq!(locked.get(package), None, "{package}");
    }
    assert!(locked.contains_key("ring"));
}

#[test]
fn there_is_one_http_and_one_tls_stack() {
    let locked = locked();

    for package in
        ["hyper", "hyper-util", "h2", "http", "rustls", "hyper-rustls", "tokio-rustls", "tokio", "ring"]
    {
        assert_eq!(locked.get(package).map(Vec::len), Some(1), "{package}: {:?}", locked.get(package));
    }
}
