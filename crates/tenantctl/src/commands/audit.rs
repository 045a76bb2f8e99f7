//! `tenantctl audit`: who did what in a tenant, or to a cell.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use tenancy::{CellName, TenantId, Timestamp};
use tenancy_aws::operator::{AuditOf, AuditQuery, AuditRecord, Operator};

use crate::clock;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::{Column, Entry, Listing};
use crate::moment::Moment;
use crate::options::{TenantOption, When};

/// How far back `follow` looks each time: what is written in one second is not in the order of time, and clocks differ.
const OVERLAP_SECONDS: u64 = 30;

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List what was done, the oldest first
    List(ListOptions),
    /// Show new entries as they are written, until ctrl-c
    Follow(FollowOptions),
}

/// Which of it.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// The tenant's id
    #[arg(long, value_name = "ID", required_unless_present = "cell")]
    tenant: Option<TenantId>,
    /// What was done to this cell, instead of a tenant
    #[arg(long, value_name = "CELL", conflicts_with = "tenant")]
    cell: Option<CellName>,
    /// Only entries since this time: 24h (ago), 2026-11-21, 2026-11-21T08:00:00Z
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Before this moment
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Show only the latest N entries (0: all)
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// From when on.
#[derive(Args, Debug)]
pub(crate) struct FollowOptions {
    #[command(flatten)]
    tenant: TenantOption,
    /// Also show earlier entries since this time
    #[arg(long, value_name = "WHEN", default_value = "0s")]
    since: When,
    /// Seconds between looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    interval: u64,
}

pub(crate) async fn run(command: AuditCommand, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    match command {
        AuditCommand::List(options) => {
            let of = match (&options.tenant, &options.cell) {
                (Some(tenant), _) => {
                    operator.tenant(tenant).await?;
                    AuditOf::Tenant(tenant)
                }
                (None, Some(cell)) => {
                    operator.cell(cell).await?;
                    AuditOf::Cell(cell)
                }
                (None, None) => return Err(Failure::usage("give --tenant ID or --cell CELL")),
            };
            let now = clock::system();
            let query = AuditQuery {
                from: options.since.map(|moment| moment.timestamp(now)),
                until: options.until.map(|moment| moment.timestamp(now)),
                limit: (options.limit > 0).then_some(options.limit),
            };
            let (mut pages, is_cut) = operator.audit_pages(of, &query).await?;
            let mut listing = Listing::new(context).never_damaged();
            while let Some(page) = listing.read(&mut pages).await? {
                listing.add(page.iter().map(AuditView::from));
            }
            let found = listing.end();
            if is_cut {
                context
                    .note(&format!("showing the latest {} entries; use --limit to show more", options.limit));
            }
            Ok(found)
        }
        AuditCommand::Follow(options) => follow(&options, &operator, context).await,
    }
}

async fn follow(options: &FollowOptions, operator: &Operator, context: &Context) -> Result<Found, Failure> {
    operator.tenant(&options.tenant.tenant).await?;
    let mut from = options.since.timestamp(clock::system());
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let query = AuditQuery { from: Some(from), ..AuditQuery::default() };
        let (mut pages, _) = operator.audit_pages(AuditOf::Tenant(&options.tenant.tenant), &query).await?;
        while let Some(page) = pages.next().await? {
            for record in page.into_iter().flatten() {
                if seen.insert(record.position.clone()) {
                    let view = AuditView::from(&record);
                    context.say_line(&view, &view.line());
                }
            }
        }
        let begin = clock::now().epoch_seconds().saturating_sub(OVERLAP_SECONDS);
        from = from.max(Timestamp::from_epoch_seconds(begin));
        let first = format!("AUDIT#{from}");
        seen.retain(|position| *position >= first);
        tokio::select! {
            _ = &mut interrupted => return Ok(Found::Nothing),
            () = tokio::time::sleep(Duration::from_secs(options.interval)) => {}
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditView {
    at: Moment,
    action: String,
    actor: String,
    target: String,
    outcome: String,
    detail: Option<String>,
    request_id: Option<String>,
}

impl From<&AuditRecord> for AuditView {
    fn from(record: &AuditRecord) -> Self {
        Self {
            at: Moment(record.at),
            action: record.action.clone(),
            actor: record.actor.clone(),
            target: record.target.clone(),
            outcome: record.outcome.clone(),
            detail: record.detail.clone(),
            request_id: record.request_id.clone(),
        }
    }
}

impl AuditView {
    /// How it ended, and what was different: `done` is nothing to read.
    fn told(&self) -> String {
        match (&self.detail, self.outcome.as_str()) {
            (Some(detail), _) => detail.clone(),
            (None, "done") => String::new(),
            (None, outcome) => outcome.to_owned(),
        }
    }

    fn line(&self) -> String {
        let line = format!("{}  {}  {}  {}  {}", self.at, self.action, self.actor, self.target, self.told());
        line.trim_end().to_owned()
    }
}

impl Entry for AuditView {
    const NAME: &'static str = "audit";
    const NONE: &'static str = "Nothing was done in that time.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("at (utc)", |record| record.at.minute()),
        ("action", |record| record.action.clone()),
        ("actor", |record| record.actor.clone()),
        ("target", |record| record.target.clone()),
        ("detail", Self::told),
    ];
}
