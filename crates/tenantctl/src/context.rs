//! What a command works with: the table, the user pool, who is asking, the time, and the page.

use std::io::IsTerminal;
use std::time::SystemTime;

use aws_types::SdkConfig;
use serde::Serialize;
use tenancy::Timestamp;
use tenancy_aws::DynamoStore;
use tenancy_aws::operator::{Change, Operator};
use tokio::sync::OnceCell;

use crate::cli::{Globals, WriteOptions};
use crate::failure::{self, Failure};
use crate::page::{Page, Show};
use crate::{aws, local};

/// The table's name with `--local`, unless another is said.
const LOCAL_TABLE: &str = "tenancy";

/// What a command works with. Nothing is called, opened or served before it is needed.
#[derive(Debug)]
pub struct Context {
    globals: Globals,
    aws: OnceCell<SdkConfig>,
    local: OnceCell<aws_sdk_dynamodb::Client>,
}

impl Context {
    /// With what the command line says.
    #[must_use]
    pub fn new(globals: Globals) -> Self {
        Self { globals, aws: OnceCell::new(), local: OnceCell::new() }
    }

    /// Whether the table is in a local file.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.globals.local.is_some()
    }

    /// Whether the output is to be JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.globals.is_json()
    }

    /// The time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the clock enters here")]
    pub fn clock(&self) -> SystemTime {
        SystemTime::now()
    }

    /// The time, in the table's form.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from(self.clock())
    }

    /// The name of the table.
    ///
    /// # Errors
    ///
    /// [`Failure`] of usage when none was said.
    pub fn table_name(&self) -> Result<String, Failure> {
        match (&self.globals.table, self.is_local()) {
            (Some(table), _) if !table.trim().is_empty() => Ok(table.clone()),
            (_, true) => Ok(LOCAL_TABLE.to_owned()),
            (_, false) => Err(Failure::usage("which table? Give --table NAME, or set TENANCY_TABLE")
                .hint("--local FILE works on a table in a local file.")),
        }
    }

    /// The client of the table.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the local file cannot be opened.
    pub async fn dynamodb(&self) -> Result<aws_sdk_dynamodb::Client, Failure> {
        let Some(path) = &self.globals.local else {
            let sdk = self.sdk().await?;
            let mut config = aws_sdk_dynamodb::config::Builder::from(sdk);
            if let Some(url) = &self.globals.aws.endpoint_url {
                config = config.endpoint_url(url);
            }
            return Ok(aws_sdk_dynamodb::Client::from_conf(config.build()));
        };
        let client = self.local.get_or_try_init(|| async {
            let url = local::serve(path).await?;
            let config = aws_sdk_dynamodb::config::Builder::from(&aws::local()).endpoint_url(url);
            Ok::<_, Failure>(aws_sdk_dynamodb::Client::from_conf(config.build()))
        });
        client.await.cloned()
    }

    /// The client of user pools. With `--local` only when an endpoint is said: a local table has no pool on AWS.
    ///
    /// # Errors
    ///
    /// [`Failure`] of usage when there is no user pool to call.
    pub async fn cognito(&self) -> Result<aws_sdk_cognitoidentityprovider::Client, Failure> {
        if !self.has_cognito() {
            return Err(Failure::usage("with --local there is no user pool to ask").hint(
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER points at one, such as that of `cargo dev-stack`.",
            ));
        }
        let mut config = aws_sdk_cognitoidentityprovider::config::Builder::from(self.sdk().await?);
        if let Some(url) = &self.globals.aws.endpoint_url {
            config = config.endpoint_url(url);
        }
        Ok(aws_sdk_cognitoidentityprovider::Client::from_conf(config.build()))
    }

    /// Whether there is a user pool to ask.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the SDK's own variables")]
    pub fn has_cognito(&self) -> bool {
        let is_set = |name: &str| std::env::var(name).is_ok_and(|url| !url.is_empty());
        !self.is_local()
            || self.globals.aws.endpoint_url.is_some()
            || is_set("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
            || is_set("AWS_ENDPOINT_URL")
    }

    /// The client of Lambda's control plane.
    ///
    /// # Errors
    ///
    /// [`Failure`] when there is no region.
    pub async fn lambda(&self) -> Result<aws_sdk_lambda::Client, Failure> {
        let mut config = aws_sdk_lambda::config::Builder::from(self.sdk().await?);
        if let Some(url) = &self.globals.aws.endpoint_url {
            config = config.endpoint_url(url);
        }
        Ok(aws_sdk_lambda::Client::from_conf(config.build()))
    }

    /// The table as the functions read it.
    ///
    /// # Errors
    ///
    /// [`Failure`] when no table was said, or the local file cannot be opened.
    pub async fn store(&self) -> Result<DynamoStore, Failure> {
        Ok(DynamoStore::new(self.dynamodb().await?, self.table_name()?))
    }

    /// The table, to be read.
    ///
    /// # Errors
    ///
    /// As [`Context::store`].
    pub async fn reader(&self) -> Result<Operator, Failure> {
        Ok(Operator::new(self.dynamodb().await?, self.table_name()?, "nobody".to_owned()))
    }

    /// The table, to be written by who is asking.
    ///
    /// # Errors
    ///
    /// As [`Context::store`]; also when AWS does not say who is asking.
    pub async fn writer(&self) -> Result<Operator, Failure> {
        let table = self.table_name()?;
        Ok(Operator::new(self.dynamodb().await?, table, self.actor().await?))
    }

    /// Who is asking: `--actor`, or the caller's AWS identity.
    async fn actor(&self) -> Result<String, Failure> {
        if let Some(actor) = self.globals.actor.as_deref().map(str::trim).filter(|actor| !actor.is_empty()) {
            return Ok(actor.to_owned());
        }
        if self.is_local() {
            #[expect(clippy::disallowed_methods, reason = "who is at this machine stands in the environment")]
            let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
            return Ok(format!("local:{}", user.as_deref().unwrap_or("unknown")));
        }
        let mut config = aws_sdk_sts::config::Builder::from(self.sdk().await?);
        if let Some(url) = &self.globals.aws.endpoint_url {
            config = config.endpoint_url(url);
        }
        let identity = aws_sdk_sts::Client::from_conf(config.build()).get_caller_identity().send().await;
        let identity = identity.map_err(|error| {
            failure::aws("find out who you are, for the audit", &error).hint("--actor NAME says it instead.")
        })?;
        identity.arn.ok_or_else(|| {
            Failure::failed("AWS did not say who you are").hint("--actor NAME says it instead.")
        })
    }

    /// What the environment and the profile say of AWS.
    ///
    /// # Errors
    ///
    /// [`Failure`] of usage when there is no region.
    pub async fn sdk(&self) -> Result<&SdkConfig, Failure> {
        let sdk = self.aws.get_or_init(|| aws::load(&self.globals.aws)).await;
        if sdk.region().is_none() {
            return Err(Failure::usage(
                "which region? Give --region, or set AWS_REGION or a profile's region",
            ));
        }
        Ok(sdk)
    }

    /// Writes `change`, or shows it, and says so. `what` is what it is about, as in "tenant `acme`"; `summary` says what
    /// is different now; `facts` are more members of the JSON document, and more lines for people.
    ///
    /// # Errors
    ///
    /// [`Failure`] when it was not written.
    pub async fn write(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
        summary: &str,
        facts: impl Show,
    ) -> Result<(), Failure> {
        let (changed, preview) = (!change.is_empty(), change.preview());
        if !options.dry_run {
            operator.apply(change, what).await?;
        }
        let writes =
            options.dry_run.then(|| preview.iter().map(crate::commands::written::Planned::from).collect());
        self.say(&crate::commands::written::Written {
            changed,
            dry_run: options.dry_run,
            summary,
            writes,
            facts,
        });
        Ok(())
    }

    /// Prints it on standard output, in the form that was asked for.
    pub fn say(&self, what: &(impl Show + ?Sized)) {
        if self.is_json() {
            // Texts, numbers and lists under fixed names: writing them cannot fail.
            anstream::println!("{}", serde_json::to_string_pretty(what).unwrap_or_default());
        } else {
            let mut page = Page::new();
            what.show(&mut page);
            anstream::print!("{}", page.text());
        }
    }

    /// Prints one line of JSON, for what goes on and on, or the text.
    pub fn say_line(&self, document: &impl Serialize, text: &str) {
        if self.is_json() {
            anstream::println!("{}", serde_json::to_string(document).unwrap_or_default());
        } else {
            anstream::println!("{text}");
        }
    }

    /// Says something on standard error that is no part of the answer.
    pub fn note(&self, text: &str) {
        let style = crate::page::WARN;
        anstream::eprintln!("{style}note{style:#}: {text}");
    }

    /// Asks, on a terminal, unless the answer was given with `--yes`.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the answer is no, or there is nobody to ask.
    pub fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Err(
                Failure::usage(format!("there is nobody to ask: {question}")).hint("--yes answers it.")
            );
        }
        let asked = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
        match asked {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::failed("nothing was done")),
            Err(error) => Err(Failure::failed(format!("could not ask: {error}"))),
        }
    }
}
