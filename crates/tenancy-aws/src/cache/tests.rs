use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::entries::*;
use super::*;

thread_local! {
    /// The clock that a test sets. Thread-local, because each test runs in its own thread.
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time);
}

pub(crate) fn seconds(count: u64) {
    pass(Duration::from_secs(count));
}

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + PASSED.get()
}

/// A store that the test can make fail, because a real engine does not fail on demand.
#[derive(Default)]
struct FaultyStore {
    is_down: AtomicBool,
    tenants: Mutex<BTreeMap<TenantId, Arc<Tenant>>>,
    clients: Mutex<BTreeMap<(PoolId, ClientId), ClientBinding>>,
}

impl FaultyStore {
    fn put(&self, id: &str, tier: &str, status: TenantStatus) {
        let tenant = Tenant {
            id: id.parse().unwrap(),
            name: "Acme".parse().unwrap(),
            tier: tier.parse().unwrap(),
            status,
            roles: BTreeMap::new(),
            pools: Vec::new(),
        };
        lock(&self.tenants).insert(tenant.id.clone(), Arc::new(tenant));
    }

    fn bind(&self, pool: &PoolId, client: &ClientId, tenant: &str) -> ClientBinding {
        let mode = tenancy::ClientBindingMode::Required;
        let binding = ClientBinding { tenant: tenant.parse().unwrap(), mode };
        lock(&self.clients).insert((pool.clone(), client.clone()), binding.clone());
        binding
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
        pool: &PoolId,
        client: &ClientId,
    ) -> Result<Option<ClientBinding>, StoreError> {
        self.answer(lock(&self.clients).get(&(pool.clone(), client.clone())).cloned())
    }
}

fn cached(fresh_seconds: u64, stale_seconds: u64) -> CachedStore<FaultyStore> {
    let settings = CacheSettings {
        fresh_for: Duration::from_secs(fresh_seconds),
        stale_for: Duration::from_secs(stale_seconds),
    };
    CachedStore::new(FaultyStore::default(), settings, now)
}

async fn tier(cached: &CachedStore<FaultyStore>, id: &str) -> Option<String> {
    let tenant = cached.tenant(&id.parse().unwrap()).await.ok()?;
    tenant.map(|tenant| tenant.tier.to_string())
}

#[tokio::test]
async fn a_change_of_a_tenant_is_seen_within_the_stated_time() {
    let cached = cached(30, 600);
    cached.store.put("acme", "pro", TenantStatus::Active);
    assert_eq!(tier(&cached, "acme").await.as_deref(), Some("pro"));
    cached.store.put("acme", "free", TenantStatus::Suspended);

    seconds(23);
    assert_eq!(
        tier(&cached, "acme").await.as_deref(),
        Some("pro"),
        "served from the cache; jitter shortens the lifetime by a fifth at most"
    );
    seconds(7);
    assert_eq!(tier(&cached, "acme").await.as_deref(), Some("free"));

    assert_eq!(cached.meter.take(), CacheCounts { hits: 1, misses: 2, stale: 0 });
}

#[tokio::test]
async fn an_active_tenant_outlives_an_outage_for_its_time_and_no_longer() {
    let cached = cached(30, 600);
    cached.store.put("acme", "pro", TenantStatus::Active);
    cached.store.put("globex", "pro", TenantStatus::Suspended);
    tier(&cached, "acme").await;
    tier(&cached, "globex").await;
    cached.store.is_down.store(true, Ordering::Relaxed);

    seconds(629);
    assert_eq!(tier(&cached, "acme").await.as_deref(), Some("pro"));
    assert_eq!(tier(&cached, "globex").await, None, "only who was last seen active");
    assert_eq!(cached.meter.take().stale, 1);
    seconds(1);
    assert_eq!(tier(&cached, "acme").await, None);
}

#[tokio::test]
async fn a_tenant_that_is_gone_is_not_served_from_the_cache_in_a_later_outage() {
    let cached = cached(30, 600);
    cached.store.put("acme", "pro", TenantStatus::Active);
    tier(&cached, "acme").await;
    lock(&cached.store.tenants).clear();
    seconds(31);
    assert_eq!(tier(&cached, "acme").await, None);

    cached.store.is_down.store(true, Ordering::Relaxed);

    assert!(cached.tenant(&"acme".parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn a_new_binding_takes_effect_in_five_seconds_and_none_outlives_an_outage() {
    let cached = cached(30, 600);
    let (pool, client) = ("eu-west-1_X".parse().unwrap(), "client".parse().unwrap());
    assert_eq!(cached.client_binding(&pool, &client).await.unwrap(), None);
    let binding = cached.store.bind(&pool, &client, "acme");

    seconds(5);
    assert_eq!(cached.client_binding(&pool, &client).await.unwrap(), Some(binding));
    seconds(30);
    cached.store.is_down.store(true, Ordering::Relaxed);
    assert!(cached.client_binding(&pool, &client).await.is_err());
}

#[tokio::test]
async fn an_app_client_of_another_pool_has_its_own_binding() {
    let cached = cached(30, 600);
    let (ours, theirs) = ("eu-west-1_X".parse().unwrap(), "eu-west-1_Y".parse().unwrap());
    let client = "client".parse().unwrap();
    let bindings = [cached.store.bind(&ours, &client, "acme"), cached.store.bind(&theirs, &client, "globex")];

    for (pool, binding) in [&ours, &theirs].into_iter().zip(bindings) {
        assert_eq!(cached.client_binding(pool, &client).await.unwrap(), Some(binding));
    }
}

#[tokio::test]
async fn an_entry_that_was_read_before_the_clock_was_set_back_is_not_served() {
    let cached = cached(30, 600);
    seconds(3_600);
    cached.store.put("acme", "pro", TenantStatus::Active);
    tier(&cached, "acme").await;
    cached.store.put("acme", "free", TenantStatus::Active);

    PASSED.set(Duration::ZERO);

    cached.store.is_down.store(true, Ordering::Relaxed);
    assert_eq!(tier(&cached, "acme").await, None, "not in an outage either");
    cached.store.is_down.store(false, Ordering::Relaxed);
    assert_eq!(tier(&cached, "acme").await.as_deref(), Some("free"));
}

#[tokio::test]
async fn a_cache_that_is_off_keeps_nothing() {
    let cached = cached(0, 600);
    cached.store.put("acme", "pro", TenantStatus::Active);
    tier(&cached, "acme").await;

    cached.store.is_down.store(true, Ordering::Relaxed);

    assert_eq!(tier(&cached, "acme").await, None);
}

#[tokio::test]
async fn the_number_of_entries_is_bounded_and_the_oldest_goes() {
    let cached = cached(3600, 0);
    for number in 0..=MAX_ENTRIES {
        let id = format!("tenant-{number}");
        cached.store.put(&id, "pro", TenantStatus::Active);
        tier(&cached, &id).await;
        pass(Duration::from_millis(1));
    }

    assert_eq!(lock(&cached.tenants).0.len(), MAX_ENTRIES);
    cached.meter.take();
    tier(&cached, "tenant-1").await;
    tier(&cached, "tenant-0").await;
    assert_eq!(cached.meter.take(), CacheCounts { hits: 1, misses: 1, stale: 0 });
}

#[tokio::test]
async fn each_of_many_tenants_gets_its_own_record() {
    let cached = cached(30, 600);
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
