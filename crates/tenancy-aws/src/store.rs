//! The ports of [`tenancy`] that the functions use, on the table.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use futures_util::future::{join3, try_join};
use tenancy::join::{DefaultChange, JoinPlan, MembershipChange, Offer, OfferTerms, Way};
use tenancy::ports::{
    Commit, Defaults, Joins, Memberships, Offers, ProviderBindings, Records, Stamps, StoreError,
};
use tenancy::{
    ClientBinding, ClientId, Damage, EmailHash, Invite, InviteHash, InvitePointer, Membership, PoolId,
    ProviderBinding, ProviderName, Tenant, TenantId, Timestamp, UserKey, UserRecords,
};

use crate::key::{TENANT_PREFIX, user_partition};
pub use crate::read::StoreMeter;
use crate::read::TableClient;
use crate::records::audit::{self, AuditOf, NewAudit};
use crate::records::{client, invite, invite_use, member, pointer, profile, provider, tenant, user};
use crate::write::Write;

/// Longest time that the warm-up may add to a cold start.
const WARM_UP_TIMEOUT: Duration = Duration::from_millis(400);

#[derive(Clone, Debug)]
pub struct DynamoStore {
    pub(crate) table: TableClient,
}

impl DynamoStore {
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { table: TableClient { client, name: table, meter: Arc::default() } }
    }

    #[must_use]
    pub fn meter(&self) -> &StoreMeter {
        &self.table.meter
    }

    /// Opens the three connections of a first sign-in during Lambda's init phase, which has full CPU: DNS look-up and TLS
    /// handshakes are then done. It reads an item that cannot exist: once, so that TLS can resume the session for the other
    /// connections, and then three times in parallel. This takes at most 400 ms, and the results are ignored.
    pub async fn warm_up(&self) {
        let read = || self.table.get("warm up", tenant::warm_up_key());
        let reads = async { (read().await, join3(read(), read(), read()).await) };
        let _ = tokio::time::timeout(WARM_UP_TIMEOUT, reads).await;
        self.meter().take();
    }

    /// The hash of the invite's address, if the invite is bound to an address and the pointer of that address names it. A
    /// damaged pointer is returned as the inner error: the code can still be redeemed.
    async fn pointed_at(&self, invite: &Invite) -> Result<Result<Option<EmailHash>, Damage>, StoreError> {
        let Some(email) = invite.email.as_ref().map(EmailHash::of) else { return Ok(Ok(None)) };
        match self.pointer(&email, &invite.tenant).await {
            Ok(pointer) => Ok(Ok(pointer.filter(|pointer| pointer.hash == invite.hash).map(|_| email))),
            Err(StoreError::Damaged(damage)) => Ok(Err(damage)),
            Err(error) => Err(error),
        }
    }
}

impl Records for DynamoStore {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        Ok(user::decode(self.table.query("read a user", user_partition(user), "").await?)?)
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let item = self.table.get("read a tenant", tenant::key(id)).await?;
        Ok(item.map(|item| tenant::decode(id, &item).map(|found| Arc::new(found.tenant))).transpose()?)
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        let item = self.table.get("read an app client's binding", client::key(pool, client)).await?;
        Ok(item.as_ref().map(client::decode).transpose()?)
    }
}

impl Memberships for DynamoStore {
    async fn membership(&self, user: &UserKey, tenant: &TenantId) -> Result<Option<Membership>, StoreError> {
        let item = self.table.get("read a membership", member::key(user, tenant)).await?;
        Ok(item.as_ref().map(|item| member::decode(item).map(|found| found.membership)).transpose()?)
    }
}

impl Offers for DynamoStore {
    async fn offer(&self, hash: &InviteHash, user: &UserKey) -> Result<Offer, StoreError> {
        let (invite, usage) = try_join(
            self.table.get("read an invite", invite::key(hash)),
            self.table.get("read the use of an invite", invite_use::key(hash, user)),
        )
        .await?;
        let used_for = usage.as_ref().map(invite_use::decode).transpose()?;
        let Some(item) = invite else { return Ok(Offer { used_for, ..Offer::default() }) };
        let invite = invite::decode(hash, &item).map(|found| found.invite);
        if let Some(tenant) = &used_for {
            // This user has used the invite, so its current state does not matter.
            if invite.is_ok_and(|invite| invite.tenant != *tenant) {
                let key = invite_use::key(hash, user).to_string();
                return Err(Damage { key, problem: "`tid` differs from the invite's".to_owned() }.into());
            }
            return Ok(Offer { used_for, ..Offer::default() });
        }
        let invite = invite?;
        let (tenant, pointer) = try_join(self.tenant(&invite.tenant), self.pointed_at(&invite)).await?;
        let tenant = tenant.ok_or_else(|| Damage {
            key: invite::key(hash).to_string(),
            problem: "`tid` names a tenant that does not exist".to_owned(),
        })?;
        let (pointer, damaged_pointer) = match pointer {
            Ok(pointer) => (pointer, None),
            Err(damage) => (None, Some(damage)),
        };
        Ok(Offer { used_for, terms: Some(OfferTerms { invite, tenant, pointer }), damaged_pointer })
    }

    async fn pointer(
        &self,
        email: &EmailHash,
        tenant: &TenantId,
    ) -> Result<Option<InvitePointer>, StoreError> {
        let item = self.table.get("read the invite of an address", pointer::key(email, tenant)).await?;
        Ok(item.map(|item| pointer::decode(email, &item)).transpose()?)
    }

    async fn pointers(&self, email: &EmailHash) -> Result<Vec<Result<InvitePointer, Damage>>, StoreError> {
        let partition = pointer::partition(email);
        let items = self.table.query("read the invites of an address", partition, TENANT_PREFIX).await?;
        Ok(items.iter().map(|item| pointer::decode(email, item)).collect())
    }
}

impl ProviderBindings for DynamoStore {
    async fn provider_binding(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        let key = provider::key(pool, provider);
        let item = self.table.get("read an identity provider's binding", key).await?;
        Ok(item.as_ref().map(provider::decode).transpose()?)
    }

    async fn joinable_tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.tenant(id).await
    }
}

impl Joins for DynamoStore {
    async fn commit(&self, plan: &JoinPlan) -> Result<Commit, StoreError> {
        self.table.transact("join a tenant", writes_of(plan)).await
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
        let audit = NewAudit {
            of: AuditOf::Tenant(&change.to),
            at,
            id: format!("default-{}-{}-{request_id}", user.pool, user.sub),
            action: "member.default-moved",
            actor: audit::user_name(user),
            target: audit::user_name(user),
            outcome: "moved",
            detail: change.from.as_ref().map(|from| format!("default tenant {from} -> {}", change.to)),
            request_id: Some(request_id),
        };
        let writes = [profile::move_default(user, change), Write::put(audit.encode())];
        self.table.transact("move the default tenant", writes).await
    }
}

impl Stamps for DynamoStore {
    async fn mark_stamped(&self, user: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let operation = "record that a stamp is written";
        match self.table.transact(operation, [member::note_stamp(user, tenant)]).await? {
            Commit::Done => Ok(()),
            Commit::Outdated => {
                Err(StoreError::Unavailable { operation, source: "the membership no longer exists".into() })
            }
        }
    }
}

pub(crate) fn writes_of(plan: &JoinPlan) -> Vec<Write> {
    let JoinPlan { user, tenant, roles, at, .. } = plan;
    let invite = match &plan.way {
        Way::Invite(hash) => Some(hash),
        Way::Provider(_) => None,
    };
    let mut writes = vec![
        match plan.membership {
            MembershipChange::Create => {
                Write::create(member::encode(user, tenant, roles, invite, plan.username.as_ref(), *at))
            }
            MembershipChange::AddRoles { version } => member::set_roles(user, tenant, roles, version),
        },
        Write::put(audit_of(plan).encode()),
    ];
    writes.extend(plan.default.as_ref().map(|change| profile::move_default(user, change)));
    match &plan.way {
        Way::Invite(hash) => {
            writes.push(invite::count_use(hash, tenant, *at));
            writes.push(Write::create(invite_use::encode(hash, user, tenant, *at, plan.keep_until)));
            writes.extend(plan.spent_pointer.as_ref().map(|email| pointer::spend(email, tenant, hash)));
        }
        Way::Provider(provider) => {
            writes.push(provider::still_joins(&user.pool, provider, tenant));
        }
    }
    writes
}

/// The audit item of a join. Its id is unique, because the use of an invite and a first membership each happen only once.
fn audit_of(plan: &JoinPlan) -> NewAudit<'_> {
    let user = &plan.user;
    let (action, target, right) = match &plan.way {
        Way::Invite(hash) => ("invite.redeem", audit::invite_name(hash), hash.short()),
        Way::Provider(provider) => ("idp.join", format!("idp:{provider}"), "idp"),
    };
    NewAudit {
        of: AuditOf::Tenant(&plan.tenant),
        at: plan.at,
        id: format!("{right}-{}-{}", user.pool, user.sub),
        action,
        actor: audit::user_name(user),
        target,
        outcome: match plan.membership {
            MembershipChange::Create => "joined",
            MembershipChange::AddRoles { .. } => "roles_added",
        },
        detail: None,
        request_id: Some(&plan.request_id),
    }
}
