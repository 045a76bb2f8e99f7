use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tenant_token::TenantToken;
use uuid::Uuid;

use super::{Item, Order, Orders};
use crate::DatabaseError;

/// Orders for the demo. They are lost when the program ends.
pub struct InMemory(Mutex<ByTenant>);

type ByTenant = BTreeMap<String, BTreeMap<Uuid, Item>>;

impl InMemory {
    /// Two orders each of the tenants `acme` and `globex`, with the same ids in every run.
    #[must_use]
    pub fn with_examples() -> Self {
        let orders = |first_id: u128, items: [&str; 2]| {
            (first_id..).map(Uuid::from_u128).zip(items.map(|item| Item(item.to_owned()))).collect()
        };
        Self(Mutex::new(BTreeMap::from([
            ("acme".to_owned(), orders(1, ["anvil", "rocket skates"])),
            ("globex".to_owned(), orders(3, ["hammock", "sunglasses"])),
        ])))
    }

    fn orders(&self) -> MutexGuard<'_, ByTenant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders for InMemory {
    async fn list(&self, token: &TenantToken) -> Result<Vec<Order>, DatabaseError> {
        let orders = self.orders();
        let own = orders.get(token.tenant().as_str()).into_iter().flatten();
        Ok(own.take(100).map(|(&id, item)| Order { id, item: item.clone() }).collect())
    }

    async fn find(&self, token: &TenantToken, id: Uuid) -> Result<Option<Order>, DatabaseError> {
        let orders = self.orders();
        let item = orders.get(token.tenant().as_str()).and_then(|own| own.get(&id));
        Ok(item.map(|item| Order { id, item: item.clone() }))
    }

    async fn add(&self, token: &TenantToken, Order { id, item }: &Order) -> Result<(), DatabaseError> {
        self.orders().entry(token.tenant().to_string()).or_default().insert(*id, item.clone());
        Ok(())
    }

    async fn remove(&self, token: &TenantToken, id: Uuid) -> Result<bool, DatabaseError> {
        let mut orders = self.orders();
        Ok(orders.get_mut(token.tenant().as_str()).is_some_and(|own| own.remove(&id).is_some()))
    }
}
