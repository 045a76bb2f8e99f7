//! A table in memory: the default cell, and tenants of each kind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tenancy::ports::StoreError;
use tenancy::route::{Asked, Directory, ListedTenant, MailRoute, Resident};
use tenancy::{Cell, CellName, CellStatus, Damage, MailDomain, Place, Slug, TenantId, TenantStatus};

/// How an item is read.
#[derive(Clone, Debug)]
pub(crate) enum Item<T> {
    Found(T),
    Damaged,
    Silent,
    Hanging,
    Panicking,
}

impl<T: Clone> Item<T> {
    async fn read(&self) -> Result<T, StoreError> {
        match self {
            Self::Found(item) => Ok(item.clone()),
            Self::Damaged => {
                Err(Damage { key: "KEY / META".to_owned(), problem: "`tier` is missing".to_owned() }.into())
            }
            Self::Silent => {
                Err(StoreError::Unavailable { operation: "read", source: "InternalServerError".into() })
            }
            Self::Hanging => std::future::pending().await,
            Self::Panicking => panic!("ana@example.com"),
        }
    }
}

type Items<K, V> = Mutex<BTreeMap<K, Item<V>>>;

pub(crate) struct Table {
    pub(crate) slugs: Items<String, TenantId>,
    pub(crate) domains: Items<String, MailRoute>,
    pub(crate) residents: Items<String, Arc<Resident>>,
    pub(crate) cells: Items<String, Arc<Cell>>,
    pub(crate) list: Mutex<Item<Arc<Vec<ListedTenant>>>>,
    /// What was read, in order.
    pub(crate) read: Mutex<Vec<String>>,
}

impl Default for Table {
    fn default() -> Self {
        let table = Self {
            slugs: Mutex::default(),
            domains: Mutex::default(),
            residents: Mutex::default(),
            cells: Mutex::default(),
            list: Mutex::new(Item::Found(Arc::default())),
            read: Mutex::default(),
        };
        table.put_cell(cell("shared-1", "eu-west-1_Shared1", Some("sharedclient")));
        table.put_cell(cell("acme-silo", "eu-west-1_Acme", Some("acmeclient")));
        table.put_cell(Cell { status: CellStatus::Closed, ..cell("old", "eu-west-1_Old", Some("old")) });
        table.put_cell(cell("bare", "eu-west-1_Bare", None));
        // A cell of its own and a provider.
        let place = Place {
            cell: Some("acme-silo".parse().unwrap()),
            provider: Some("AcmeOkta".parse().unwrap()),
            ..Place::default()
        };
        table.put_tenant("acme", "acme", TenantStatus::Active, place);
        // The default route; its id is not its slug.
        table.put_tenant("tenant-7", "globex", TenantStatus::Active, Place::default());
        // An app client of its own.
        let place = Place { client: Some("initechclient".parse().unwrap()), ..Place::default() };
        table.put_tenant("initech", "initech", TenantStatus::Suspended, place.clone());
        table.put_tenant("gone", "gone", TenantStatus::Offboarded, place);
        table.slugs.lock().unwrap().insert("dangling".to_owned(), Item::Found("nobody".parse().unwrap()));
        for (domain, tenant, is_routed) in [
            ("acme.com", "acme", true),
            ("globex.example", "tenant-7", true),
            ("xn--bcher-kva.example", "acme", true),
            ("initech.example", "initech", true),
            ("private.example", "acme", false),
            ("gone.example", "gone", true),
            ("dangling.example", "nobody", true),
        ] {
            let pointer = MailRoute { tenant: tenant.parse().unwrap(), is_routed };
            table.domains.lock().unwrap().insert(domain.to_owned(), Item::Found(pointer));
        }
        table
    }
}

impl Table {
    pub(crate) fn put_cell(&self, cell: Cell) {
        self.cells.lock().unwrap().insert(cell.name.to_string(), Item::Found(Arc::new(cell)));
    }

    pub(crate) fn put_tenant(&self, id: &str, slug: &str, status: TenantStatus, place: Place) {
        let name = format!("Name of {id}").parse().unwrap();
        let resident = Resident { name, status, slug: Some(slug.parse().unwrap()), place };
        self.residents.lock().unwrap().insert(id.to_owned(), Item::Found(Arc::new(resident)));
        self.slugs.lock().unwrap().insert(slug.to_owned(), Item::Found(id.parse().unwrap()));
    }

    pub(crate) fn list(&self, tenants: &[(&str, &str)]) {
        let entry = |(slug, name): &(&str, &str)| ListedTenant {
            slug: slug.parse().unwrap(),
            name: name.parse().unwrap(),
        };
        *self.list.lock().unwrap() = Item::Found(Arc::new(tenants.iter().map(entry).collect()));
    }

    async fn find<V: Clone>(
        &self,
        items: &Items<String, V>,
        kind: &str,
        key: &str,
    ) -> Result<Option<V>, StoreError> {
        self.read.lock().unwrap().push(format!("{kind} {key}"));
        let item = items.lock().unwrap().get(key).cloned();
        match item {
            Some(item) => item.read().await.map(Some),
            None => Ok(None),
        }
    }
}

pub(crate) fn cell(name: &str, pool: &str, client: Option<&str>) -> Cell {
    Cell {
        name: name.parse().unwrap(),
        pool: pool.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        status: CellStatus::Open,
        capacity: 900,
        tenants: 1,
        tiers: Vec::new(),
        client: client.map(|client| client.parse().unwrap()),
        domain: format!("{name}.login.example.com").parse().unwrap(),
        issuer: None,
        scopes: Vec::new(),
    }
}

impl Directory for Table {
    async fn foresee(&self, _: &Asked, _: &CellName) -> Result<(), StoreError> {
        Ok(())
    }

    async fn slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        self.find(&self.slugs, "slug", slug.as_str()).await
    }

    async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<MailRoute>, StoreError> {
        self.find(&self.domains, "domain", domain.as_str()).await
    }

    async fn resident(&self, id: &TenantId) -> Result<Option<Arc<Resident>>, StoreError> {
        self.find(&self.residents, "tenant", id.as_str()).await
    }

    async fn cell(&self, name: &CellName) -> Result<Option<Arc<Cell>>, StoreError> {
        self.find(&self.cells, "cell", name.as_str()).await
    }

    async fn listed(&self) -> Result<Arc<Vec<ListedTenant>>, StoreError> {
        self.read.lock().unwrap().push("list".to_owned());
        let item = self.list.lock().unwrap().clone();
        item.read().await
    }
}
