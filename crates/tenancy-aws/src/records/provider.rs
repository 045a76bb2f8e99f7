//! The binding of an identity provider to a tenant: `IDP#<pool>#<provider>` / `PTR`.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::operate::bindings::ProviderTerms;
use tenancy::{Damage, PoolId, ProviderBinding, ProviderName, Role, TenantId};

use crate::change::Step;
use crate::item::{Attributes, Item, index_keys, key_of, new_item, role_list, text};
use crate::key::{Key, POINTER, in_pool, tenant_partition};
use crate::write::Write;

const ENTITY: &str = "idp";

/// Prefix of the partition key and of the index sort key.
pub(crate) const PREFIX: &str = "IDP#";

#[derive(Clone, Debug)]
pub struct ProviderRecord {
    pub pool: PoolId,
    pub provider: ProviderName,
    pub binding: ProviderBinding,
    item: Attributes,
}

fn partition(pool: &PoolId, provider: &ProviderName) -> String {
    format!("{PREFIX}{pool}#{provider}")
}

pub(crate) fn key(pool: &PoolId, provider: &ProviderName) -> Key {
    Key::new(partition(pool, provider), POINTER)
}

pub(crate) fn encode(
    pool: &PoolId,
    provider: &ProviderName,
    tenant: &TenantId,
    terms: &ProviderTerms,
) -> Attributes {
    let attributes = [("tid", text(tenant.as_str()))].into_iter().chain(attributes(terms));
    let index = index_keys(tenant_partition(tenant), partition(pool, provider));
    new_item(key(pool, provider), ENTITY, attributes.chain(index))
}

pub(crate) fn decode(attributes: &Attributes) -> Result<ProviderBinding, Damage> {
    let item = Item::open(ENTITY, attributes)?;
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

/// The condition that the identity provider is still bound to the tenant, and that its users still join.
pub(crate) fn still_joins(pool: &PoolId, provider: &ProviderName, tenant: &TenantId) -> Write {
    Write::check(key(pool, provider))
        .when("tid = :tid AND #join = :yes")
        .name("#join", "join")
        .value(":tid", text(tenant.as_str()))
        .value(":yes", AttributeValue::Bool(true))
}

fn attributes(terms: &ProviderTerms) -> [(&'static str, AttributeValue); 3] {
    [
        ("join", AttributeValue::Bool(terms.joins)),
        ("defaultRoles", role_list(&terms.default_roles)),
        ("emailTrusted", AttributeValue::Bool(terms.is_email_trusted)),
    ]
}

impl ProviderRecord {
    pub(crate) fn decode(item: Attributes) -> Result<Self, Damage> {
        let pk = key_of(&item).pk;
        let Some((pool, provider)) = in_pool(&pk, PREFIX) else {
            return Err(Damage { key: pk, problem: format!("`pk` is not the key of a {PREFIX} item") });
        };
        Ok(Self { pool, provider, binding: decode(&item)?, item })
    }

    #[must_use]
    pub fn terms(&self) -> ProviderTerms {
        ProviderTerms::of(&self.binding)
    }

    pub(crate) fn with_terms(self, terms: &ProviderTerms) -> Step {
        let guard = vec!["tid", "join", "defaultRoles", "emailTrusted"];
        Step::update(&self.item, attributes(terms).into(), guard)
    }

    pub(crate) fn deleted(self) -> Step {
        Step::Delete { before: self.item, guard: vec!["tid", "join", "emailTrusted"] }
    }
}
