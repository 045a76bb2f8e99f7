//! Keys of the table, and the key prefixes that several records share. `#` separates the parts of a key; the types of
//! `tenancy` forbid it within a part.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{PoolId, TenantId, UserKey};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// Sort key of the main item of a partition.
pub(crate) const META: &str = "META";
/// Sort key of an item that only points at a tenant.
pub(crate) const POINTER: &str = "PTR";

/// Prefix of a partition or sort key that names a tenant.
pub(crate) const TENANT_PREFIX: &str = "TENANT#";
const USER_PREFIX: &str = "USER#";

/// Prefixes of partition keys that end in a hash.
pub(crate) const INVITE_PREFIX: &str = "INVITE#";
pub(crate) const EMAIL_PREFIX: &str = "EMAIL#";

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
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
    /// For logs: hashes are cut to 8 digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hashed = [INVITE_PREFIX, EMAIL_PREFIX].iter().find(|prefix| self.pk.starts_with(**prefix));
        let pk = hashed.and_then(|prefix| self.pk.get(..prefix.len().saturating_add(8))).unwrap_or(&self.pk);
        write!(f, "{pk} / {}", self.sk)
    }
}

/// Partition of a tenant's own items. The same text is the sort key of a membership and of an invite's pointer, and the
/// index partition of the items that belong to the tenant.
pub(crate) fn tenant_partition(tenant: &TenantId) -> String {
    format!("{TENANT_PREFIX}{tenant}")
}

pub(crate) fn user_partition(user: &UserKey) -> String {
    format!("{USER_PREFIX}{}#{}", user.pool, user.sub)
}

/// The user that a partition key names.
pub(crate) fn user_of_partition(pk: &str) -> Option<UserKey> {
    let (pool, sub) = in_pool(pk, USER_PREFIX)?;
    Some(UserKey { pool, sub })
}

/// The two parts of a key such as `CLIENT#<pool>#<client>`.
pub(crate) fn in_pool<T: FromStr>(key: &str, prefix: &str) -> Option<(PoolId, T)> {
    let (pool, name) = key.strip_prefix(prefix)?.split_once('#')?;
    Some((pool.parse().ok()?, name.parse().ok()?))
}
