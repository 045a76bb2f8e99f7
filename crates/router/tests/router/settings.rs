//! Settings that cannot be, and what those that can be mean.

use router::{Config, Entrance, Start};
use tenancy::Slug;

use crate::support::SETTINGS;

const AWS: [(&str, &str); 5] = [
    ("TENANCY_TABLE", "tenancy"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "k"),
    ("AWS_SECRET_ACCESS_KEY", "s"),
    ("ROUTER_LISTEN", "127.0.0.1:0"),
];

fn start(changes: &[(&str, &str)]) -> Result<Start, Vec<String>> {
    let lookup = |name: &str| {
        let all = changes.iter().chain(&SETTINGS).chain(&AWS);
        all.into_iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    };
    Start::read(&lookup).map_err(|error| error.0)
}

#[test]
fn settings_that_cannot_be_are_named() {
    let long = "x".repeat(61);
    let rows: [(&str, &str); 63] = [
        ("TENANCY_TABLE", ""),
        ("TENANCY_TABLE", "a table"),
        ("DEFAULT_CELL", ""),
        ("DEFAULT_CELL", "Shared"),
        ("DEFAULT_CELL", "shared_1"),
        ("HOST_SUFFIX", ""),
        ("HOST_SUFFIX", "localhost"),
        ("HOST_SUFFIX", "127.0.0.1"),
        ("HOST_SUFFIX", "app.example.com:443"),
        ("HOST_SUFFIX", "https://app.example.com"),
        ("HOST_SUFFIX", "*.app.example.com"),
        ("HOST_SUFFIX", "app..example.com"),
        ("APP_LOGIN_URL", ""),
        ("APP_LOGIN_URL", "app.example.com"),
        ("APP_LOGIN_URL", "http://{slug}.app.example.com/login"),
        ("APP_LOGIN_URL", "ftp://{slug}.app.example.com/login"),
        ("APP_LOGIN_URL", "https://{slug}.app.example.com/{slug}"),
        ("APP_LOGIN_URL", "https://{tenant}.app.example.com/login"),
        ("APP_LOGIN_URL", "https://{slug}/login"),
        ("APP_LOGIN_URL", "https://app.{slug}.example.com/login"),
        ("APP_LOGIN_URL", "https://app.example.com:{slug}/login"),
        ("APP_LOGIN_URL", "https://app.example.com/login?t={slug}"),
        ("APP_LOGIN_URL", "https://app.example.com/login#{slug}"),
        ("APP_LOGIN_URL", "https://{slug}@app.example.com/login"),
        ("APP_LOGIN_URL", "https://app.example.com@{slug}.evil.example/login"),
        ("APP_LOGIN_URL", "https://app.example.com/{slug"),
        ("APP_LOGIN_URL", "https://app.example.com/slug}"),
        ("APP_LOGIN_URL", "{slug}://app.example.com/login"),
        ("DEFAULT_LOGIN_URL", ""),
        ("DEFAULT_LOGIN_URL", "http://www.example.com/login"),
        ("DEFAULT_LOGIN_URL", "https://{slug}.example.com/login"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com/login?x=1"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com/login#x"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com//evil.example"),
        ("DEFAULT_LOGIN_URL", "https://user@www.example.com/login"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com\\login"),
        ("DEFAULT_LOGIN_URL", "https:///login"),
        ("DEFAULT_LOGIN_URL", "//www.example.com/login"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com/a b"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com:0/login"),
        ("DEFAULT_LOGIN_URL", "https://www.example.com/\"><x"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "https://*"),
        ("ALLOWED_ORIGINS", "https://*.com"),
        ("ALLOWED_ORIGINS", "http://*.app.example.com"),
        ("ALLOWED_ORIGINS", "https://a.*.example.com"),
        ("ALLOWED_ORIGINS", "https://www.example.com/"),
        ("ALLOWED_ORIGINS", "https://www.example.com,"),
        ("ALLOWED_ORIGINS", "www.example.com"),
        ("ALLOWED_ORIGINS", "https://WWW.example.com"),
        ("PASS_HINT", "yes"),
        ("SHOW_NAME", "true"),
        ("PUBLIC_LIST", "On"),
        ("BRAND_NAME", &long),
        ("BRAND_NAME", "a\u{202e}b"),
        ("SUPPORT_URL", "mailto:help@example.com"),
        ("SUPPORT_URL", "http://help.example.com"),
        ("ROUTE_CACHE_SECONDS", "3601"),
        ("ROUTE_STALE_SECONDS", "-1"),
        ("ROUTER_LISTEN", ""),
        ("ROUTER_LISTEN", "0.0.0.0:8080"),
        ("ROUTER_LISTEN", "127.0.0.1"),
    ];

    for (name, value) in rows {
        let faults = start(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value} is refused"));
        assert_eq!(faults.len(), 1, "{name}={value}: {faults:?}");
        assert!(faults[0].starts_with(&format!("{name} ")), "{name}={value}: {faults:?}");
    }
    let all = start(&rows.map(|(name, _)| (name, "\u{0}")));
    let names: std::collections::BTreeSet<_> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(all.err().unwrap().len(), names.len(), "every fault is named at once");
}

#[test]
fn a_setting_that_is_not_set_has_its_default() {
    let Start { config, entrance, table, .. } = start(&[]).unwrap_or_else(|faults| panic!("{faults:?}"));

    let Config { passes_hint, shows_name, has_public_list, brand, support, cache, origins, .. } = config;
    assert_eq!((passes_hint, shows_name, has_public_list), (true, false, false));
    assert_eq!((brand.as_str(), support, origins.len()), ("Sign in", None, 0));
    assert_eq!((cache.fresh_for.as_secs(), cache.stale_for.as_secs()), (30, 600));
    assert_eq!((entrance, table.as_str()), (Entrance::Loopback("127.0.0.1:0".parse().unwrap()), "tenancy"));
    let lambda = start(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("ROUTER_LISTEN", "")]);
    assert_eq!(lambda.unwrap_or_else(|faults| panic!("{faults:?}")).entrance, Entrance::Lambda);
}

#[test]
fn an_address_takes_the_slug_where_it_is_and_names_its_origin() {
    let rows = [
        (
            "https://{slug}.app.example.com/login",
            "https://acme.app.example.com/login",
            "https://*.app.example.com",
        ),
        (
            "https://t-{slug}.app.example.com:8443/x",
            "https://t-acme.app.example.com:8443/x",
            "https://*.app.example.com:8443",
        ),
        (
            "https://app.example.com/t/{slug}/login",
            "https://app.example.com/t/acme/login",
            "https://app.example.com",
        ),
        ("https://app.example.com/login", "https://app.example.com/login", "https://app.example.com"),
        ("http://{slug}.localhost:5173/login", "http://acme.localhost:5173/login", "http://*.localhost:5173"),
        ("http://127.0.0.1:5173/{slug}", "http://127.0.0.1:5173/acme", "http://127.0.0.1:5173"),
    ];
    let acme: Slug = "acme".parse().unwrap();

    for (setting, address, origin) in rows {
        let start =
            start(&[("APP_LOGIN_URL", setting)]).unwrap_or_else(|faults| panic!("{setting} {faults:?}"));
        let url = start.config.app_login;
        assert_eq!((url.of(&acme).as_str(), url.origin()), (address, origin), "{setting}");
    }
}
