//! `tenantctl tenant create` and `tenant place`: a tenant and its place in a cell.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;
use tenancy::operate::cells::check_place;
use tenancy::{Cell, CellName, PoolId, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier};
use tenancy_aws::operator::{CellRecord, Change, Operator, OperatorError, Pick};

use crate::clock;
use crate::commands::cell::functions;
use crate::commands::deployed::PoolTenants;
use crate::context::{Applied, Context};
use crate::failure::{Failure, Found};
use crate::issuable::FunctionSettings;
use crate::options::WriteOptions;
use crate::page::{Page, Show};

/// Where a tenant is placed.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlaceOptions {
    /// The cell that takes the tenant [default: the one with the lowest share of its capacity in use]
    #[arg(long, value_name = "CELL")]
    pub(super) cell: Option<CellName>,
    /// Do not ask the functions of the cells whether they keep tenants to their pools
    #[arg(long)]
    pub(super) unchecked: bool,
}

/// A new tenant.
#[derive(Args, Debug)]
pub(crate) struct CreateOptions {
    #[command(flatten)]
    tenant: NewTenant,
    #[command(flatten)]
    place: PlaceOptions,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// What a new tenant is.
#[derive(Args, Clone, Debug)]
pub(crate) struct NewTenant {
    /// The tenant's id, for ever: 3 to 63 of a-z, 0-9 and -
    pub(super) id: TenantId,
    /// Display name
    #[arg(long)]
    name: TenantName,
    /// The tenant's tier, such as pro
    #[arg(long)]
    tier: TenantTier,
    /// Unique name for URLs [default: the id]
    #[arg(long)]
    slug: Option<Slug>,
}

/// An existing tenant to be placed.
#[derive(Args, Debug)]
pub(crate) struct PlaceTenantOptions {
    /// The tenant's id
    tenant: TenantId,
    #[command(flatten)]
    place: PlaceOptions,
    #[command(flatten)]
    write: WriteOptions,
}

/// What a command that places says besides what it writes; for people the summary says it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    cell: Option<String>,
    user_pool_id: Option<String>,
}

impl Show for Placed {
    fn show(&self, _: &mut Page) {}
}

impl Placed {
    fn of(cell: Option<&CellRecord>) -> Self {
        Self {
            cell: cell.map(|record| record.cell.name.to_string()),
            user_pool_id: cell.map(|record| record.cell.pool.to_string()),
        }
    }
}

impl NewTenant {
    /// The tenant, active and without a place, and its slug.
    pub(super) fn into_tenant(self) -> Result<(Tenant, Slug), Failure> {
        let slug = match self.slug {
            Some(slug) => slug,
            None => self.id.as_str().parse().map_err(|error| {
                Failure::usage(format!("the id cannot be the slug too: {error}")).hint("Give --slug.")
            })?,
        };
        let tenant = Tenant {
            id: self.id,
            name: self.name,
            tier: self.tier,
            status: TenantStatus::Active,
            roles: BTreeMap::new(),
            pools: Vec::new(),
        };
        Ok((tenant, slug))
    }
}

/// Makes a tenant, and places it where there are cells.
pub(super) async fn create(options: CreateOptions, context: &Context) -> Result<Found, Failure> {
    let (tenant, slug) = options.tenant.into_tenant()?;
    options.functions.check_tenant(&tenant)?;
    let operator = context.writer().await?;
    let mut summary = format!("Tenant `{}` is made, tier `{}`, slug `{slug}`", tenant.id, tenant.tier);
    let cells = cells(&operator).await?;
    if cells.is_empty() && options.place.cell.is_none() {
        let change = operator.create_tenant(&tenant, &slug, None, clock::now()).await?;
        let what = format!("tenant `{}`", tenant.id);
        context.write(&operator, change, options.write, &what, &summary, Placed::of(None)).await?;
        return Ok(Found::Nothing);
    }
    // What forbids the tenant itself is told before the functions are asked.
    let _ = operator.create_tenant(&tenant, &slug, None, clock::now()).await?;
    let fit = options.place.check(&tenant.id, &cells, &[], context).await?;
    let plan =
        async |cell: &CellRecord| operator.create_tenant(&tenant, &slug, Some(cell), clock::now()).await;
    let (applied, cell) =
        placed(&operator, &tenant.tier, &options.place, &fit, plan, options.write, context).await?;
    summary = format!("{summary}, in cell `{}`", cell.cell.name);
    context.say_written(&applied, &summary, Placed::of(Some(&cell)));
    Ok(Found::Nothing)
}

/// Places a tenant that has no cell yet.
pub(super) async fn place(options: &PlaceTenantOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let id = &options.tenant;
    let record = operator.tenant(id).await?;
    check_place(&record.tenant, &record.place).map_err(OperatorError::from)?;
    let cells = cells(&operator).await?;
    let in_use = operator.pools_in_use(id).await?;
    if options.place.cell.is_none()
        && let Some(pool) = in_use.iter().find(|pool| cells.iter().all(|cell| cell.pool != **pool))
    {
        let told =
            format!("tenant `{id}` has members or bindings in user pool {pool}, which belongs to no cell");
        return Err(
            Failure::refused("tenant-elsewhere", told).hint("Make a cell of it: `tenantctl cell create`.")
        );
    }
    let fit = options.place.check(id, &cells, &in_use, context).await?;
    let plan = async |cell: &CellRecord| {
        let record = operator.tenant(id).await?;
        operator.place_tenant(&record, cell, &in_use, clock::now())
    };
    let tier = &record.tenant.tier;
    let (applied, cell) = placed(&operator, tier, &options.place, &fit, plan, options.write, context).await?;
    let summary = format!(
        "Tenant `{id}` is in cell `{}`: its members get tokens in user pool {} alone",
        cell.cell.name, cell.cell.pool
    );
    context.say_written(&applied, &summary, Placed::of(Some(&cell)));
    Ok(Found::Nothing)
}

/// The cells that fit a tenant.
pub(super) struct Fit {
    tenant: TenantId,
    pool_tenants: PoolTenants,
    /// If not empty, the pools where the tenant has members or bindings.
    in_use: Vec<PoolId>,
}

impl Fit {
    pub(super) fn admits(&self, cell: &Cell) -> bool {
        self.pool_tenants.admit(&self.tenant, &cell.pool)
            && (self.in_use.is_empty() || self.in_use.contains(&cell.pool))
    }
}

impl PlaceOptions {
    /// Checks that the functions of all cells keep tenants to their pools, and that the named cell is not another tenant's.
    /// `in_use` are the pools where the tenant has members or bindings.
    pub(super) async fn check(
        &self,
        tenant: &TenantId,
        cells: &[Cell],
        in_use: &[PoolId],
        context: &Context,
    ) -> Result<Fit, Failure> {
        let mut pool_tenants = PoolTenants::default();
        if !self.unchecked {
            pool_tenants = functions::check(cells, context).await?;
        }
        if let Some(cell) = cells.iter().find(|cell| Some(&cell.name) == self.cell.as_ref()) {
            pool_tenants.check(tenant, &cell.pool)?;
        }
        Ok(Fit { tenant: tenant.clone(), pool_tenants, in_use: in_use.to_vec() })
    }
}

/// The cells that the index lists; damaged ones are left out.
pub(super) async fn cells(operator: &Operator) -> Result<Vec<Cell>, Failure> {
    Ok(operator.cells().await?.into_iter().flatten().map(|record| record.cell).collect())
}

/// Writes `plan` with the cell that takes the tenant, or, in a dry run, shows it.
pub(super) async fn placed(
    operator: &Operator,
    tier: &TenantTier,
    place: &PlaceOptions,
    fit: &Fit,
    plan: impl AsyncFn(&CellRecord) -> Result<Change, OperatorError>,
    write: WriteOptions,
    context: &Context,
) -> Result<(Applied, CellRecord), Failure> {
    let named = place.cell.as_ref();
    if !write.dry_run {
        let cell = operator.place(tier, named, &|cell| fit.admits(cell), plan).await?;
        return Ok((Applied::written(), cell));
    }
    let cell = operator.choose_cell(tier, named, &|cell| fit.admits(cell), Pick::Emptiest).await?;
    let change = plan(&cell).await?;
    Ok((context.apply(operator, change, write, "the cell").await?, cell))
}
