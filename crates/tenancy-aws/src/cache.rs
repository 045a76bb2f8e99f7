//! The cache of tenants and app client bindings, per environment: for a short time, a bounded number. Memberships are never
//! cached: a removed member is refused at the very next token. Neither is what a join rests on: what it writes stays.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tenancy::ports::{Records, StoreError};
use tenancy::{ClientBinding, ClientId, PoolId, Tenant, TenantId, TenantStatus, UserKey, UserRecords};

/// How long it is remembered that there is no binding: a new one takes effect soon.
const ABSENT_FOR: Duration = Duration::from_secs(5);

/// How much of its time an entry may lose at random, so that environments that started together do not read together.
const JITTER: f64 = 0.2;

/// Most entries of each kind. A tenant is a few hundred bytes.
const MAX_ENTRIES: usize = 2_000;

/// How long things are remembered.
#[derive(Clone, Copy, Debug)]
pub struct CacheSettings {
    /// Longest time for a tenant or a binding; zero turns the cache off.
    pub fresh_for: Duration,
    /// How much longer a tenant that was last seen active is served while the store gives no answer.
    pub stale_for: Duration,
}

/// Tells the time of day: `SystemTime::now` in a function. Not a monotonic clock, which may stand still while Lambda has an
/// environment frozen, for minutes, and would make old entries look young.
pub type Clock = fn() -> SystemTime;

/// A store whose tenants and bindings are remembered.
pub struct CachedStore<S> {
    store: S,
    settings: CacheSettings,
    clock: Clock,
    tenants: Mutex<Entries<TenantId, Arc<Tenant>>>,
    clients: Mutex<Entries<(PoolId, ClientId), Option<ClientBinding>>>,
    meter: CacheMeter,
}

/// Counts for the metrics `CacheHit`, `CacheMiss` and `StaleServed`.
#[derive(Debug, Default)]
pub struct CacheMeter {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
}

/// What was counted since the last time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CacheCounts {
    /// Taken from memory.
    pub hits: u64,
    /// Not there, or past its time.
    pub misses: u64,
    /// Served past its time because the store gave no answer.
    pub stale: u64,
}

impl CacheMeter {
    /// What was counted since the last time, and starts anew.
    pub fn take(&self) -> CacheCounts {
        CacheCounts {
            hits: self.hits.swap(0, Ordering::Relaxed),
            misses: self.misses.swap(0, Ordering::Relaxed),
            stale: self.stale.swap(0, Ordering::Relaxed),
        }
    }
}

impl<S> CachedStore<S> {
    /// Remembers what `store` says, as `settings` say; `clock` tells how old it is.
    #[must_use]
    pub fn new(store: S, settings: CacheSettings, clock: Clock) -> Self {
        Self {
            store,
            settings,
            clock,
            tenants: Mutex::default(),
            clients: Mutex::default(),
            meter: CacheMeter::default(),
        }
    }

    pub fn store(&self) -> &S {
        &self.store
    }

    pub fn meter(&self) -> &CacheMeter {
        &self.meter
    }

    fn fresh<K: Eq + Hash + Clone, V: Clone>(&self, entries: &Mutex<Entries<K, V>>, key: &K) -> Option<V> {
        let found = lock(entries).fresh(key, (self.clock)());
        let counter = if found.is_some() { &self.meter.hits } else { &self.meter.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn remember<K: Eq + Hash + Clone, V>(
        &self,
        entries: &Mutex<Entries<K, V>>,
        key: K,
        value: V,
        longest: Duration,
    ) {
        let fresh_for = self.settings.fresh_for.min(longest);
        if !fresh_for.is_zero() {
            lock(entries).insert(key, value, (self.clock)(), fresh_for);
        }
    }

    /// A tenant past its time that may still be served: last seen active, and not for too long.
    fn stale_tenant(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        let longest = self.settings.fresh_for.saturating_add(self.settings.stale_for);
        let tenant = lock(&self.tenants).within(id, (self.clock)(), longest)?;
        (tenant.status == TenantStatus::Active).then_some(tenant)
    }
}

impl<S: Records + Sync> Records for CachedStore<S> {
    async fn user(&self, user: &UserKey) -> Result<UserRecords, StoreError> {
        self.store.user(user).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        if let Some(tenant) = self.fresh(&self.tenants, id) {
            return Ok(Some(tenant));
        }
        match self.store.tenant(id).await {
            Ok(Some(tenant)) => {
                self.remember(&self.tenants, id.clone(), Arc::clone(&tenant), Duration::MAX);
                Ok(Some(tenant))
            }
            Err(StoreError::Unavailable { operation, source }) => match self.stale_tenant(id) {
                Some(tenant) => {
                    self.meter.stale.fetch_add(1, Ordering::Relaxed);
                    Ok(Some(tenant))
                }
                None => Err(StoreError::Unavailable { operation, source }),
            },
            // Gone or damaged: what was known of it counts no more.
            gone => {
                lock(&self.tenants).remove(id);
                gone
            }
        }
    }

    async fn client_binding(
        &self,
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        let key = (pool.clone(), client.clone());
        if let Some(binding) = self.fresh(&self.clients, &key) {
            return Ok(binding);
        }
        let binding = self.store.client_binding(pool, client).await?;
        let longest = if binding.is_some() { Duration::MAX } else { ABSENT_FOR };
        self.remember(&self.clients, key, binding.clone(), longest);
        Ok(binding)
    }
}

/// Entries with the time at which they were read.
#[derive(Debug)]
struct Entries<K, V>(HashMap<K, Entry<V>>);

#[derive(Debug)]
struct Entry<V> {
    value: V,
    read_at: SystemTime,
    fresh_for: Duration,
}

impl<V> Entry<V> {
    /// Whether it was read less than `age` ago. One that was read in the future, because the clock was set, is not.
    fn is_younger(&self, now: SystemTime, age: Duration) -> bool {
        now.duration_since(self.read_at).is_ok_and(|since| since < age)
    }
}

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Clone, V> Entries<K, V> {
    fn fresh(&self, key: &K, now: SystemTime) -> Option<V>
    where
        V: Clone,
    {
        let entry = self.0.get(key)?;
        entry.is_younger(now, entry.fresh_for).then(|| entry.value.clone())
    }

    /// The value, if it was read no longer ago than `longest`.
    fn within(&self, key: &K, now: SystemTime, longest: Duration) -> Option<V>
    where
        V: Clone,
    {
        let entry = self.0.get(key)?;
        entry.is_younger(now, longest).then(|| entry.value.clone())
    }

    fn insert(&mut self, key: K, value: V, read_at: SystemTime, fresh_for: Duration) {
        if self.0.len() >= MAX_ENTRIES && !self.0.contains_key(&key) {
            self.make_room();
        }
        let fresh_for = fresh_for.mul_f64(1.0 - JITTER * fastrand::f64());
        self.0.insert(key, Entry { value, read_at, fresh_for });
    }

    fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }

    /// Takes the oldest entry away.
    fn make_room(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, entry)| entry.read_at).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.0.remove(&oldest);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
