//! Tenants and app client bindings in memory, per environment: for a short time, a bounded number. Memberships never: a
//! removed member is refused at the very next token. Nor what a redemption rests on: what it writes stays.

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
pub type Clock = Box<dyn Fn() -> SystemTime + Send + Sync>;

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

    /// The store itself.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The counts.
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
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// Time that passes when it is told to.
    #[derive(Clone)]
    struct Time(Arc<AtomicU64>);

    impl Time {
        fn pass(&self, time: Duration) {
            self.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
        }

        fn seconds(&self, count: u64) {
            self.pass(Duration::from_secs(count));
        }
    }

    /// A store that counts nothing and can be made to fail: a fault that a real engine does not give on time.
    #[derive(Default)]
    struct FaultyStore {
        is_down: AtomicBool,
        tenants: Mutex<BTreeMap<TenantId, Arc<Tenant>>>,
        binding: Mutex<Option<ClientBinding>>,
    }

    impl FaultyStore {
        fn put(&self, id: &str, tier: &str, status: TenantStatus) {
            let tenant = Tenant {
                id: id.parse().unwrap(),
                name: "Acme".parse().unwrap(),
                tier: tier.parse().unwrap(),
                status,
                roles: BTreeMap::new(),
            };
            lock(&self.tenants).insert(tenant.id.clone(), Arc::new(tenant));
        }

        fn answer<T>(&self, value: T) -> Result<T, StoreError> {
            if self.is_down.load(Ordering::Relaxed) {
                return Err(StoreError::Unavailable { operation: "read", source: "down".into() });
            }
            Ok(value)
        }
    }

    impl Records for FaultyStore {
        async fn user(&self, _: &UserKey) -> Result<UserRecords, StoreError> {
            self.answer(UserRecords::default())
        }

        async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
            self.answer(lock(&self.tenants).get(id).cloned())
        }

        async fn client_binding(
            &self,
            _: &PoolId,
            _: &ClientId,
        ) -> Result<Option<ClientBinding>, StoreError> {
            self.answer(lock(&self.binding).clone())
        }
    }

    fn cached(fresh_seconds: u64, stale_seconds: u64) -> (CachedStore<FaultyStore>, Time) {
        let (time, begin) = (Time(Arc::default()), SystemTime::UNIX_EPOCH);
        let passed = Arc::clone(&time.0);
        let clock = move || begin + Duration::from_millis(passed.load(Ordering::Relaxed));
        let settings = CacheSettings {
            fresh_for: Duration::from_secs(fresh_seconds),
            stale_for: Duration::from_secs(stale_seconds),
        };
        (CachedStore::new(FaultyStore::default(), settings, Box::new(clock)), time)
    }

    async fn tier(cached: &CachedStore<FaultyStore>, id: &str) -> Option<String> {
        let tenant = cached.tenant(&id.parse().unwrap()).await.ok()?;
        tenant.map(|tenant| tenant.tier.to_string())
    }

    #[tokio::test]
    async fn a_change_of_a_tenant_is_seen_within_the_stated_time() {
        let (cached, time) = cached(30, 600);
        cached.store.put("acme", "pro", TenantStatus::Active);
        assert_eq!(tier(&cached, "acme").await.as_deref(), Some("pro"));
        cached.store.put("acme", "free", TenantStatus::Suspended);

        time.seconds(23);
        assert_eq!(
            tier(&cached, "acme").await.as_deref(),
            Some("pro"),
            "from memory, less a fifth of jitter at most"
        );
        time.seconds(7);
        assert_eq!(tier(&cached, "acme").await.as_deref(), Some("free"));

        assert_eq!(cached.meter.take(), CacheCounts { hits: 1, misses: 2, stale: 0 });
    }

    #[tokio::test]
    async fn an_active_tenant_outlives_an_outage_for_its_time_and_no_longer() {
        let (cached, time) = cached(30, 600);
        cached.store.put("acme", "pro", TenantStatus::Active);
        cached.store.put("globex", "pro", TenantStatus::Suspended);
        tier(&cached, "acme").await;
        tier(&cached, "globex").await;
        cached.store.is_down.store(true, Ordering::Relaxed);

        time.seconds(629);
        assert_eq!(tier(&cached, "acme").await.as_deref(), Some("pro"));
        assert_eq!(tier(&cached, "globex").await, None, "only who was last seen active");
        assert_eq!(cached.meter.take().stale, 1);
        time.seconds(1);
        assert_eq!(tier(&cached, "acme").await, None);
    }

    #[tokio::test]
    async fn a_tenant_that_is_gone_is_not_served_from_memory_in_a_later_outage() {
        let (cached, time) = cached(30, 600);
        cached.store.put("acme", "pro", TenantStatus::Active);
        tier(&cached, "acme").await;
        lock(&cached.store.tenants).clear();
        time.seconds(31);
        assert_eq!(tier(&cached, "acme").await, None);

        cached.store.is_down.store(true, Ordering::Relaxed);

        assert!(cached.tenant(&"acme".parse().unwrap()).await.is_err());
    }

    #[tokio::test]
    async fn a_new_binding_takes_effect_in_five_seconds_and_none_outlives_an_outage() {
        let (cached, time) = cached(30, 600);
        let (pool, client) = ("eu-west-1_X".parse().unwrap(), "client".parse().unwrap());
        assert_eq!(cached.client_binding(&pool, &client).await.unwrap(), None);
        let binding =
            ClientBinding { tenant: "acme".parse().unwrap(), mode: tenancy::ClientBindingMode::Required };
        *lock(&cached.store.binding) = Some(binding.clone());

        time.seconds(5);
        assert_eq!(cached.client_binding(&pool, &client).await.unwrap(), Some(binding));
        time.seconds(30);
        cached.store.is_down.store(true, Ordering::Relaxed);
        assert!(cached.client_binding(&pool, &client).await.is_err());
    }

    #[tokio::test]
    async fn a_cache_that_is_off_remembers_nothing() {
        let (cached, _) = cached(0, 600);
        cached.store.put("acme", "pro", TenantStatus::Active);
        tier(&cached, "acme").await;

        cached.store.is_down.store(true, Ordering::Relaxed);

        assert_eq!(tier(&cached, "acme").await, None);
    }

    #[tokio::test]
    async fn the_number_of_entries_is_bounded_and_the_oldest_goes() {
        let (cached, time) = cached(3600, 0);
        for number in 0..=MAX_ENTRIES {
            let id = format!("tenant-{number}");
            cached.store.put(&id, "pro", TenantStatus::Active);
            tier(&cached, &id).await;
            time.pass(Duration::from_millis(1));
        }

        assert_eq!(lock(&cached.tenants).0.len(), MAX_ENTRIES);
        cached.meter.take();
        tier(&cached, "tenant-1").await;
        tier(&cached, "tenant-0").await;
        assert_eq!(cached.meter.take(), CacheCounts { hits: 1, misses: 1, stale: 0 });
    }

    #[tokio::test]
    async fn each_of_many_tenants_gets_its_own_record() {
        let (cached, _) = cached(30, 600);
        for number in 0..50 {
            cached.store.put(&format!("tenant-{number}"), &format!("tier-{number}"), TenantStatus::Active);
        }
        let reads = (0..500).map(|read| {
            let (cached, number) = (&cached, read * 7 % 50);
            async move { (number, tier(cached, &format!("tenant-{number}")).await) }
        });

        for (number, tier) in futures_util::future::join_all(reads).await {
            assert_eq!(tier, Some(format!("tier-{number}")));
        }
    }
}
