//! What an operator writes: tenants and invites. Each write is one transaction with its audit item.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use tenancy::invite::RETENTION_SECONDS;
use tenancy::ports::{BoxError, Commit, StoreError};
use tenancy::{
    EmailAddress, EmailHash, InviteCode, Role, Slug, Tenant, TenantId, TenantStatus, TenantTier, Timestamp,
};

use crate::item::{Attributes, new_item, number, role_list, text};
use crate::key::{ALL_TENANTS, Key, tenant_partition};
use crate::store::{StoreMeter, write_transaction};

/// Writes to the table on behalf of an operator.
#[derive(Clone, Debug)]
pub struct Operator {
    client: Client,
    table: String,
    actor: String,
}

/// An invite to be made.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The tenant to join.
    pub tenant: TenantId,
    /// If given, only this address may redeem it.
    pub email: Option<EmailAddress>,
    /// The roles that come with it, in order of precedence.
    pub roles: Vec<Role>,
    /// How many users may redeem it.
    pub max_uses: u64,
    /// From this moment on it is expired.
    pub expires_at: Timestamp,
}

/// Why an operator's write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// What it was to change is not as it must be: exists already, or does not.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The store gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operator {
    /// Writes to `table` as `actor`, the name that audit items show.
    #[must_use]
    pub fn new(client: Client, table: String, actor: String) -> Self {
        Self { client, table, actor }
    }

    /// Makes a tenant that can be found by `slug`.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the id or the slug is taken.
    pub async fn create_tenant(
        &self,
        tenant: &Tenant,
        slug: &Slug,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let mut meta = new_item(Key::tenant(&tenant.id), "tenant");
        meta.insert("tid".to_owned(), text(tenant.id.as_str()));
        meta.insert("name".to_owned(), text(tenant.name.as_str()));
        meta.insert("slug".to_owned(), text(slug.as_str()));
        meta.insert("tier".to_owned(), text(tenant.tier.as_str()));
        meta.insert("status".to_owned(), text(status(tenant.status)));
        meta.insert("roles".to_owned(), role_map(tenant));
        meta.insert("ver".to_owned(), number(1));
        meta.insert("createdAt".to_owned(), number(now.epoch_seconds()));
        meta.insert("gsi1pk".to_owned(), text(ALL_TENANTS));
        meta.insert("gsi1sk".to_owned(), text(tenant.id.as_str()));
        let mut pointer = new_item(Key::slug(slug), "slug");
        pointer.insert("tid".to_owned(), text(tenant.id.as_str()));
        let writes = [
            self.put_new(meta),
            self.put_new(pointer),
            self.audit(&tenant.id, "tenant.create", tenant.id.as_str(), now),
        ];
        self.write(writes, "the tenant id or the slug is taken").await
    }

    /// Changes what a tenant has bought; tokens show it once the functions' caches have aged.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is no such tenant.
    pub async fn set_tier(
        &self,
        tenant: &TenantId,
        tier: &TenantTier,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let change = Update::builder()
            .table_name(&self.table)
            .set_key(Some(Key::tenant(tenant).into_attributes()))
            .update_expression("SET tier = :tier, ver = if_not_exists(ver, :zero) + :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":tier", text(tier.as_str()))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .build()
            .map(|update| TransactWriteItem::builder().update(update).build());
        let writes = [change, self.audit(tenant, "tenant.set-tier", tenant.as_str(), now)];
        self.write(writes, "there is no such tenant").await
    }

    /// Makes an invite that `code` redeems. The code itself is not stored. A pointer of the same tenant and address to
    /// an older invite is turned to this one.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the code is taken or the tenant does not exist.
    pub async fn create_invite(
        &self,
        invite: &NewInvite,
        code: &InviteCode,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let hash = code.hash();
        let expiry = invite.expires_at.plus_seconds(RETENTION_SECONDS);
        let mut meta = new_item(Key::invite(&hash), "invite");
        meta.insert("tid".to_owned(), text(invite.tenant.as_str()));
        meta.insert("roles".to_owned(), role_list(&invite.roles));
        meta.insert("uses".to_owned(), number(0));
        meta.insert("maxUses".to_owned(), number(invite.max_uses));
        meta.insert("status".to_owned(), text("open"));
        meta.insert("expiresAt".to_owned(), number(invite.expires_at.epoch_seconds()));
        meta.insert("createdBy".to_owned(), text(self.actor.as_str()));
        meta.insert("createdAt".to_owned(), number(now.epoch_seconds()));
        meta.insert("ttl".to_owned(), number(expiry.epoch_seconds()));
        meta.insert("gsi1pk".to_owned(), text(tenant_partition(&invite.tenant)));
        meta.insert("gsi1sk".to_owned(), text(format!("INVITE#{now}#{}", hash.short())));
        if let Some(email) = &invite.email {
            meta.insert("email".to_owned(), text(email.as_str()));
        }
        let mut writes = vec![
            self.exists(Key::tenant(&invite.tenant)),
            self.put_new(meta),
            self.audit(&invite.tenant, "invite.create", hash.short(), now),
        ];
        if let Some(email) = &invite.email {
            let mut pointer = new_item(Key::email_pointer(&EmailHash::of(email), &invite.tenant), "mail");
            pointer.insert("h".to_owned(), text(hash.as_str()));
            writes.push(self.put(pointer));
        }
        self.write(writes, "the code is taken, or there is no such tenant").await
    }

    async fn write(
        &self,
        writes: impl IntoIterator<Item = Result<TransactWriteItem, BuildError>>,
        refused: &'static str,
    ) -> Result<(), OperatorError> {
        let operation = "write as an operator";
        let writes: Result<Vec<_>, _> = writes.into_iter().collect();
        let writes =
            writes.map_err(|error| StoreError::Unavailable { operation, source: BoxError::from(error) })?;
        match write_transaction(operation, &self.client, &StoreMeter::default(), writes).await? {
            Commit::Done => Ok(()),
            Commit::Outdated => Err(OperatorError::Refused(refused)),
        }
    }

    fn put_new(&self, item: Attributes) -> Result<TransactWriteItem, BuildError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn put(&self, item: Attributes) -> Result<TransactWriteItem, BuildError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn exists(&self, key: Key) -> Result<TransactWriteItem, BuildError> {
        let check = aws_sdk_dynamodb::types::ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_attributes()))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    fn audit(
        &self,
        tenant: &TenantId,
        action: &str,
        target: &str,
        now: Timestamp,
    ) -> Result<TransactWriteItem, BuildError> {
        let id = format!("{:016x}", fastrand::u64(..));
        let mut item = new_item(Key::audit(tenant, now, &id), "audit");
        item.insert("tid".to_owned(), text(tenant.as_str()));
        item.insert("action".to_owned(), text(action));
        item.insert("actor".to_owned(), text(self.actor.as_str()));
        item.insert("target".to_owned(), text(target));
        item.insert("outcome".to_owned(), text("done"));
        self.put_new(item)
    }
}

fn status(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
        TenantStatus::Offboarded => "offboarded",
    }
}

fn role_map(tenant: &Tenant) -> AttributeValue {
    let grants = tenant.roles.iter().map(|(role, grant)| {
        let groups = grant.groups.iter().map(|group| text(group.as_str())).collect();
        let mut entry = Attributes::from([("groups".to_owned(), AttributeValue::L(groups))]);
        if let Some(arn) = &grant.iam_role {
            entry.insert("iamRole".to_owned(), text(arn.as_str()));
        }
        (role.as_str().to_owned(), AttributeValue::M(entry))
    });
    AttributeValue::M(grants.collect())
}
