//! Invites: the ports [`Invites`], [`Defaults`] and [`Stamps`].

use std::sync::Arc;

use futures_util::future::try_join;
use tenancy::join::{DefaultChange, JoinPlan, Offer, OfferTerms};
use tenancy::ports::{
    BoxError, Commit, Defaults, Joins, Offers, ProviderBindings, Records, Stamps, StoreError,
};
use tenancy::{
    Damage, EmailHash, Invite, InviteHash, InvitePointer, InviteStatus, PoolId, ProviderBinding,
    ProviderName, Role, Tenant, TenantId, Timestamp, UserKey,
};

use super::{DynamoStore, transaction};
use crate::item::{Attributes, Item, tenant_of_sort_key};
use crate::key::{Key, TENANT_PREFIX, email_partition};

impl Offers for DynamoStore {
    async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        let (invite, usage) = try_join(
            self.get("read an invite", Key::invite(hash)),
            self.get("read the use of an invite", Key::invite_use(hash, user)),
        )
        .await?;
        let used_for = usage.map(|attributes| decode_use(hash, user, &attributes)).transpose()?;
        let Some(attributes) = invite else { return Ok(Offer { used_for, ..Offer::default() }) };
        let invite = decode_invite(hash, &attributes);
        if let Some(tenant) = &used_for {
            // Whatever has become of the invite: this user has used it.
            if invite.is_ok_and(|invite| invite.tenant != *tenant) {
                let key = Key::invite_use(hash, user).to_string();
                return Err(Damage { key, problem: "`tid` is not its invite's".to_owned() }.into());
            }
            return Ok(Offer { used_for, ..Offer::default() });
        }
        let invite = invite?;
        let (tenant, pointer) = try_join(self.tenant(&invite.tenant), self.pointer_of(&invite)).await?;
        let tenant = tenant.ok_or_else(|| Damage {
            key: Key::invite(hash).to_string(),
            problem: "`tid` names a tenant that does not exist".to_owned(),
        })?;
        let (is_pointed_at, damaged_pointer) = match pointer {
            Ok(pointer) => (pointer.is_some_and(|pointer| pointer.hash == *hash), None),
            Err(damage) => (false, Some(damage)),
        };
        Ok(Offer { used_for, terms: Some(OfferTerms { invite, tenant, is_pointed_at }), damaged_pointer })
    }

    async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        let key = Key::email_pointer(email, tenant);
        let Some(attributes) = self.get("read the pointer of an address", key).await? else {
            return Ok(None);
        };
        Ok(Some(decode_pointer(email, &attributes)?))
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        let items =
            self.query("read the invites of an address", email_partition(email), TENANT_PREFIX).await?;
        Ok(items.iter().map(|attributes| decode_pointer(email, attributes)).collect())
    }
}

impl ProviderBindings for DynamoStore {
    async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        let key = Key::provider(pool, provider);
        let Some(attributes) = self.get("read an identity provider's binding", key.clone()).await? else {
            return Ok(None);
        };
        Ok(Some(decode_provider(&key, &attributes)?))
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for DynamoStore {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        let operation = "redeem an invite";
        let writes = transaction::redemption(&self.table, plan)
            .map_err(|error| StoreError::Unavailable { operation, source: Box::new(error) })?;
        transaction::write(operation, &self.client, &self.meter, writes).await
    }
}

impl Defaults for DynamoStore {
    async fn move_default(
        &self,
        user: &UserKey,
        change: &DefaultChange,
        at: Timestamp,
        request_id: &str,
    ) -> Result<Commit, StoreError> {
        let operation = "move a default tenant";
        let writes = transaction::default_move(&self.table, user, change, at, request_id)
            .map_err(|error| StoreError::Unavailable { operation, source: Box::new(error) })?;
        transaction::write(operation, &self.client, &self.meter, writes).await
    }
}

impl DynamoStore {
    /// The pointer of the invite's address, if it is bound to one. A damaged one does not keep a code from being redeemed.
    async fn pointer_of(&self, invite: &Invite) -> Result<Result<Option<InvitePointer>, Damage>, StoreError> {
        let Some(email) = &invite.email else { return Ok(Ok(None)) };
        match self.pointer(&EmailHash::of(email), &invite.tenant).await {
            Ok(pointer) => Ok(Ok(pointer)),
            Err(StoreError::Damaged(damage)) => Ok(Err(damage)),
            Err(error) => Err(error),
        }
    }
}

impl Stamps for DynamoStore {
    async fn mark_stamped(&self, user: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let operation = "note a stamp";
        let failed = |source: BoxError| StoreError::Unavailable { operation, source };
        let note = transaction::stamped(&self.table, user, tenant).map_err(|error| failed(error.into()))?;
        match transaction::write(operation, &self.client, &self.meter, vec![note]).await? {
            Commit::Done => Ok(()),
            Commit::Outdated => Err(failed("the membership is gone".into())),
        }
    }
}

pub(crate) fn decode_provider(key: &Key, attributes: &Attributes) -> Result<ProviderBinding, Damage> {
    let item = Item::open(key, "idp", attributes)?;
    for (_, roles) in item.optional_map("groupRoles")?.into_iter().flatten() {
        item.list::<Role>("groupRoles", roles)?;
    }
    Ok(ProviderBinding {
        tenant: item.parsed("tid")?,
        joins: item.flag("join")?,
        default_roles: item.roles("defaultRoles")?,
        is_email_trusted: item.flag("emailTrusted")?,
    })
}

pub(crate) fn decode_invite(hash: &InviteHash, attributes: &Attributes) -> Result<Invite, Damage> {
    let key = Key::invite(hash);
    let item = Item::open(&key, "invite", attributes)?;
    item.optional_text("createdBy")?;
    item.optional_number("ttl")?;
    let email = match item.optional_text("email")? {
        Some(_) => Some(item.parsed("email")?),
        None => None,
    };
    let statuses = [("open", InviteStatus::Open), ("revoked", InviteStatus::Revoked)];
    Ok(Invite {
        hash: hash.clone(),
        tenant: item.parsed("tid")?,
        email,
        roles: item.roles("roles")?,
        uses: item.number("uses")?,
        max_uses: item.number("maxUses")?,
        status: item.one_of("status", &statuses)?,
        expires_at: Timestamp::from_epoch_seconds(item.number("expiresAt")?),
        created_at: item.optional_time("createdAt")?.unwrap_or_default(),
    })
}

fn decode_use(hash: &InviteHash, user: &UserKey, attributes: &Attributes) -> Result<TenantId, Damage> {
    let key = Key::invite_use(hash, user);
    let item = Item::open(&key, "use", attributes)?;
    item.optional_number("at")?;
    item.optional_number("ttl")?;
    item.parsed("tid")
}

fn decode_pointer(email: &EmailHash, attributes: &Attributes) -> Result<InvitePointer, Damage> {
    let tenant = tenant_of_sort_key(attributes).ok_or_else(|| Damage {
        key: format!("EMAIL#{}", email.short()),
        problem: "`sk` is not that of a tenant".to_owned(),
    })?;
    let key = Key::email_pointer(email, &tenant);
    let item = Item::open(&key, "mail", attributes)?;
    item.optional_number("ttl")?;
    Ok(InvitePointer {
        tenant,
        hash: item.parsed("h")?,
        created_at: item.optional_time("createdAt")?,
        expires_at: item.optional_time("expiresAt")?,
    })
}
