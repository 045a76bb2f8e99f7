//! From whom a request asks for to the route: slug or mail domain, tenant, cell.

use std::sync::Arc;

use super::Asked;
use crate::ports::StoreError;
use crate::{
    Cell, CellName, CellStatus, ClientId, Damage, Issuer, LoginDomain, MailDomain, Place, PoolId,
    ProviderName, Region, Scope, Slug, TenantId, TenantName, TenantStatus,
};

/// Tenants that the public list shows.
pub const MOST_LISTED: usize = 200;

/// What routing knows of a tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resident {
    pub name: TenantName,
    pub status: TenantStatus,
    /// `None` if it is missing or malformed.
    pub slug: Option<Slug>,
    pub place: Place,
}

/// What a mail domain leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailRoute {
    pub tenant: TenantId,
    /// Whether addresses of the domain are sent to the tenant.
    pub is_routed: bool,
}

/// What everybody may see of a tenant in the public list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedTenant {
    pub slug: Slug,
    pub name: TenantName,
}

/// Port: what routing reads. A route is no grant, so the answers may be a little old.
pub trait Directory {
    /// Reads what a route will probably need, all at once, if the directory has a cache. [`find`] reads what is missing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of a read that the route needs for certain.
    fn foresee(
        &self,
        asked: &Asked,
        default_cell: &CellName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// # Errors
    ///
    /// [`StoreError`] when the table cannot be read or the item is damaged; so in the other methods.
    fn slug(&self, slug: &Slug) -> impl Future<Output = Result<Option<TenantId>, StoreError>> + Send;

    /// # Errors
    ///
    /// [`StoreError`].
    fn mail_domain(
        &self,
        domain: &MailDomain,
    ) -> impl Future<Output = Result<Option<MailRoute>, StoreError>> + Send;

    /// # Errors
    ///
    /// [`StoreError`].
    fn resident(
        &self,
        id: &TenantId,
    ) -> impl Future<Output = Result<Option<Arc<Resident>>, StoreError>> + Send;

    /// # Errors
    ///
    /// [`StoreError`].
    fn cell(&self, name: &CellName) -> impl Future<Output = Result<Option<Arc<Cell>>, StoreError>> + Send;

    /// The public list, in the order of the slugs; at most [`MOST_LISTED`] tenants. A damaged item is left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn listed(&self) -> impl Future<Output = Result<Arc<Vec<ListedTenant>>, StoreError>> + Send;
}

/// Where and how users sign in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    pub region: Region,
    pub pool: PoolId,
    pub client: ClientId,
    pub domain: LoginDomain,
    pub issuer: String,
    pub scopes: Vec<Scope>,
    pub provider: Option<ProviderName>,
}

/// The route for a request, and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The tenant that the request names.
    pub tenant: Result<(TenantId, Arc<Resident>), Unknown>,
    pub cell: CellName,
    pub route: Route,
    /// Whether this is the route that an unknown name gets.
    pub is_default: bool,
}

/// Why a request names no tenant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unknown {
    /// It names nobody, or what no tenant can be called.
    Nobody,
    NoSlug,
    NoDomain,
    /// The domain is a tenant's and does not lead to it.
    NotRouted,
    NoTenant,
    Offboarded,
}

impl Answer {
    /// The slug of a tenant that has a login address of its own. A tenant with the default route has none: its address would
    /// tell that the tenant exists.
    #[must_use]
    pub fn own_login<'a>(&'a self, asked: &'a Asked) -> Option<&'a Slug> {
        let (_, resident) = self.tenant.as_ref().ok().filter(|_| !self.is_default)?;
        match asked {
            Asked::Slug(slug) => Some(slug),
            Asked::Nobody | Asked::Domain(_) => resident.slug.as_ref(),
        }
    }
}

/// Finds the route of a request.
///
/// # Errors
///
/// [`StoreError`] when the table cannot be read. [`StoreError::Damaged`] also when the cell does not exist, is closed, or has
/// no app client for a tenant without one.
pub async fn find(
    asked: &Asked,
    default_cell: &CellName,
    directory: &impl Directory,
) -> Result<Answer, StoreError> {
    directory.foresee(asked, default_cell).await?;
    let tenant = tenant(asked, directory).await?;
    let nowhere = Place::default();
    let place = tenant.as_ref().map_or(&nowhere, |(_, resident)| &resident.place);
    let name = place.cell.as_ref().unwrap_or(default_cell);
    let cell = directory.cell(name).await?.ok_or_else(|| damage(name, "does not exist"))?;
    let route = route(&cell, place)?;
    let has_shared_client = cell.client.as_ref() == Some(&route.client);
    let is_default = name == default_cell && has_shared_client && route.provider.is_none();
    Ok(Answer { cell: name.clone(), tenant, route, is_default })
}

async fn tenant(
    asked: &Asked,
    directory: &impl Directory,
) -> Result<Result<(TenantId, Arc<Resident>), Unknown>, StoreError> {
    let id = match asked {
        Asked::Nobody => return Ok(Err(Unknown::Nobody)),
        Asked::Slug(slug) => match directory.slug(slug).await? {
            Some(id) => id,
            None => return Ok(Err(Unknown::NoSlug)),
        },
        Asked::Domain(domain) => match directory.mail_domain(domain).await? {
            Some(pointer) if pointer.is_routed => pointer.tenant,
            Some(_) => return Ok(Err(Unknown::NotRouted)),
            None => return Ok(Err(Unknown::NoDomain)),
        },
    };
    Ok(match directory.resident(&id).await? {
        None => Err(Unknown::NoTenant),
        Some(resident) if resident.status == TenantStatus::Offboarded => Err(Unknown::Offboarded),
        // A suspended tenant has its route: the sign-in tells its users.
        Some(resident) => Ok((id, resident)),
    })
}

fn route(cell: &Cell, place: &Place) -> Result<Route, StoreError> {
    if cell.status == CellStatus::Closed {
        return Err(damage(&cell.name, "is closed, and a tenant or the default route is there").into());
    }
    let client = place.client.as_ref().or(cell.client.as_ref());
    let client = client.ok_or_else(|| damage(&cell.name, "has no `clientId`, and neither has the tenant"))?;
    let scopes = if cell.scopes.is_empty() { default_scopes() } else { cell.scopes.clone() };
    Ok(Route {
        region: cell.region.clone(),
        pool: cell.pool.clone(),
        client: client.clone(),
        domain: cell.domain.clone(),
        issuer: cell.issuer.as_ref().map_or_else(
            || format!("https://cognito-idp.{}.amazonaws.com/{}", cell.region, cell.pool),
            Issuer::to_string,
        ),
        scopes,
        provider: place.provider.clone(),
    })
}

fn default_scopes() -> Vec<Scope> {
    ["openid", "email"].iter().filter_map(|scope| scope.parse().ok()).collect()
}

fn damage(cell: &CellName, problem: &str) -> Damage {
    Damage { key: format!("CELL#{cell} / META"), problem: problem.to_owned() }
}
