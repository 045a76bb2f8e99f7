use std::{
    collections::BTreeSet,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value};

use crate::{TenantId, TenantRule, TokenUse};

/// A token whose signature, times, issuer, app client and tenant are verified. Only a [`Verifier`](crate::Verifier) makes
/// one.
///
/// Its claims are what was true when Cognito issued it. A member who has been removed since, or a tenant that has been
/// suspended, still has valid tokens until they expire.
///
/// A clone is cheap. `Debug` shows the pool, the `sub` and the tenant, and no other claim, so it can be logged.
#[derive(Clone)]
pub struct TenantToken<T: TenantRule = TenantId> {
    pub(crate) tenant: T,
    pub(crate) facts: Arc<Facts>,
}

pub(crate) struct Facts {
    pub(crate) subject: Subject,
    pub(crate) client_id: String,
    pub(crate) machine: bool,
    pub(crate) token_use: TokenUse,
    pub(crate) issued_at: SystemTime,
    pub(crate) expires_at: SystemTime,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) tenant_name: Option<String>,
    pub(crate) tenant_tier: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) features: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) claims: Map<String, Value>,
}

/// Who the token is for: a user or a machine of a pool.
///
/// `sub` alone is unique in its pool only. With several pools, use both as the key of a user. `Display` is
/// `<pool id>|<sub>`, the form that Amazon Verified Permissions uses.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Subject {
    pub(crate) pool_id: String,
    pub(crate) sub: String,
}

impl Subject {
    /// Id of the user pool.
    #[must_use]
    pub fn pool_id(&self) -> &str {
        &self.pool_id
    }

    /// The claim `sub`: in practice a UUID for a user, which Cognito does not promise; the app client id for a machine.
    /// 1 to 128 printable ASCII characters.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.pool_id, self.sub)
    }
}

impl TenantToken<TenantId> {
    /// The tenant that the caller acts for. Take the tenant from here, and never from a path, a body or a header.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl TenantToken<Option<TenantId>> {
    /// The tenant that the caller acts for, if the token has one.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }
}

impl<T: TenantRule> TenantToken<T> {
    /// The tenant's name, for people.
    #[must_use]
    pub fn tenant_name(&self) -> Option<&str> {
        self.facts.tenant_name.as_deref()
    }

    /// What the tenant has bought, such as `pro`.
    #[must_use]
    pub fn tenant_tier(&self) -> Option<&str> {
        self.facts.tenant_tier.as_deref()
    }

    /// The member's roles in this tenant, in the order of the token. Each has 1 to 64 of `A-Z a-z 0-9 : _ . -`.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.facts.roles
    }

    /// Whether the member has this role in this tenant. Case counts.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.facts.roles.iter().any(|found| found == role)
    }

    /// The tenant's features, in the alphabet of [`roles`](Self::roles).
    #[must_use]
    pub fn features(&self) -> &[String] {
        &self.facts.features
    }

    /// The claim `cognito:groups`. Each has 1 to 128 characters without blanks.
    ///
    /// Depending on the settings of Cognito Tenancy, these can be groups of the pool, which say nothing about the tenant.
    /// Decide by [`roles`](Self::roles) where you can.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.facts.groups
    }

    /// Whose token it is.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.facts.subject
    }

    /// The app client: `client_id` of an access token, `aud` of an ID token.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.facts.client_id
    }

    /// Whether the token is of a machine (client credentials): there is no user, and `sub` is the app client.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.facts.machine
    }

    /// The scopes of an access token. An ID token has none.
    #[must_use]
    pub fn scopes(&self) -> &BTreeSet<String> {
        &self.facts.scopes
    }

    /// Whether the token has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.facts.scopes.contains(scope)
    }

    /// Access or ID token.
    #[must_use]
    pub fn token_use(&self) -> TokenUse {
        self.facts.token_use
    }

    /// The claim `iat`, to the second.
    #[must_use]
    pub fn issued_at(&self) -> SystemTime {
        self.facts.issued_at
    }

    /// The claim `exp`, to the second.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.facts.expires_at
    }

    /// How long the token is still valid at `now`, without the leeway: as long as you may cache what you derive from it.
    #[must_use]
    pub fn remaining(&self, now: SystemTime) -> Duration {
        self.facts.expires_at.duration_since(now).unwrap_or_default()
    }

    /// All claims of the token as Cognito wrote them, also those that this crate does not know. With event version `V1_0` the
    /// roles are one text here. Claims can contain personal data.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.facts.claims
    }
}

impl<T: TenantRule> fmt::Debug for TenantToken<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject { pool_id, sub } = &self.facts.subject;
        let mut shown = f.debug_struct("TenantToken");
        shown
            .field("pool_id", pool_id)
            .field("sub", sub)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
