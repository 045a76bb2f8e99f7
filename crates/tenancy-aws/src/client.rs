//! Builds both SDK clients without the SDK's default loader. The loader looks for profiles, containers and instance
//! metadata, which a Lambda function does not have, and slows down every cold start.

use std::time::Duration;

use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::interceptors::{BeforeSerializationInterceptorContextRef, InterceptorContext};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::{
    Intercept, SharedInterceptor, disable_interceptor, dyn_dispatch_hint,
};
use aws_smithy_runtime_api::client::retries::classifiers::SharedRetryClassifier;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use crate::http::{CONNECT_TIMEOUT, Http};
use crate::sigv4::SigV4;

const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(700);

/// Longest time of one operation, including its attempts and the waits between them. Cognito gives a trigger 5 s
/// (developer guide, "Customizing user pool workflows with Lambda triggers").
const OPERATION_TIMEOUT: Duration = Duration::from_millis(1_800);

/// Attempts of one operation: callers do not notice two failures in a row.
const MAX_ATTEMPTS: u32 = 3;

/// Longest wait before the second attempt. It doubles for each further attempt; the wait is a random part of it. The SDK's
/// default is 1 s. With it, a connection that broke while the environment was frozen, which is common, would cost up to 1 s.
const INITIAL_BACKOFF: Duration = Duration::from_millis(15);

/// Longest wait between two attempts.
const MAX_BACKOFF: Duration = Duration::from_millis(200);

/// Tokens that a retry takes from the 500 of the retry quota. The quota limits the load of retries on a failing service.
const RETRY_COST: u32 = 5;

/// Tokens that a success returns. By default, the SDK returns at most one, and parallel reads lose the tokens that they took:
/// a quiet environment would use up its quota without any outage.
const SUCCESS_REWARD: f32 = 5.0;

/// Tokens that return each second, so that retries are possible again soon after an outage.
const REFILL_PER_SECOND: f32 = 10.0;

/// Region, credentials and endpoints, from the SDK's standard environment variables.
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
    /// Reads environment variables through `lookup`. Lambda sets `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`
    /// and `AWS_SESSION_TOKEN`. Optional: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_DYNAMODB`,
    /// `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
    ///
    /// # Errors
    ///
    /// One message for each variable that is missing or malformed.
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
        let is_region = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_region {
            faults.push("AWS_REGION is malformed".to_owned());
        }
        let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        for name in
            ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"]
        {
            if lookup(name).is_some_and(|url| !is_url(&url)) {
                faults.push(format!("{name} must begin with http:// or https://"));
            }
        }
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

/// Builds clients that share one connection pool, one set of root certificates, and the same timeouts and retries.
pub struct AwsClients {
    config: SdkConfig,
    retry_partition: RetryPartition,
    dynamodb_endpoint: Option<String>,
    cognito_endpoint: Option<String>,
}

impl AwsClients {
    #[must_use]
    pub fn new(settings: AwsSettings) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(settings.region)
            .use_fips(settings.use_fips)
            .use_dual_stack(settings.use_dual_stack)
            .credentials_provider(SharedCredentialsProvider::new(settings.credentials))
            .http_client(Http::new())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .timeout_config(timeouts())
            .retry_config(retries())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let quota = TokenBucket::builder()
            .retry_cost(RETRY_COST)
            .timeout_retry_cost(RETRY_COST)
            .throttling_retry_cost(RETRY_COST)
            .success_reward(SUCCESS_REWARD)
            .refill_rate(REFILL_PER_SECOND)
            .build();
        Self {
            config,
            retry_partition: RetryPartition::custom("tenancy").token_bucket(quota).build(),
            dynamodb_endpoint: settings.dynamodb_endpoint,
            cognito_endpoint: settings.cognito_endpoint,
        }
    }

    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config);
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        config.set_retry_partition(Some(self.retry_partition.clone()));
        config.push_retry_classifier(SharedRetryClassifier::new(UnreadableAnswers));
        config.push_interceptor(SharedInterceptor::permanent(NoUserAgent));
        config = config.push_auth_scheme(SigV4::default());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    #[must_use]
    pub fn cognito(&self) -> aws_sdk_cognitoidentityprovider::Client {
        let mut config = aws_sdk_cognitoidentityprovider::config::Builder::from(&self.config);
        config.set_endpoint_url(self.cognito_endpoint.clone());
        config.set_retry_partition(Some(self.retry_partition.clone()));
        config.push_retry_classifier(SharedRetryClassifier::new(UnreadableAnswers));
        config.push_interceptor(SharedInterceptor::permanent(NoUserAgent));
        config = config.push_auth_scheme(SigV4::default());
        aws_sdk_cognitoidentityprovider::Client::from_conf(config.build())
    }
}

/// Switches off the SDK's user agent: it is put together anew for each call, and a signed copy of it is sent too.
/// `http.rs` sends a short one instead.
#[derive(Debug)]
struct NoUserAgent;

#[dyn_dispatch_hint]
impl Intercept for NoUserAgent {
    fn name(&self) -> &'static str {
        "no user agent"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let off = disable_interceptor::<UserAgentInterceptor>("it is put together anew for each call");
        config.interceptor_state().store_put(off);
        Ok(())
    }
}

/// Retries a call whose answer has a success status and cannot be parsed. By default, the SDK does not retry it.
#[derive(Debug)]
struct UnreadableAnswers;

impl ClassifyRetry for UnreadableAnswers {
    fn name(&self) -> &'static str {
        "unreadable answers"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let is_success = context.response().is_some_and(|response| response.status().is_success());
        match context.output_or_error() {
            Some(Err(_)) if is_success => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }
}

/// Waits a random part of `longest` (full jitter), with the timer of `client`: a test that replaces the timer controls the
/// wait.
pub(crate) async fn wait(client: &aws_sdk_dynamodb::Client, longest: Duration) {
    let part = longest.mul_f64(fastrand::f64());
    match client.config().sleep_impl() {
        Some(timer) => timer.sleep(part).await,
        None => tokio::time::sleep(part).await,
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
