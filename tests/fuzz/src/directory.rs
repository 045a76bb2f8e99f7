//! What the front door looks up: a tenant with a cell and a provider of its own, one with the default route, one with an app
//! client of its own, and one that has left.

use std::sync::Arc;

use tenancy::ports::StoreError;
use tenancy::route::{Asked, ListedTenant, MailRoute, Resident};
use tenancy::{Cell, CellName, CellStatus, MailDomain, Place, Slug, TenantId, TenantStatus};

pub(crate) struct Directory;

/// Slug, mail domain, tenant.
const TENANTS: [(&str, &str, &str); 4] = [
    ("acme", "acme.com", "acme"),
    ("globex", "globex.example", "tenant-7"),
    ("initech", "xn--bcher-kva.example", "initech"),
    ("gone", "gone.example", "gone"),
];

impl tenancy::route::Directory for Directory {
    async fn foresee(&self, _: &Asked, _: &CellName) -> Result<(), StoreError> {
        Ok(())
    }

    async fn slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        let found = TENANTS.iter().find(|(known, ..)| *known == slug.as_str());
        Ok(found.map(|(_, _, tenant)| tenant.parse().expect("a tenant id")))
    }

    async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<MailRoute>, StoreError> {
        let found = TENANTS.iter().find(|(_, known, _)| *known == domain.as_str());
        Ok(found.map(|(_, _, tenant)| MailRoute {
            tenant: tenant.parse().expect("a tenant id"),
            is_routed: true,
        }))
    }

    async fn resident(&self, id: &TenantId) -> Result<Option<Arc<Resident>>, StoreError> {
        let found = TENANTS.iter().find(|(_, _, known)| *known == id.as_str());
        Ok(found.map(|(slug, _, tenant)| {
            let mut place = Place::default();
            match *tenant {
                "acme" => {
                    place.cell = Some("acme-silo".parse().expect("a cell"));
                    place.provider = Some("AcmeOkta".parse().expect("a provider"));
                }
                "initech" => place.client = Some("initechclient".parse().expect("a client")),
                _ => {}
            }
            Arc::new(Resident {
                name: "Name".parse().expect("a name"),
                status: if *tenant == "gone" { TenantStatus::Offboarded } else { TenantStatus::Active },
                slug: Some(slug.parse().expect("a slug")),
                place,
            })
        }))
    }

    async fn cell(&self, name: &CellName) -> Result<Option<Arc<Cell>>, StoreError> {
        Ok(Some(Arc::new(Cell {
            name: name.clone(),
            pool: format!("eu-west-1_{}", name.as_str().replace('-', "")).parse().expect("a pool"),
            region: "eu-west-1".parse().expect("a Region"),
            status: CellStatus::Open,
            capacity: 900,
            tenants: 1,
            tiers: Vec::new(),
            client: Some("sharedclient".parse().expect("a client")),
            domain: format!("{name}.login.example.com").parse().expect("a domain"),
            issuer: None,
            scopes: Vec::new(),
        })))
    }

    async fn listed(&self) -> Result<Arc<Vec<ListedTenant>>, StoreError> {
        let acme = ("acme".parse().expect("a slug"), "A&B <Inc.>".parse().expect("a name"));
        Ok(Arc::new(vec![ListedTenant { slug: acme.0, name: acme.1 }]))
    }
}
