//! Lambda authorizer of API Gateway. Invalid settings stop it at cold start, before any request.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::io;
use std::process::ExitCode;
use std::time::SystemTime;

use authorizer::{Authorizer, Config, Live, prefetch};
use function::metrics::Costs;
use function::{InvalidSettings, logging, run, with_causes};
use futures_util::future::join;
use tenancy_aws::{AwsClients, CachedStore, DynamoStore};
use tenant_token::{HttpsKeys, Verifier};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A value that is not UTF-8 must not count as missing.
    let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    logging::init(&lookup);
    let (config, table) = match Config::of_function(&lookup) {
        Ok(settings) => settings,
        Err(error) => return logging::refuse_start(&error),
    };
    let tls = machine_roots::look().and_then(|()| machine_roots::client_config().map_err(io::Error::other));
    let keys = tls.map(HttpsKeys::with_tls).map_err(|error| with_causes(&error));
    let verifier =
        keys.and_then(|keys| Verifier::new(config.rules.clone(), keys).map_err(|fault| fault.to_string()));
    let verifier = match verifier {
        Ok(verifier) => verifier,
        Err(fault) => return logging::refuse_start(&InvalidSettings(vec![fault])),
    };
    let store = table.map(|(table, aws)| DynamoStore::new(AwsClients::new(aws).dynamodb(), table));
    join(prefetch(&verifier, SystemTime::now()), async {
        if let Some(store) = &store {
            store.warm_up().await;
        }
    })
    .await;
    let cached = store.clone().map(|store| CachedStore::new(store, config.cache, SystemTime::now));
    let table = || cached.as_ref().zip(store.as_ref());
    let costs = || {
        let Some((cached, store)) = table() else { return Costs::default() };
        let ((store_calls, store_time), cache) = (store.meter().take(), cached.meter().take());
        let (cache_hits, cache_misses, stale_served) = (cache.hits, cache.misses, cache.stale);
        Costs { store_calls, store_time, cache_hits, cache_misses, stale_served }
    };
    let (check, clients_are_bound) = (config.live_check, config.clients_are_bound);
    let live = table().map(|(cached, store)| Live { cached, store, check, clients_are_bound });
    let function = Authorizer {
        name: function::name(&lookup, "authorizer"),
        verifier: &verifier,
        response: config.response,
        token_source: &config.token_source,
        live,
        clock: SystemTime::now,
        costs,
    };
    logging::exit(run(&function, SystemTime::now).await)
}
