//! Both SDK clients, put together by hand: the default loader looks for profiles, containers and instance metadata, none
//! of which a Lambda function has, and every cold start would pay for it.

use std::time::Duration;

use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

/// Longest time to get a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Longest time of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(700);

/// Longest time of one operation, its attempts and the waits between them included. Cognito gives a trigger 5 s
/// (developer guide, "Customizing user pool workflows with Lambda triggers").
const OPERATION_TIMEOUT: Duration = Duration::from_millis(1_800);

/// Attempts of one operation: two failures in a row are not seen.
const MAX_ATTEMPTS: u32 = 3;

/// Longest wait before the second attempt, doubled after it; each wait is a random part of it. The SDK's own 1 s would
/// make a connection that went stale while the environment was frozen, which is routine, cost up to a second.
const INITIAL_BACKOFF: Duration = Duration::from_millis(15);

/// Longest wait between any two attempts.
const MAX_BACKOFF: Duration = Duration::from_millis(200);

/// Where AWS is, and as whom to call it: the SDK's own environment variables.
#[derive(Clone)]
pub struct AwsSettings {
    region: Region,
    credentials: Credentials,
    dynamodb_endpoint: Option<String>,
    cognito_endpoint: Option<String>,
    use_fips: bool,
    use_dual_stack: bool,
}

impl AwsSettings {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, which Lambda sets, and
    /// `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`,
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, through `lookup`.
    ///
    /// # Errors
    ///
    /// The variables that are missing, each in words.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let mut faults = Vec::new();
        let mut required = |name: &str| {
            lookup(name).unwrap_or_else(|| {
                faults.push(format!("{name} is not set; Lambda sets it"));
                String::new()
            })
        };
        let region = required("AWS_REGION");
        let key_id = required("AWS_ACCESS_KEY_ID");
        let secret = required("AWS_SECRET_ACCESS_KEY");
        if !faults.is_empty() {
            return Err(faults);
        }
        let everywhere = lookup("AWS_ENDPOINT_URL");
        let is_on = |name| lookup(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Ok(Self {
            region: Region::new(region),
            credentials: Credentials::new(key_id, secret, lookup("AWS_SESSION_TOKEN"), None, "Environment"),
            dynamodb_endpoint: lookup("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| everywhere.clone()),
            cognito_endpoint: lookup("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER").or(everywhere),
            use_fips: is_on("AWS_USE_FIPS_ENDPOINT"),
            use_dual_stack: is_on("AWS_USE_DUALSTACK_ENDPOINT"),
        })
    }
}

/// Builds clients that share one connection pool, one set of root certificates and one policy of timeouts and retries.
pub struct AwsClients {
    config: SdkConfig,
    dynamodb_endpoint: Option<String>,
    cognito_endpoint: Option<String>,
}

impl AwsClients {
    /// Prepares the shared parts.
    #[must_use]
    pub fn new(settings: AwsSettings) -> Self {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(settings.region)
            .use_fips(settings.use_fips)
            .use_dual_stack(settings.use_dual_stack)
            .credentials_provider(SharedCredentialsProvider::new(settings.credentials))
            .http_client(http)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .timeout_config(timeouts())
            .retry_config(retries())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            config,
            dynamodb_endpoint: settings.dynamodb_endpoint,
            cognito_endpoint: settings.cognito_endpoint,
        }
    }

    /// The client of the table.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config);
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The client of the user directory.
    #[must_use]
    pub fn cognito(&self) -> aws_sdk_cognitoidentityprovider::Client {
        let mut config = aws_sdk_cognitoidentityprovider::config::Builder::from(&self.config);
        config.set_endpoint_url(self.cognito_endpoint.clone());
        aws_sdk_cognitoidentityprovider::Client::from_conf(config.build())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(MAX_BACKOFF)
}
