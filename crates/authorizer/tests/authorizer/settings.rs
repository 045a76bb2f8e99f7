//! Every setting: its default, its values, and its faults.

use authorizer::{Config, LiveCheck, Response, TokenSource};
use serde_json::json;
use std::time::Duration;
use tenant_token::{FixedKeys, Verifier};

use crate::support::*;

const REQUIRED: [(&str, &str); 2] = [("USER_POOL_IDS", "eu-west-1_AbCdEf123"), ("CLIENT_IDS", "6g1example")];

const AWS: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "k"),
    ("AWS_SECRET_ACCESS_KEY", "s"),
    ("TENANCY_TABLE", "tenancy"),
];

fn read(settings: &[(&str, &str)]) -> Result<(Config, bool), Vec<String>> {
    let lookup = |name: &str| {
        let found = settings.iter().chain(&REQUIRED).find(|(setting, _)| *setting == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::of_function(&lookup).map(|(config, table)| (config, table.is_some())).map_err(|faults| faults.0)
}

fn config(settings: &[(&str, &str)]) -> Config {
    let all: Vec<_> = settings.iter().chain(&AWS).copied().collect();
    read(&all).unwrap().0
}

/// The URLs of the issuers, as the verifier shows them.
fn issuers(config: &Config) -> Vec<String> {
    let shown = format!("{:?}", config.rules);
    let urls = shown.split("url: \"").skip(1).filter_map(|rest| rest.split('"').next());
    urls.map(str::to_owned).collect()
}

#[test]
fn two_settings_are_required_and_the_table_is_not() {
    let faults = Config::of_function(&|_| None).err().unwrap().0;
    assert_eq!(faults.len(), 2, "{faults:?}");
    for name in ["USER_POOL_IDS", "CLIENT_IDS"] {
        assert!(faults.iter().any(|fault| fault.starts_with(name)), "{name}: {faults:?}");
    }

    let (config, reads_table) = read(&[]).unwrap();
    assert!(!reads_table && !config.reads_table());
    assert_eq!((config.response, &config.token_source), (Response::Simple, &TokenSource::Header));
    assert_eq!((config.live_check, config.clients_are_bound), (LiveCheck::None, false));
    assert_eq!(config.cache.fresh_for, Duration::from_secs(30));
    assert_eq!(config.cache.stale_for, Duration::from_mins(10));
    assert_eq!(issuers(&config), ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"]);
}

#[test]
fn settings_that_cannot_be_are_named() {
    let pools: Vec<String> = (0..33).map(|number| format!("eu-west-1_p{number}")).collect();
    let pools = pools.join(",");
    let (most, both) = (pools.rsplit_once(',').unwrap().0, ("ISSUER_FORM", "both"));
    let rows: [&[(&str, &str)]; 50] = [
        &[("USER_POOL_IDS", " ")],
        &[("USER_POOL_IDS", "nonsense")],
        &[("USER_POOL_IDS", "eu-west-1_a,")],
        &[("USER_POOL_IDS", "eu-west-1_a,eu-west-1_a")],
        &[("USER_POOL_IDS", &pools)],
        &[("USER_POOL_IDS", most), both],
        &[("CLIENT_IDS", "")],
        &[("CLIENT_IDS", "a b")],
        &[("CLIENT_IDS", "a,,b")],
        &[("CLIENT_IDS", "a,")],
        &[("CLIENT_IDS", "bound,6g1example")],
        &[("CLIENT_IDS", "6g1example, any")],
        &[("CLIENT_IDS", "any,bound")],
        &[("ISSUER_FORM", "new")],
        &[("TOKEN_USE", "refresh")],
        &[("REQUIRED_SCOPES", "orders/\"read")],
        &[("REQUIRED_SCOPES", "orders\\read")],
        &[("REQUIRED_SCOPES", "a\tb")],
        &[("REQUIRED_SCOPES", "a"), ("TOKEN_USE", "id")],
        &[("REQUIRED_SCOPES", "a"), ("TOKEN_USE", "either")],
        &[("CLAIM_TENANT_ID", "sub")],
        &[("CLAIM_TENANT_ID", "custom")],
        &[("CLAIM_TENANT_ID", "cognito:x")],
        &[("CLAIM_TENANT_NAME", "email")],
        &[("CLAIM_TENANT_TIER", "a b")],
        &[("CLAIM_TENANT_ROLES", "tenant_id")],
        &[("CLAIM_TENANT_FEATURES", "\"")],
        &[("CLAIM_TENANT_ID", "custom:tenantId")],
        &[("CLAIM_TENANT_ID", "profile")],
        &[("CLAIM_TENANT_NAME", "nickname")],
        &[("CLAIM_TENANT_TIER", "device_key")],
        &[("CLAIM_TENANT_ROLES", "a\"b")],
        &[("RESPONSE", "Simple")],
        &[("RESPONSE", "simple")],
        &[("TOKEN_SOURCE", "query")],
        &[("TOKEN_SOURCE", "query:")],
        &[("TOKEN_SOURCE", "query:a b")],
        &[("TOKEN_SOURCE", "cookie:a")],
        &[("LIVE_CHECK", "members")],
        &[("LIVE_CHECK", "tenant"), ("TENANCY_TABLE", "")],
        &[("LIVE_CHECK", "member"), ("TENANCY_TABLE", "")],
        &[("CLIENT_IDS", "bound"), ("TENANCY_TABLE", "")],
        &[("LIVE_CHECK", "tenant"), ("TENANCY_TABLE", "a/b")],
        &[("TENANT_CACHE_SECONDS", "3601")],
        &[("TENANT_STALE_SECONDS", "-1")],
        &[("LEEWAY_SECONDS", "301")],
        &[("MAX_TOKEN_AGE_SECONDS", "59")],
        &[("MAX_TOKEN_AGE_SECONDS", "86401")],
        &[("JWKS_SECONDS", "299")],
        &[("JWKS_SECONDS", "86401")],
    ];

    for row in rows {
        let all: Vec<_> = row.iter().chain(&AWS).copied().collect();
        let Err(faults) = read(&all) else { panic!("{row:?} is accepted") };
        let named = |fault: &String| row.iter().any(|(name, _)| fault.starts_with(name));
        assert!(
            faults.iter().all(|fault| named(fault) || fault.starts_with("TENANCY_TABLE")),
            "{row:?}: {faults:?}"
        );
        assert!(!faults.is_empty());
    }
}

#[test]
fn every_claim_name_that_cannot_be_is_told_with_its_setting() {
    let names = [("CLAIM_TENANT_ID", "sub"), ("CLAIM_TENANT_ROLES", "sub"), ("CLAIM_TENANT_TIER", "website")];

    let mut faults = read(&names).err().unwrap();

    faults.sort();
    assert_eq!(
        faults,
        [
            "CLAIM_TENANT_ID is not usable: `sub` cannot be the name of the claim tenant_id",
            "CLAIM_TENANT_ROLES is not usable: `sub` cannot be the name of the claim tenant_roles",
            "CLAIM_TENANT_TIER is not usable: `website` cannot be the name of the claim tenant_tier",
        ]
    );
}

#[test]
fn a_name_of_two_claims_is_told_with_both_settings() {
    // CLAIM_TENANT_NAME has its default.
    let faults = read(&[("CLAIM_TENANT_ID", "tenant_name")]).err().unwrap();

    assert_eq!(faults, ["CLAIM_TENANT_NAME is `tenant_name`, the same as CLAIM_TENANT_ID"]);
}

#[test]
fn settings_at_their_bounds_are_accepted() {
    let pools: Vec<String> = (0..32).map(|number| format!("eu-west-1_p{number}")).collect();
    let rows = [
        ("USER_POOL_IDS", pools.join(", ")),
        ("CLIENT_IDS", "any".to_owned()),
        ("CLIENT_IDS", "a, b".to_owned()),
        ("ISSUER_FORM", "both".to_owned()),
        ("TOKEN_USE", "either".to_owned()),
        ("REQUIRED_SCOPES", " orders/read  tenancy/member ".to_owned()),
        ("RESPONSE", "auto".to_owned()),
        ("TENANT_CACHE_SECONDS", "0".to_owned()),
        ("TENANT_STALE_SECONDS", "86400".to_owned()),
        ("LEEWAY_SECONDS", "0".to_owned()),
        ("LEEWAY_SECONDS", "300".to_owned()),
        ("MAX_TOKEN_AGE_SECONDS", "60".to_owned()),
        ("MAX_TOKEN_AGE_SECONDS", "86400".to_owned()),
        ("JWKS_SECONDS", "300".to_owned()),
        ("JWKS_SECONDS", "86400".to_owned()),
    ];

    for (name, value) in rows {
        let config = config(&[(name, &value)]);
        assert!(Verifier::new(config.rules, FixedKeys::new()).is_ok(), "{name}={value}");
    }
}

#[test]
fn each_choice_has_its_effect() {
    assert_eq!(config(&[("RESPONSE", "policy")]).response, Response::Policy);
    assert_eq!(
        config(&[("TOKEN_SOURCE", "query:access_token")]).token_source,
        TokenSource::Query("access_token".to_owned())
    );
    assert_eq!(config(&[("LIVE_CHECK", "tenant")]).live_check, LiveCheck::Tenant);
    assert_eq!(config(&[("LIVE_CHECK", "member")]).live_check, LiveCheck::Member);
    assert!(config(&[("CLIENT_IDS", "bound")]).clients_are_bound);
    assert!(!config(&[("CLIENT_IDS", "any")]).clients_are_bound);
    let both = issuers(&config(&[("ISSUER_FORM", "both")]));
    assert_eq!(
        both,
        [
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
            "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123"
        ]
    );
    assert_eq!(issuers(&config(&[("ISSUER_FORM", "updated")])), both[1..]);
}

#[tokio::test]
async fn the_age_and_the_leeway_of_tokens_are_as_set() {
    let (age, leeway) = (("MAX_TOKEN_AGE_SECONDS", "60"), ("LEEWAY_SECONDS", "0"));
    let rows = [
        (age, json!({ "iat": NOW_SECONDS - 60 }), 200),
        (age, json!({ "iat": NOW_SECONDS - 61 }), 403),
        (leeway, json!({ "exp": NOW_SECONDS + 1 }), 200),
        (leeway, json!({ "exp": NOW_SECONDS }), 403),
    ];

    for (setting, change, status) in rows {
        let gateway = Gateway::with_rules(|_| config(&[setting]).rules);
        let row = format!("{setting:?} {change}");
        assert_eq!(gateway.status("http-2", &signed(&but(claims(), change))).await, status, "{row}");
    }
}

#[tokio::test]
async fn keys_are_fetched_again_after_the_time_that_is_set() {
    let mut gateway = Gateway::with_rules(|_| config(&[("JWKS_SECONDS", "300")]).rules);
    let event = event("http-2", &signed(&claims()));
    gateway.conclude(&event).await;
    *gateway.keys.0.lock().unwrap() = Reach::Failing;

    // Jitter shortens the time by a fifth at most.
    for (seconds, stale) in [(239, 0), (301, 1)] {
        gateway.now = NOW_SECONDS + seconds;
        let concluded = gateway.conclude(&event).await;
        assert_eq!(gateway.metric(&concluded, "KeysStale"), stale, "{seconds}");
    }
}

#[test]
fn the_issuer_is_that_of_the_pools_region_and_partition() {
    let rows = [
        ("eu-west-1_a", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"),
        ("us-gov-west-1_a", "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_a"),
        ("cn-north-1_a", "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a"),
    ];

    for (pool, issuer) in rows {
        assert_eq!(issuers(&config(&[("USER_POOL_IDS", pool)])), [issuer], "{pool}");
    }
}

#[test]
fn only_a_stack_on_this_machine_changes_the_issuer() {
    let name = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER";
    let aws = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
    let rows = [
        ("http://127.0.0.1:9229", "http://127.0.0.1:9229/eu-west-1_AbCdEf123"),
        ("http://localhost:9229/", "http://localhost:9229/eu-west-1_AbCdEf123"),
        ("http://[::1]:9229", "http://[::1]:9229/eu-west-1_AbCdEf123"),
        ("http://10.0.0.1:9229", aws),
        ("http://keys.example", aws),
        ("http://localhost.keys.example", aws),
        ("http://localhost@keys.example", aws),
        ("https://keys.example", aws),
        ("https://127.0.0.1", aws),
        ("nonsense", aws),
    ];

    for (url, expected) in rows {
        assert_eq!(issuers(&config(&[(name, url)])), [expected], "{url}");
        assert_eq!(issuers(&config(&[("AWS_ENDPOINT_URL", url)])), [expected], "{url}");
    }
}
