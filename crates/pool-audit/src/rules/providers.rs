//! Identity providers: what they may say of users, and whose users they are.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_cognitoidentityprovider::types::IdentityProviderTypeType as Kind;

use crate::finding::{Check, Finding, Look, Rule, Severity};
use crate::snapshot::{BoundProvider, Provider, Snapshot};
use user_pool::function::setting;
use user_pool::words::listed;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "provider-maps-tenant",
        severity: Severity::Critical,
        looks_for: "The attribute mapping of an identity provider writes the tenant attribute.",
        why: "Cognito overwrites the stamp with the provider's value at each sign-in, so the provider can name any tenant.",
        check: Check::Provider(maps_tenant),
    },
    Rule {
        id: "provider-maps-protected",
        severity: Severity::High,
        looks_for: "The attribute mapping of an identity provider writes an attribute named with --attributes, or (severity \
                    medium) one whose name suggests that it grants rights.",
        why: "The provider's administrator can grant its users what the attribute means, in every tenant that they belong to.",
        check: Check::Provider(maps_protected),
    },
    Rule {
        id: "provider-maps-email-verified",
        severity: Severity::High,
        looks_for: "A provider that does not verify addresses is mapped onto email_verified: Facebook, Amazon, or one in \
                    EMAIL_VERIFIED_PROVIDERS that is bound to a tenant or where anybody can have a user. Severity medium for \
                    SAML and OIDC providers that are not in EMAIL_VERIFIED_PROVIDERS.",
        why: "email_verified decides who can redeem an invite to an address. With this mapping, the administrator of a SAML or \
              OIDC provider decides which of its users can redeem a code for an address. If the provider is also in \
              EMAIL_VERIFIED_PROVIDERS, such a user needs no code, in any tenant.",
        check: Check::Provider(maps_email_verified),
    },
    Rule {
        id: "provider-anyone-joins",
        severity: Severity::Critical,
        looks_for: "An identity provider where anybody can have a user (Google, Facebook, Amazon, Apple, GitHub, GitLab, LinkedIn, \
                    Microsoft's shared issuers and their like) is bound to a tenant with --join.",
        why: "Anybody in the world becomes a member of the tenant by signing in.",
        check: Check::BoundProvider(anyone_joins),
    },
    Rule {
        id: "provider-anyone-trusted",
        severity: Severity::High,
        looks_for: "A provider where anybody can have a user is bound to a tenant with --trust-email.",
        why: "Its unverified addresses then count: anybody who enters another person's address at the provider can redeem that \
              person's invites to the tenant.",
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
        why: "Its users get no token through that app client. If that client's tenant invited them, they get a token for a \
              tenant that is not their provider's.",
        check: Check::BoundProvider(cross_tenant),
    },
    Rule {
        id: "provider-without-tls",
        severity: Severity::High,
        looks_for: "An address of an identity provider (issuer, metadata, keys, tokens) does not begin with https.",
        why: "An attacker on the network can substitute the keys, and then sign in as any user of the provider.",
        check: Check::Provider(without_tls),
    },
    Rule {
        id: "provider-mapping-not-writable",
        severity: Severity::Low,
        looks_for: "An app client cannot write an attribute that one of its identity providers is mapped onto.",
        why: "Cognito's documentation contradicts itself: it skips the attribute (developer guide), or the sign-in fails (API \
              reference).",
        check: Check::Any(mapping_not_writable),
    },
];

/// Whether anybody can have a user at a provider, as far as can be seen.
fn is_anyones(provider: &Provider<'_>) -> bool {
    match provider.settings.provider_type() {
        Some(Kind::Google | Kind::SignInWithApple | Kind::Facebook | Kind::LoginWithAmazon) => true,
        Some(Kind::Saml) => false,
        // Without an issuer of its own an address of the provider tells.
        _ => ["oidc_issuer", "authorize_url", "token_url"]
            .into_iter()
            .filter_map(|name| provider.detail(name))
            .any(is_anyones_address),
    }
}

/// Whether anybody can have a user at an issuer of `OpenID`.
fn is_anyones_address(address: &str) -> bool {
    /// Of Microsoft, where the beginning of the path says whose users they are.
    const MICROSOFT: [&str; 6] = [
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.microsoft.com",
        "login.windows.net",
        "sts.windows.net",
    ];
    /// The last is the tenant of all personal users.
    const SHARED: [&str; 5] =
        ["", "common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"];
    const HOSTS: [&str; 23] = [
        "access.line.me",
        "account.apple.com",
        "accounts.google.com",
        "api.login.yahoo.com",
        "api.twitter.com",
        "appleid.apple.com",
        "bitbucket.org",
        "discord.com",
        "facebook.com",
        "github.com",
        "gitlab.com",
        "id.twitch.tv",
        "kauth.kakao.com",
        "linkedin.com",
        "login.live.com",
        "login.salesforce.com",
        "paypal.com",
        "paypalobjects.com",
        "slack.com",
        "token.actions.githubusercontent.com",
        "twitter.com",
        "x.com",
        "api.amazon.com",
    ];
    let address = address.trim().to_ascii_lowercase();
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = authority.split(':').next().unwrap_or_default().trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    if MICROSOFT.contains(&host) {
        let whose = path.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
        return SHARED.contains(&whose);
    }
    HOSTS.contains(&host)
}

/// What maps a provider anew, without anything that a rule complains of. A mapping that is sent takes the place of the whole.
fn unmap(snapshot: &Snapshot, provider: &Provider<'_>) -> String {
    let expected = &snapshot.expected;
    let is_bad = |name: &&String| {
        **name == expected.tenant_attribute
            || *name == "email_verified"
            || expected.protected.contains(name)
            || snapshot.suspects().any(|known| known == *name)
    };
    let mut bad: Vec<&String> =
        provider.settings.attribute_mapping().into_iter().flat_map(HashMap::keys).filter(is_bad).collect();
    bad.sort();
    format!(
        "In {} (AWS::Cognito::UserPoolIdentityProvider), remove {} from AttributeMapping; keep all other members.",
        provider.name,
        listed(bad)
    )
}

fn mapped(snapshot: &Snapshot, provider: &Provider<'_>, name: &str) -> Option<Finding> {
    let source = provider.maps_to(name)?;
    let found = format!("Its attribute {source} is written to {name}.");
    Some(Finding::new(provider.subject(), found, unmap(snapshot, provider)))
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
    let Some(finding) = mapped(snapshot, provider, "email_verified") else { return Vec::new() };
    match provider.settings.provider_type() {
        // They verify addresses, and say so by this.
        Some(Kind::Google | Kind::SignInWithApple) => Vec::new(),
        Some(Kind::Facebook | Kind::LoginWithAmazon) => vec![finding],
        _ if !is_listed(snapshot, provider) => vec![finding.at(Severity::Medium)],
        _ => {
            let bound = snapshot.bound_provider(provider.name);
            let whose = match bound {
                Some(bound) => format!("is bound to tenant {}", bound.tenant),
                None if is_anyones(provider) => "lets anybody have a user".to_owned(),
                None => return Vec::new(),
            };
            let found = format!("{} EMAIL_VERIFIED_PROVIDERS names it, and it {whose}.", finding.found);
            let mend = format!(
                "Take {} out of EMAIL_VERIFIED_PROVIDERS of both functions. {}",
                provider.name, finding.mend
            );
            vec![Finding::new(finding.subject, found, mend)]
        }
    }
}

/// Whether a function of this product takes the provider's `email_verified` for as good as Cognito's own.
fn is_listed(snapshot: &Snapshot, provider: &Provider<'_>) -> bool {
    let own = snapshot.functions.iter().filter(|function| function.is_own(&snapshot.expected));
    let settings = own.filter_map(|function| function.configuration.as_ref().ok());
    settings
        .filter_map(|settings| setting(settings, "EMAIL_VERIFIED_PROVIDERS"))
        .any(|names| names.split(',').any(|name| name.trim() == provider.name))
}

/// The provider's binding, when anybody can have a user there.
fn anyones_binding<'a>(snapshot: &'a Snapshot, provider: &Provider<'_>) -> Option<&'a BoundProvider> {
    snapshot.bound_provider(provider.name).filter(|_| is_anyones(provider))
}

fn anyone_joins(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    anyones_binding(snapshot, provider)
        .filter(|bound| bound.joins)
        .map(|bound| {
            let found = format!("Every user who signs in through it joins tenant {}.", bound.tenant);
            let mend = format!(
                "Run tenantctl idp unbind, or bind it to {} again without --join. Users then join by invites.",
                bound.tenant
            );
            Finding::new(provider.subject(), found, mend)
        })
        .into_iter()
        .collect()
}

fn anyone_trusted(snapshot: &Snapshot, provider: &Provider<'_>) -> Vec<Finding> {
    anyones_binding(snapshot, provider)
        .filter(|bound| bound.is_email_trusted)
        .map(|bound| {
            let found = format!("Its binding to tenant {} trusts the addresses that come from it.", bound.tenant);
            let mend = "Bind it again without --trust-email (tenantctl idp bind). Addresses that Google and Apple have \
                        verified \
                        count without it (map email_verified); other users redeem invites by their codes.";
            Finding::new(provider.subject(), found, mend)
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
    let mend = "Create one provider per tenant. List only the tenant's provider in SupportedIdentityProviders of each client, \
                and bind the provider: tenantctl idp bind.";
    let finding = Finding::new(provider.subject(), found, mend);
    vec![if is_anyones(provider) { finding.at(Severity::Low) } else { finding }]
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
                "Take {} out of SupportedIdentityProviders of the client, or correct a binding.",
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
                .flat_map(HashMap::keys)
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
