//! Cognito pre-token-generation trigger. Invalid settings stop it at cold start, before any sign-in.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::process::ExitCode;
use std::time::SystemTime;

use cognito_trigger::TriggerFunction;
use function::metrics::Costs;
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
    let cached = CachedStore::new(store.clone(), config.cache, SystemTime::now);
    let trigger = PreTokenGeneration { config: &config, cached: &cached, store: &store };
    let costs = || {
        let ((store_calls, store_time), cache) = (store.meter().take(), cached.meter().take());
        let (cache_hits, cache_misses, stale_served) = (cache.hits, cache.misses, cache.stale);
        Costs { store_calls, store_time, cache_hits, cache_misses, stale_served }
    };
    let name = function::name(&lookup, "pre-token-generation");
    let function = TriggerFunction { name, trigger, clock: SystemTime::now, costs };
    logging::exit(run(&function, SystemTime::now).await)
}
