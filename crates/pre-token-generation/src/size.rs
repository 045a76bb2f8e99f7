//! Estimates the size of a token, for tools that refuse to store what could never be issued.

use std::sync::Arc;

use cognito_trigger::event::{EventVersion, PoolGroups, TokenRequest};
use tenancy::ports::StoreError;
use tenancy::sign_in::Grant;
use tenancy::{Role, Tenant};

use crate::config::Config;
use crate::{MAX_GROUPS, contents};

/// What a member's token would add: the larger of both tokens, over all event versions. The user's own groups in the pool are
/// not counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenSize {
    /// Claims, groups and the marker scope, as JSON. Tokens with more than `CLAIM_BYTES_MAX` are refused.
    pub bytes: usize,
    /// Tokens with more than [`TokenSize::MOST_GROUPS`] are refused.
    pub groups: usize,
}

impl TokenSize {
    /// Maximum number of groups in one token.
    pub const MOST_GROUPS: usize = MAX_GROUPS;

    /// The size for a member of `tenant` with `roles`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when `GROUP_FORMAT` and the tenant give an invalid group name.
    pub fn of(config: &Config, tenant: &Tenant, roles: &[Role]) -> Result<Self, StoreError> {
        let grant = Grant { tenant: Arc::new(tenant.clone()), roles: roles.to_vec() };
        let request = TokenRequest {
            version: EventVersion::V2,
            pool_groups: PoolGroups::default(),
            scopes: Vec::new(),
        };
        let (contents, _) = contents::of_user(config, &grant, &request)?;
        let versions = [EventVersion::V1, EventVersion::V2];
        let bytes =
            versions.into_iter().map(|version| contents.response(version).added_bytes).max().unwrap_or(0);
        Ok(Self { bytes, groups: contents.groups.count() })
    }

    /// Why no token of this size is issued; `None` when it can be issued.
    #[must_use]
    pub fn refusal(self, config: &Config) -> Option<String> {
        let Self { bytes, groups } = self;
        if groups > MAX_GROUPS {
            Some(format!("a token would carry {groups} groups, and at most {MAX_GROUPS} are allowed"))
        } else if bytes > config.claim_bytes_max {
            let most = config.claim_bytes_max;
            Some(format!(
                "a token would carry {bytes} more bytes, and at most {most} (CLAIM_BYTES_MAX) are allowed"
            ))
        } else {
            None
        }
    }
}
