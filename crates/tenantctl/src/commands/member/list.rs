//! `tenantctl member list`.

use clap::{Args, ValueEnum};
use tenancy::{MembershipStatus, PoolId};
use tenancy_aws::operator::MemberRecord;

use super::addresses;
use super::view::MemberView;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::Listing;
use crate::options::TenantOption;

/// Least items on a page of a list with a limit: a filter may pass over many.
const LEAST_PAGE: usize = 100;

/// Most items on a page of a list with a limit.
const MOST_PAGE: usize = 1_000;

/// Which members.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    tenant: TenantOption,
    /// Only members of this user pool
    #[arg(long, value_name = "ID")]
    user_pool_id: Option<PoolId>,
    /// Only members with this status
    #[arg(long, value_enum)]
    status: Option<StatusFilter>,
    /// Show only the first N members, sorted by sub (0: all)
    #[arg(long, value_name = "N", default_value_t = 0)]
    limit: usize,
    /// Do not look up e-mail addresses. A lookup calls ListUsers once for each member shown
    #[arg(long)]
    no_addresses: bool,
}

/// A membership's status on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum StatusFilter {
    /// Gets tokens for the tenant.
    Active,
    /// Gets no tokens until `member resume`.
    Suspended,
    /// No longer belongs to the tenant.
    Removed,
}

pub(super) async fn run(options: &ListOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    operator.tenant(&options.tenant.tenant).await?;
    let wanted = |record: &MemberRecord| {
        let status = match options.status {
            None => true,
            Some(StatusFilter::Active) => record.membership.status == MembershipStatus::Active,
            Some(StatusFilter::Suspended) => record.membership.status == MembershipStatus::Suspended,
            Some(StatusFilter::Removed) => record.membership.status == MembershipStatus::Removed,
        };
        status && options.user_pool_id.as_ref().is_none_or(|pool| *pool == record.user.pool)
    };
    let limit = if options.limit > 0 { options.limit } else { usize::MAX };
    let page_size = (options.limit > 0).then(|| options.limit.saturating_add(1).clamp(LEAST_PAGE, MOST_PAGE));
    let page_size = page_size.and_then(|size| i32::try_from(size).ok());
    let mut pages = operator.member_pages(&options.tenant.tenant, page_size);
    let mut listing = Listing::new(context);
    let (mut asks, mut is_cut, mut waiting) = (!options.no_addresses, false, Vec::new());
    while !is_cut && let Some(page) = listing.page(&mut pages).await? {
        for listed in page {
            match listed {
                Ok(record) if !wanted(&record) => {}
                // What comes after the limit is not told, damaged items neither.
                Ok(_) if listing.rows() + waiting.len() == limit => {
                    is_cut = true;
                    break;
                }
                Ok(record) => waiting.push(record),
                Err(damage) => listing.add_damage(&damage),
            }
        }
        if asks && let Some(reason) = addresses::not_asked(waiting.len(), context) {
            context.note(&reason);
            asks = false;
        }
        if !asks {
            listing.add(waiting.drain(..).map(|record| MemberView::of(&record)));
        }
    }
    if asks && !waiting.is_empty() {
        let addresses = addresses::look_up(&waiting, context).await;
        for reason in &addresses.refused {
            context.note(reason);
        }
        if addresses.refused.is_empty() || addresses.found.iter().any(Option::is_some) {
            listing.insert_column(1, MemberView::ADDRESS);
        }
        let members = waiting.iter().zip(addresses.found);
        listing.add(members.map(|(record, address)| MemberView::of(record).with_address(address)));
    }
    let found = listing.end();
    if is_cut {
        context.note(&format!("these are the first {}; --limit 0 shows all", options.limit));
    }
    Ok(found)
}
