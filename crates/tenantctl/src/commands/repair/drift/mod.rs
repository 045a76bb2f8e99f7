//! `repair drift`: a pool and the table are compared, user by user. The table is right where the two differ, but for users
//! who are gone, and for what only a person can decide.

pub(crate) mod finding;
pub(crate) mod judge;
pub(crate) mod mend;
pub(crate) mod page;
pub(crate) mod scan;

use clap::Args;
use tenancy::Pool;

use super::attribute::AttributeOption;
use super::pool_users::PoolUsers;
use super::stop::Stop;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::options::{ApplyOptions, PoolOption};
use crate::{clock, console};

/// What there is more to know.
pub(crate) const AFTER_HELP: &str = "\
Reports users of the pool who belong to no tenant, members who are not in the pool any more, stamps that are not what \
they should be, default tenants that give no token, memberships of tenants that do not exist, and damaged items. With \
--apply it writes or deletes stamps, removes the memberships of users who are gone, and forgets defaults in a tenant of which \
the user was never a member. You must decide the rest yourself.\n\n\
A stamp should name the user's default tenant: the one in the profile, or, without one, that of the membership joined \
first. When the user has lost that tenant, the stamp should name the one that the next sign-in falls back to; without \
another there should be no stamp. A default that was lost, or that is suspended, is only reported: the next sign-in moves \
it.\n\n\
Needs cognito-idp:ListUsers and cognito-idp:DescribeUserPool on the pool, and lambda:GetFunctionConfiguration on its \
pre-token-generation function, for POOL_TENANT; with --apply also \
cognito-idp:AdminUpdateUserAttributes and cognito-idp:AdminDeleteUserAttributes. Exit code 4: there is drift, or, with \
--apply, some is left. Exit code 130: ctrl-c stopped it.";

/// What it takes.
#[derive(Args, Debug)]
pub(crate) struct DriftOptions {
    #[command(flatten)]
    pub(crate) pool: PoolOption,
    /// Maximum number of users to write per second, 1 to 20
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) rate: u32,
    /// Do not count users who were never a member of any tenant as drift, for example if sign-up is open
    #[arg(long)]
    pub(crate) allow_strangers: bool,
    /// List everything that was found, not only 20 of each kind
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) attribute: AttributeOption,
    #[command(flatten)]
    pub(crate) apply: ApplyOptions,
}

/// Compares, asks, mends.
pub(crate) async fn run(options: DriftOptions, context: &Context) -> Result<Found, Failure> {
    let DriftOptions { pool, rate, allow_strangers, all, attribute, apply } = options;
    let (pool, attribute) = (pool.user_pool_id, attribute.tenant_attribute);
    let client = context.cognito_of(&pool).await?;
    let operator = if apply.apply { context.writer().await? } else { context.reader().await? };
    let reader = PoolUsers::new(&client, attribute.clone(), rate, Stop::never());
    let mut scan = scan::scan(context, &client, &operator, &reader, &pool, &attribute).await?;
    let pool_tenant = scan.pool_tenant.take();
    if allow_strangers {
        for finding in &mut scan.findings {
            if matches!(finding.kind, finding::Kind::NoMembership { .. }) {
                finding.severity = finding::Severity::Info;
            }
        }
    }
    let mut document = page::Drift::of(scan, &pool, &attribute, all);
    if apply.apply && document.mendable > 0 {
        console::confirm(&document.question(rate), apply.yes)?;
        let stop = Stop::on_ctrl_c();
        let pools = PoolUsers::new(&client, attribute, rate, stop.clone());
        let of_pool = Pool { id: &pool, tenant: pool_tenant.as_ref() };
        let mender =
            mend::Mender { operator: &operator, pools: &pools, pool: of_pool, clock: &|| clock::now() };
        let outcome = mender.mend(&mut document.findings, &stop).await;
        (document.applied, document.result) = (true, Some(outcome));
    }
    context.say(&document);
    let sign_in = document.result.as_ref().and_then(|outcome| outcome.sign_in);
    if let Some(advice) = sign_in.and_then(|meaning| context.sign_in_advice(meaning)) {
        context.note(&advice);
    }
    let is_interrupted = document.result.as_ref().is_some_and(|outcome| outcome.interrupted);
    Ok(match (is_interrupted, document.left()) {
        (true, _) => Found::Interrupted,
        (false, 0) => Found::Nothing,
        (false, _) => Found::Problems,
    })
}
