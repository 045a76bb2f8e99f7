//! Serves the local stack until it is stopped: tables, the two functions, one user pool with one client.

mod announce;
mod options;

use std::{collections::BTreeMap, process::ExitCode};

use clap::Parser as _;
use dev_stack::{
    ACCOUNT_ID, ClientSettings, DevStack, DevStackError, EventVersion, FunctionBinaries, FunctionProgram,
    FunctionSpec, Permission, PoolSettings, Seed, StackOptions, Triggers, functions,
};
use serde_json::json;

use self::{announce::Facts, options::Options};

/// The alias of both functions that the pool calls.
const ALIAS: &str = "live";

/// The attributes that the app client may write: not the stamp.
const WRITABLE: [&str; 6] = ["email", "family_name", "given_name", "locale", "name", "zoneinfo"];

/// Those that it may only read.
const READ_ONLY: [&str; 2] = ["custom:tenantId", "email_verified"];

/// The tenant of a new table.
const TENANT: &str = "acme";

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dev-stack: {}", error.with_causes());
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), DevStackError> {
    let region = options.region().to_owned();
    let binaries = FunctionBinaries::build(options.release).await?;
    let started = DevStack::start(StackOptions {
        region: region.clone(),
        data: options.data.clone(),
        port: options.port,
        echo_logs: true,
        ..StackOptions::default()
    });
    let stack = started.await?;
    let seed = Seed::new(&stack, &region, &options.table)?;
    let invite = if options.empty { None } else { first_invite(&seed).await? };
    let environment = function_environment(&stack, &options.table, options.settings());
    for (name, program) in [
        (functions::POST_CONFIRMATION, binaries.post_confirmation),
        (functions::PRE_TOKEN_GENERATION, binaries.pre_token_generation),
    ] {
        let program = FunctionProgram::Binary(program);
        stack
            .lambda()
            .add_function(FunctionSpec { env: environment.clone(), ..FunctionSpec::new(name, program) });
    }
    let pool = stack
        .cognito()
        .create_pool(PoolSettings { id: options.user_pool_id.clone(), ..PoolSettings::default() });
    admit(&stack, &pool)?;
    let mut exports = Vec::new();
    if options.empty {
        exports.push(("DANA", seed.user(&pool, "dana@example.com", "Correct-Horse-9").await?));
        exports.push(("POST_CONFIRMATION_ARN", by_alias(&stack, functions::POST_CONFIRMATION)));
        exports.push(("PRE_TOKEN_GENERATION_ARN", by_alias(&stack, functions::PRE_TOKEN_GENERATION)));
        stack.cognito().patch_identity_provider(&pool, "AcmeOkta", json!({ "ProviderType": "SAML" }))?;
    } else {
        attach(&stack, &pool, options.event_version.0)?;
    }
    let client = ClientSettings {
        id: options.client_id.clone(),
        read_attributes: Some(WRITABLE.into_iter().chain(READ_ONLY).map(str::to_owned).collect()),
        write_attributes: Some(WRITABLE.map(str::to_owned).into()),
        ..ClientSettings::default()
    };
    let client = stack.cognito().create_client(&pool, client)?;
    let invite = invite.map(|code| (TENANT, code));
    let facts = Facts { region, pool, client, table: options.table, invite, exports };
    facts.print(&stack, options.json);
    let mail = tokio::spawn(print_mail(stack.cognito().mail()));
    // Without a signal handler there is nothing to wait for but the end of the process.
    let _ = tokio::signal::ctrl_c().await;
    mail.abort();
    stack.stop().await;
    Ok(())
}

/// Gives both functions an alias, and lets Cognito invoke it for this pool.
fn admit(stack: &DevStack, pool: &str) -> Result<(), DevStackError> {
    let lambda = stack.lambda();
    for name in [functions::POST_CONFIRMATION, functions::PRE_TOKEN_GENERATION] {
        lambda.add_alias(name, ALIAS, "1")?;
        let permission = Permission {
            source_arn: Some(stack.cognito().pool_arn(pool)),
            source_account: Some(ACCOUNT_ID.to_owned()),
            ..Permission::of_cognito("cognito")
        };
        lambda.add_permission(&format!("{name}:{ALIAS}"), &permission)?;
    }
    Ok(())
}

/// A function's ARN, by its alias.
fn by_alias(stack: &DevStack, name: &str) -> String {
    stack.lambda().arn(&format!("{name}:{ALIAS}"))
}

/// Makes the pool call both functions.
fn attach(stack: &DevStack, pool: &str, version: EventVersion) -> Result<(), DevStackError> {
    let alias = |name: &str| by_alias(stack, name);
    let triggers = Triggers {
        post_confirmation: Some(alias(functions::POST_CONFIRMATION)),
        pre_token_generation: Some((alias(functions::PRE_TOKEN_GENERATION), version)),
    };
    stack.cognito().set_triggers(pool, triggers)
}

/// In a new table: a tenant, and an invite to begin with.
async fn first_invite(seed: &Seed) -> Result<Option<String>, DevStackError> {
    if !seed.create_table().await? {
        return Ok(None);
    }
    let tenant = seed.tenant(TENANT, "Acme Corporation", "pro").await?;
    Ok(Some(seed.invite(&tenant, &["admin"], None).await?.reveal()))
}

fn function_environment(
    stack: &DevStack,
    table: &str,
    settings: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut environment = stack.endpoints().environment();
    environment.insert("TENANCY_TABLE".to_owned(), table.to_owned());
    environment.extend(settings);
    environment
}

/// Prints what Cognito would send; on standard error, where the functions' log lines are too.
async fn print_mail(mut mail: tokio::sync::broadcast::Receiver<dev_stack::Mail>) {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match mail.recv().await {
            Ok(mail) => {
                let to = mail.to.unwrap_or(mail.username);
                eprintln!("[mail] to {to}: {} {}", mail.subject, mail.secret);
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
