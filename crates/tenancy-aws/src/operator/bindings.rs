//! What ties app clients and identity providers to tenants, as operators see and change it.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{
    ClientBinding, ClientBindingMode, ClientId, Damage, PoolId, ProviderBinding, ProviderName, Role,
    TenantId, Timestamp,
};

use super::change::{Change, Write};
use super::members::{not_offboarded, roles_detail};
use super::tenants::TenantRecord;
use super::{Listed, Operator, OperatorError, refused, text_of};
use crate::item::{Attributes, new_item, role_list, text};
use crate::key::{Key, tenant_partition};
use crate::store::{decode_client, decode_provider};

/// An app client's binding.
#[derive(Clone, Debug)]
pub struct ClientRecord {
    /// The pool.
    pub pool: PoolId,
    /// The app client.
    pub client: ClientId,
    /// What it is bound to.
    pub binding: ClientBinding,
    item: Attributes,
}

/// An identity provider's binding.
#[derive(Clone, Debug)]
pub struct ProviderRecord {
    /// The pool.
    pub pool: PoolId,
    /// The identity provider.
    pub provider: ProviderName,
    /// What it is bound to.
    pub binding: ProviderBinding,
    item: Attributes,
}

/// What is to hold for the users of an identity provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderTerms {
    /// Whether who signs in through it joins the tenant by that alone.
    pub joins: bool,
    /// The roles of those who do, in order of precedence.
    pub default_roles: Vec<Role>,
    /// Whether an e-mail address that comes from it counts as verified.
    pub is_email_trusted: bool,
}

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
        let item = self.store.get("read an app client's binding", Key::client(pool, client)).await?;
        Ok(item.map(ClientRecord::decode).transpose()?)
    }

    /// The app clients that are bound to a tenant, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn clients(&self, tenant: &TenantId) -> Result<Listed<ClientRecord>, OperatorError> {
        let items = self.index("list the app clients", &tenant_partition(tenant), "CLIENT#").await?;
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
        let write = match self.client(pool, client).await? {
            None => {
                let mut item = new_item(Key::client(pool, client), "client");
                item.insert("tid".to_owned(), text(id.as_str()));
                item.insert("mode".to_owned(), text(mode.name()));
                item.insert("gsi1pk".to_owned(), text(tenant_partition(id)));
                item.insert("gsi1sk".to_owned(), text(format!("CLIENT#{pool}#{client}")));
                Write::Create(item)
            }
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
            Some(record) => Write::Update {
                before: record.item,
                set: vec![("mode", text(mode.name()))],
                remove: Vec::new(),
                guard: vec!["tid", "mode"],
            },
        };
        let audit = self.audit_item(
            id,
            ("client.bind", &format!("client:{pool}:{client}")),
            Some(mode.name().to_owned()),
            now,
        );
        Ok(Change::of(vec![tenant.require_status(), write, audit]))
    }

    /// Plans to unbind an app client.
    pub fn unbind_client(&self, record: ClientRecord, now: Timestamp) -> Change {
        let target = format!("client:{}:{}", record.pool, record.client);
        let audit = self.audit_item(&record.binding.tenant, ("client.unbind", &target), None, now);
        Change::of(vec![Write::Delete { before: record.item, guard: vec!["tid", "mode"] }, audit])
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
        let item =
            self.store.get("read an identity provider's binding", Key::provider(pool, provider)).await?;
        Ok(item.map(ProviderRecord::decode).transpose()?)
    }

    /// The identity providers that are bound to a tenant, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn providers(&self, tenant: &TenantId) -> Result<Listed<ProviderRecord>, OperatorError> {
        let items = self.index("list the identity providers", &tenant_partition(tenant), "IDP#").await?;
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
        let attributes = vec![
            ("join", AttributeValue::Bool(terms.joins)),
            ("defaultRoles", role_list(&terms.default_roles)),
            ("emailTrusted", AttributeValue::Bool(terms.is_email_trusted)),
        ];
        let write = match self.provider(pool, provider).await? {
            None => {
                let mut item = new_item(Key::provider(pool, provider), "idp");
                item.insert("tid".to_owned(), text(id.as_str()));
                item.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
                item.insert("gsi1pk".to_owned(), text(tenant_partition(id)));
                item.insert("gsi1sk".to_owned(), text(format!("IDP#{pool}#{provider}")));
                Write::Create(item)
            }
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
            Some(record) => Write::Update {
                before: record.item,
                set: attributes,
                remove: Vec::new(),
                guard: vec!["tid", "join", "defaultRoles", "emailTrusted"],
            },
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
        let audit = self.audit_item(id, ("idp.bind", &format!("idp:{pool}:{provider}")), Some(detail), now);
        Ok(Change::of(vec![tenant.require_status(), write, audit]))
    }

    /// Plans to unbind an identity provider. Who has joined through it stays a member.
    pub fn unbind_provider(&self, record: ProviderRecord, now: Timestamp) -> Change {
        let target = format!("idp:{}:{}", record.pool, record.provider);
        let was = if record.binding.joins { "joined" } else { "did not join" };
        let audit =
            self.audit_item(&record.binding.tenant, ("idp.unbind", &target), Some(was.to_owned()), now);
        Change::of(vec![
            Write::Delete { before: record.item, guard: vec!["tid", "join", "emailTrusted"] },
            audit,
        ])
    }
}

impl ClientRecord {
    fn decode(item: Attributes) -> Result<Self, Damage> {
        let (pool, client) = parts(&item, "CLIENT#")?;
        let binding = decode_client(&Key::client(&pool, &client), &item)?;
        Ok(Self { pool, client, binding, item })
    }
}

impl ProviderRecord {
    /// What holds for its users.
    #[must_use]
    pub fn terms(&self) -> ProviderTerms {
        ProviderTerms {
            joins: self.binding.joins,
            default_roles: self.binding.default_roles.clone(),
            is_email_trusted: self.binding.is_email_trusted,
        }
    }

    fn decode(item: Attributes) -> Result<Self, Damage> {
        let (pool, provider) = parts(&item, "IDP#")?;
        let binding = decode_provider(&Key::provider(&pool, &provider), &item)?;
        Ok(Self { pool, provider, binding, item })
    }
}

fn parts<T: std::str::FromStr>(item: &Attributes, prefix: &str) -> Result<(PoolId, T), Damage> {
    let pk = text_of(item, "pk").unwrap_or_default();
    let found = pk.strip_prefix(prefix).and_then(|rest| {
        let (pool, name) = rest.split_once('#')?;
        Some((pool.parse().ok()?, name.parse().ok()?))
    });
    found
        .ok_or_else(|| Damage { key: pk.to_owned(), problem: format!("`pk` is not that of a {prefix} item") })
}
