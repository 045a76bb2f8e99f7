//! The table of a world, in memory: what the ports of the functions read and write. It keeps the conditions of the real
//! transactions. Tests of the real adapter are in `tests/end_to_end`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tenancy::join::{DefaultChange, JoinPlan, MembershipChange, Offer, OfferTerms, Way};
use tenancy::ports::{
    Commit, Defaults, DirectoryError, Joins, Offers, ProviderBindings, Records, Stamps, StoreError,
    UserDirectory,
};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, EmailHash, InviteCode, InviteHash, InvitePointer,
    InviteStatus, Membership, MembershipStatus, PoolId, ProviderBinding, ProviderName, Role, RoleGrant,
    Stamp, TenantId, TenantStatus, Timestamp, UserKey, UserRecords, Username,
};

use super::reference::After;
use super::world::{Bound, EMAIL, Mode, NOW, OTHER_EMAIL, Status, TENANTS, World};

/// The records of a world; a panic is a mistake of this file.
pub(crate) struct Store(Mutex<Tables>);

struct Tables {
    world: World,
    records: UserRecords,
    /// Broken conditions of writes: the code under test wrote what the real table would have refused.
    refused_writes: usize,
}

impl Store {
    pub(crate) fn of(world: &World) -> Self {
        let memberships = world.members.iter().enumerate().filter_map(|(tenant, member)| {
            let member = member.as_ref()?;
            Some(Membership {
                tenant: id(tenant)?,
                roles: parsed(&member.roles),
                status: match member.status {
                    Status::Active => MembershipStatus::Active,
                    Status::Suspended => MembershipStatus::Suspended,
                    Status::Over => MembershipStatus::Removed,
                },
                stamp: Stamp::Done,
                version: 1,
                joined_at: member.joined_at.map(Timestamp::from_epoch_seconds),
            })
        });
        let mut records = UserRecords { memberships: memberships.collect(), ..UserRecords::default() };
        records.profile.default_tenant = world.default.and_then(id);
        Self(Mutex::new(Tables { world: world.clone(), records, refused_writes: 0 }))
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the table says now, and how many writes it refused.
    pub(crate) fn after(&self) -> (After, usize) {
        let tables = self.tables();
        let member = |tenant: usize| {
            let membership = tables.records.in_tenant(&id(tenant)?)?;
            let status = match membership.status {
                MembershipStatus::Active => Status::Active,
                MembershipStatus::Suspended => Status::Suspended,
                MembershipStatus::Removed => Status::Over,
            };
            Some((status, membership.roles.iter().map(|role| role.as_str().to_owned()).collect()))
        };
        let default = tables.records.profile.default_tenant.as_ref();
        let after = After {
            members: (0..TENANTS.len()).map(member).collect(),
            default: default.and_then(|id| TENANTS.iter().position(|tenant| *tenant == id.as_str())),
            invites: tables
                .world
                .invites
                .iter()
                .map(|i| (i.uses, i.is_used_by_user, i.has_pointer))
                .collect(),
        };
        (after, tables.refused_writes)
    }
}

fn id(tenant: usize) -> Option<TenantId> {
    TENANTS.get(tenant)?.parse().ok()
}

fn parsed(roles: &[&str]) -> Vec<Role> {
    roles.iter().filter_map(|role| role.parse().ok()).collect()
}

/// The code of an invite.
pub(crate) fn code(number: usize) -> InviteCode {
    InviteCode::from_random([u8::try_from(number).unwrap_or_default(); 26])
}

fn damage(key: &str) -> StoreError {
    Damage { key: key.to_owned(), problem: "damaged on purpose".to_owned() }.into()
}

impl Tables {
    fn number_of(&self, hash: &InviteHash) -> Option<usize> {
        (0..self.world.invites.len()).find(|number| code(*number).hash() == *hash)
    }

    fn tenant(&self, wanted: &TenantId) -> Result<Option<Arc<tenancy::Tenant>>, StoreError> {
        let number = TENANTS.iter().position(|tenant| *tenant == wanted.as_str());
        let Some(Some(record)) = number.and_then(|number| self.world.tenants.get(number)) else {
            return Ok(None);
        };
        if record.is_damaged {
            return Err(damage("TENANT#"));
        }
        let groups = ["admins", "editor"].iter().filter_map(|group| group.parse().ok()).collect();
        let grant = RoleGrant { groups, iam_role: None };
        let role = "admin".parse().ok().filter(|_| record.lists_groups);
        let (Ok(name), Ok(tier)) = ("Name".parse(), "pro".parse()) else { return Err(damage("name")) };
        Ok(Some(Arc::new(tenancy::Tenant {
            id: wanted.clone(),
            name,
            tier,
            status: match record.status {
                Status::Active => TenantStatus::Active,
                Status::Suspended => TenantStatus::Suspended,
                Status::Over => TenantStatus::Offboarded,
            },
            roles: role.map(|role| (role, grant)).into_iter().collect::<BTreeMap<_, _>>(),
            pools: record.pools.iter().filter_map(|pool| pool.parse().ok()).collect(),
        })))
    }

    fn pointer(&self, number: usize) -> Option<InvitePointer> {
        let invite = self.world.invites.get(number).filter(|invite| invite.has_pointer)?;
        Some(InvitePointer {
            tenant: id(invite.tenant)?,
            hash: code(number).hash(),
            created_at: invite.created_at.map(Timestamp::from_epoch_seconds),
            expires_at: Some(Timestamp::from_epoch_seconds(invite.expires_at)),
        })
    }

    fn pointers(&self) -> Vec<InvitePointer> {
        (0..self.world.invites.len()).filter_map(|number| self.pointer(number)).collect()
    }

    /// The conditions of the real transaction (`tenancy-aws/src/store.rs`).
    fn may_write(&self, plan: &JoinPlan) -> bool {
        let membership = self.records.in_tenant(&plan.tenant);
        let membership_holds = match plan.membership {
            MembershipChange::Create => membership.is_none(),
            MembershipChange::AddRoles { version } => {
                membership.is_some_and(|m| m.is_active() && m.version == version)
            }
        };
        let default_holds =
            plan.default.as_ref().is_none_or(|change| change.from == self.records.profile.default_tenant);
        let way_holds =
            match &plan.way {
                Way::Provider(_) => self.world.provider.as_ref().is_some_and(|binding| {
                    binding.joins && id(binding.tenant).as_ref() == Some(&plan.tenant)
                }),
                Way::Invite(hash) => {
                    let invite = self.number_of(hash).and_then(|number| self.world.invites.get(number));
                    invite.is_some_and(|invite| {
                        !invite.is_used_by_user
                            && !invite.is_revoked
                            && invite.uses < invite.max_uses
                            && NOW < invite.expires_at
                            && id(invite.tenant).as_ref() == Some(&plan.tenant)
                    })
                }
            };
        membership_holds && default_holds && way_holds
    }
}

impl Records for Store {
    async fn user(&self, _: &UserKey) -> Result<UserRecords, StoreError> {
        Ok(self.tables().records.clone())
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<tenancy::Tenant>>, StoreError> {
        self.tables().tenant(id)
    }

    async fn client_binding(&self, _: &PoolId, _: &ClientId) -> Result<Option<ClientBinding>, StoreError> {
        let client = self.tables().world.client;
        Ok(client.and_then(|(tenant, mode)| {
            let mode = match mode {
                Mode::Required => ClientBindingMode::Required,
                Mode::Machine => ClientBindingMode::Machine,
            };
            Some(ClientBinding { tenant: id(tenant)?, mode })
        }))
    }
}

impl Offers for Store {
    async fn offer(&self, hash: &InviteHash, _: &UserKey) -> Result<Offer, StoreError> {
        let tables = self.tables();
        let Some(number) = tables.number_of(hash) else { return Ok(Offer::default()) };
        let Some(invite) = tables.world.invites.get(number) else { return Ok(Offer::default()) };
        let Some(tenant) = id(invite.tenant) else { return Ok(Offer::default()) };
        if invite.is_used_by_user {
            return Ok(Offer { used_for: Some(tenant), ..Offer::default() });
        }
        let record = tables.tenant(&tenant)?.ok_or_else(|| damage("INVITE#"))?;
        let email = match invite.bound {
            Bound::Nobody => None,
            Bound::Own => EMAIL.parse().ok(),
            Bound::Other => OTHER_EMAIL.parse().ok(),
        };
        let pointer = email.as_ref().filter(|_| invite.has_pointer).map(EmailHash::of);
        let invite = tenancy::Invite {
            hash: hash.clone(),
            tenant,
            email,
            roles: parsed(&invite.roles),
            uses: invite.uses,
            max_uses: invite.max_uses,
            status: if invite.is_revoked { InviteStatus::Revoked } else { InviteStatus::Open },
            expires_at: Timestamp::from_epoch_seconds(invite.expires_at),
            created_at: Timestamp::from_epoch_seconds(invite.created_at.unwrap_or(NOW)),
        };
        let terms = Some(OfferTerms { invite, tenant: record, pointer });
        Ok(Offer { used_for: None, terms, damaged_pointer: None })
    }

    async fn pointer(&self, _: &EmailHash, tenant: &TenantId) -> Result<Option<InvitePointer>, StoreError> {
        Ok(self.tables().pointers().into_iter().find(|pointer| pointer.tenant == *tenant))
    }

    async fn pointers(&self, _: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        Ok(self.tables().pointers().into_iter().map(Ok).collect())
    }
}

impl ProviderBindings for Store {
    async fn provider_binding(
        &self,
        _: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        let tables = self.tables();
        let binding = tables.world.provider.as_ref().filter(|_| provider.as_str() == super::world::PROVIDER);
        Ok(binding.and_then(|binding| {
            Some(ProviderBinding {
                tenant: id(binding.tenant)?,
                joins: binding.joins,
                default_roles: parsed(&binding.roles),
                is_email_trusted: binding.is_trusted,
            })
        }))
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<tenancy::Tenant>>, StoreError> {
        self.tables().tenant(id)
    }
}

impl Joins for Store {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        let mut tables = self.tables();
        if !tables.may_write(plan) {
            tables.refused_writes += 1;
            return Ok(Commit::Outdated);
        }
        plan.apply(&mut tables.records);
        if let Way::Invite(hash) = &plan.way
            && let Some(number) = tables.number_of(hash)
            && let Some(invite) = tables.world.invites.get_mut(number)
        {
            invite.uses += 1;
            invite.is_used_by_user = true;
            invite.has_pointer &= plan.spent_pointer.is_none();
        }
        Ok(Commit::Done)
    }
}

impl Defaults for Store {
    async fn move_default(
        &self,
        _: &UserKey,
        change: &DefaultChange,
        _: Timestamp,
        _: &str,
    ) -> Result<Commit, StoreError> {
        let profile = &mut self.tables().records.profile;
        if profile.default_tenant != change.from {
            return Ok(Commit::Outdated);
        }
        profile.default_tenant = Some(change.to.clone());
        Ok(Commit::Done)
    }
}

impl Stamps for Store {
    async fn mark_stamped(&self, _: &UserKey, _: &TenantId) -> Result<(), StoreError> {
        Ok(())
    }
}

impl UserDirectory for Store {
    async fn set_tenant(&self, _: &PoolId, _: &Username, _: &TenantId) -> Result<(), DirectoryError> {
        Ok(())
    }
}
