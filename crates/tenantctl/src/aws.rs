//! AWS as every AWS tool finds it: profiles, SSO, roles, environment variables, `--profile`, `--region`,
//! `--endpoint-url`.

use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{
    ProfileFileCredentialsProvider, ProfileFileLoadError, ProfileFileRegionProvider, ProfileSet,
};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};

use crate::credentials::{self, Signer, Source};
use crate::failure::{self, Failure};
use crate::options::AwsOptions;
use crate::trust;

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

/// What the options, the environment and the profile say of AWS.
#[derive(Debug)]
pub(crate) struct Aws {
    /// What every client is made from.
    pub(crate) sdk: SdkConfig,
    /// Who signs its requests.
    pub(crate) signer: Signer,
}

/// Loads what the options, the environment and the profile say. Nothing is called before the first request.
pub(crate) async fn load(options: &AwsOptions) -> Result<Aws, Failure> {
    let profiles = credentials::profiles(&Fs::real(), &Env::real(), options.profile.clone()).await;
    let source = source(options, profiles.as_ref())?;
    let tls = trusted(profiles.as_ref().ok())?;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client(&tls))
        .identity_cache(IdentityCache::lazy().load_timeout(credentials::TIMEOUT + CONNECT_TIMEOUT).build())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_max_backoff(MAX_BACKOFF))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(OPERATION_TIMEOUT)
                .build(),
        );
    if let Some(profile) = &options.profile {
        let provider = of_profile(profile, options, http_client(&tls)).await;
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let sdk = loader.load().await;
    let provider = sdk.credentials_provider().ok_or_else(|| Failure::failed("the SDK has no credentials"))?;
    let signer = Signer::new(source, provider);
    let sdk = sdk.into_builder().credentials_provider(SharedCredentialsProvider::new(signer.clone())).build();
    Ok(Aws { sdk, signer })
}

/// Where the credentials come from. A profile that is named with `--profile` comes before keys in the environment.
fn source(
    options: &AwsOptions,
    profiles: Result<&ProfileSet, &ProfileFileLoadError>,
) -> Result<Source, Failure> {
    let secret = variable("AWS_SECRET_ACCESS_KEY").or_else(|| variable("SECRET_ACCESS_KEY"));
    if options.profile.is_none() && variable("AWS_ACCESS_KEY_ID").is_some() && secret.is_some() {
        return Ok(Source::Environment);
    }
    let profiles = profiles.map_err(|error| {
        Failure::usage(format!("the files in ~/.aws cannot be read: {}", failure::chain(error)))
    })?;
    let is_named = options.profile.is_some() || variable("AWS_PROFILE").is_some();
    Source::of_profile(profiles, profiles.selected_profile(), is_named)
        .map_err(|unsigned| Failure::unsigned(&unsigned))
}

/// Which certificate authorities are trusted.
fn trusted(profiles: Option<&ProfileSet>) -> Result<TlsContext, Failure> {
    if let Some(path) = variable("AWS_CA_BUNDLE") {
        return trust::read("AWS_CA_BUNDLE", &path);
    }
    match profiles.and_then(|profiles| profiles.get("ca_bundle")) {
        Some(path) => trust::read("ca_bundle of the profile", path),
        None => Ok(TlsContext::default()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the variables of every AWS tool")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The credentials of a profile, before keys that are in the environment, as the AWS CLI has it: who names a profile means
/// its account and no other.
async fn of_profile(
    name: &str,
    options: &AwsOptions,
    http_client: SharedHttpClient,
) -> ProfileFileCredentialsProvider {
    let settings = ProviderConfig::without_region().with_http_client(http_client);
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
fn http_client(tls: &TlsContext) -> SharedHttpClient {
    let tls = tls.clone();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    })
}

/// What a local table needs: nothing of AWS, and no credentials that could be used there.
pub(crate) fn local() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("local"))
        .credentials_provider(SharedCredentialsProvider::new(aws_sdk_dynamodb::config::Credentials::new(
            "local", "local", None, None, "--local",
        )))
        .http_client(Builder::new().build_http())
        .retry_config(RetryConfig::standard())
        .sleep_impl(aws_sdk_dynamodb::config::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .timeout_config(TimeoutConfig::builder().operation_timeout(OPERATION_TIMEOUT).build())
        .build()
}
