//! Keys of the table. No part of a key can hold a `#`: the types of `tenancy` see to that.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{ClientId, EmailHash, InviteHash, PoolId, ProviderName, Slug, TenantId, Timestamp, UserKey};

/// A primary key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// Sort key of an entity that has its partition for itself.
const META: &str = "META";
const POINTER: &str = "PTR";
pub(crate) const PROFILE: &str = "PROFILE";
pub(crate) const TENANT_PREFIX: &str = "TENANT#";

/// Partition of the operators' list of tenants.
pub(crate) const ALL_TENANTS: &str = "TENANTS";

impl Key {
    pub(crate) fn tenant(tenant: &TenantId) -> Self {
        Self { pk: tenant_partition(tenant), sk: META.to_owned() }
    }

    /// A tenant that cannot exist: what the warm-up reads, within the partitions that the function's role may read.
    pub(crate) fn warm_up() -> Self {
        Self { pk: TENANT_PREFIX.to_owned(), sk: META.to_owned() }
    }

    pub(crate) fn slug(slug: &Slug) -> Self {
        Self { pk: format!("SLUG#{slug}"), sk: POINTER.to_owned() }
    }

    pub(crate) fn client(pool: &PoolId, client: &ClientId) -> Self {
        Self { pk: format!("CLIENT#{pool}#{client}"), sk: POINTER.to_owned() }
    }

    pub(crate) fn provider(pool: &PoolId, provider: &ProviderName) -> Self {
        Self { pk: format!("IDP#{pool}#{provider}"), sk: POINTER.to_owned() }
    }

    pub(crate) fn membership(user: &UserKey, tenant: &TenantId) -> Self {
        Self { pk: user_partition(user), sk: tenant_partition(tenant) }
    }

    pub(crate) fn profile(user: &UserKey) -> Self {
        Self { pk: user_partition(user), sk: PROFILE.to_owned() }
    }

    pub(crate) fn invite(hash: &InviteHash) -> Self {
        Self { pk: format!("INVITE#{}", hash.as_str()), sk: META.to_owned() }
    }

    pub(crate) fn invite_use(hash: &InviteHash, user: &UserKey) -> Self {
        Self { pk: format!("INVITE#{}", hash.as_str()), sk: format!("USE#{}#{}", user.pool, user.sub) }
    }

    pub(crate) fn email_pointer(email: &EmailHash, tenant: &TenantId) -> Self {
        Self { pk: email_partition(email), sk: tenant_partition(tenant) }
    }

    pub(crate) fn audit(tenant: &TenantId, at: Timestamp, id: &str) -> Self {
        Self { pk: tenant_partition(tenant), sk: format!("AUDIT#{at}#{id}") }
    }

    /// The key as an SDK call takes it.
    pub(crate) fn into_attributes(self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk)),
            ("sk".to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

impl std::fmt::Display for Key {
    /// For logs: hashes cut to 8 digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hashed = ["INVITE#", "EMAIL#"].iter().find(|prefix| self.pk.starts_with(**prefix));
        let pk = hashed.and_then(|prefix| self.pk.get(..prefix.len().saturating_add(8))).unwrap_or(&self.pk);
        write!(f, "{pk} / {}", self.sk)
    }
}

pub(crate) fn tenant_partition(tenant: &TenantId) -> String {
    format!("{TENANT_PREFIX}{tenant}")
}

pub(crate) fn user_partition(user: &UserKey) -> String {
    format!("USER#{}#{}", user.pool, user.sub)
}

pub(crate) fn email_partition(email: &EmailHash) -> String {
    format!("EMAIL#{}", email.as_str())
}
