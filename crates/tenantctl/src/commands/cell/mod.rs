//! `tenantctl cell`: user pools that tenants are spread over.

mod check;
pub(crate) mod functions;
mod view;

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use tenancy::{Cell, CellName, CellStatus, ClientId, Issuer, LoginDomain, MAX_CAPACITY, Scope, TenantTier};
use tenancy_aws::operator::{CellEdit, CellRecord, Operator, OperatorError};

use self::view::CellView;
use crate::clock;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::Listing;
use crate::options::{PoolOption, WriteOptions};
use crate::page::{Page, Show};
use crate::written::NoFacts;

/// Between two counts of `recount`: the index shows a new tenant in less, as a rule.
const SETTLE: Duration = Duration::from_secs(1);

/// Counts of `recount` before it gives up, because tenants come and go all the time.
const MOST_COUNTS: u32 = 10;

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum CellCommand {
    /// Make a cell of a user pool, with room for tenants
    Create(CreateOptions),
    /// List the cells, and how full they are
    List(ListOptions),
    /// Show one cell
    Show {
        /// The cell's name
        cell: CellName,
    },
    /// Change how many tenants fit in
    SetCapacity(SetCapacityOptions),
    /// Change the app client that tenants without their own share
    SetClient(SetClientOptions),
    /// Change which tiers a cell takes
    SetTiers(SetTiersOptions),
    /// Take no more tenants; those that are there stay
    Drain(StatusOptions),
    /// Take tenants again
    Open(StatusOptions),
    /// Close a cell without tenants
    Close(StatusOptions),
    /// Count the tenants again, and correct the number
    Recount(StatusOptions),
}

/// A new cell.
#[derive(Args, Debug)]
pub(crate) struct CreateOptions {
    /// The cell's name, for ever: 1 to 40 of a-z, 0-9 and -
    cell: CellName,
    #[command(flatten)]
    pool: PoolOption,
    /// The host of the pool's managed login, such as login.example.com
    #[arg(long, value_name = "HOST")]
    domain: LoginDomain,
    /// The app client that tenants without their own share
    #[arg(long, value_name = "CLIENT")]
    client_id: Option<ClientId>,
    /// How many tenants fit in
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = capacity())]
    capacity: u32,
    /// A tier that the cell takes; may be repeated [default: all tiers]
    #[arg(long = "tier", value_name = "TIER")]
    tiers: Vec<TenantTier>,
    /// The `iss` of the pool's tokens [default: the one that Cognito gives a pool of one Region]
    #[arg(long, value_name = "URL")]
    issuer: Option<Issuer>,
    /// A scope that sign-ins ask for; may be repeated [default: openid and email]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Do not ask Cognito for the pool, the app client and the domain
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    write: WriteOptions,
}

/// Which cells.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Only those in this status
    #[arg(long, value_enum)]
    status: Option<StatusFilter>,
}

/// A cell's status on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum StatusFilter {
    /// Takes tenants.
    Open,
    /// Serves its tenants and takes no new ones.
    Draining,
    /// Has no tenants.
    Closed,
}

/// Another capacity.
#[derive(Args, Debug)]
pub(crate) struct SetCapacityOptions {
    /// The cell's name
    cell: CellName,
    /// How many tenants fit in
    #[arg(value_parser = capacity())]
    capacity: u32,
    #[command(flatten)]
    write: WriteOptions,
}

/// Another app client.
#[derive(Args, Debug)]
pub(crate) struct SetClientOptions {
    /// The cell's name
    cell: CellName,
    /// The app client's id
    client: ClientId,
    /// Do not ask Cognito for the app client
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    write: WriteOptions,
}

/// Other tiers.
#[derive(Args, Debug)]
pub(crate) struct SetTiersOptions {
    /// The cell's name
    cell: CellName,
    /// The tiers that the cell takes
    #[arg(value_name = "TIER", required_unless_present = "all")]
    tiers: Vec<TenantTier>,
    /// Take all tiers
    #[arg(long, conflicts_with = "tiers")]
    all: bool,
    #[command(flatten)]
    write: WriteOptions,
}

/// One cell.
#[derive(Args, Debug)]
pub(crate) struct StatusOptions {
    /// The cell's name
    cell: CellName,
    #[command(flatten)]
    write: WriteOptions,
}

fn capacity() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(0..=i64::from(MAX_CAPACITY))
}

pub(crate) async fn run(command: CellCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        CellCommand::Create(options) => create(options, context).await,
        CellCommand::List(options) => list(&options, context).await,
        CellCommand::Show { cell } => {
            let record = context.reader().await?.cell(&cell).await?;
            context.say(&CellView::from(&record));
            Ok(Found::Nothing)
        }
        CellCommand::SetCapacity(options) => {
            let edit = CellEdit { capacity: Some(options.capacity), ..CellEdit::default() };
            set(&options.cell, edit, "cell.set-capacity", options.write, context).await
        }
        CellCommand::SetClient(options) => {
            let record = context.reader().await?.cell(&options.cell).await?;
            check::shared_client(&record.cell, &options.client, options.unchecked, context).await?;
            let edit = CellEdit { client: Some(options.client), ..CellEdit::default() };
            set(&options.cell, edit, "cell.set-client", options.write, context).await
        }
        CellCommand::SetTiers(options) => {
            let edit = CellEdit { tiers: Some(distinct(options.tiers)), ..CellEdit::default() };
            set(&options.cell, edit, "cell.set-tiers", options.write, context).await
        }
        CellCommand::Drain(options) => {
            set_status(&options, CellStatus::Draining, "cell.drain", context).await
        }
        CellCommand::Open(options) => set_status(&options, CellStatus::Open, "cell.open", context).await,
        CellCommand::Close(options) => set_status(&options, CellStatus::Closed, "cell.close", context).await,
        CellCommand::Recount(options) => recount(&options, context).await,
    }
}

async fn create(options: CreateOptions, context: &Context) -> Result<Found, Failure> {
    let pool = options.pool.user_pool_id;
    let region = pool.as_str().split_once('_').map_or("", |(region, _)| region).parse();
    let cell = Cell {
        region: region.map_err(|_| {
            Failure::usage(format!(
                "the user pool id {pool} does not begin with a Region, such as eu-west-1_"
            ))
        })?,
        name: options.cell,
        pool,
        status: CellStatus::Open,
        capacity: options.capacity,
        tenants: 0,
        tiers: distinct(options.tiers),
        client: options.client_id,
        domain: options.domain,
        issuer: options.issuer,
        scopes: options.scopes,
    };
    let operator = context.writer().await?;
    let change = operator.create_cell(&cell, clock::now()).await?;
    if !options.unchecked {
        check::pool(&cell, context).await?;
    }
    if let Some(client) = &cell.client {
        check::shared_client(&cell, client, options.unchecked, context).await?;
    }
    let what = format!("cell `{}`", cell.name);
    let summary = format!("Cell `{}` of user pool {} takes {} tenants", cell.name, cell.pool, cell.capacity);
    context.write(&operator, change, options.write, &what, &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn list(options: &ListOptions, context: &Context) -> Result<Found, Failure> {
    let wanted = options.status.map(|status| match status {
        StatusFilter::Open => CellStatus::Open,
        StatusFilter::Draining => CellStatus::Draining,
        StatusFilter::Closed => CellStatus::Closed,
    });
    let is_wanted = |record: &&CellRecord| wanted.is_none_or(|status| status == record.cell.status);
    let mut listing = Listing::new(context);
    let mut pages = context.reader().await?.cell_pages();
    while let Some(page) = listing.read(&mut pages).await? {
        listing.add(page.iter().filter(is_wanted).map(CellView::from));
    }
    Ok(listing.end())
}

async fn set_status(
    options: &StatusOptions,
    status: CellStatus,
    action: &'static str,
    context: &Context,
) -> Result<Found, Failure> {
    let edit = CellEdit { status: Some(status), ..CellEdit::default() };
    set(&options.cell, edit, action, options.write, context).await
}

async fn set(
    name: &CellName,
    edit: CellEdit,
    action: &'static str,
    write: WriteOptions,
    context: &Context,
) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let record = operator.cell(name).await?;
    let summary = summary(name, &edit, record.cell.tenants);
    let change = operator.edit_cell(&record, edit.clone(), action, clock::now())?;
    if edit.capacity.is_some_and(|capacity| capacity < record.cell.tenants) {
        let tenants = record.cell.tenants;
        context.note(&format!(
            "cell `{name}` has more tenants ({tenants}) than that: it takes none until some leave"
        ));
    }
    context.write(&operator, change, write, &format!("cell `{name}`"), &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

/// What is so after the change.
fn summary(name: &CellName, edit: &CellEdit, tenants: u32) -> String {
    match edit {
        CellEdit { status: Some(CellStatus::Open), .. } => format!("Cell `{name}` is open"),
        CellEdit { status: Some(CellStatus::Draining), .. } => {
            format!("Cell `{name}` takes no more tenants; those that it has stay ({tenants})")
        }
        CellEdit { status: Some(CellStatus::Closed), .. } => format!("Cell `{name}` is closed"),
        CellEdit { capacity: Some(capacity), .. } => format!("Cell `{name}` has room for {capacity} tenants"),
        CellEdit { client: Some(client), .. } => {
            format!("Tenants of cell `{name}` share app client {client}")
        }
        CellEdit { tiers, .. } => {
            let tiers = tenancy::operate::cells::tiers_in_words(tiers.as_deref().unwrap_or_default());
            format!("Cell `{name}` takes the tiers: {tiers}")
        }
    }
}

/// What `recount` says besides what it writes.
#[derive(Serialize)]
struct Counted {
    before: u32,
    counted: u32,
}

impl Show for Counted {
    fn show(&self, _: &mut Page) {}
}

async fn recount(options: &StatusOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let (name, what) = (&options.cell, format!("cell `{}`", options.cell));
    for _ in 0..MOST_COUNTS {
        let Some((record, counted)) = counted(&operator, name).await? else { continue };
        let change = operator.recount_cell(&record, counted, clock::now());
        let before = record.cell.tenants;
        let applied = match context.try_apply(&operator, change, options.write, &what).await {
            Err(OperatorError::Overtaken(_)) => continue,
            applied => applied?,
        };
        let summary = if counted == before {
            format!("The tenants of cell `{name}` are counted right: {counted}")
        } else {
            format!("The tenants of cell `{name}` are counted anew: {counted}, before {before}")
        };
        context.say_written(&applied, &summary, Counted { before, counted });
        return Ok(Found::Nothing);
    }
    let told = format!("tenants of cell `{name}` came and went while they were counted, {MOST_COUNTS} times");
    Err(Failure::failed(told)
        .coded("overtaken")
        .hint("Run the command again when fewer tenants are created."))
}

/// The cell as it was before its tenants were counted, and their number. `None`: the index is still behind, or the cell has
/// changed in the meantime. A number that is right at once needs no second count.
async fn counted(operator: &Operator, name: &CellName) -> Result<Option<(CellRecord, u32)>, Failure> {
    let record = operator.cell(name).await?;
    let counted = operator.count_tenants(name).await?;
    if counted == record.cell.tenants {
        return Ok(Some((record, counted)));
    }
    tokio::time::sleep(SETTLE).await;
    let again = operator.count_tenants(name).await?;
    Ok((again == counted).then_some((record, counted)))
}

/// Each tier once, in the order given.
fn distinct(tiers: Vec<TenantTier>) -> Vec<TenantTier> {
    let mut distinct = Vec::with_capacity(tiers.len());
    for tier in tiers {
        if !distinct.contains(&tier) {
            distinct.push(tier);
        }
    }
    distinct
}
