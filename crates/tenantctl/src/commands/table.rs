//! `tenantctl table`: the DynamoDB table itself.

use clap::{Args, Subcommand};
use serde::Serialize;
use tenancy_aws::table::{self, TableState};

use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::page::{BAD, DIM, GOOD, Page, Show, WARN, styled};
use user_pool::aws_error::Meaning;

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand {
    /// Create the table, if you do not deploy the template
    Create(CreateOptions),
    /// Check that the table has the layout and the settings that the product needs
    Check,
}

/// A new table.
#[derive(Args, Debug)]
pub(crate) struct CreateOptions {
    /// Say what would be made, and make nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(command: TableCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        TableCommand::Create(options) => create(&options, context).await,
        TableCommand::Check => check(context).await,
    }
}

/// Makes the table, or finishes one that was made in part. What cannot be protected is told, and is exit code 4.
async fn create(options: &CreateOptions, context: &Context) -> Result<Found, Failure> {
    let (name, is_local) = (context.table_name()?, context.is_local());
    let mut made = Created { table: name.clone(), made: !options.dry_run, protected: !is_local };
    if options.dry_run && context.missing_local_file() {
        context.say(&made);
        return Ok(Found::Nothing);
    }
    context.make_local_file();
    let client = context.dynamodb().await?;
    let state = table::inspect(&client, &name).await?;
    if let Some(state) = &state {
        let is_ours = state.has_keys && state.index.is_some_and(|index| index.has_keys && index.holds_all);
        let is_whole = state.expires == Ok(true)
            && (is_local || (state.is_deletion_protected && state.is_recoverable != Ok(false)));
        if !is_ours || is_whole {
            return Err(Failure::refused("table-exists", format!("there is a table `{name}` already"))
                .hint("`tenantctl table check` says whether it is as it must be."));
        }
    }
    if options.dry_run {
        context.say(&made);
        return Ok(Found::Nothing);
    }
    match &state {
        None => table::create(&client, &name).await?,
        Some(state) if state.expires != Ok(true) => table::expire(&client, &name).await?,
        Some(_) => {}
    }
    let mut found = Found::Nothing;
    if !is_local && let Err(error) = table::protect(&client, &name).await {
        made.protected = false;
        let failure = Failure::from(error);
        // A server that plays DynamoDB, and has none.
        if failure.meaning() == Some(Meaning::Unsupported) {
            context.note(&failure.to_string());
        } else {
            found = Found::Problems;
            context.note(&format!("{failure}; run the same command again for it"));
        }
    }
    context.say(&made);
    Ok(found)
}

async fn check(context: &Context) -> Result<Found, Failure> {
    let (name, client) = (context.table_name()?, context.dynamodb().await?);
    let Some(state) = table::inspect(&client, &name).await? else {
        return Err(Failure::refused("table-unknown", format!("there is no table `{name}`"))
            .hint(context.table_hint(&name)));
    };
    let check =
        TableCheck { table: name, is_local: context.is_local(), checks: checks(&state, context.is_local()) };
    let found = if check.checks.iter().any(|check| check.result == CheckResult::Bad) {
        Found::Problems
    } else {
        Found::Nothing
    };
    context.say(&check);
    Ok(found)
}

/// What is looked at: name, result, and what to do.
fn checks(state: &TableState, is_local: bool) -> Vec<Check> {
    let index = state.index;
    let flag = |flag| if flag { CheckResult::Good } else { CheckResult::Bad };
    let soft = |flag| if flag { CheckResult::Good } else { CheckResult::Warn };
    let said = |answer: &Result<bool, String>, otherwise: CheckResult| match answer {
        Ok(true) => CheckResult::Good,
        Ok(false) => otherwise,
        Err(_) => CheckResult::Unknown,
    };
    let mut checks = vec![
        Check::of("active", flag(state.is_active), "the table can be used", "wait until it is"),
        Check::of(
            "keys",
            flag(state.has_keys),
            "string keys `pk` and `sk`",
            "this is another table: check --table",
        ),
        Check::of(
            "index",
            flag(index.is_some_and(|index| index.has_keys && index.holds_all)),
            "index `gsi1` on `gsi1pk`, `gsi1sk`, with all attributes",
            "docs/table.md says what it must be; tenantctl lists from it",
        ),
        Check::of(
            "index-active",
            flag(index.is_none_or(|index| index.is_active)),
            "the index is built",
            "wait until it is",
        ),
        Check::of(
            "on-demand",
            soft(state.is_on_demand),
            "on-demand capacity",
            "a provisioned capacity can run out: sign-ins fail",
        ),
        Check::of(
            "ttl",
            said(&state.expires, CheckResult::Warn),
            "items expire by `ttl`",
            "turn it on: expired invites accumulate",
        ),
    ];
    if !is_local {
        checks.extend([
            Check::of(
                "recovery",
                said(&state.is_recoverable, CheckResult::Bad),
                "point-in-time recovery",
                "turn it on: the table decides about every sign-in",
            ),
            Check::of("protection", flag(state.is_deletion_protected), "deletion protection", "turn it on"),
        ]);
    }
    checks
}

#[derive(Serialize)]
struct Created {
    table: String,
    made: bool,
    protected: bool,
}

#[derive(Serialize)]
struct TableCheck {
    table: String,
    #[serde(skip)]
    is_local: bool,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    result: CheckResult,
    what: &'static str,
    mend: &'static str,
}

/// What became of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum CheckResult {
    Good,
    Warn,
    Bad,
    Unknown,
}

impl Check {
    fn of(name: &'static str, result: CheckResult, what: &'static str, mend: &'static str) -> Self {
        Self { name, result, what, mend }
    }
}

impl Show for Created {
    fn show(&self, page: &mut Page) {
        let protected =
            if self.protected { ", with point-in-time recovery and deletion protection" } else { "" };
        if self.made {
            page.line(format!(
                "Table `{}` is made: on demand, index `gsi1`, expiry by `ttl`{protected}",
                self.table
            ));
        } else {
            page.line(format!(
                "{} table `{}`, keys `pk` and `sk`, on demand, index `gsi1`, expiry by `ttl`{protected}",
                styled(WARN, "Dry run, nothing is made:"),
                self.table
            ));
        }
    }
}

impl Show for TableCheck {
    fn show(&self, page: &mut Page) {
        page.line(format!("Table `{}`", self.table));
        for check in &self.checks {
            let (mark, mend) = match check.result {
                CheckResult::Good => (styled(GOOD, "ok  "), String::new()),
                CheckResult::Warn => (styled(WARN, "warn"), format!(": {}", check.mend)),
                CheckResult::Bad => (styled(BAD, "bad "), format!(": {}", check.mend)),
                CheckResult::Unknown => (styled(DIM, "?   "), ": could not be read".to_owned()),
            };
            page.line(format!("  {mark}  {}{mend}", check.what));
        }
        if self.is_local {
            page.line(styled(DIM, "  A local table has no recovery and no protection."));
        }
    }
}
