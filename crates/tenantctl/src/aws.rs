//! AWS as every AWS tool finds it: profiles, SSO, roles, environment variables, `--profile`, `--region`,
//! `--endpoint-url`.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
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
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_max_backoff(MAX_BACKOFF))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(OPERATION_TIMEOUT)
                .build(),
        );
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
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
