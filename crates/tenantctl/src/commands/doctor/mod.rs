//! `tenantctl doctor`: an audit of a user pool, read-only ([`pool_audit`]), and what it says.

mod list;
mod report;

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use cognito_trigger::claims::STANDARD;
use pool_audit::collect::{self, Clients, Table, Undescribed};
use pool_audit::expected::TENANT_ATTRIBUTE;
use pool_audit::{Expected, No, Read, Severity, Snapshot, Unread, incomplete, judge, rules};
use tenancy::PoolId;
use user_pool::FunctionName;

use self::list::RuleList;
use self::report::Report;
use crate::context::Context;
use crate::failure::{self, Failure, Found};
use crate::progress::Progress;

/// What whoever runs the audit must be allowed.
const PERMISSIONS: &str = "Permissions: cognito-idp:DescribeUserPool, and for the rest of the pool ListUserPoolClients, \
DescribeUserPoolClient, ListUserPoolClientSecrets, ListIdentityProviders, DescribeIdentityProvider, \
DescribeResourceServer and ListUserPoolReplicas; for the functions \
lambda:GetFunctionConfiguration, GetAlias, GetPolicy and GetFunctionConcurrency; for the table dynamodb:DescribeTable, \
DescribeTimeToLive, DescribeContinuousBackups, GetItem and Query (also on the index gsi1). doctor reports each missing \
permission.";

/// Audit a user pool: who can write the tenant attribute, which plan and event version it has, what its triggers,
/// functions, app clients and identity providers allow, and whether the table is safe.
///
/// Nothing is written, and nothing has to be installed. What could not be read is listed as not checked. Exit code 4: there
/// are findings of --fail-on or worse, or --expect-installed could not be checked. Exit code 1: the pool could not be read, or
/// the session expired before the end.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_long_help = PERMISSIONS)]
pub(crate) struct DoctorOptions {
    /// The user pool, such as eu-west-1_AbCdEf123
    #[arg(long, value_name = "ID", env = "USER_POOL_ID", required_unless_present = "list_rules")]
    user_pool_id: Option<PoolId>,
    /// Tenant attribute [default: the setting of the attached functions, or custom:tenantId]
    #[arg(long, value_name = "NAME", env = "TENANT_ATTRIBUTE", value_parser = attribute, help_heading = "What to expect")]
    tenant_attribute: Option<String>,
    /// Other attributes that users must not write, comma-separated, such as custom:role
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', value_parser = attribute, help_heading = "What to expect")]
    attributes: Vec<String>,
    /// Function expected at post-confirmation: name, name:alias or ARN
    #[arg(long, value_name = "FUNCTION", help_heading = "What to expect")]
    post_confirmation: Option<FunctionName>,
    /// Function expected at pre-token-generation
    #[arg(long, value_name = "FUNCTION", help_heading = "What to expect")]
    pre_token_generation: Option<FunctionName>,
    /// Require both triggers: a missing trigger is a high or critical finding, even if the table has no items of the pool yet.
    /// Exit with 4 if the functions, their policies or the table cannot be read
    #[arg(long, help_heading = "What to expect")]
    expect_installed: bool,
    /// Expect closed sign-up: open sign-up is a medium finding
    #[arg(long, help_heading = "What to expect")]
    invite_only: bool,
    /// Ignore a rule for the exit code; may be repeated or comma-separated
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rule_id, help_heading = "Verdict")]
    ignore: Vec<&'static str>,
    /// Exit with 4 if a finding has this severity or a higher one
    #[arg(long, value_enum, default_value_t = FailOn::Medium, help_heading = "Verdict")]
    fail_on: FailOn,
    /// List the rules that passed, and those that could not be checked, by name
    #[arg(long, short)]
    verbose: bool,
    /// List all rules and exit
    #[arg(long)]
    list_rules: bool,
}

/// From which severity on the audit fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    Info,
    Never,
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

/// An attribute's name; one without a prefix that is no standard attribute's is a custom one's.
fn attribute(raw: &str) -> Result<String, &'static str> {
    let name = raw.trim();
    if name.is_empty() {
        return Err("an attribute has a name");
    }
    if name.contains(':') || name == "sub" || STANDARD.contains(&name) {
        return Ok(name.to_owned());
    }
    Ok(format!("custom:{name}"))
}

fn rule_id(raw: &str) -> Result<&'static str, &'static str> {
    let known = rules::all().find(|rule| rule.id == raw.trim());
    known.map(|rule| rule.id).ok_or("there is no such rule; see `tenantctl doctor --list-rules`")
}

pub(crate) async fn run(options: DoctorOptions, context: &Context) -> Result<Found, Failure> {
    if options.list_rules {
        context.say(&RuleList::new());
        return Ok(Found::Nothing);
    }
    let Some(pool) = &options.user_pool_id else {
        return Err(Failure::usage("no user pool is named: give --user-pool-id ID, or set USER_POOL_ID"));
    };
    let expected = Expected {
        tenant_attribute: options.tenant_attribute.clone().unwrap_or_else(|| TENANT_ATTRIBUTE.to_owned()),
        protected: options.attributes,
        is_invite_only: options.invite_only,
        is_installed: options.expect_installed,
        post_confirmation: options.post_confirmation,
        pre_token_generation: options.pre_token_generation,
        table: context.table_name().ok(),
    };
    let mut snapshot = snapshot(context, pool, expected).await?;
    if options.tenant_attribute.is_none()
        && let Some(deployed) = snapshot.deployed_attribute().map(str::to_owned)
    {
        snapshot.expected.tenant_attribute = deployed;
    }
    let judgement = judge(&snapshot);
    let ignored: BTreeSet<&'static str> = options.ignore.into_iter().collect();
    let ended = incomplete::ended(&snapshot).map(|(unread, meaning)| {
        Failure::failed(format!("could not finish the audit: {unread}")).meant(meaning)
    });
    let mut report = Report::new(&snapshot, judgement, &ignored, options.fail_on.severity(), options.verbose);
    if let Some(failure) = &ended {
        report.fail_as_incomplete(vec![failure.to_string()]);
    } else if snapshot.expected.is_installed && options.fail_on != FailOn::Never {
        let unverified = incomplete::unverified(&snapshot).into_iter();
        report.fail_as_incomplete(
            unverified.map(|what| format!("could not check the installation: {what}")).collect(),
        );
    }
    context.say(&report);
    if let Some(failure) = ended {
        return Err(failure);
    }
    Ok(if report.has_failed() { Found::Problems } else { Found::Nothing })
}

async fn snapshot(context: &Context, pool: &PoolId, expected: Expected) -> Result<Snapshot, Failure> {
    let clients = Clients {
        cognito: context.cognito_of(pool).await?,
        lambda: context.lambda_of(pool).await.map_err(|failure| failure.to_string()),
        table: table(context, pool).await,
        watch: Box::new(|what, count| {
            // A few take no time.
            let mut progress = (count >= 20).then(|| Progress::new(what, u64::try_from(count).ok()));
            Box::new(move || progress.iter_mut().for_each(|progress| progress.advance(1)))
        }),
    };
    let described = collect::snapshot(&clients, pool, expected).await;
    described.map_err(|undescribed| match undescribed {
        Undescribed::Call(error) => failure::of(&format!("describe user pool {pool}"), &error)
            .coded("failed")
            .needs(
                "cognito-idp:DescribeUserPool on the user pool; `tenantctl doctor --help` lists all permissions",
            )
            .or_hint(context.region_hint(pool)),
        Undescribed::Empty => {
            Failure::failed(format!("the server described no user pool when it was asked for {pool}")).hint(
                "Does --endpoint-url (or AWS_ENDPOINT_URL) point at a server that plays Cognito user pools?",
            )
        }
    })
}

async fn table(context: &Context, pool: &PoolId) -> Read<Table> {
    let unread = |kind, reason| Unread { kind, reason, action: "dynamodb:DescribeTable" };
    let Ok(name) = context.table_name() else {
        let reason = "no table was named; --table NAME or TENANCY_TABLE names one".to_owned();
        return Err(unread(No::Failed, reason));
    };
    match context.dynamodb_of(pool).await {
        Ok(client) => Ok(Table { client, name }),
        Err(failure) => Err(unread(failure.meaning().map_or(No::Failed, No::from), failure.to_string())),
    }
}
