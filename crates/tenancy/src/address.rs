//! Whose word an e-mail address is, and which tenants' invites it opens.
//!
//! Whoever runs a SAML or OIDC provider can assert any address. So an address that comes from such a provider opens only
//! invites of the tenant that the provider belongs to.

use crate::{EmailAddress, ProviderBinding, ProviderName, TenantId};

/// The kind of an identity provider (`providerType` in `identities`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProviderKind {
    /// SAML or OIDC: its administrator decides what it says.
    Enterprise,
    /// Google, Sign in with Apple, Facebook or Login with Amazon: they verify addresses themselves.
    Social,
    /// A type that this code does not know.
    Unknown,
}

impl ProviderKind {
    /// Reads `providerType` (API reference, `IdentityProviderTypeType`).
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        match raw {
            "SAML" | "OIDC" => Self::Enterprise,
            "Google" | "SignInWithApple" | "Facebook" | "LoginWithAmazon" => Self::Social,
            _ => Self::Unknown,
        }
    }
}

/// One of a user's identities at identity providers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The provider's name in the pool.
    pub provider: ProviderName,
    /// The kind of the provider.
    pub kind: ProviderKind,
    /// Whether the user's profile is this identity's.
    pub is_primary: bool,
}

/// The identities of a user, as the attribute `identities` lists them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identities {
    /// A native user without linked identities.
    None,
    /// The attribute is malformed, or is missing for a user of an external provider.
    Unreadable,
    /// A user who came through a provider alone (`EXTERNAL_PROVIDER`); at least one identity.
    Federated(Vec<Identity>),
    /// A native user with linked identities; at least one.
    Linked(Vec<Identity>),
}

impl Identities {
    /// The provider through which the user may join a tenant: the only identity of a federated user, or the only primary
    /// one. A native user with linked identities has none, because that user also signs in with a password.
    #[must_use]
    pub fn joining_provider(&self) -> Option<&ProviderName> {
        let Self::Federated(identities) = self else { return None };
        let mut primary = identities.iter().filter(|identity| identity.is_primary);
        match (identities.as_slice(), primary.next(), primary.next()) {
            ([only], _, _) | (_, Some(only), None) => Some(&only.provider),
            _ => None,
        }
    }
}

/// An address, and what speaks for it.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// The address.
    pub email: &'a EmailAddress,
    /// Whether `email_verified` is exactly `true`.
    pub is_verified: bool,
    /// The user's identities.
    pub identities: &'a Identities,
    /// Whether the user has just come from the provider (post-confirmation, `TokenGeneration_HostedAuth`). At other
    /// sources the user may have changed the address since.
    pub is_fresh: bool,
    /// `EMAIL_VERIFIED_PROVIDERS`: SAML and OIDC providers whose `email_verified` counts.
    pub verified_providers: &'a [ProviderName],
}

/// On whose word an address counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Voucher<'a> {
    /// Nobody's: it opens no invite.
    Nobody,
    /// Cognito's or a social provider's: it opens invites of any tenant.
    Verified,
    /// The word of these providers: it opens invites of a tenant to which all of them are bound with `emailTrusted`.
    Providers(Vec<&'a ProviderName>),
}

impl<'a> Address<'a> {
    /// Who vouches for the address when an invite is looked for by it.
    #[must_use]
    pub fn voucher(&self) -> Voucher<'a> {
        let identities = match self.identities {
            Identities::None if self.is_verified => return Voucher::Verified,
            Identities::None | Identities::Unreadable => return Voucher::Nobody,
            Identities::Federated(identities) | Identities::Linked(identities) => identities,
        };
        if identities.iter().any(|identity| identity.kind == ProviderKind::Unknown) {
            return Voucher::Nobody;
        }
        let enterprises: Vec<&ProviderName> =
            identities.iter().filter(|identity| self.is_enterprise(identity)).map(|i| &i.provider).collect();
        match self.only_identity() {
            Some(_) if enterprises.is_empty() && self.is_verified => Voucher::Verified,
            Some(only) if self.is_fresh => Voucher::Providers(vec![&only.provider]),
            None if !self.is_verified => Voucher::Nobody,
            None if enterprises.is_empty() => Voucher::Verified,
            None if self.is_fresh => Voucher::Providers(enterprises),
            Some(_) | None => Voucher::Nobody,
        }
    }

    /// Who vouches for the address when a code came too. The code proves the mailbox, so `email_verified` counts as it
    /// stands.
    #[must_use]
    pub fn voucher_with_code(&self) -> Voucher<'a> {
        match self.only_identity() {
            _ if self.is_verified => Voucher::Verified,
            Some(only) if self.is_fresh && only.kind != ProviderKind::Unknown => {
                Voucher::Providers(vec![&only.provider])
            }
            Some(_) | None => Voucher::Nobody,
        }
    }

    fn is_enterprise(&self, identity: &Identity) -> bool {
        identity.kind == ProviderKind::Enterprise && !self.verified_providers.contains(&identity.provider)
    }

    /// The identity of a federated user who has no other.
    fn only_identity(&self) -> Option<&'a Identity> {
        match self.identities {
            Identities::Federated(identities) => match identities.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            Identities::None | Identities::Unreadable | Identities::Linked(_) => None,
        }
    }
}

/// Which tenants' invites an address opens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Opens {
    /// No tenant's.
    Nothing,
    /// Any tenant's.
    Anything,
    /// This tenant's.
    Only(TenantId),
}

impl Opens {
    /// What the bindings of the providers that vouch for an address open: all of them must be bound to one tenant, with
    /// `emailTrusted`.
    #[must_use]
    pub fn of_bindings(bindings: &[Option<&ProviderBinding>]) -> Self {
        let mut tenants = bindings
            .iter()
            .map(|binding| binding.filter(|binding| binding.is_email_trusted).map(|binding| &binding.tenant));
        match tenants.next() {
            Some(Some(first)) if tenants.all(|tenant| tenant == Some(first)) => Self::Only(first.clone()),
            _ => Self::Nothing,
        }
    }

    /// Whether the address opens invites of `tenant`.
    #[must_use]
    pub fn opens(&self, tenant: &TenantId) -> bool {
        match self {
            Self::Nothing => false,
            Self::Anything => true,
            Self::Only(only) => only == tenant,
        }
    }
}
