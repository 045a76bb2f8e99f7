//! What routing reads: from the table, and through a cache.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join3;
use tenancy::ports::StoreError;
use tenancy::route::{Asked, Directory, ListedTenant, MOST_LISTED, MailRoute, Resident};
use tenancy::{Cell, CellName, MailDomain, Slug, TenantId};

use crate::cache::{ABSENT_FOR, CacheMeter, CacheSettings, Clock, Entries, lock};
use crate::records::cell::CellRecord;
use crate::records::{cell, domain, listed, slug, tenant};
use crate::store::DynamoStore;

/// How long a read that failed is not tried again while an expired entry can be served. Otherwise each request of an outage
/// would wait for the table.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Directory for DynamoStore {
    async fn foresee(&self, _: &Asked, _: &CellName) -> Result<(), StoreError> {
        Ok(())
    }

    async fn slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        let item = self.table.get("read a slug", slug::key(slug)).await?;
        Ok(item.as_ref().map(slug::decode).transpose()?)
    }

    async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<MailRoute>, StoreError> {
        let item = self.table.get("read a mail domain", domain::key(domain)).await?;
        Ok(item.as_ref().map(domain::decode).transpose()?)
    }

    async fn resident(&self, id: &TenantId) -> Result<Option<Arc<Resident>>, StoreError> {
        let item = self.table.get("read a tenant", tenant::key(id)).await?;
        Ok(item.map(|item| tenant::decode_resident(id, &item).map(Arc::new)).transpose()?)
    }

    async fn cell(&self, name: &CellName) -> Result<Option<Arc<Cell>>, StoreError> {
        let item = self.table.get("read a cell", cell::key(name)).await?;
        Ok(item.map(|item| cell::decode(name, &item).map(Arc::new)).transpose()?)
    }

    async fn listed(&self) -> Result<Arc<Vec<ListedTenant>>, StoreError> {
        let items = self.table.first("read the public list", listed::PARTITION, MOST_LISTED).await?;
        Ok(Arc::new(items.iter().filter_map(|item| listed::decode(item).ok()).collect()))
    }
}

impl DynamoStore {
    /// The first 1,000 cells, by one eventually consistent read of the index. A damaged cell is left out.
    async fn first_cells(&self) -> Result<Arc<FirstCells>, StoreError> {
        let mut pages = self.table.index_pages("read the cells", cell::ALL.to_owned(), "", None);
        let items = pages.next().await?.unwrap_or_default();
        let cells = items.into_iter().filter_map(|item| CellRecord::listed(item).ok());
        Ok(Arc::new(cells.map(|found| (found.cell.name.clone(), Arc::new(found.cell))).collect()))
    }
}

/// Cells that were read together.
type FirstCells = HashMap<CellName, Arc<Cell>>;

/// A [`Directory`] on the table that caches what it reads, also that something does not exist. In an outage it serves what it
/// read before. Each Lambda environment has its own.
///
/// It reads cells together and ahead, because the cell of a mail domain is not known before its tenant was read: then a route
/// waits for two reads and not for three.
pub struct CachedDirectory {
    store: DynamoStore,
    settings: CacheSettings,
    clock: Clock,
    slugs: Shelf<Slug, TenantId>,
    domains: Shelf<MailDomain, MailRoute>,
    residents: Shelf<TenantId, Arc<Resident>>,
    first_cells: Shelf<(), Arc<FirstCells>>,
    /// Cells that `first_cells` lacks.
    cells: Shelf<CellName, Arc<Cell>>,
    list: Shelf<(), Arc<Vec<ListedTenant>>>,
    meter: CacheMeter,
}

/// Entries of one kind, and the keys that could not be read a moment ago.
struct Shelf<K, V> {
    entries: Mutex<Entries<K, Option<V>>>,
    unreadable: Mutex<Entries<K, ()>>,
}

/// A request looks an entry up twice: to read ahead, and to answer. A hit is counted once.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Pass {
    First,
    Second,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { entries: Mutex::default(), unreadable: Mutex::default() }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Shelf<K, V> {
    /// The value, however old it is.
    fn peek(&self, key: &K) -> Option<V> {
        lock(&self.entries).peek(key).cloned().flatten()
    }
}

impl CachedDirectory {
    #[must_use]
    pub fn new(store: DynamoStore, settings: CacheSettings, clock: Clock) -> Self {
        Self {
            store,
            settings,
            clock,
            slugs: Shelf::default(),
            domains: Shelf::default(),
            residents: Shelf::default(),
            first_cells: Shelf::default(),
            cells: Shelf::default(),
            list: Shelf::default(),
            meter: CacheMeter::default(),
        }
    }

    #[must_use]
    pub fn store(&self) -> &DynamoStore {
        &self.store
    }

    #[must_use]
    pub fn meter(&self) -> &CacheMeter {
        &self.meter
    }

    /// The tenant and the cell that `asked` leads to, as far as it can be known before anything is read: from entries that may
    /// have expired, and because most tenants have their id as their slug. A wrong guess costs a read and changes no answer.
    fn guess(&self, asked: &Asked, default_cell: &CellName) -> (Option<TenantId>, CellName) {
        let tenant = match asked {
            Asked::Nobody => None,
            Asked::Slug(slug) => self.slugs.peek(slug).or_else(|| slug.as_str().parse().ok()),
            Asked::Domain(domain) => self.domains.peek(domain).map(|pointer| pointer.tenant),
        };
        let resident = tenant.as_ref().and_then(|id| self.residents.peek(id));
        let cell = resident.and_then(|resident| resident.place.cell.clone());
        (tenant, cell.unwrap_or_else(|| default_cell.clone()))
    }

    async fn pointed_at(&self, asked: &Asked) -> Result<Option<TenantId>, StoreError> {
        match asked {
            Asked::Nobody => Ok(None),
            Asked::Slug(slug) => self.through(&self.slugs, slug, Pass::First, self.store.slug(slug)).await,
            Asked::Domain(domain) => {
                let read = self.store.mail_domain(domain);
                let pointer = self.through(&self.domains, domain, Pass::First, read).await?;
                Ok(pointer.map(|pointer| pointer.tenant))
            }
        }
    }

    /// The longest time that an entry may be served.
    fn longest(&self) -> Duration {
        self.settings.fresh_for.saturating_add(self.settings.stale_for)
    }

    async fn cell_of(&self, name: &CellName, pass: Pass) -> Result<Option<Arc<Cell>>, StoreError> {
        if let Some(cell) = self.first_cells(pass).await.and_then(|cells| cells.get(name).cloned()) {
            return Ok(Some(cell));
        }
        self.through(&self.cells, name, pass, self.store.cell(name)).await
    }

    /// `None` if they cannot be read, or without a cache. Each cell is then read by itself.
    async fn first_cells(&self, pass: Pass) -> Option<Arc<FirstCells>> {
        let (kept, now) = (&self.first_cells, (self.clock)());
        let has_nothing = || lock(&kept.entries).within(&(), now, self.longest()).is_none();
        let is_unreadable = lock(&kept.unreadable).fresh(&(), now).is_some();
        if self.settings.fresh_for.is_zero() || (is_unreadable && has_nothing()) {
            return None;
        }
        let read = async { self.store.first_cells().await.map(Some) };
        self.through(kept, &(), pass, read).await.ok().flatten()
    }

    async fn through<K: Eq + Hash + Clone, V: Clone>(
        &self,
        kept: &Shelf<K, V>,
        key: &K,
        pass: Pass,
        read: impl Future<Output = Result<Option<V>, StoreError>> + Send,
    ) -> Result<Option<V>, StoreError> {
        let now = (self.clock)();
        let stale = || {
            let found = lock(&kept.entries).within(key, now, self.longest());
            self.meter.stale.fetch_add(u64::from(found.is_some()), Ordering::Relaxed);
            found
        };
        if let Some(found) = lock(&kept.entries).fresh(key, now) {
            self.meter.hits.fetch_add(u64::from(pass == Pass::First), Ordering::Relaxed);
            return Ok(found);
        }
        let is_unreadable = lock(&kept.unreadable).fresh(key, now).is_some();
        if let Some(found) = is_unreadable.then(stale).flatten() {
            return Ok(found);
        }
        self.meter.misses.fetch_add(1, Ordering::Relaxed);
        match read.await {
            Ok(found) => {
                let longest = if found.is_some() { Duration::MAX } else { ABSENT_FOR };
                let fresh_for = self.settings.fresh_for.min(longest);
                if !fresh_for.is_zero() {
                    lock(&kept.entries).insert(key.clone(), found.clone(), now, fresh_for);
                }
                lock(&kept.unreadable).remove(key);
                Ok(found)
            }
            Err(StoreError::Unavailable { operation, source }) => {
                lock(&kept.unreadable).insert(key.clone(), (), (self.clock)(), RETRY_AFTER);
                stale().ok_or(StoreError::Unavailable { operation, source })
            }
            Err(damaged) => {
                lock(&kept.entries).remove(key);
                Err(damaged)
            }
        }
    }
}

impl Directory for CachedDirectory {
    async fn foresee(&self, asked: &Asked, default_cell: &CellName) -> Result<(), StoreError> {
        if self.settings.fresh_for.is_zero() {
            return Ok(());
        }
        let (tenant, cell) = self.guess(asked, default_cell);
        let resident = async {
            match &tenant {
                Some(id) => self.through(&self.residents, id, Pass::First, self.store.resident(id)).await,
                None => Ok(None),
            }
        };
        let cell = self.cell_of(&cell, Pass::First);
        let (pointer, resident, _) = join3(self.pointed_at(asked), resident, cell).await;
        if pointer? == tenant { resident.map(|_| ()) } else { Ok(()) }
    }

    async fn slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        self.through(&self.slugs, slug, Pass::Second, self.store.slug(slug)).await
    }

    async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<MailRoute>, StoreError> {
        self.through(&self.domains, domain, Pass::Second, self.store.mail_domain(domain)).await
    }

    async fn resident(&self, id: &TenantId) -> Result<Option<Arc<Resident>>, StoreError> {
        self.through(&self.residents, id, Pass::Second, self.store.resident(id)).await
    }

    async fn cell(&self, name: &CellName) -> Result<Option<Arc<Cell>>, StoreError> {
        self.cell_of(name, Pass::Second).await
    }

    async fn listed(&self) -> Result<Arc<Vec<ListedTenant>>, StoreError> {
        let read = async { self.store.listed().await.map(Some) };
        Ok(self.through(&self.list, &(), Pass::First, read).await?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
