//! The tenant, its slug and its place in a cell; and what is refused before they are written.

use tenancy::operate::cells::check_place;
use tenancy::operate::{Rule, bindings};
use tenancy::{Cell, Slug, TenantStatus};
use tenancy_aws::operator::{CellRecord, Pick, TenantRecord};

use super::super::ClientKind;
use super::super::report::Outcome;
use super::{Onboarding, refused};
use crate::clock;
use crate::commands::tenant::own_client::AppClients;
use crate::commands::tenant::place::cells;
use crate::failure::Failure;

impl Onboarding<'_> {
    /// The tenant, if an earlier run made it. Another tenant with the same id is refused.
    pub(super) async fn found_tenant(&self) -> Result<Option<TenantRecord>, Failure> {
        let Some(record) = self.read_tenant().await? else { return Ok(None) };
        let id = &self.tenant.id;
        match record.tenant.status {
            TenantStatus::Active => {}
            TenantStatus::Suspended => return Err(refused(Rule::TenantNotActive(id.clone()))),
            TenantStatus::Offboarded => return Err(refused(Rule::TenantFinal(id.clone()))),
        }
        let wanted = [self.tenant.name.as_str(), self.tenant.tier.as_str(), self.slug.as_str()];
        let slug = record.slug.as_ref().map_or("-", Slug::as_str);
        let found = [record.tenant.name.as_str(), record.tenant.tier.as_str(), slug];
        if wanted != found {
            let told = format!(
                "there is a tenant `{id}` already, with another name, tier or slug: {}",
                found.join(", ")
            );
            return Err(Failure::refused("tenant-exists", told));
        }
        if let (Some(cell), Some(named)) = (&record.place.cell, &self.options.place.cell)
            && cell != named
        {
            return Err(refused(Rule::TenantPlaced { tenant: id.clone(), cell: cell.clone() }));
        }
        Ok(Some(record))
    }

    /// The tenant, its slug and its place: one transaction.
    pub(super) async fn placed(&mut self, found: Option<TenantRecord>) -> Result<Cell, Failure> {
        let made = format!("tier {}, slug {}", self.tenant.tier, self.slug);
        if let Some(name) = found.as_ref().and_then(|record| record.place.cell.as_ref()) {
            let cell = self.operator.cell(name).await?.cell;
            self.check_ahead(&cell).await?;
            self.report("tenant", Outcome::Found, made);
            self.report("place", Outcome::Found, place_of(&cell));
            return Ok(cell);
        }
        let (operator, options) = (self.operator, self.options);
        let cells = cells(operator).await?;
        if cells.is_empty() && options.place.cell.is_none() {
            return Err(Failure::refused("no-cell", "there are no cells, and onboarding needs one")
                .hint("Make one of your user pool: `tenantctl cell create`."));
        }
        let in_use = match &found {
            Some(record) => {
                check_place(&record.tenant, &record.place).map_err(refused)?;
                operator.pools_in_use(&record.tenant.id).await?
            }
            None => Vec::new(),
        };
        let fit = options.place.check(&self.tenant.id, &cells, &in_use, self.context).await?;
        let plan = async |cell: &CellRecord| match &found {
            Some(_) => {
                let record = operator.tenant(&self.tenant.id).await?;
                operator.place_tenant(&record, cell, &in_use, clock::now())
            }
            None => operator.create_tenant(&self.tenant, &self.slug, Some(cell), clock::now()).await,
        };
        let (tier, named) = (&self.tenant.tier, options.place.cell.as_ref());
        let mut cell = operator.choose_cell(tier, named, &|cell| fit.admits(cell), Pick::Emptiest).await?;
        let _ = plan(&cell).await?;
        self.check_ahead(&cell.cell).await?;
        let mut outcome = Outcome::Planned;
        if options.apply {
            cell = operator.place(tier, named, &|cell| fit.admits(cell), plan).await?;
            outcome = Outcome::Done;
        }
        self.report("tenant", if found.is_some() { Outcome::Found } else { outcome }, made);
        self.report("place", outcome, place_of(&cell.cell));
        Ok(cell.cell)
    }

    /// Refuses what the cell's pool does not have, and what belongs to another tenant, before anything is written. Other
    /// placements may still fill the cell: a step that fails then can be done later, by the same command.
    async fn check_ahead(&self, cell: &Cell) -> Result<(), Failure> {
        if self.options.client == ClientKind::Own {
            let cognito = self.cognito(cell).await?;
            self.model(cell, &AppClients { cognito: &cognito, pool: &cell.pool }).await?;
        }
        let Some(provider) = &self.options.provider else { return Ok(()) };
        let terms = self.provider_terms();
        self.check_provider(cell, provider, terms.joins).await?;
        let bound = self.operator.provider(&cell.pool, provider).await?.map(|record| record.binding);
        bindings::bind_provider(&self.tenant, provider, bound.as_ref(), &terms).map_err(refused)?;
        Ok(())
    }
}

fn place_of(cell: &Cell) -> String {
    format!("cell {}, user pool {}", cell.name, cell.pool)
}
