//! Who vouches for an e-mail address, and which tenants' invites the address opens.
//!
//! The administrator of a SAML or OIDC provider can assert any address. So an address from such a provider opens only
//! invites of the tenant that the provider is bound to.

use crate::{EmailAddress, ProviderBinding, ProviderName, TenantId};

/// The kind of an identity provider (`providerType` in `identities`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProviderKind {
    /// SAML or OIDC. The provider's administrator decides what it asserts.
    Enterprise,
    /// Google, Sign in with Apple, Facebook or Login with Amazon. These providers verify addresses themselves.
    Social,
    /// Any other `providerType`.
    Unknown,
}

impl ProviderKind {
    /// Parses `providerType` (API reference, `IdentityProviderTypeType`).
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        match raw {
            "SAML" | "OIDC" => Self::Enterprise,
            "Google" | "SignInWithApple" | "Facebook" | "LoginWithAmazon" => Self::Social,
            _ => Self::Unknown,
        }
    }
}

/// One entry of the user attribute `identities`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The provider's name in the pool.
    pub provider: ProviderName,
    pub kind: ProviderKind,
    /// Whether the user's profile came from this identity.
    pub is_primary: bool,
}

/// The identities of a user, as listed in the attribute `identities`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identities {
    /// A native user without linked identities.
    None,
    /// The attribute is malformed, or it is missing for a user of an external provider.
    Unreadable,
    /// A user who exists only through a provider (`EXTERNAL_PROVIDER`). At least one identity.
    Federated(Vec<Identity>),
    /// A native user with linked identities. At least one identity.
    Linked(Vec<Identity>),
}

impl Identities {
    /// The provider through which the user may join a tenant: the only identity of a federated user, or the only primary
    /// one. `None` for a native user with linked identities, because that user also signs in with a password.
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

/// An address, and the facts that decide who vouches for it.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    pub email: &'a EmailAddress,
    /// Whether `email_verified` is exactly `true`.
    pub is_verified: bool,
    pub identities: &'a Identities,
    /// Whether the provider sent the address in this sign-in (post-confirmation, `TokenGeneration_HostedAuth`). At other
    /// trigger sources the user may have changed the address since.
    pub is_fresh: bool,
    /// `EMAIL_VERIFIED_PROVIDERS`: SAML and OIDC providers whose `email_verified` counts.
    pub verified_providers: &'a [ProviderName],
}

/// Who vouches for an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Voucher<'a> {
    /// Nobody: the address opens no invite.
    Nobody,
    /// Cognito or a social provider: the address opens invites of any tenant.
    Verified,
    /// These providers: the address opens invites of a tenant to which all of them are bound with `emailTrusted`.
    Providers(Vec<&'a ProviderName>),
}

impl<'a> Address<'a> {
    /// Who vouches for the address when the request has no invite code.
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

    /// Who vouches for the address when the request has an invite code. The code shows that the user received the mail, so
    /// `email_verified` is enough.
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

    /// The identity of a federated user who has exactly one.
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
    Nothing,
    Anything,
    Only(TenantId),
}

impl Opens {
    /// What the bindings of the vouching providers open. All providers must be bound to one tenant, with `emailTrusted`.
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

    #[must_use]
    pub fn opens(&self, tenant: &TenantId) -> bool {
        match self {
            Self::Nothing => false,
            Self::Anything => true,
            Self::Only(only) => only == tenant,
        }
    }
}
