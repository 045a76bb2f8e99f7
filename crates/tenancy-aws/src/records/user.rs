//! The partition of a user: memberships and the profile.

use tenancy::{Damage, Profile, TenantId, UserKey, UserRecords};

use super::member::{self, MemberRecord};
use super::profile;
use crate::change::Step;
use crate::item::{Attributes, text_of};
use crate::key::TENANT_PREFIX;

/// All items of one user.
#[derive(Clone, Debug)]
pub struct UserRecord {
    pub user: UserKey,
    /// Memberships of any status, sorted by tenant id.
    pub memberships: Vec<MemberRecord>,
    /// The tenant of tokens if the request names no tenant.
    pub default_tenant: Option<TenantId>,
    profile: Option<Attributes>,
}

struct Partition<M> {
    memberships: Vec<M>,
    profile: Profile,
    profile_item: Option<Attributes>,
}

impl<M> Partition<M> {
    /// Decodes each membership with `membership`. Ignores items of unknown kinds.
    fn walk(
        items: Vec<Attributes>,
        membership: impl Fn(Attributes) -> Result<M, Damage>,
    ) -> Result<Self, Damage> {
        let mut found = Self { memberships: Vec::new(), profile: Profile::default(), profile_item: None };
        for item in items {
            match text_of(&item, "sk") {
                Some(profile::SORT_KEY) => {
                    found.profile = profile::decode(&item)?;
                    found.profile_item = Some(item);
                }
                Some(sk) if sk.starts_with(TENANT_PREFIX) => found.memberships.push(membership(item)?),
                _ => {}
            }
        }
        Ok(found)
    }
}

/// The records that the functions use.
pub(crate) fn decode(items: Vec<Attributes>) -> Result<UserRecords, Damage> {
    let found = Partition::walk(items, |item| Ok(member::decode(&item)?.membership))?;
    Ok(UserRecords { memberships: found.memberships, profile: found.profile })
}

impl UserRecord {
    pub(crate) fn decode(user: UserKey, items: Vec<Attributes>) -> Result<Self, Damage> {
        let found = Partition::walk(items, |item| MemberRecord::decode(user.clone(), item))?;
        let default_tenant = found.profile.default_tenant;
        Ok(Self { user, memberships: found.memberships, default_tenant, profile: found.profile_item })
    }

    /// The membership in `tenant`, of any status.
    #[must_use]
    pub fn in_tenant(&self, tenant: &TenantId) -> Option<&MemberRecord> {
        self.memberships.iter().find(|record| record.membership.tenant == *tenant)
    }

    /// The form that the rules of `tenancy` take.
    #[must_use]
    pub fn records(&self) -> UserRecords {
        UserRecords {
            memberships: self.memberships.iter().map(|record| record.membership.clone()).collect(),
            profile: Profile { default_tenant: self.default_tenant.clone() },
        }
    }

    pub(crate) fn with_default(&self, tenant: Option<&TenantId>) -> Step {
        profile::with_default(&self.user, self.profile.as_ref(), tenant)
    }
}
