//! Cognito pre-token-generation trigger. Invalid settings stop it at cold start, before any sign-in.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::process::ExitCode;
use std::time::SystemTime;

use cognito_trigger::TriggerFunction;
use function::{logging, run};
use pre_token_generation::{Config, PreTokenGeneration};
use tenancy_aws::{AwsClients, CachedStore, DynamoStore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A value that is not UTF-8 must not count as missing.
    let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    logging::init(&lookup);
    let (config, table, aws) = match Config::of_function(&lookup) {
        Ok(settings) => settings,
        Err(error) => return logging::refuse_start(&error),
    };
    let store = DynamoStore::new(AwsClients::new(aws).dynamodb(), table);
    store.warm_up().await;
    let store = CachedStore::new(store, config.cache, SystemTime::now);
    let trigger = PreTokenGeneration { config, store };
    let name = function::name(&lookup, "pre-token-generation");
    let function = TriggerFunction { name, trigger, clock: SystemTime::now };
    logging::exit(run(&function, SystemTime::now).await)
}
