//! What an operator does to open a front door.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{Cell, CellName, TenantId, TenantStatus, UserKey};
use tenancy_aws::operator::{CellRecord, Change, ProviderTerms, TenantEdit, TenantRecord};

use crate::{
    DevStackError, Seed,
    seed::{failed, now},
};

impl Seed {
    pub(super) async fn add_cell(&self, cell: &Cell) -> Result<(), DevStackError> {
        let change = self.operator.create_cell(cell, now()).await.map_err(failed)?;
        self.write(change).await
    }

    pub(super) async fn cell(&self, name: &str) -> Result<CellRecord, DevStackError> {
        let name: CellName = name.parse().map_err(failed)?;
        self.operator.cell(&name).await.map_err(failed)
    }

    /// Leads addresses of a mail domain to the tenant.
    pub(super) async fn domain(&self, tenant: &TenantId, domain: &str) -> Result<(), DevStackError> {
        let record = self.record(tenant).await?;
        let domain = domain.parse().map_err(failed)?;
        let change = self.operator.set_mail_domain(&record, &domain, true, now()).await.map_err(failed)?;
        self.write(change).await
    }

    /// Puts the tenant into the public list.
    pub(super) async fn list(&self, tenant: &TenantId, slug: &str, name: &str) -> Result<(), DevStackError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let item = HashMap::from([
            ("pk".to_owned(), text("LISTED")),
            ("sk".to_owned(), text(slug)),
            ("et".to_owned(), text("listed")),
            ("v".to_owned(), AttributeValue::N("1".to_owned())),
            ("tid".to_owned(), text(tenant.as_str())),
            ("name".to_owned(), text(name)),
        ]);
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }

    /// Makes a user an administrator of the tenant.
    pub(super) async fn member(&self, tenant: &TenantId, pool: &str, sub: &str) -> Result<(), DevStackError> {
        let key = UserKey { pool: pool.parse().map_err(failed)?, sub: sub.parse().map_err(failed)? };
        let record = self.record(tenant).await?;
        let user = self.operator.user(&key).await.map_err(failed)?;
        let roles = ["admin".parse().map_err(failed)?];
        let change = self.operator.add_member(&record, &user, &roles, None, now()).map_err(failed)?;
        self.write(change).await
    }

    pub(super) async fn suspend(&self, tenant: &TenantId) -> Result<(), DevStackError> {
        let record = self.record(tenant).await?;
        let edit = TenantEdit { status: Some(TenantStatus::Suspended), ..TenantEdit::default() };
        let change = self.operator.edit_tenant(&record, edit, "tenant.suspend", now()).await;
        self.write(change.map_err(failed)?).await
    }

    /// Makes an app client the tenant's own.
    pub(super) async fn own_client(
        &self,
        tenant: &TenantId,
        pool: &str,
        client: &str,
    ) -> Result<(), DevStackError> {
        let record = self.record(tenant).await?;
        let (pool, client) = (pool.parse().map_err(failed)?, client.parse().map_err(failed)?);
        let change = self.operator.bind_own_client(&record, &pool, &client, now()).await.map_err(failed)?;
        self.write(change).await
    }

    /// Makes an identity provider the tenant's own. Its users join by a sign-in, as administrators.
    pub(super) async fn own_provider(
        &self,
        tenant: &TenantId,
        pool: &str,
        provider: &str,
    ) -> Result<(), DevStackError> {
        let record = self.record(tenant).await?;
        let (pool, provider) = (pool.parse().map_err(failed)?, provider.parse().map_err(failed)?);
        let default_roles = vec!["admin".parse().map_err(failed)?];
        let terms = ProviderTerms { joins: true, default_roles, is_email_trusted: true };
        let change = self.operator.bind_own_provider(&record, &pool, &provider, &terms, now()).await;
        self.write(change.map_err(failed)?).await
    }

    async fn record(&self, tenant: &TenantId) -> Result<TenantRecord, DevStackError> {
        self.operator.tenant(tenant).await.map_err(failed)
    }

    async fn write(&self, change: Change) -> Result<(), DevStackError> {
        self.operator.apply(change, "the front door").await.map_err(failed)
    }
}
