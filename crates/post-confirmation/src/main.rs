//! Cognito post-confirmation trigger. Invalid settings stop it at cold start, before any sign-up.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::process::ExitCode;
use std::time::SystemTime;

use cognito_trigger::TriggerFunction;
use function::metrics::Costs;
use function::{logging, run};
use post_confirmation::{Config, PostConfirmation};
use tenancy_aws::{AwsClients, CognitoUsers, DynamoStore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A value that is not UTF-8 must not count as missing.
    let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    logging::init(&lookup);
    let (config, table, aws) = match Config::of_function(&lookup) {
        Ok(settings) => settings,
        Err(error) => return logging::refuse_start(&error),
    };
    let clients = AwsClients::new(aws);
    let store = DynamoStore::new(clients.dynamodb(), table);
    let users = CognitoUsers::new(clients.cognito(), config.shared.tenant_attribute.clone());
    store.warm_up().await;
    let trigger = PostConfirmation { config: &config, store: &store, users: &users };
    let costs = || {
        let (store_calls, store_time) = store.meter().take();
        Costs { store_calls, store_time, ..Costs::default() }
    };
    let name = function::name(&lookup, "post-confirmation");
    let function = TriggerFunction { name, trigger, clock: SystemTime::now, costs };
    logging::exit(run(&function, SystemTime::now).await)
}
