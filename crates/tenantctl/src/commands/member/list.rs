//! `tenantctl member list`.

use clap::{Args, ValueEnum};
use tenancy::{MembershipStatus, PoolId};
use tenancy_aws::operator::MemberRecord;

use super::addresses;
use super::view::with_addresses;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::Listing;
use crate::options::TenantOption;

/// Least items on a page of a list with a limit: a filter may pass over many.
const LEAST_PAGE: usize = 100;

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
    // One more than is shown tells whether there are more.
    let most = if options.limit > 0 { options.limit.saturating_add(1) } else { usize::MAX };
    let page_size = (options.limit > 0).then(|| i32::try_from(most.max(LEAST_PAGE)).unwrap_or(i32::MAX));
    let mut pages = operator.member_pages(&options.tenant.tenant, page_size);
    let mut listing = Listing::new();
    while listing.entries.len() < most
        && let Some(page) = pages.next().await?
    {
        for listed in page {
            listing.add(listed, |record| wanted(&record).then_some(record));
            if listing.entries.len() >= most {
                break;
            }
        }
    }
    let members = &mut listing.entries;
    let is_cut = members.len() >= most;
    members.truncate(most.saturating_sub(usize::from(is_cut)));
    let addresses = if options.no_addresses || members.is_empty() {
        None
    } else {
        let looked_up = addresses::look_up(members, context).await;
        let (found, missing) = match looked_up {
            Ok(addresses) => (Some(addresses.found), addresses.refused),
            Err(reason) => (None, vec![reason]),
        };
        for reason in &missing {
            context.note(reason);
        }
        found.filter(|found| missing.is_empty() || found.iter().any(Option::is_some))
    };
    let listing = listing.with(|members| with_addresses(&members, addresses));
    context.say(&listing);
    if is_cut {
        context.note(&format!("these are the first {}; --limit 0 shows all", options.limit));
    }
    Ok(listing.found())
}
