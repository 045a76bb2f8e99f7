//! Identity providers: what they may say of users, and whose users they are.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::types::IdentityProviderTypeType as Kind;

use super::super::finding::{Check, Finding, Look, Rule, Severity};
use super::super::snapshot::{BoundProvider, Provider, Snapshot};
use super::listed;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "provider-maps-tenant",
        severity: Severity::Critical,
        looks_for: "An identity provider is mapped onto the tenant attribute.",
        why: "Cognito writes the attribute anew at each sign-in through it: the stamp becomes whatever the provider says, and \
              every provider can name every tenant.",
        check: Check::Provider(maps_tenant),
    },
    Rule {
        id: "provider-maps-protected",
        severity: Severity::High,
        looks_for: "An identity provider is mapped onto an attribute that was named with --attributes, or (severity medium) onto \
                    one whose name sounds as if rights hang on it.",
        why: "Whoever runs the provider gives its users what the attribute stands for, in every tenant that they belong to.",
        check: Check::Provider(maps_protected),
    },
    Rule {
        id: "provider-maps-email-verified",
        severity: Severity::High,
        looks_for: "An identity provider is mapped onto email_verified. Severity medium for Google, Apple, Amazon and Facebook.",
        why: "The provider then vouches for addresses, and invites to an address are redeemed on that word: a provider that a \
              customer runs can claim any address, also one that another tenant has invited.",
        check: Check::Provider(maps_email_verified),
    },
    Rule {
        id: "provider-anyone-joins",
        severity: Severity::Critical,
        looks_for: "An identity provider where anybody can have a user (Google, Facebook, Amazon, Apple, Microsoft's shared \
                    issuers) is bound to a tenant with --join.",
        why: "Anybody in the world becomes a member of the tenant by signing in.",
        check: Check::BoundProvider(anyone_joins),
    },
    Rule {
        id: "provider-anyone-trusted",
        severity: Severity::High,
        looks_for: "The e-mail addresses of such a provider are trusted. Severity medium for Google and Apple, which prove them.",
        why: "Facebook, Amazon and Microsoft's shared issuers give addresses that they have not proven: whoever enters somebody \
              else's there redeems that person's invites.",
        check: Check::BoundProvider(anyone_trusted),
    },
    Rule {
        id: "provider-two-tenants",
        severity: Severity::High,
        looks_for: "An identity provider serves app clients that are bound to different tenants. Severity low for providers \
                    where anybody can have a user.",
        why: "One customer's provider can sign users in to another customer's application; only memberships keep them apart.",
        check: Check::BoundProvider(two_tenants),
    },
    Rule {
        id: "provider-cross-tenant",
        severity: Severity::High,
        looks_for: "An identity provider that is bound to one tenant serves an app client that is bound to another.",
        why: "Its users get no token there, or, where somebody invited them, one of a tenant that their provider is not of.",
        check: Check::BoundProvider(cross_tenant),
    },
    Rule {
        id: "provider-without-tls",
        severity: Severity::High,
        looks_for: "An address of an identity provider (issuer, metadata, keys, tokens) does not begin with https.",
        why: "Whoever is on the way can give other keys, and then sign in as any of its users.",
        check: Check::Provider(without_tls),
    },
    Rule {
        id: "provider-idp-initiated",
        severity: Severity::Low,
        looks_for: "A SAML provider may begin sign-ins itself (IDPInit).",
        why: "A user can be signed in as somebody else by following a link; Cognito's guide asks to weigh that.",
        check: Check::Provider(idp_initiated),
    },
    Rule {
        id: "provider-mapping-not-writable",
        severity: Severity::Low,
        looks_for: "An app client cannot write an attribute that one of its identity providers is mapped onto.",
        why: "Cognito documents it both ways: the attribute is skipped (developer guide), or the sign-in fails (API reference).",
        check: Check::Any(mapping_not_writable),
    },
];

/// Providers where anybody can have a user, and how far their addresses are proven.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reach {
    /// A customer's own, as far as can be seen.
    Own,
    /// Anybody's; addresses are proven.
    AnyoneProven,
    /// Anybody's; addresses are not proven, or not by all.
    AnyoneUnproven,
}

fn reach(provider: &Provider<'_>) -> Reach {
    match provider.settings.provider_type() {
        Some(Kind::Google | Kind::SignInWithApple) => return Reach::AnyoneProven,
        Some(Kind::Facebook | Kind::LoginWithAmazon) => return Reach::AnyoneUnproven,
        _ => {}
    }
    let issuer = provider.detail("oidc_issuer").unwrap_or_default().to_ascii_lowercase();
    let path = issuer.strip_prefix("https://login.microsoftonline.com/");
    let is_shared = |path: &str| {
        // The last is the tenant of all personal users.
        ["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"]
            .contains(&path.split('/').next().unwrap_or_default())
    };
    if path.is_some_and(is_shared) {
        return Reach::AnyoneUnproven;
    }
    let proven = ["https://accounts.google.com", "https://appleid.apple.com"];
    let unproven =
        ["https://www.facebook.com", "https://github.com", "https://token.actions.githubusercontent.com"];
    let begins = |known: &&str| issuer.starts_with(*known);
    if proven.iter().any(begins) {
        Reach::AnyoneProven
    } else if unproven.iter().any(begins) {
        Reach::AnyoneUnproven
    } else {
        Reach::Own
    }
}

/// The command that maps a provider anew, without some attributes.
fn unmap(snapshot: &Snapshot, provider: &Provider<'_>, names: &[&str]) -> String {
    let mapping = provider.settings.attribute_mapping();
    let mut rest: Vec<String> = mapping
        .into_iter()
        .flatten()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    rest.sort();
    format!(
        "AttributeMapping without {} (AWS::Cognito::UserPoolIdentityProvider); or aws cognito-idp \
         update-identity-provider --user-pool-id {} --provider-name {} --attribute-mapping {}",
        listed(names),
        snapshot.pool_id,
        provider.name,
        if rest.is_empty() { "..".to_owned() } else { rest.join(",") }
    )
}

fn mapped(snapshot: &Snapshot, provider: &Provider<'_>, name: &str) -> Option<Finding> {
    let source = provider.maps_to(name)?;
    let found = format!("Its attribute {source} is written to {name}.");
    Some(Finding::new(provider.subject(), found, unmap(snapshot, provider, &[name])))
}

fn maps_tenant(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    mapped(snapshot, provider, &snapshot.expected.tenant_attribute).into_iter().collect()
}

fn maps_protected(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    let named = snapshot.expected.protected.iter().filter_map(|name| mapped(snapshot, provider, name));
    let suspected = snapshot
        .suspects()
        .filter_map(|name| mapped(snapshot, provider, name))
        .map(|finding| finding.at(Severity::Medium));
    named.chain(suspected).collect()
}

fn maps_email_verified(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    let is_social = reach(provider) == Reach::AnyoneProven
        || matches!(provider.settings.provider_type(), Some(Kind::Facebook | Kind::LoginWithAmazon));
    mapped(snapshot, provider, "email_verified")
        .map(|finding| if is_social { finding.at(Severity::Medium) } else { finding })
        .into_iter()
        .collect()
}

/// The provider's binding, when anybody can have a user there.
fn anyones_binding<'a>(
    snapshot: &'a Snapshot,
    provider: &Provider<'_>,
) -> Option<(&'a BoundProvider, Reach)> {
    let reach = reach(provider);
    let bound = snapshot.bound_provider(provider.name)?;
    (reach != Reach::Own).then_some((bound, reach))
}

fn anyone_joins(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    anyones_binding(snapshot, provider)
        .filter(|(bound, _)| bound.joins)
        .map(|(bound, _)| {
            let found = format!("Who signs in through it joins tenant {}.", bound.tenant);
            let mend = format!(
                "tenantctl idp unbind, or bind it anew to {} without --join; users then join by invites.",
                bound.tenant
            );
            Finding::new(provider.subject(), found, mend)
        })
        .into_iter()
        .collect()
}

fn anyone_trusted(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    anyones_binding(snapshot, provider)
        .filter(|(bound, _)| bound.is_email_trusted)
        .map(|(bound, reach)| {
            let found = format!("Its binding to tenant {} trusts the addresses that come from it.", bound.tenant);
            let mend = "Bind it anew without trust in its e-mail (tenantctl idp bind); users then redeem invites by their codes.";
            let finding = Finding::new(provider.subject(), found, mend);
            if reach == Reach::AnyoneProven { finding.at(Severity::Medium) } else { finding }
        })
        .into_iter()
        .collect()
}

/// The app clients that offer a provider and are bound to a tenant, with the tenant.
fn bound_clients<'a>(
    snapshot: &'a Snapshot,
    provider: &'a Provider<'_>,
) -> impl Iterator<Item = (String, &'a str)> {
    snapshot.described_clients().filter_map(|client| {
        let offers = client.settings.supported_identity_providers().iter().any(|name| name == provider.name);
        let tenant = snapshot.required_tenant(client.id)?;
        offers.then(|| (client.subject(), tenant))
    })
}

fn two_tenants(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    let clients: Vec<(String, &str)> = bound_clients(snapshot, provider).collect();
    let tenants: BTreeSet<&str> = clients.iter().map(|(_, tenant)| *tenant).collect();
    // Where the provider has a tenant of its own, the rule of crossed tenants names each client that is not of it.
    if tenants.len() < 2 || snapshot.bound_provider(provider.name).is_some() {
        return Vec::new();
    }
    let found = format!(
        "It serves {}.",
        listed(clients.iter().map(|(client, tenant)| format!("{client}, bound to {tenant}")))
    );
    let mend = "Give each tenant a provider of its own, list in SupportedIdentityProviders of each client only that of its tenant, \
                and bind it: tenantctl idp bind.";
    let finding = Finding::new(provider.subject(), found, mend);
    vec![if reach(provider) == Reach::Own { finding } else { finding.at(Severity::Low) }]
}

fn cross_tenant(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    let Some(bound) = snapshot.bound_provider(provider.name) else { return Vec::new() };
    bound_clients(snapshot, provider)
        .filter(|(_, tenant)| *tenant != bound.tenant)
        .map(|(client, tenant)| {
            let found = format!(
                "It is bound to tenant {}, and serves {client}, which is bound to {tenant}.",
                bound.tenant
            );
            let mend = format!(
                "Take {} out of SupportedIdentityProviders of the client, or mend a binding.",
                provider.name
            );
            Finding::new(provider.subject(), found, mend)
        })
        .collect()
}

fn without_tls(_: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    const ADDRESSES: [&str; 6] =
        ["oidc_issuer", "MetadataURL", "jwks_uri", "token_url", "authorize_url", "attributes_url"];
    let plain: Vec<&str> = ADDRESSES
        .into_iter()
        .filter(|name| {
            let address = provider.detail(name).unwrap_or_default().trim().to_ascii_lowercase();
            address.starts_with("http://")
        })
        .collect();
    if plain.is_empty() {
        return Vec::new();
    }
    let found = format!("{} of its ProviderDetails begin with http://.", listed(plain));
    vec![Finding::new(
        provider.subject(),
        found,
        "Ask the provider for addresses with https, and set those in ProviderDetails.",
    )]
}

fn idp_initiated(_: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    if provider.detail("IDPInit") != Some("true") {
        return Vec::new();
    }
    let mend = "ProviderDetails.IDPInit: false, unless the customer needs to begin at their own portal.";
    vec![Finding::new(provider.subject(), "IDPInit is true.", mend)]
}

fn mapping_not_writable(snapshot: &Snapshot) -> Look {
    snapshot.clients.as_ref().map_err(ToString::to_string)?;
    snapshot.providers.as_ref().map_err(ToString::to_string)?;
    let mut findings = Vec::new();
    for client in snapshot.described_clients() {
        let Some(writes) = client.writes() else { continue };
        let offered = client.settings.supported_identity_providers();
        for provider in
            snapshot.described_providers().filter(|provider| offered.iter().any(|name| name == provider.name))
        {
            let mut names: Vec<&str> = provider
                .settings
                .attribute_mapping()
                .into_iter()
                .flat_map(std::collections::HashMap::keys)
                .map(String::as_str)
                // `username` is mapped by Cognito itself, and no client writes it; those that must not be mapped have
                // rules of their own.
                .filter(|name| *name != "username" && *name != snapshot.expected.tenant_attribute)
                .filter(|name| !writes.iter().any(|attribute| attribute == name))
                .collect();
            if names.is_empty() {
                continue;
            }
            names.sort_unstable();
            findings.push(Finding::new(
                client.subject(),
                format!("It cannot write {}, which {} is mapped onto.", listed(&names), provider.subject()),
                format!(
                    "Add it to WriteAttributes of the client if users may change it themselves, or take it out of \
                     AttributeMapping of {}.",
                    provider.name
                ),
            ));
        }
    }
    Ok(findings)
}
