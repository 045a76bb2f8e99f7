//! Completions of a shell. The shell calls this binary with `COMPLETE=SHELL`, and it answers with what may come next: the
//! command line itself, and the tenants, roles, invites and cells of the table that the line names.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};
use tenancy::{TenantId, TenantStatus};
use tenancy_aws::operator::{InviteState, Operator};

use crate::cli::Cli;
use crate::clock;
use crate::context::Context;
use crate::failure::Failure;
use crate::options::Globals;

/// The variable by which a shell asks.
const VARIABLE: &str = "COMPLETE";

/// The variable with the longest wait for the table, in milliseconds.
const TIMEOUT_VARIABLE: &str = "TENANTCTL_COMPLETION_TIMEOUT_MS";

/// Without it. A shell that hangs at a key is worse than one that knows no tenants.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Values that are in the table.
#[derive(Clone, Copy, Debug)]
enum Values {
    Tenants,
    Roles,
    Invites,
    Cells,
}

impl Values {
    /// The values of an argument, by its name in the code.
    fn of(argument: &str) -> Option<Self> {
        match argument {
            "tenant" => Some(Self::Tenants),
            "role" | "roles" => Some(Self::Roles),
            "invite" => Some(Self::Invites),
            "cell" => Some(Self::Cells),
            _ => None,
        }
    }
}

/// Answers a shell, if it is a shell that asks.
///
/// # Errors
///
/// [`clap::Error`] when the shell is unknown, or its question cannot be answered.
pub(crate) fn answer(arguments: &[OsString]) -> Result<bool, clap::Error> {
    let line = arguments.iter().skip_while(|argument| *argument != "--").skip(1);
    let line: Vec<OsString> = line.cloned().collect();
    let folder = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| with_values(Cli::command(), &line))
        .var(VARIABLE)
        .try_complete(arguments, folder.as_deref())
}

/// Writes the script that a shell needs to ask.
///
/// # Errors
///
/// The error of `script`.
pub(crate) fn register(shell: Shell, script: &mut dyn Write) -> std::io::Result<()> {
    let name = "tenantctl";
    match Shells::builtins().completer(&shell.to_string()) {
        Some(shell) => shell.write_registration(VARIABLE, name, name, name, script),
        None => Ok(()),
    }
}

fn with_values(command: Command, line: &[OsString]) -> Command {
    let command = command.mut_args(|argument| match Values::of(argument.get_id().as_str()) {
        None => argument,
        Some(values) => {
            let line = line.to_vec();
            argument.add(ArgValueCompleter::new(move |begun: &OsStr| in_time(&line, values, begun)))
        }
    });
    command.mut_subcommands(|command| with_values(command, line))
}

/// The values that begin as the word does, or none when something goes wrong or takes too long. The process ends after the
/// answer, and with it the thread.
fn in_time(line: &[OsString], values: Values, begun: &OsStr) -> Vec<CompletionCandidate> {
    let Some(begun) = begun.to_str().map(str::to_owned) else { return Vec::new() };
    let (answer, answered) = mpsc::channel();
    let line = line.to_vec();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let read = runtime.ok().and_then(|runtime| runtime.block_on(read(line, values, &begun)));
        let _ = answer.send(read);
    });
    answered.recv_timeout(timeout()).ok().flatten().unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a setting of the user's shell")]
fn timeout() -> Duration {
    let asked = std::env::var(TIMEOUT_VARIABLE).ok().and_then(|asked| asked.parse().ok());
    asked.map_or(TIMEOUT, Duration::from_millis)
}

async fn read(line: Vec<OsString>, values: Values, begun: &str) -> Option<Vec<CompletionCandidate>> {
    // The line is not complete: what cannot be read yet is passed over.
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(line).ok()?;
    let context = Context::new(Globals::from_arg_matches(&matches).ok()?);
    let operator = context.reader().await.ok()?;
    let mut candidates = match values {
        Values::Tenants => tenants(&operator, begun).await.ok()?,
        Values::Roles => roles(&operator, tenant_of(&matches)?).await.ok()?,
        Values::Cells => cells(&operator, begun).await.ok()?,
        Values::Invites => invites(&operator, tenant_of(&matches)?).await.ok()?,
    };
    candidates.retain(|candidate| candidate.get_value().to_string_lossy().starts_with(begun));
    Some(candidates)
}

/// The tenant that the line names.
fn tenant_of(matches: &ArgMatches) -> Option<&TenantId> {
    let named = matches.try_get_one::<TenantId>("tenant").ok().flatten();
    named.or_else(|| tenant_of(matches.subcommand()?.1))
}

async fn tenants(operator: &Operator, begun: &str) -> Result<Vec<CompletionCandidate>, Failure> {
    let tenants = operator.tenants_beginning(begun).await?.into_iter().flatten().map(|record| {
        let tenant = record.tenant;
        let about = match tenant.status {
            TenantStatus::Active => tenant.name.to_string(),
            status => format!("{} ({})", tenant.name, status.name()),
        };
        CompletionCandidate::new(tenant.id.to_string()).help(Some(about.into()))
    });
    Ok(tenants.collect())
}

async fn cells(operator: &Operator, begun: &str) -> Result<Vec<CompletionCandidate>, Failure> {
    let cells = operator.cells_beginning(begun).await?.into_iter().flatten().map(|record| {
        let cell = record.cell;
        let about = format!("{}, {} of {} tenants", cell.status.name(), cell.tenants, cell.capacity);
        CompletionCandidate::new(cell.name.to_string()).help(Some(about.into()))
    });
    Ok(cells.collect())
}

/// The roles that the tenant lists. Members may have others.
async fn roles(operator: &Operator, tenant: &TenantId) -> Result<Vec<CompletionCandidate>, Failure> {
    let record = operator.tenant(tenant).await?;
    Ok(record.tenant.roles.keys().map(|role| CompletionCandidate::new(role.to_string())).collect())
}

/// The invites that can be revoked or sent again, by their references.
async fn invites(operator: &Operator, tenant: &TenantId) -> Result<Vec<CompletionCandidate>, Failure> {
    let live = [InviteState::Open, InviteState::Expired];
    let mut references = BTreeSet::new();
    let mut pages = operator.invite_pages(tenant);
    while let Some(page) = pages.next().await? {
        let invites = page.into_iter().flatten().filter(|record| live.contains(&record.state(clock::now())));
        references.extend(invites.map(|record| record.invite.hash.short().to_owned()));
    }
    Ok(references.into_iter().map(CompletionCandidate::new).collect())
}
