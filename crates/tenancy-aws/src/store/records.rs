//! Who belongs where: the port [`Records`].

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::ports::{Records, StoreError};
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, Membership, MembershipStatus, PoolId, Profile,
    RoleGrant, Stamp, Tenant, TenantId, TenantStatus, UserKey, UserRecords,
};

use super::DynamoStore;
use crate::item::{Attributes, Item, tenant_of_sort_key};
use crate::key::{Key, PROFILE, TENANT_PREFIX, user_partition};

impl Records for DynamoStore {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        let mut records = UserRecords::default();
        for attributes in self.query("read a user", user_partition(user), "").await? {
            add(&mut records, user, &attributes)?;
        }
        Ok(records)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let Some(attributes) = self.get("read a tenant", Key::tenant(id)).await? else { return Ok(None) };
        Ok(Some(Arc::new(decode_tenant(id, &attributes)?)))
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        let key = Key::client(pool, client);
        let Some(attributes) = self.get("read an app client's binding", key.clone()).await? else {
            return Ok(None);
        };
        Ok(Some(decode_client(&key, &attributes)?))
    }
}

pub(crate) fn decode_client(key: &Key, attributes: &Attributes) -> Result<ClientBinding, Damage> {
    let item = Item::open(key, "client", attributes)?;
    Ok(ClientBinding {
        tenant: item.parsed("tid")?,
        mode: item.one_of("mode", &ClientBindingMode::ALL.map(|mode| (mode.name(), mode)))?,
    })
}

/// Adds an item of a user's partition to the records. Items of kinds that this code does not know are not its business.
fn add(records: &mut UserRecords, user: &UserKey, attributes: &Attributes) -> Result<(), Damage> {
    let sk = match attributes.get("sk") {
        Some(AttributeValue::S(sk)) => sk.as_str(),
        _ => "",
    };
    if sk == PROFILE {
        let key = Key::profile(user);
        let item = Item::open(&key, "profile", attributes)?;
        item.optional_number("ver")?;
        let default_tenant = match item.optional_text("defaultTid")? {
            Some(_) => Some(item.parsed("defaultTid")?),
            None => None,
        };
        records.profile = Profile { default_tenant };
    } else if sk.starts_with(TENANT_PREFIX) {
        let tenant = tenant_of_sort_key(attributes).ok_or_else(|| Damage {
            key: user_partition(user),
            problem: "a membership's `sk` is not that of a tenant".to_owned(),
        })?;
        let key = Key::membership(user, &tenant);
        let item = Item::open(&key, "member", attributes)?;
        records.memberships.push(decode_membership(&item, tenant)?);
    }
    Ok(())
}

pub(crate) fn decode_membership(item: &Item<'_>, tenant: TenantId) -> Result<Membership, Damage> {
    item.own_tenant(&tenant)?;
    for kept_for_operators in ["inviteRef", "username"] {
        item.optional_text(kept_for_operators)?;
    }
    let statuses = MembershipStatus::ALL.map(|status| (status.name(), status));
    let stamp = match item.optional_text("stamp")? {
        Some(_) => item.one_of("stamp", &Stamp::ALL.map(|stamp| (stamp.name(), stamp)))?,
        None => Stamp::Pending,
    };
    Ok(Membership {
        roles: item.roles("roles")?,
        status: item.one_of("status", &statuses)?,
        stamp,
        version: item.optional_number("ver")?.unwrap_or(0),
        joined_at: item.optional_time("joinedAt")?,
        tenant,
    })
}

pub(crate) fn decode_tenant(id: &TenantId, attributes: &Attributes) -> Result<Tenant, Damage> {
    let key = Key::tenant(id);
    let item = Item::open(&key, "tenant", attributes)?;
    item.own_tenant(id)?;
    item.optional_text("slug")?;
    for kept_for_operators in ["ver", "createdAt"] {
        item.optional_number(kept_for_operators)?;
    }
    let statuses = TenantStatus::ALL.map(|status| (status.name(), status));
    let mut roles = BTreeMap::new();
    for (role, grant) in item.optional_map("roles")?.into_iter().flatten() {
        let role = role.parse().map_err(|error| item.damage(format!("`roles`: {error}")))?;
        roles.insert(role, decode_grant(&item, grant)?);
    }
    Ok(Tenant {
        id: id.clone(),
        name: item.parsed("name")?,
        tier: item.parsed("tier")?,
        status: item.one_of("status", &statuses)?,
        roles,
    })
}

fn decode_grant(item: &Item<'_>, grant: &AttributeValue) -> Result<RoleGrant, Damage> {
    let AttributeValue::M(grant) = grant else {
        return Err(item.damage("`roles` has a role that is not a map".to_owned()));
    };
    let groups = match grant.get("groups") {
        None => Vec::new(),
        Some(groups) => item.list("roles.groups", groups)?,
    };
    let iam_role = match grant.get("iamRole") {
        None => None,
        Some(AttributeValue::S(arn)) => Some(arn.clone()),
        Some(_) => return Err(item.damage("`roles.iamRole` is not a string".to_owned())),
    };
    Ok(RoleGrant { groups, iam_role })
}
