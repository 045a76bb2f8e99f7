//! The settings of every trigger.

use cognito_trigger::TriggerSettings;
use function::Settings;
use tenancy::join::Redeem;

fn read(given: &[(&str, &str)]) -> Result<TriggerSettings, String> {
    let lookup = |name: &str| {
        let found = given.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut settings = Settings::new(&lookup);
    let read = TriggerSettings::read(&mut settings);
    settings.finish(read).map_err(|error| error.to_string())
}

#[test]
fn without_settings_any_pool_may_call_and_invites_are_redeemed() {
    let settings = read(&[]).unwrap();

    assert!(settings.pools.admit(Some(&"eu-west-1_Any".parse().unwrap())) && settings.pools.admit(None));
    assert_eq!((settings.redeem, settings.pool_tenant), (Redeem::On, None));
    assert_eq!(
        (settings.tenant_attribute.as_str(), settings.verified_providers.len()),
        ("custom:tenantId", 0)
    );
}

#[test]
fn what_is_set_counts() {
    let settings = read(&[
        ("USER_POOL_IDS", "eu-west-1_Here"),
        ("POOL_TENANT", "acme"),
        ("REDEEM", "off"),
        ("EMAIL_VERIFIED_PROVIDERS", "Okta, Entra"),
        ("TENANT_ATTRIBUTE", "custom:org"),
    ])
    .unwrap();

    assert!(settings.pools.admit(Some(&"eu-west-1_Here".parse().unwrap())));
    assert!(!settings.pools.admit(Some(&"eu-west-1_Other".parse().unwrap())) && !settings.pools.admit(None));
    assert_eq!((settings.redeem, settings.pool_tenant), (Redeem::Off, Some("acme".parse().unwrap())));
    let providers: Vec<&str> =
        settings.verified_providers.iter().map(tenancy::ProviderName::as_str).collect();
    assert_eq!((settings.tenant_attribute.as_str(), providers), ("custom:org", vec!["Okta", "Entra"]));
}

#[test]
fn a_setting_that_cannot_be_is_named() {
    let long = format!("custom:{}", "a".repeat(21));
    let longest = format!("custom:{}", "a".repeat(20));
    let rows: [(&[(&str, &str)], &str); 10] = [
        (&[("POOL_TENANT", "acme")], "POOL_TENANT needs exactly one pool"),
        (
            &[("POOL_TENANT", "acme"), ("USER_POOL_IDS", "eu-west-1_A,eu-west-1_B")],
            "POOL_TENANT needs exactly one pool",
        ),
        (&[("POOL_TENANT", "No!"), ("USER_POOL_IDS", "eu-west-1_A")], "POOL_TENANT is not usable"),
        (&[("USER_POOL_IDS", "no pool")], "USER_POOL_IDS"),
        (&[("REDEEM", "no")], "REDEEM is `no`"),
        (&[("TENANT_ATTRIBUTE", "email")], "TENANT_ATTRIBUTE"),
        (&[("TENANT_ATTRIBUTE", "custom:")], "TENANT_ATTRIBUTE"),
        (&[("TENANT_ATTRIBUTE", "custom:a b")], "TENANT_ATTRIBUTE"),
        (&[("TENANT_ATTRIBUTE", "custom:a\"b")], "TENANT_ATTRIBUTE"),
        (&[("TENANT_ATTRIBUTE", &long)], "TENANT_ATTRIBUTE"),
    ];

    for (given, fault) in rows {
        let told = read(given).map(|_| ()).unwrap_err();
        assert!(told.contains(fault), "{given:?}: {told}");
    }
    assert!(read(&[("TENANT_ATTRIBUTE", &longest)]).is_ok());
    assert!(read(&[("USER_POOL_IDS", "eu-west-1_A,eu-west-1_B")]).is_ok(), "several pools, many tenants");
}
