//! What ties app clients and identity providers to tenants, as operators see and change it.

use tenancy::{ClientBindingMode, ClientId, PoolId, ProviderName, TenantId, Timestamp};

use super::members::{not_offboarded, roles_detail};
use super::{
    Change, ClientRecord, Listed, Operator, OperatorError, ProviderRecord, ProviderTerms, TenantRecord,
    refused,
};
use crate::change::Step;
use crate::key::tenant_partition;
use crate::records::{audit, client, provider};

impl Operator {
    /// The binding of an app client, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn client(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientRecord>, OperatorError> {
        let item = self.table().get("read an app client's binding", client::key(pool, client)).await?;
        Ok(item.map(ClientRecord::decode).transpose()?)
    }

    /// The app clients that are bound to a tenant, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn clients(&self, tenant: &TenantId) -> Result<Listed<ClientRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the app clients", partition, client::PREFIX).await?;
        Ok(items.into_iter().map(ClientRecord::decode).collect())
    }

    /// Plans to bind an app client. Empty when it is bound so already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when it is bound to another tenant, or the tenant is offboarded.
    pub async fn bind_client(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        client: &ClientId,
        mode: ClientBindingMode,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        not_offboarded(&tenant.tenant)?;
        let binding = match self.client(pool, client).await? {
            None => Step::Create(client::encode(pool, client, id, mode)),
            Some(record) if record.binding.tenant != *id => {
                return refused(
                    "client-bound",
                    format!(
                        "app client {client} is bound to tenant `{}`; unbind it first: `tenantctl client unbind`",
                        record.binding.tenant
                    ),
                );
            }
            Some(record) if record.binding.mode == mode => return Ok(Change::default()),
            Some(record) => record.with_mode(mode),
        };
        let target = audit::client_name(pool, client);
        let audit = self.audit_item(id, "client.bind", target, Some(mode.name().to_owned()), now);
        Ok(Change::of(vec![tenant.require_status(), binding, audit]))
    }

    /// Plans to unbind an app client.
    pub fn unbind_client(&self, record: ClientRecord, now: Timestamp) -> Change {
        let target = audit::client_name(&record.pool, &record.client);
        let audit = self.audit_item(&record.binding.tenant, "client.unbind", target, None, now);
        Change::of(vec![record.deleted(), audit])
    }

    /// The binding of an identity provider, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn provider(
        &self,
        pool: &PoolId,
        provider: &ProviderName,
    ) -> Result<Option<ProviderRecord>, OperatorError> {
        let key = provider::key(pool, provider);
        let item = self.table().get("read an identity provider's binding", key).await?;
        Ok(item.map(ProviderRecord::decode).transpose()?)
    }

    /// The identity providers that are bound to a tenant, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn providers(&self, tenant: &TenantId) -> Result<Listed<ProviderRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the identity providers", partition, provider::PREFIX).await?;
        Ok(items.into_iter().map(ProviderRecord::decode).collect())
    }

    /// Plans to bind an identity provider. Empty when it is bound so already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when it is bound to another tenant, or the tenant is offboarded.
    pub async fn bind_provider(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        provider: &ProviderName,
        terms: &ProviderTerms,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        not_offboarded(&tenant.tenant)?;
        let binding = match self.provider(pool, provider).await? {
            None => Step::Create(provider::encode(pool, provider, id, terms)),
            Some(record) if record.binding.tenant != *id => {
                return refused(
                    "idp-bound",
                    format!(
                        "identity provider {provider} is bound to tenant `{}`; unbind it first: `tenantctl idp unbind`",
                        record.binding.tenant
                    ),
                );
            }
            Some(record) if record.terms() == *terms => return Ok(Change::default()),
            Some(record) => record.with_terms(terms),
        };
        let detail = format!(
            "{}, e-mail {}",
            if terms.joins {
                format!("joins with {}", roles_detail(&terms.default_roles))
            } else {
                "does not join".to_owned()
            },
            if terms.is_email_trusted { "trusted" } else { "not trusted" }
        );
        let target = audit::provider_name(pool, provider);
        let audit = self.audit_item(id, "idp.bind", target, Some(detail), now);
        Ok(Change::of(vec![tenant.require_status(), binding, audit]))
    }

    /// Plans to unbind an identity provider. Who has joined through it stays a member.
    pub fn unbind_provider(&self, record: ProviderRecord, now: Timestamp) -> Change {
        let target = audit::provider_name(&record.pool, &record.provider);
        let was = if record.binding.joins { "joined" } else { "did not join" };
        let tenant = &record.binding.tenant;
        let audit = self.audit_item(tenant, "idp.unbind", target, Some(was.to_owned()), now);
        Change::of(vec![record.deleted(), audit])
    }
}
