//! The cache of tenants and app client bindings. Each Lambda environment has its own. Entries expire soon, and their number
//! is limited. Memberships are never cached, so a removed member is refused at the next token. Joins do not use the cache
//! either, because their writes are permanent.

mod entries;

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tenancy::ports::{Records, StoreError};
use tenancy::{ClientBinding, ClientId, PoolId, Tenant, TenantId, TenantStatus, UserKey, UserRecords};

pub(crate) use entries::Entries;

/// Longest time to cache that an app client has no binding. It is short, so that a new binding takes effect soon.
pub(crate) const ABSENT_FOR: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug)]
pub struct CacheSettings {
    /// Longest time to serve a cached tenant or binding; zero turns the cache off.
    pub fresh_for: Duration,
    /// Additional time to serve a cached active tenant while the store cannot be read.
    pub stale_for: Duration,
}

/// Tells the time of day: `SystemTime::now` in a function. A monotonic clock may stop while Lambda freezes an environment
/// for minutes, and old entries would then look fresh.
pub type Clock = fn() -> SystemTime;

/// A store that caches tenants and app client bindings.
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
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) stale: AtomicU64,
}

/// Counts since the last [`CacheMeter::take`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CacheCounts {
    /// Entries served from the cache.
    pub hits: u64,
    /// Entries that were missing or expired.
    pub misses: u64,
    /// Expired entries served because the store could not be read.
    pub stale: u64,
}

impl CacheMeter {
    /// Returns the counts and resets them.
    pub fn take(&self) -> CacheCounts {
        CacheCounts {
            hits: self.hits.swap(0, Ordering::Relaxed),
            misses: self.misses.swap(0, Ordering::Relaxed),
            stale: self.stale.swap(0, Ordering::Relaxed),
        }
    }
}

impl<S> CachedStore<S> {
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

    /// An expired tenant that may still be served: it was active, and was read less than `fresh_for` + `stale_for` ago.
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
            // A tenant that is missing or damaged is not served from the cache.
            missing_or_damaged => {
                lock(&self.tenants).remove(id);
                missing_or_damaged
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

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
