//! The binding of an app client to a tenant: `CLIENT#<pool>#<client>` / `PTR`.

use tenancy::{ClientBinding, ClientBindingMode, ClientId, Damage, PoolId, TenantId};

use crate::change::Step;
use crate::item::{Attributes, Item, index_keys, key_of, new_item, text};
use crate::key::{Key, POINTER, in_pool, tenant_partition};

const ENTITY: &str = "client";

/// Prefix of the partition key and of the index sort key.
pub(crate) const PREFIX: &str = "CLIENT#";

#[derive(Clone, Debug)]
pub struct ClientRecord {
    pub pool: PoolId,
    pub client: ClientId,
    pub binding: ClientBinding,
    item: Attributes,
}

fn partition(pool: &PoolId, client: &ClientId) -> String {
    format!("{PREFIX}{pool}#{client}")
}

pub(crate) fn key(pool: &PoolId, client: &ClientId) -> Key {
    Key::new(partition(pool, client), POINTER)
}

pub(crate) fn encode(
    pool: &PoolId,
    client: &ClientId,
    tenant: &TenantId,
    mode: ClientBindingMode,
) -> Attributes {
    let attributes = [("tid", text(tenant.as_str())), ("mode", text(mode.name()))];
    let index = index_keys(tenant_partition(tenant), partition(pool, client));
    new_item(key(pool, client), ENTITY, attributes.into_iter().chain(index))
}

pub(crate) fn decode(attributes: &Attributes) -> Result<ClientBinding, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    Ok(ClientBinding {
        tenant: item.parsed("tid")?,
        mode: item.one_of("mode", &ClientBindingMode::ALL, ClientBindingMode::name)?,
    })
}

impl ClientRecord {
    pub(crate) fn decode(item: Attributes) -> Result<Self, Damage> {
        let pk = key_of(&item).pk;
        let Some((pool, client)) = in_pool(&pk, PREFIX) else {
            return Err(Damage { key: pk, problem: format!("`pk` is not the key of a {PREFIX} item") });
        };
        Ok(Self { pool, client, binding: decode(&item)?, item })
    }

    pub(crate) fn with_mode(self, mode: ClientBindingMode) -> Step {
        Step::update(&self.item, vec![("mode", text(mode.name()))], vec!["tid", "mode"])
    }

    pub(crate) fn deleted(self) -> Step {
        Step::Delete { before: self.item, guard: vec!["tid", "mode"] }
    }
}
