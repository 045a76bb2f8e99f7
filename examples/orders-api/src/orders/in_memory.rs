use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tenant_token::{InvalidTenantId, TenantId, TenantToken};
use uuid::Uuid;

use super::{Item, Order, Orders};
use crate::DatabaseError;

/// Orders for the demo. They are lost when the program ends.
pub struct InMemory(Mutex<BTreeMap<TenantId, BTreeMap<Uuid, Item>>>);

impl InMemory {
    /// Two orders each of the tenants `acme` and `globex`, with the same ids in every run.
    ///
    /// # Errors
    ///
    /// None in practice: the ids are constants.
    pub fn with_examples() -> Result<Self, InvalidTenantId> {
        let orders = |number: u128, items: [&str; 2]| {
            (number..).zip(items).map(|(id, item)| (Uuid::from_u128(id), Item(item.to_owned()))).collect()
        };
        Ok(Self(Mutex::new(BTreeMap::from([
            ("acme".parse()?, orders(1, ["anvil", "rocket skates"])),
            ("globex".parse()?, orders(3, ["hammock", "sunglasses"])),
        ]))))
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<TenantId, BTreeMap<Uuid, Item>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders for InMemory {
    async fn list(&self, token: &TenantToken) -> Result<Vec<Order>, DatabaseError> {
        let orders = self.orders();
        let own = orders.get(token.tenant()).into_iter().flatten();
        Ok(own.take(100).map(|(&id, item)| Order { id, item: item.clone() }).collect())
    }

    async fn find(&self, token: &TenantToken, id: Uuid) -> Result<Option<Order>, DatabaseError> {
        let orders = self.orders();
        let item = orders.get(token.tenant()).and_then(|own| own.get(&id));
        Ok(item.map(|item| Order { id, item: item.clone() }))
    }

    async fn add(&self, token: &TenantToken, Order { id, item }: &Order) -> Result<(), DatabaseError> {
        self.orders().entry(token.tenant().clone()).or_default().insert(*id, item.clone());
        Ok(())
    }

    async fn remove(&self, token: &TenantToken, id: Uuid) -> Result<bool, DatabaseError> {
        Ok(self.orders().get_mut(token.tenant()).is_some_and(|own| own.remove(&id).is_some()))
    }
}
