//! What is bound to a tenant: app clients and identity providers.

pub(crate) mod client;
pub(crate) mod idp;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use clap::Args;
use tenancy::{PoolId, TenantId};
use tenancy_aws::operator::{Change, Listed, Operator, OperatorError};
use user_pool::{AwsError, Meaning};

use crate::commands::of_tenants;
use crate::context::Context;
use crate::failure::{self, Failure, Found};
use crate::listing::Entry;
use crate::options::ConfirmedWriteOptions;
use crate::written::NoFacts;

#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Only those of this tenant [default: all tenants]
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// Only those of this user pool
    #[arg(long, value_name = "ID")]
    user_pool_id: Option<PoolId>,
}

/// Lists bindings: `read` gives those of a tenant, `pool` where one is, `view` how it is shown.
async fn list<R, T: Entry>(
    options: &ListOptions,
    context: &Context,
    read: impl AsyncFn(&Operator, &TenantId) -> Result<Listed<R>, OperatorError>,
    pool: fn(&R) -> &PoolId,
    view: fn(&R) -> T,
) -> Result<Found, Failure> {
    let is_wanted = |record: &R| options.user_pool_id.as_ref().is_none_or(|wanted| wanted == pool(record));
    let view = |record: &R| is_wanted(record).then(|| view(record));
    of_tenants::list(options.tenant.as_ref(), context, read, view).await
}

/// Something of a pool that is to be bound, such as "app client" and its id.
struct Bound<'a> {
    kind: &'static str,
    id: &'a str,
    /// The name of the refusal when there is none.
    unknown: &'static str,
}

impl Bound<'_> {
    /// What the pool says of it: refused when the pool does not have it, `None` when the pool does not say, which is noted.
    fn known<T, E: ProvideErrorMetadata>(
        &self,
        pool: &PoolId,
        answer: Result<T, SdkError<E, HttpResponse>>,
        context: &Context,
    ) -> Result<Option<T>, Failure> {
        let Self { kind, id, unknown } = self;
        let error = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => AwsError::of(&error),
        };
        let what = format!("ask the pool for the {kind}");
        if error.meaning() == Meaning::NotFound {
            let failure = Failure::refused(unknown, format!("user pool {pool} has no {kind} {id}"));
            return Err(context
                .with_region_of(pool, failure)
                .and_hint("To bind it anyway, add --no-lookup."));
        }
        if error.meaning().needs_sign_in() {
            return Err(failure::of(&what, &error));
        }
        let noted = failure::of(&format!("{what}, which is bound all the same"), &error);
        context.note(&noted.to_string());
        Ok(None)
    }

    async fn write(
        &self,
        operator: &Operator,
        change: Change,
        options: ConfirmedWriteOptions,
        summary: &str,
        context: &Context,
    ) -> Result<Found, Failure> {
        let what = format!("the {}'s binding", self.kind);
        context.write(operator, change, options.write(), &what, summary, NoFacts {}).await?;
        Ok(Found::Nothing)
    }
}
