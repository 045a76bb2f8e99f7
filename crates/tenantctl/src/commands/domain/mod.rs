//! `tenantctl domain`: mail domains that lead to a tenant.

pub(crate) mod forbidden;

use clap::{Args, Subcommand};
use serde::Serialize;
use tenancy::{MailDomain, TenantId};
use tenancy_aws::operator::{Change, DomainRecord, Operator};

use crate::commands::of_tenants;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::listing::{Column, Entry};
use crate::moment::Moment;
use crate::options::{ConfirmedWriteOptions, TenantOption, WriteOptions};
use crate::page::or_dash;
use crate::written::NoFacts;
use crate::{clock, console};

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum DomainCommand {
    /// Lead a mail domain to a tenant, or change whether it does
    Set(SetOptions),
    /// List the mail domains
    List(ListOptions),
    /// Take a mail domain away from its tenant
    Remove(RemoveOptions),
}

/// A mail domain, and where it leads.
#[derive(Args, Debug)]
pub(crate) struct SetOptions {
    /// The domain of the tenant's e-mail addresses, such as acme.com. Only this one: subdomains are domains of their own
    domain: MailDomain,
    #[command(flatten)]
    tenant: TenantOption,
    /// Keep the domain for the tenant, and do not send its addresses there
    #[arg(long)]
    no_route: bool,
    #[command(flatten)]
    write: WriteOptions,
}

/// Which are listed.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Only those of this tenant [default: all tenants]
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
}

/// A mail domain to be taken away.
#[derive(Args, Debug)]
pub(crate) struct RemoveOptions {
    /// The mail domain
    domain: MailDomain,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

pub(crate) async fn run(command: DomainCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        DomainCommand::Set(options) => set(&options, context).await,
        DomainCommand::List(options) => {
            let read = async |operator: &Operator, tenant: &TenantId| operator.mail_domains(tenant).await;
            let view = |record: &DomainRecord| Some(DomainView::of(record));
            of_tenants::list(options.tenant.as_ref(), context, read, view).await
        }
        DomainCommand::Remove(options) => remove(&options, context).await,
    }
}

async fn set(options: &SetOptions, context: &Context) -> Result<Found, Failure> {
    let domain = &options.domain;
    forbidden::check(domain)?;
    let operator = context.writer().await?;
    let tenant = operator.tenant(&options.tenant.tenant).await?;
    let is_routed = !options.no_route;
    let change = operator.set_mail_domain(&tenant, domain, is_routed, clock::now()).await?;
    let id = &tenant.tenant.id;
    let summary = if is_routed {
        format!("The router sends addresses of {domain} to `{id}`")
    } else {
        format!("{domain} belongs to `{id}`; the router treats its addresses as unknown")
    };
    context.write(&operator, change, options.write, &what(domain), &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn remove(options: &RemoveOptions, context: &Context) -> Result<Found, Failure> {
    let (domain, write) = (&options.domain, options.write);
    let operator = context.writer().await?;
    let Some(record) = operator.mail_domain(domain).await? else {
        let summary = format!("{domain} leads to no tenant");
        context
            .write(&operator, Change::default(), write.write(), &what(domain), &summary, NoFacts {})
            .await?;
        return Ok(Found::Nothing);
    };
    let tenant = record.pointer.tenant.clone();
    if record.pointer.is_routed && !write.dry_run {
        let question = format!("The router will treat addresses of {domain} as unknown. Go on?");
        console::confirm(&question, write.yes)?;
    }
    let change = operator.remove_mail_domain(record, clock::now());
    let summary = format!("{domain} does not lead to `{tenant}` any more; members stay members");
    context.write(&operator, change, write.write(), &what(domain), &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

fn what(domain: &MailDomain) -> String {
    format!("the mail domain {domain}")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DomainView {
    domain: String,
    tenant: String,
    routed: bool,
    set_at: Option<Moment>,
}

impl DomainView {
    fn of(record: &DomainRecord) -> Self {
        Self {
            domain: record.domain.to_string(),
            tenant: record.pointer.tenant.to_string(),
            routed: record.pointer.is_routed,
            set_at: record.set_at.map(Moment),
        }
    }
}

impl Entry for DomainView {
    const NAME: &'static str = "domains";
    const NONE: &'static str = "No mail domain leads to a tenant.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("mail domain", |domain| domain.domain.clone()),
        ("tenant", |domain| domain.tenant.clone()),
        ("routed", |domain| if domain.routed { "yes" } else { "no" }.to_owned()),
        ("set", |domain| or_dash(domain.set_at.map(Moment::minute))),
    ];
}
