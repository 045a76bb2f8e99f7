//! What a command works with: the table, the user pool, who is asking, the time, and the page.

mod advice;

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use aws_types::SdkConfig;
use serde::Serialize;
use tenancy::{PoolId, Region};
use tenancy_aws::DynamoStore;
use tenancy_aws::operator::{Change, Operator, OperatorError, PlannedWrite};
use tokio::sync::OnceCell;

use crate::aws::Aws;
use crate::failure::{self, Failure};
use crate::options::{Globals, WriteOptions};
use crate::page::{Page, Show, plain};
use crate::{aws, clock, local};

/// The table's name with `--local`, unless another is said.
const LOCAL_TABLE: &str = "tenancy";

/// What a command works with. Nothing is called, opened or served before it is needed.
#[derive(Debug)]
pub(crate) struct Context {
    globals: Globals,
    aws: OnceCell<Aws>,
    local: OnceCell<aws_sdk_dynamodb::Client>,
    is_unheard: AtomicBool,
    may_make_local: AtomicBool,
}

/// A change that was written, or, in a dry run, would have been.
#[derive(Debug)]
pub(crate) struct Applied {
    is_changed: bool,
    is_dry_run: bool,
    preview: Vec<PlannedWrite>,
}

impl Applied {
    /// Of a change that was written elsewhere.
    pub(crate) fn written() -> Self {
        Self { is_changed: true, is_dry_run: false, preview: Vec::new() }
    }

    /// Together with another change.
    pub(crate) fn add(&mut self, is_changed: bool) {
        self.is_changed |= is_changed;
    }
}

fn cognito(sdk: &SdkConfig, url: Option<String>) -> aws_sdk_cognitoidentityprovider::Client {
    let mut config = aws_sdk_cognitoidentityprovider::config::Builder::from(sdk);
    if let Some(url) = url {
        config = config.endpoint_url(url);
    }
    aws_sdk_cognitoidentityprovider::Client::from_conf(config.build())
}

/// Makes plain what is written, one whole text after the other.
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(plain(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Context {
    /// With what the command line says.
    pub(crate) fn new(globals: Globals) -> Self {
        Self {
            globals,
            aws: OnceCell::new(),
            local: OnceCell::new(),
            is_unheard: AtomicBool::new(false),
            may_make_local: AtomicBool::new(false),
        }
    }

    /// Whether the table is in a local file.
    pub(crate) fn is_local(&self) -> bool {
        self.globals.local.is_some()
    }

    /// The local file, if the table is in one that is not there yet.
    pub(crate) fn missing_local_file(&self) -> bool {
        self.globals.local.as_ref().is_some_and(|path| !path.exists())
    }

    /// From now on a local file that is not there is made.
    pub(crate) fn make_local_file(&self) {
        self.may_make_local.store(true, Ordering::Relaxed);
    }

    /// Whether the output is to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.globals.is_json()
    }

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

    pub(crate) fn table_name(&self) -> Result<String, Failure> {
        match (&self.globals.table, self.is_local()) {
            (Some(table), _) if !table.trim().is_empty() => Ok(table.clone()),
            (_, true) => Ok(LOCAL_TABLE.to_owned()),
            (_, false) => Err(Failure::usage("no table is named: give --table NAME, or set TENANCY_TABLE")
                .hint("--local FILE works on a table in a local file.")),
        }
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

    /// The table as the functions read it.
    pub(crate) async fn store(&self) -> Result<DynamoStore, Failure> {
        Ok(DynamoStore::new(self.dynamodb().await?, self.table_name()?))
    }

    /// The table, to be read.
    pub(crate) async fn reader(&self) -> Result<Operator, Failure> {
        Ok(Operator::new(self.dynamodb().await?, self.table_name()?, "nobody".to_owned()))
    }

    /// The table, to be written by who is asking.
    pub(crate) async fn writer(&self) -> Result<Operator, Failure> {
        let table = self.table_name()?;
        Ok(Operator::new(self.dynamodb().await?, table, self.actor().await?).with_clock(clock::system))
    }

    /// Who is asking: `--actor`, or the caller's AWS identity.
    async fn actor(&self) -> Result<String, Failure> {
        if let Some(actor) = self.globals.actor.as_deref().map(str::trim).filter(|actor| !actor.is_empty()) {
            // `user:` is how the functions name users.
            let is_plain = actor.chars().count() <= 256
                && plain(actor) == actor
                && !actor.contains('\n')
                && !actor.starts_with("user:");
            return if is_plain {
                Ok(actor.to_owned())
            } else {
                Err(Failure::usage(
                    "--actor must be one line of at most 256 characters, without control characters, and not begin with `user:`",
                ))
            };
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
            failure::aws("get your AWS identity for the audit log", &error)
                .or_hint("Or name yourself with --actor NAME.")
        })?;
        identity.arn.ok_or_else(|| {
            Failure::failed("AWS returned no identity for these credentials")
                .hint("Or name yourself with --actor NAME.")
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

    /// Writes `change`, or shows it, and says so. `what` is what it is about, as in "tenant `acme`"; `summary` says what
    /// is different now; `facts` are more members of the JSON document, and more lines for people.
    pub(crate) async fn write(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
        summary: &str,
        facts: impl Show,
    ) -> Result<(), Failure> {
        let applied = self.apply(operator, change, options, what).await?;
        self.say_written(&applied, summary, facts);
        Ok(())
    }

    /// Writes `change`, unless it is a dry run, and says nothing yet.
    pub(crate) async fn apply(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
    ) -> Result<Applied, Failure> {
        Ok(self.try_apply(operator, change, options, what).await?)
    }

    /// The same, for a caller that plans again when another write came first.
    pub(crate) async fn try_apply(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
    ) -> Result<Applied, OperatorError> {
        let (is_changed, preview) = (!change.is_empty(), change.preview());
        if !options.dry_run {
            operator.apply(change, what).await?;
        }
        Ok(Applied { is_changed, is_dry_run: options.dry_run, preview })
    }

    pub(crate) fn say_written(&self, applied: &Applied, summary: &str, facts: impl Show) {
        let writes =
            applied.is_dry_run.then(|| applied.preview.iter().map(crate::written::Planned::from).collect());
        self.say(&crate::written::Written {
            changed: applied.is_changed,
            dry_run: applied.is_dry_run,
            summary,
            writes,
            facts,
        });
    }

    /// Prints it on standard output, in the form that was asked for.
    pub(crate) fn say(&self, what: &(impl Show + ?Sized)) {
        if self.is_json() {
            // Not by way of a text: the document of a large pool is large.
            let mut out = BufWriter::new(Plain(anstream::stdout()));
            let printed = serde_json::to_writer_pretty(&mut out, what).map_err(io::Error::from);
            self.note_printed(printed.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()));
        } else {
            let mut page = Page::new();
            what.show(&mut page);
            self.print(page.text());
        }
    }

    /// Prints one line of JSON, for what goes on and on, or the text.
    pub(crate) fn say_line(&self, document: &impl Serialize, text: &str) {
        if self.is_json() {
            self.print(&format!("{}\n", serde_json::to_string(document).unwrap_or_default()));
        } else {
            self.print(&format!("{text}\n"));
        }
    }

    /// Whoever reads may have seen enough, or the disk may be full: the command ends with 1 then, and goes on to its end.
    pub(crate) fn print(&self, text: &str) {
        let mut out = anstream::stdout();
        self.note_printed(out.write_all(plain(text).as_bytes()).and_then(|()| out.flush()));
    }

    fn note_printed(&self, printed: io::Result<()>) {
        if let Err(error) = printed {
            self.is_unheard.store(true, Ordering::Relaxed);
            if error.kind() != io::ErrorKind::BrokenPipe {
                let _ = writeln!(anstream::stderr(), "tenantctl: could not print the answer: {error}");
            }
        }
    }

    /// Whether a part of the answer could not be printed.
    pub(crate) fn is_unheard(&self) -> bool {
        self.is_unheard.load(Ordering::Relaxed)
    }

    /// Says something on standard error that is no part of the answer.
    pub(crate) fn note(&self, text: &str) {
        let line = if self.is_json() {
            serde_json::json!({ "note": text }).to_string()
        } else {
            let style = crate::page::WARN;
            format!("{style}note{style:#}: {text}")
        };
        let _ = writeln!(anstream::stderr(), "{}", plain(&line));
    }
}
