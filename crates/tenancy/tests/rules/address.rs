//! Who vouches for an e-mail address.

use tenancy::address::{Address, Identities, Identity, Opens, ProviderKind, Voucher};
use tenancy::{ProviderBinding, ProviderName};

use crate::support::tenant_id;

fn name(name: &str) -> ProviderName {
    name.parse().unwrap()
}

fn identity(provider: &str, kind: ProviderKind) -> Identity {
    Identity { provider: name(provider), kind, is_primary: false }
}

/// Identities as `Okta`: SAML or OIDC, `Google`: social, `Odd`: of an unknown type.
fn list(providers: &str) -> Vec<Identity> {
    let kind = |provider: &str| match provider {
        "Google" => ProviderKind::Social,
        "Odd" => ProviderKind::Unknown,
        _ => ProviderKind::Enterprise,
    };
    providers.split_whitespace().map(|provider| identity(provider, kind(provider))).collect()
}

fn shown(voucher: &Voucher<'_>) -> String {
    match voucher {
        Voucher::Nobody => "nobody".to_owned(),
        Voucher::Verified => "verified".to_owned(),
        Voucher::Providers(providers) => {
            providers.iter().map(|provider| provider.as_str()).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn an_address_counts_on_the_word_of_whoever_verified_it() {
    let federated = |providers| Identities::Federated(list(providers));
    let linked = |providers| Identities::Linked(list(providers));
    // (user, email_verified, fresh from the provider) -> (by address, with a code)
    let rows = [
        ("native", Identities::None, true, false, "verified", "verified"),
        ("native, unverified", Identities::None, false, true, "nobody", "nobody"),
        ("unreadable", Identities::Unreadable, true, true, "nobody", "verified"),
        ("unreadable, unverified", Identities::Unreadable, false, true, "nobody", "nobody"),
        ("enterprise", federated("Okta"), false, true, "Okta", "Okta"),
        ("enterprise that says verified", federated("Okta"), true, true, "Okta", "verified"),
        ("enterprise, not fresh", federated("Okta"), true, false, "nobody", "verified"),
        ("enterprise, not fresh, unverified", federated("Okta"), false, false, "nobody", "nobody"),
        ("listed", federated("Listed"), true, false, "verified", "verified"),
        ("listed, unverified", federated("Listed"), false, true, "Listed", "Listed"),
        ("social", federated("Google"), true, false, "verified", "verified"),
        ("social, unverified", federated("Google"), false, true, "Google", "Google"),
        ("social, unverified, not fresh", federated("Google"), false, false, "nobody", "nobody"),
        ("unknown type", federated("Odd"), true, true, "nobody", "verified"),
        ("unknown type, unverified", federated("Odd"), false, true, "nobody", "nobody"),
        ("several", federated("Okta Entra"), true, true, "Okta Entra", "verified"),
        ("several, unverified", federated("Okta Entra"), false, true, "nobody", "nobody"),
        ("several, one social", federated("Okta Google"), true, true, "Okta", "verified"),
        ("linked enterprise", linked("Okta"), true, true, "Okta", "verified"),
        ("linked enterprise, unverified", linked("Okta"), false, true, "nobody", "nobody"),
        ("linked enterprise, not fresh", linked("Okta"), true, false, "nobody", "verified"),
        ("linked social", linked("Google"), true, false, "verified", "verified"),
        ("linked listed", linked("Listed"), true, false, "verified", "verified"),
        ("linked unknown", linked("Google Odd"), true, true, "nobody", "verified"),
    ];
    let email = "ana@example.com".parse().unwrap();
    let verified_providers = [name("Listed")];

    for (row, identities, is_verified, is_fresh, by_address, with_code) in rows {
        let address = Address {
            email: &email,
            is_verified,
            identities: &identities,
            is_fresh,
            verified_providers: &verified_providers,
        };
        assert_eq!(shown(&address.voucher()), by_address, "{row}: by address");
        assert_eq!(shown(&address.voucher_with_code()), with_code, "{row}: with a code");
    }
}

#[test]
fn an_address_of_providers_opens_the_one_tenant_that_trusts_all_of_them() {
    let binding = |tenant: &str, is_email_trusted| ProviderBinding {
        tenant: tenant_id(tenant),
        joins: false,
        default_roles: Vec::new(),
        is_email_trusted,
    };
    let (acme, globex, distrusting) =
        (binding("acme", true), binding("globex", true), binding("acme", false));
    let only_acme = Opens::Only(tenant_id("acme"));
    let rows: [(&str, &[Option<&ProviderBinding>], Opens); 7] = [
        ("trusted", &[Some(&acme)], only_acme.clone()),
        ("both of one tenant", &[Some(&acme), Some(&acme)], only_acme),
        ("not trusted", &[Some(&distrusting)], Opens::Nothing),
        ("not bound", &[None], Opens::Nothing),
        ("one not bound", &[Some(&acme), None], Opens::Nothing),
        ("of two tenants", &[Some(&acme), Some(&globex)], Opens::Nothing),
        ("none", &[], Opens::Nothing),
    ];

    for (row, bindings, expected) in rows {
        assert_eq!(Opens::of_bindings(bindings), expected, "{row}");
    }
    assert!(!Opens::Only(tenant_id("acme")).opens(&tenant_id("globex")));
}

#[test]
fn the_kind_of_a_provider_is_what_cognito_calls_it() {
    let kinds = |types: &[&str]| types.iter().map(|raw| ProviderKind::parse(raw)).collect::<Vec<_>>();

    assert_eq!(kinds(&["SAML", "OIDC"]), [ProviderKind::Enterprise; 2]);
    assert_eq!(
        kinds(&["Google", "SignInWithApple", "Facebook", "LoginWithAmazon"]),
        [ProviderKind::Social; 4]
    );
    assert_eq!(kinds(&["", "saml", "GOOGLE", "Cognito"]), [ProviderKind::Unknown; 4]);
}

#[test]
fn only_a_federated_user_joins_by_a_provider() {
    let primary =
        |provider: &str| Identity { is_primary: true, ..identity(provider, ProviderKind::Enterprise) };
    let second = |provider: &str| identity(provider, ProviderKind::Enterprise);
    let rows = [
        ("the only one", Identities::Federated(vec![second("Okta")]), Some("Okta")),
        ("the primary one", Identities::Federated(vec![second("Entra"), primary("Okta")]), Some("Okta")),
        ("two primary ones", Identities::Federated(vec![primary("Entra"), primary("Okta")]), None),
        ("none primary", Identities::Federated(vec![second("Entra"), second("Okta")]), None),
        ("linked", Identities::Linked(vec![primary("Okta")]), None),
        ("native", Identities::None, None),
        ("unreadable", Identities::Unreadable, None),
    ];

    for (row, identities, expected) in rows {
        assert_eq!(identities.joining_provider().map(ProviderName::as_str), expected, "{row}");
    }
}
