//! Serves the local stack until it is stopped: tables, the functions, one user pool with one client; or a front door.

mod announce;
mod front_door;
mod log;
mod options;
mod pool;
mod settings;

use std::{collections::BTreeMap, process::ExitCode};

use dev_stack::{DevStack, DevStackError, FunctionBinaries, FunctionSpec, Seed, StackOptions, functions};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::{announce::Facts, options::Options};

/// The tenant of a new table.
const TENANT: &str = "acme";

/// The user of `--empty`.
const DANA: (&str, &str) = ("dana@example.com", "Correct-Horse-9");

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::read()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dev-stack: {}", error.with_causes());
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), DevStackError> {
    // From the beginning, so that whoever has read the variables can end the program.
    let stopped = tokio::spawn(stopped(signal(SignalKind::terminate()).ok()));
    let region = options.region().to_owned();
    let binaries = FunctionBinaries::build(options.release).await?;
    let started = DevStack::start(StackOptions {
        region: region.clone(),
        data: options.data.clone(),
        port: options.port,
        echo_logs: options.verbose,
        ..StackOptions::default()
    });
    let stack = started.await?;
    let seed = Seed::new(&stack, &region, &options.table)?;
    if options.front_door {
        return front_door::serve(stack, &seed, &binaries, &options, stopped).await;
    }
    let invite = if options.empty { None } else { first_invite(&seed).await? };
    add_functions(&stack, &binaries, &options);
    let cognito = stack.cognito();
    let pool = pool::found_or_made(cognito, options.user_pool_id.as_deref());
    pool::admit(&stack, &pool)?;
    let mut exports = Vec::new();
    if options.empty {
        let dana = match cognito.sub(&pool, DANA.0) {
            Some(sub) => sub,
            None => seed.user(&pool, DANA.0, DANA.1).await?,
        };
        exports.push(("DANA", dana));
        exports.push(("POST_CONFIRMATION_ARN", pool::by_alias(&stack, functions::POST_CONFIRMATION)));
        exports.push(("PRE_TOKEN_GENERATION_ARN", pool::by_alias(&stack, functions::PRE_TOKEN_GENERATION)));
        cognito.patch_identity_provider(&pool, "AcmeOkta", json!({ "ProviderType": "SAML" }))?;
    } else {
        pool::attach(&stack, &pool, options.event_version.0)?;
    }
    let client = pool::client(cognito, &pool, options.client_id.as_deref())?;
    add_authorizer(&stack, &binaries, &options, [("USER_POOL_IDS", &pool), ("CLIENT_IDS", &client)]);
    let invite = invite.map(|code| (TENANT, code));
    // A pool that was kept may be of another Region.
    let region = pool.split_once('_').map_or(region, |(of_pool, _)| of_pool.to_owned());
    let facts = Facts { region, pool, client, table: options.table.clone(), invite, exports };
    let (mail, lines) = (cognito.mail(), stack.lambda().log_lines());
    if let Some(file) = &options.env_file {
        facts
            .write_variables(&stack, file)
            .map_err(|source| DevStackError::EnvFile { path: file.clone(), source })?;
    }
    facts.print(&stack, options.json);
    let printing = log::Printing::begin(cognito, (mail, lines), options.verbose);
    // A task that was cancelled has nothing to wait for any more.
    let _ = stopped.await;
    printing.end();
    stack.stop().await;
    Ok(())
}

/// Resolves when somebody wants the program to end: by ctrl-c, or by SIGTERM where there is a handler for it.
async fn stopped(terminate: Option<Signal>) {
    let Some(mut terminate) = terminate else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// In a new table: a tenant, and an invite to begin with.
async fn first_invite(seed: &Seed) -> Result<Option<String>, DevStackError> {
    if !seed.create_table().await? {
        return Ok(None);
    }
    let tenant = seed.tenant(TENANT, "Acme Corporation", "pro").await?;
    Ok(Some(seed.invite(&tenant, &["admin"], None).await?.reveal()))
}

fn add_functions(stack: &DevStack, binaries: &FunctionBinaries, options: &Options) {
    let environment = function_environment(stack, &options.table, options.settings());
    for (name, program) in binaries.programs().filter(|(name, _)| functions::TRIGGERS.contains(name)) {
        let spec = FunctionSpec { env: environment.clone(), ..FunctionSpec::new(name, program) };
        stack.lambda().add_function(spec);
    }
}

/// Once more, for the tokens of this pool and app client unless `--set` names others.
fn add_authorizer(
    stack: &DevStack,
    binaries: &FunctionBinaries,
    options: &Options,
    accepted: [(&str, &String); 2],
) {
    for (name, program) in binaries.programs().filter(|(name, _)| *name == functions::AUTHORIZER) {
        let accepted = accepted.map(|(name, value)| (name.to_owned(), value.clone()));
        let mut env = function_environment(stack, &options.table, accepted.into());
        env.extend(options.settings());
        stack.lambda().add_function(FunctionSpec { env, ..FunctionSpec::new(name, program) });
    }
}

fn function_environment(
    stack: &DevStack,
    table: &str,
    settings: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut environment = stack.endpoints().environment();
    environment.insert("TENANCY_TABLE".to_owned(), table.to_owned());
    // As in the template: by it `tenantctl` sees that the functions keep tenants to their pools.
    environment.insert("REDEEM".to_owned(), "on".to_owned());
    environment.extend(settings);
    environment
}
