//! AWS as every AWS tool finds it: profiles, SSO, roles, environment variables, `--profile`, `--region`,
//! `--endpoint-url`.

use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use crate::cli::AwsOptions;

/// Longest time of one attempt of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time of one call, its attempts and the waits between them included.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(1);

/// Longest time to get a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts of one call; throttling counts as a failure of one.
const MAX_ATTEMPTS: u32 = 5;

/// Longest wait between two attempts: somebody is waiting.
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// Loads what the options, the environment and the profile say. Nothing is called before the first request.
pub async fn load(options: &AwsOptions) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_max_backoff(MAX_BACKOFF))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(OPERATION_TIMEOUT)
                .build(),
        );
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile).credentials_provider(of_profile(profile, options).await);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// The credentials of a profile, before keys that are in the environment, as the AWS CLI has it: who names a profile means
/// its account and no other.
async fn of_profile(name: &str, options: &AwsOptions) -> ProfileFileCredentialsProvider {
    let settings = ProviderConfig::without_region().with_http_client(http_client());
    let said = options.region.clone().map(Region::new);
    let of_profile = ProfileFileRegionProvider::builder().configure(&settings).profile_name(name).build();
    let region = RegionProviderChain::first_try(said)
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(of_profile)
        .region()
        .await;
    let settings = settings.with_region(region);
    ProfileFileCredentialsProvider::builder().configure(&settings).profile_name(name).build()
}

/// One that goes through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, as every AWS tool does.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    })
}

/// What a local table needs: nothing of AWS, and no credentials that could be used there.
#[must_use]
pub fn local() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("local"))
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(
            aws_sdk_dynamodb::config::Credentials::new("local", "local", None, None, "--local"),
        ))
        .http_client(Builder::new().build_http())
        .retry_config(RetryConfig::standard())
        .sleep_impl(aws_sdk_dynamodb::config::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .timeout_config(TimeoutConfig::builder().operation_timeout(OPERATION_TIMEOUT).build())
        .build()
}
