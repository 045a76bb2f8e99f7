//! Cognito post-confirmation trigger. The only file that knows both ports and adapters; a wrong setting fails here, at
//! cold start, and not at the first sign-up.

#![expect(clippy::disallowed_methods, reason = "the environment and the clock enter the program here")]

use std::time::SystemTime;

use cognito_trigger::{logging, serve};
use post_confirmation::{FunctionConfig, PostConfirmation};
use tenancy_aws::{AwsClients, CognitoUsers, DynamoStore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    // A value that is not UTF-8 must not pass for one that is not set.
    let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    logging::init(lookup("AWS_LAMBDA_LOG_FORMAT").as_deref(), lookup("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let config = match FunctionConfig::read(&lookup) {
        Ok(config) => config,
        Err(error) => return logging::refuse_start(&error),
    };
    let clients = AwsClients::new(config.aws);
    let store = DynamoStore::new(clients.dynamodb(), config.table);
    let users = CognitoUsers::new(clients.cognito(), config.trigger.tenant_attribute.clone());
    store.warm_up().await;
    let trigger = PostConfirmation::new(config.trigger, store, users);
    let function = lookup("AWS_LAMBDA_FUNCTION_NAME").filter(|name| !name.is_empty());
    let function = function.as_deref().unwrap_or("post-confirmation");
    logging::exit(serve(function, &trigger, SystemTime::now).await)
}
