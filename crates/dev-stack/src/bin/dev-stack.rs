//! Serves the local stack until it is stopped: tables, the two functions, one user pool with one client.

use std::{collections::BTreeMap, fmt, path::PathBuf, process::ExitCode};

use dev_stack::{
    ACCOUNT_ID, ClientSettings, DevStack, DevStackError, EventVersion, FunctionBinaries, FunctionProgram,
    FunctionSpec, Permission, PoolSettings, Seed, StackOptions, Triggers, functions,
};
use serde_json::json;

const USAGE: &str = "\
Serves DynamoDB, Lambda, Cognito and STS on loopback, with the two functions wired to one user pool by their alias
`live`. A new table has a tenant and an invite to begin with.

Usage: dev-stack [options]

  --data FILE            keep the tables in FILE (default: in memory); users are always in memory
  --event-version 1|2|3  event version of pre-token-generation (default: 2)
  --table NAME           TENANCY_TABLE of the functions (default: tenancy)
  --set NAME=VALUE       one more environment variable of both functions; may be repeated
  --empty                no table, no triggers on the pool, and a user, dana@example.com: what docs/operating.md starts from
  --release              build the functions with the release profile
  --json                 print the endpoints as one line of JSON, and nothing else on standard output
  -h, --help             this text

DEV_STACK_BIN_DIR=DIR takes the function binaries from DIR instead of building them.";

/// The region of the pool.
const REGION: &str = "eu-west-1";

/// The alias of both functions that the pool calls.
const ALIAS: &str = "live";

/// The attributes that the app client may write: not the stamp.
const WRITABLE: [&str; 6] = ["email", "family_name", "given_name", "locale", "name", "zoneinfo"];

/// Those that it may only read.
const READ_ONLY: [&str; 2] = ["custom:tenantId", "email_verified"];

/// The tenant of a new table.
const TENANT: &str = "acme";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    data: Option<PathBuf>,
    event_version: EventVersion,
    table: String,
    settings: BTreeMap<String, String>,
    empty: bool,
    release: bool,
    json: bool,
}

/// A command line that cannot be followed.
#[derive(Debug, PartialEq)]
enum Refusal {
    /// Not an error: the usage was asked for.
    Help,
    Unknown(String),
    NoValue(&'static str),
    BadValue(&'static str, String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help => f.write_str(USAGE),
            Self::Unknown(argument) => write!(f, "unknown argument `{argument}`; try --help"),
            Self::NoValue(option) => write!(f, "{option} needs a value; try --help"),
            Self::BadValue(option, value) => write!(f, "{option} does not take `{value}`; try --help"),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(Refusal::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(refusal) => {
            eprintln!("dev-stack: {refusal}");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dev-stack: {}", error.with_causes());
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), DevStackError> {
    let binaries = FunctionBinaries::build(options.release).await?;
    let started = DevStack::start(StackOptions {
        region: REGION.to_owned(),
        data: options.data,
        echo_logs: true,
        ..StackOptions::default()
    });
    let stack = started.await?;
    let seed = Seed::new(&stack, REGION, &options.table)?;
    let invite_code = if options.empty { None } else { first_invite(&seed).await? };
    let environment = function_environment(&stack, &options.table, options.settings);
    for (name, program) in [
        (functions::POST_CONFIRMATION, binaries.post_confirmation),
        (functions::PRE_TOKEN_GENERATION, binaries.pre_token_generation),
    ] {
        let program = FunctionProgram::Binary(program);
        stack
            .lambda()
            .add_function(FunctionSpec { env: environment.clone(), ..FunctionSpec::new(name, program) });
    }
    let pool = stack.cognito().create_pool(PoolSettings::default());
    admit(&stack, &pool)?;
    let mut exports = Vec::new();
    if options.empty {
        exports.push(("DANA", seed.user(&pool, "dana@example.com", "Correct-Horse-9").await?));
        exports.push(("POST_CONFIRMATION_ARN", by_alias(&stack, functions::POST_CONFIRMATION)));
        exports.push(("PRE_TOKEN_GENERATION_ARN", by_alias(&stack, functions::PRE_TOKEN_GENERATION)));
        stack.cognito().patch_identity_provider(&pool, "AcmeOkta", json!({ "ProviderType": "SAML" }))?;
    } else {
        attach(&stack, &pool, options.event_version)?;
    }
    let client = ClientSettings {
        read_attributes: Some(WRITABLE.into_iter().chain(READ_ONLY).map(str::to_owned).collect()),
        write_attributes: Some(WRITABLE.map(str::to_owned).into()),
        ..ClientSettings::default()
    };
    let client = stack.cognito().create_client(&pool, client)?;
    let facts = Facts { pool, client, table: options.table, invite_code, exports };
    announce(&stack, &facts, options.json);
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

/// What there is to say of a stack.
struct Facts {
    pool: String,
    client: String,
    table: String,
    invite_code: Option<String>,
    /// More variables for a shell.
    exports: Vec<(&'static str, String)>,
}

fn announce(stack: &DevStack, facts: &Facts, as_json: bool) {
    let Facts { pool, client, table, invite_code, exports } = facts;
    let endpoints = stack.endpoints();
    if as_json {
        let line = json!({
            "dynamodb": endpoints.dynamodb,
            "cognito": endpoints.cognito,
            "lambda": endpoints.lambda,
            "sts": endpoints.sts,
            "iam": endpoints.iam,
            "issuer": stack.cognito().issuer(pool),
            "jwks": stack.cognito().jwks_url(pool),
            "userPoolId": pool,
            "clientId": client,
            "table": table,
            "inviteCode": invite_code,
            "exports": exports.iter().cloned().collect::<BTreeMap<_, _>>(),
        });
        println!("{line}");
        return;
    }
    println!("DynamoDB   {}", endpoints.dynamodb);
    println!("Cognito    {}", endpoints.cognito);
    println!("Lambda     {}", endpoints.lambda);
    println!("STS        {}", endpoints.sts);
    println!("IAM        {}", endpoints.iam);
    println!("User pool  {pool}");
    println!("Client     {client}");
    println!("Key set    {}", stack.cognito().jwks_url(pool));
    if let Some(code) = invite_code {
        println!("Invite     {code} (tenant {TENANT}, role admin, one use)");
    }
    println!();
    for (name, value) in endpoints.environment() {
        println!("export {name}={value}");
    }
    println!(
        "export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
    );
    println!("export TENANCY_TABLE={table} USER_POOL_ID={pool} CLIENT_ID={client}");
    for (name, value) in exports {
        println!("export {name}={value}");
    }
    println!();
    println!("Mail is printed below. Stop with ctrl-c.");
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

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Options, Refusal> {
    let mut options = Options {
        data: None,
        event_version: EventVersion::V2,
        table: "tenancy".to_owned(),
        settings: BTreeMap::new(),
        empty: false,
        release: false,
        json: false,
    };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = |option| arguments.next().ok_or(Refusal::NoValue(option));
        match argument.as_str() {
            "--data" => options.data = Some(value("--data")?.into()),
            "--event-version" => {
                let text = value("--event-version")?;
                options.event_version = match text.as_str() {
                    "1" => EventVersion::V1,
                    "2" => EventVersion::V2,
                    "3" => EventVersion::V3,
                    _ => return Err(Refusal::BadValue("--event-version", text)),
                };
            }
            "--table" => options.table = value("--table")?,
            "--set" => {
                let text = value("--set")?;
                let Some((name, setting)) = text.split_once('=') else {
                    return Err(Refusal::BadValue("--set", text));
                };
                options.settings.insert(name.to_owned(), setting.to_owned());
            }
            "--empty" => options.empty = true,
            "--release" => options.release = true,
            "--json" => options.json = true,
            "-h" | "--help" => return Err(Refusal::Help),
            _ => return Err(Refusal::Unknown(argument)),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, Refusal> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read() {
        let options = parsed("--data t.db --event-version 3 --set MODE=observe --json").unwrap();

        assert_eq!(options.data, Some(PathBuf::from("t.db")));
        assert_eq!(options.event_version, EventVersion::V3);
        assert_eq!(options.settings["MODE"], "observe");
        assert!(options.json && !options.release);
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let rows = [
            ("--port 1", "unknown argument `--port`; try --help"),
            ("--data", "--data needs a value; try --help"),
            ("--event-version 4", "--event-version does not take `4`; try --help"),
            ("--set MODE", "--set does not take `MODE`; try --help"),
        ];

        for (line, message) in rows {
            assert_eq!(parsed(line).unwrap_err().to_string(), message, "{line}");
        }
    }
}
