//! Reads the bindings of app clients and identity providers, and plans changes to them.

use tenancy::operate::bindings;
use tenancy::{ClientBindingMode, ClientId, Place, PoolId, ProviderName, TenantId, Timestamp};

use super::{
    Change, ClientRecord, Listed, Operator, OperatorError, ProviderRecord, ProviderTerms, TenantRecord,
};
use crate::change::Step;
use crate::key::tenant_partition;
use crate::records::{audit, client, provider};

impl Operator {
    /// Reads the binding of an app client, strongly consistent.
    pub async fn client(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientRecord>, OperatorError> {
        let item = self.table().get("read an app client's binding", client::key(pool, client)).await?;
        Ok(item.map(ClientRecord::decode).transpose()?)
    }

    /// The app clients that are bound to a tenant, from the index.
    pub async fn clients(&self, tenant: &TenantId) -> Result<Listed<ClientRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the app clients", partition, client::PREFIX).await?;
        Ok(items.into_iter().map(ClientRecord::decode).collect())
    }

    /// Plans to bind an app client: see [`bindings::bind_client`].
    pub async fn bind_client(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        client: &ClientId,
        mode: ClientBindingMode,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = self.client(pool, client).await?;
        let bound = record.as_ref().map(|record| &record.binding);
        if !bindings::bind_client(&tenant.tenant, client, bound, mode)? {
            return Ok(Change::default());
        }
        let id = &tenant.tenant.id;
        let binding = match record {
            None => Step::Create(client::encode(pool, client, id, mode)),
            Some(record) => record.with_mode(mode),
        };
        let target = audit::client_name(pool, client);
        let audit = self.audit_item(id, "client.bind", target, Some(mode.name().to_owned()), now);
        Ok(Change::of(vec![tenant.require_status(), binding, audit]))
    }

    pub fn unbind_client(&self, record: ClientRecord, now: Timestamp) -> Change {
        let target = audit::client_name(&record.pool, &record.client);
        let audit = self.audit_item(&record.binding.tenant, "client.unbind", target, None, now);
        Change::of(vec![record.deleted(), audit])
    }

    /// Reads the binding of an identity provider, strongly consistent.
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
    pub async fn providers(&self, tenant: &TenantId) -> Result<Listed<ProviderRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the identity providers", partition, provider::PREFIX).await?;
        Ok(items.into_iter().map(ProviderRecord::decode).collect())
    }

    /// Plans to bind an identity provider: see [`bindings::bind_provider`].
    pub async fn bind_provider(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        provider: &ProviderName,
        terms: &ProviderTerms,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = self.provider(pool, provider).await?;
        let bound = record.as_ref().map(|record| &record.binding);
        if !bindings::bind_provider(&tenant.tenant, provider, bound, terms)? {
            return Ok(Change::default());
        }
        let id = &tenant.tenant.id;
        let binding = match record {
            None => Step::Create(provider::encode(pool, provider, id, terms)),
            Some(record) => record.with_terms(terms),
        };
        let target = audit::provider_name(pool, provider);
        let audit = self.audit_item(id, "idp.bind", target, Some(terms.detail()), now);
        Ok(Change::of(vec![tenant.require_status(), binding, audit]))
    }

    /// Plans to unbind an identity provider. Users who joined through it remain members.
    pub fn unbind_provider(&self, record: ProviderRecord, now: Timestamp) -> Change {
        let target = audit::provider_name(&record.pool, &record.provider);
        let was = if record.binding.joins { "joined" } else { "did not join" };
        let tenant = &record.binding.tenant;
        let audit = self.audit_item(tenant, "idp.unbind", target, Some(was.to_owned()), now);
        Change::of(vec![record.deleted(), audit])
    }

    /// Plans to make an app client the tenant's own: only members get tokens through it, and routing sends the tenant's users
    /// to it.
    pub async fn bind_own_client(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let mode = ClientBindingMode::Required;
        let record = self.client(pool, client).await?;
        let bound = record.as_ref().map(|record| &record.binding);
        let is_changed = bindings::bind_client(&tenant.tenant, client, bound, mode)?;
        let binding = is_changed.then(|| match record {
            None => Step::Create(client::encode(pool, client, &tenant.tenant.id, mode)),
            Some(record) => record.with_mode(mode),
        });
        let place = Place { client: Some(client.clone()), ..tenant.place.clone() };
        let detail = format!("{}, the tenant's own", mode.name());
        let (action, target) = ("client.bind", audit::client_name(pool, client));
        Ok(self.own(tenant, &place, binding, (action, target, Some(detail)), now))
    }

    /// Plans to note that the tenant's own app client is deleted.
    pub fn own_client_deleted(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        client: &ClientId,
        now: Timestamp,
    ) -> Change {
        let place = Place { client: None, ..tenant.place.clone() };
        let target = audit::client_name(pool, client);
        self.own(tenant, &place, None, ("client.delete", target, None), now)
    }

    /// Plans to make an identity provider the tenant's own: it is bound on these terms, and routing sends the tenant's users
    /// to it.
    pub async fn bind_own_provider(
        &self,
        tenant: &TenantRecord,
        pool: &PoolId,
        provider: &ProviderName,
        terms: &ProviderTerms,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = self.provider(pool, provider).await?;
        let bound = record.as_ref().map(|record| &record.binding);
        let is_changed = bindings::bind_provider(&tenant.tenant, provider, bound, terms)?;
        let binding = is_changed.then(|| match record {
            None => Step::Create(provider::encode(pool, provider, &tenant.tenant.id, terms)),
            Some(record) => record.with_terms(terms),
        });
        let place = Place { provider: Some(provider.clone()), ..tenant.place.clone() };
        let detail = format!("{}, the tenant's own", terms.detail());
        let (action, target) = ("idp.bind", audit::provider_name(pool, provider));
        Ok(self.own(tenant, &place, binding, (action, target, Some(detail)), now))
    }

    /// A binding together with the tenant's place. The plan is empty if both are so already.
    fn own(
        &self,
        tenant: &TenantRecord,
        place: &Place,
        binding: Option<Step>,
        (action, target, detail): (&str, String, Option<String>),
        now: Timestamp,
    ) -> Change {
        let is_moved = *place != tenant.place;
        if !is_moved && binding.is_none() {
            return Change::default();
        }
        let of_tenant =
            if is_moved { tenant.moved(place, &tenant.tenant.pools) } else { tenant.require_status() };
        let audit = self.audit_item(&tenant.tenant.id, action, target, detail, now);
        Change::of([of_tenant].into_iter().chain(binding).chain([audit]).collect())
    }
}
