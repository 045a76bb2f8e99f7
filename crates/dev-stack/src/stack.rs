//! The services as one thing to start and stop.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::{Cognito, DevStackError, Iam, Lambda, Sts, cognito, dynamodb, iam, lambda, sts};

/// How long [`DevStack::stop`] waits for requests that are still running.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
pub struct StackOptions {
    /// Region in pool ids, ARNs and events. Default `eu-west-1`.
    pub region: String,
    /// File of the table store. Cognito keeps its pools, app clients, users, refresh tokens and signing keys beside it, in
    /// `<file>.cognito.json`, which holds passwords as they are. `None` keeps everything in memory.
    pub data: Option<PathBuf>,
    /// How long Cognito waits for one attempt of a trigger. Default 5 s, as AWS; tests set less.
    pub trigger_timeout: Duration,
    /// Port of Cognito; `DynamoDB`, Lambda, STS and IAM take the four ports after it, in this order. `None` lets the
    /// system choose all five.
    pub port: Option<u16>,
    /// Also prints what the functions write to this process's standard error.
    pub echo_logs: bool,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            region: "eu-west-1".to_owned(),
            data: None,
            trigger_timeout: cognito::TRIGGER_TIMEOUT,
            port: None,
            echo_logs: false,
        }
    }
}

/// Base URLs, without a slash at the end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoints {
    /// For `AWS_ENDPOINT_URL_DYNAMODB`.
    pub dynamodb: String,
    /// For `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`; issuers and key sets are below it.
    pub cognito: String,
    /// For `AWS_ENDPOINT_URL_LAMBDA`: functions, aliases, policies, Invoke.
    pub lambda: String,
    /// For `AWS_ENDPOINT_URL_STS`.
    pub sts: String,
    /// For `AWS_ENDPOINT_URL_IAM`: roles.
    pub iam: String,
}

impl Endpoints {
    /// The environment variables that point an AWS SDK at this stack.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb),
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &self.cognito),
            ("AWS_ENDPOINT_URL_LAMBDA", &self.lambda),
            ("AWS_ENDPOINT_URL_STS", &self.sts),
            ("AWS_ENDPOINT_URL_IAM", &self.iam),
        ]
        .into_iter()
        .map(|(name, url)| (name.to_owned(), url.clone()))
        .collect()
    }
}

/// A running stack. Dropping it kills the functions and stops the servers; [`DevStack::stop`] also waits.
#[derive(Debug)]
pub struct DevStack {
    endpoints: Endpoints,
    lambda: Lambda,
    cognito: Cognito,
    sts: Sts,
    iam: Iam,
    shutdown: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

impl DevStack {
    /// Starts all services; no function, pool or table exists yet.
    ///
    /// # Errors
    ///
    /// [`DevStackError`] when there is no port, the table store cannot be opened, or no key can be made.
    pub async fn start(options: StackOptions) -> Result<Self, DevStackError> {
        let (shutdown, stopping) = watch::channel(false);
        let port = |place: u16| options.port.map(|first| first.saturating_add(place));
        let (dynamodb, tables) = dynamodb::start(port(1), options.data.as_deref(), stopping.clone()).await?;
        let (iam, roles) = iam::start(port(4), stopping.clone()).await?;
        let (region, echo) = (options.region.clone(), options.echo_logs);
        let (lambda, invoke_api) =
            lambda::start(port(2), region, echo, iam.clone(), stopping.clone()).await?;
        let (sts, identities) = sts::start(port(3), stopping.clone()).await?;
        let (data, timeout) = (options.data.as_deref(), options.trigger_timeout);
        let (cognito, user_pools) =
            cognito::start(port(0), data, options.region, timeout, lambda.clone(), stopping).await?;
        let endpoints = Endpoints {
            dynamodb,
            cognito: cognito.url().to_owned(),
            lambda: lambda.url().to_owned(),
            sts: sts.url().to_owned(),
            iam: iam.url().to_owned(),
        };
        lambda.surround(endpoints.environment());
        let servers = vec![tables, invoke_api, identities, roles, user_pools];
        Ok(Self { endpoints, lambda, cognito, sts, iam, shutdown, servers })
    }

    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    #[must_use]
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    #[must_use]
    pub fn cognito(&self) -> &Cognito {
        &self.cognito
    }

    #[must_use]
    pub fn sts(&self) -> &Sts {
        &self.sts
    }

    #[must_use]
    pub fn iam(&self) -> &Iam {
        &self.iam
    }

    /// Kills the functions, stops the servers and waits for them, 2 s at most.
    pub async fn stop(mut self) {
        self.begin_stop();
        for mut server in std::mem::take(&mut self.servers) {
            if timeout(STOP_TIMEOUT, &mut server).await.is_err() {
                server.abort();
            }
        }
    }

    fn begin_stop(&self) {
        self.shutdown.send_replace(true);
        self.lambda.stop();
        self.cognito.save();
    }
}

impl Drop for DevStack {
    fn drop(&mut self) {
        self.begin_stop();
    }
}
