//! The list of what belongs to tenants, such as their bindings and mail domains.

use tenancy::TenantId;
use tenancy_aws::operator::{Listed, Operator, OperatorError};

use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::{Entry, Listing};

/// Lists what `read` finds for `tenant`, or for every tenant. `view` leaves an item out by `None`.
pub(super) async fn list<R, T: Entry>(
    tenant: Option<&TenantId>,
    context: &Context,
    read: impl AsyncFn(&Operator, &TenantId) -> Result<Listed<R>, OperatorError>,
    view: impl Fn(&R) -> Option<T>,
) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    let mut listing = Listing::new(context);
    let mut tenants = Vec::new();
    if let Some(tenant) = tenant {
        operator.tenant(tenant).await?;
        tenants.push(tenant.clone());
    } else {
        let mut pages = operator.tenant_pages();
        while let Some(page) = listing.read(&mut pages).await? {
            tenants.extend(page.into_iter().map(|record| record.tenant.id));
        }
    }
    for tenant in tenants {
        for item in read(&operator, &tenant).await.map_err(|error| listing.broken_off(error))? {
            match item {
                Ok(record) => listing.add(view(&record)),
                Err(damage) => listing.add_damage(&damage),
            }
        }
    }
    Ok(listing.end())
}
