//! The clients of AWS's services, in the Region that was asked for, and of the table in a local file.

use std::sync::atomic::Ordering;

use aws_types::SdkConfig;
use tenancy::{PoolId, Region};

use super::Context;
use crate::aws::Aws;
use crate::failure::Failure;
use crate::{aws, local};

impl Context {
    /// What the `aws` command line has to be told so that it calls the same place: ` --profile NAME --region REGION
    /// --endpoint-url URL`, as far as they were said; else the region is `region`.
    pub(crate) fn aws_cli_options(&self, region: Option<&str>) -> String {
        let said = &self.globals.aws;
        [
            ("--profile", said.profile.as_deref()),
            ("--region", said.region.as_deref().or(region)),
            ("--endpoint-url", said.endpoint_url.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!(" {name} {}", user_pool::words::shell_word(value?))))
        .collect()
    }

    /// The client of the table.
    pub(crate) async fn dynamodb(&self) -> Result<aws_sdk_dynamodb::Client, Failure> {
        let Some(path) = &self.globals.local else {
            let sdk = self.sdk().await?;
            let mut config = aws_sdk_dynamodb::config::Builder::from(sdk);
            if let Some(url) = &self.globals.aws.endpoint_url {
                config = config.endpoint_url(url);
            }
            return Ok(aws_sdk_dynamodb::Client::from_conf(config.build()));
        };
        let client = self.local.get_or_try_init(|| async {
            let is_new = !path.exists();
            if is_new && !self.may_make_local.load(Ordering::Relaxed) {
                return Err(Failure::failed(format!("there is no file {}", path.display()))
                    .hint("Create it: run `tenantctl table create` with the same --local."));
            }
            let url = local::serve(path).await?;
            let config = aws_sdk_dynamodb::config::Builder::from(&aws::local()).endpoint_url(url);
            Ok::<_, Failure>(aws_sdk_dynamodb::Client::from_conf(config.build()))
        });
        client.await.cloned()
    }

    /// The client of user pools, in the region of `pool` when none was said: a pool's id begins with it. With `--local` only
    /// when an endpoint is said: a local table has no pool on AWS.
    pub(crate) async fn cognito_of(
        &self,
        pool: &PoolId,
    ) -> Result<aws_sdk_cognitoidentityprovider::Client, Failure> {
        let url = self.endpoint("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER");
        if self.is_local() && url.is_none() {
            return Err(Failure::usage("--local has no user pool").hint(
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER points at one, such as that of `cargo dev-stack`.",
            ));
        }
        Ok(cognito(&self.sdk_of(pool).await?, url))
    }

    /// The client of user pools in `region`, whatever Region the command line names: cells can be in several.
    pub(crate) async fn cognito_in(
        &self,
        region: &Region,
    ) -> Result<aws_sdk_cognitoidentityprovider::Client, Failure> {
        let url = self.endpoint("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER");
        Ok(cognito(&self.sdk_in(region).await?, url))
    }

    /// The same for Lambda's control plane.
    pub(crate) async fn lambda_in(&self, region: &Region) -> Result<aws_sdk_lambda::Client, Failure> {
        self.lambda_with(&self.sdk_in(region).await?)
    }

    async fn sdk_in(&self, region: &Region) -> Result<SdkConfig, Failure> {
        let region = aws_types::region::Region::new(region.to_string());
        Ok(self.aws().await?.sdk.clone().into_builder().region(region).build())
    }

    /// Whether there is a user pool to ask.
    pub(crate) fn has_cognito(&self) -> bool {
        !self.is_local() || self.endpoint("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER").is_some()
    }

    /// With `--local`, where a service is said to be: `--endpoint-url`, or else the variable of the service, or that of all.
    /// Without it the SDK knows, and it is `--endpoint-url` alone.
    #[expect(clippy::disallowed_methods, reason = "the SDK's own variables")]
    fn endpoint(&self, variable: &str) -> Option<String> {
        let said = self.globals.aws.endpoint_url.clone();
        if !self.is_local() {
            return said;
        }
        let of = |name: &str| std::env::var(name).ok().filter(|url| !url.trim().is_empty());
        said.or_else(|| of(variable)).or_else(|| of("AWS_ENDPOINT_URL"))
    }

    /// The client of Lambda's control plane. With `--local` only when an endpoint is said.
    pub(crate) async fn lambda(&self) -> Result<aws_sdk_lambda::Client, Failure> {
        self.lambda_with(self.sdk().await?)
    }

    /// The client of Lambda's control plane, in the region of `pool` when none was said. With `--local` only when an endpoint
    /// is said.
    pub(crate) async fn lambda_of(&self, pool: &PoolId) -> Result<aws_sdk_lambda::Client, Failure> {
        self.lambda_with(&self.sdk_of(pool).await?)
    }

    fn lambda_with(&self, sdk: &SdkConfig) -> Result<aws_sdk_lambda::Client, Failure> {
        let url = self.endpoint("AWS_ENDPOINT_URL_LAMBDA");
        if self.is_local() && url.is_none() {
            return Err(Failure::usage("with --local there is no Lambda to ask")
                .hint("AWS_ENDPOINT_URL_LAMBDA points at one, such as that of `cargo dev-stack`."));
        }
        let mut config = aws_sdk_lambda::config::Builder::from(sdk);
        if let Some(url) = url {
            config = config.endpoint_url(url);
        }
        Ok(aws_sdk_lambda::Client::from_conf(config.build()))
    }

    /// The client of the table, in the region of `pool` when none was said.
    pub(crate) async fn dynamodb_of(&self, pool: &PoolId) -> Result<aws_sdk_dynamodb::Client, Failure> {
        if self.is_local() {
            return self.dynamodb().await;
        }
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.sdk_of(pool).await?);
        if let Some(url) = &self.globals.aws.endpoint_url {
            config = config.endpoint_url(url);
        }
        Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
    }

    async fn aws(&self) -> Result<&Aws, Failure> {
        self.aws.get_or_try_init(|| aws::load(&self.globals.aws)).await
    }

    async fn sdk_of(&self, pool: &PoolId) -> Result<SdkConfig, Failure> {
        let sdk = &self.aws().await?.sdk;
        Ok(match (sdk.region(), pool.as_str().split_once('_')) {
            (None, Some((region, _))) => {
                sdk.clone().into_builder().region(aws_types::region::Region::new(region.to_owned())).build()
            }
            _ => sdk.clone(),
        })
    }

    /// What the environment and the profile say of AWS.
    pub(crate) async fn sdk(&self) -> Result<&SdkConfig, Failure> {
        let sdk = &self.aws().await?.sdk;
        if sdk.region().is_none() {
            return Err(Failure::usage(
                "which region? Give --region, or set AWS_REGION or a profile's region",
            ));
        }
        Ok(sdk)
    }
}

fn cognito(sdk: &SdkConfig, url: Option<String>) -> aws_sdk_cognitoidentityprovider::Client {
    let mut config = aws_sdk_cognitoidentityprovider::config::Builder::from(sdk);
    if let Some(url) = url {
        config = config.endpoint_url(url);
    }
    aws_sdk_cognitoidentityprovider::Client::from_conf(config.build())
}
