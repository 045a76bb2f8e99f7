//! `tenantctl tenant`: tenants and what their roles mean.

mod end;
mod onboard;
mod own_client;
mod place;
mod view;

use clap::{Args, Subcommand, ValueEnum};
use tenancy::{
    Group, IamRoleArn, Role, RoleGrant, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier,
};
use tenancy_aws::operator::{Change, Operator, OperatorError, TenantEdit, TenantRecord};

use self::onboard::OnboardOptions;
use self::place::{CreateOptions, PlaceTenantOptions};
use self::view::{RoleSet, RolesView, TenantView, roles_of};
use crate::clock;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::issuable::FunctionSettings;
use crate::listing::Listing;
use crate::options::{ConfirmedWriteOptions, WriteOptions};
use crate::page::joined;
use crate::written::NoFacts;

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Make a tenant; where there are cells, in one of them
    Create(CreateOptions),
    /// Place a tenant without a cell in one
    Place(PlaceTenantOptions),
    /// Make a tenant with all that it needs, up to the invite of its first administrator; safe to run again
    Onboard(Box<OnboardOptions>),
    /// Show one tenant, by id or slug
    Show {
        /// The tenant's id, or its slug
        tenant: TenantId,
    },
    /// List the tenants
    List(ListOptions),
    /// Change a tenant's name for people, or its slug
    Rename(RenameOptions),
    /// Change what a tenant has bought; tokens show it within TENANT_CACHE_SECONDS (30 s by default)
    SetTier(SetTierOptions),
    /// Put a tenant into the public list of the start page, where everybody sees its name
    Publish(ResumeOptions),
    /// Take a tenant out of the public list
    Unpublish(ResumeOptions),
    /// Refuse tokens to all of a tenant's users, until `resume`
    Suspend(StatusOptions),
    /// Let a suspended tenant's users in again
    Resume(ResumeOptions),
    /// End a tenant for good; the record is kept, and the id is never used again
    Offboard(StatusOptions),
    /// What each role means in a tenant: its groups, its IAM role
    #[command(subcommand)]
    Roles(RolesCommand),
}

/// Verbs of roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RolesCommand {
    /// Show what each role means
    Show {
        /// The tenant's id
        tenant: TenantId,
    },
    /// Set the groups and the IAM role of a role
    Set(SetRoleOptions),
    /// Take a role off the list: its groups follow GROUP_FORMAT again
    Unset(UnsetRoleOptions),
}

/// Which tenants.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Only those in this status
    #[arg(long, value_enum)]
    status: Option<StatusFilter>,
    /// Only those of this tier
    #[arg(long)]
    tier: Option<TenantTier>,
}

/// A tenant's status on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum StatusFilter {
    /// Members get tokens.
    Active,
    /// Not for now.
    Suspended,
    /// Offboarded permanently.
    Offboarded,
}

/// Other names.
#[derive(Args, Debug)]
#[group(required = true, multiple = true, args = ["name", "slug"])]
pub(crate) struct RenameOptions {
    /// The tenant's id
    tenant: TenantId,
    /// The new name for people
    #[arg(long)]
    name: Option<TenantName>,
    /// The new slug; the old one is free at once
    #[arg(long)]
    slug: Option<Slug>,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// Another tier.
#[derive(Args, Debug)]
pub(crate) struct SetTierOptions {
    /// The tenant's id
    tenant: TenantId,
    /// The new tier
    tier: TenantTier,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// Another status, after a question.
#[derive(Args, Debug)]
pub(crate) struct StatusOptions {
    /// The tenant's id
    tenant: TenantId,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

/// Another status.
#[derive(Args, Debug)]
pub(crate) struct ResumeOptions {
    /// The tenant's id
    tenant: TenantId,
    #[command(flatten)]
    write: WriteOptions,
}

/// What one role means.
#[derive(Args, Debug)]
pub(crate) struct SetRoleOptions {
    /// The tenant's id
    tenant: TenantId,
    /// The role
    role: Role,
    /// Group for the tokens of members with this role; may be repeated. Replaces all groups of the role. A role without groups
    /// follows GROUP_FORMAT
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<Group>,
    /// Take the groups away
    #[arg(long, conflicts_with = "groups")]
    no_groups: bool,
    /// The IAM role for identity pools; IAM_ROLE_ALLOWLIST of the function must admit it
    #[arg(long, value_name = "ARN")]
    iam_role: Option<IamRoleArn>,
    /// Take the IAM role away
    #[arg(long, conflicts_with = "iam_role")]
    no_iam_role: bool,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// A role that is no longer listed.
#[derive(Args, Debug)]
pub(crate) struct UnsetRoleOptions {
    /// The tenant's id
    tenant: TenantId,
    /// The role
    role: Role,
    #[command(flatten)]
    write: WriteOptions,
}

pub(crate) async fn run(command: TenantCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        TenantCommand::Create(options) => place::create(options, context).await,
        TenantCommand::Place(options) => place::place(&options, context).await,
        TenantCommand::Onboard(options) => onboard::run(*options, context).await,
        TenantCommand::Show { tenant } => show(&tenant, context).await,
        TenantCommand::List(options) => list(&options, context).await,
        TenantCommand::Rename(options) => {
            let edit = TenantEdit { name: options.name, slug: options.slug, ..TenantEdit::default() };
            let edit = Edit { action: "tenant.rename", wanted: edit, functions: Some(&options.functions) };
            edit.run(&options.tenant, options.write, context).await
        }
        TenantCommand::SetTier(options) => {
            let edit = TenantEdit { tier: Some(options.tier), ..TenantEdit::default() };
            let edit = Edit { action: "tenant.set-tier", wanted: edit, functions: Some(&options.functions) };
            edit.run(&options.tenant, options.write, context).await
        }
        TenantCommand::Publish(options) => publish(&options, true, context).await,
        TenantCommand::Unpublish(options) => publish(&options, false, context).await,
        TenantCommand::Suspend(options) => end::end(&options, TenantStatus::Suspended, context).await,
        TenantCommand::Resume(options) => {
            let edit = TenantEdit { status: Some(TenantStatus::Active), ..TenantEdit::default() };
            let edit = Edit { action: "tenant.resume", wanted: edit, functions: None };
            edit.run(&options.tenant, options.write, context).await
        }
        TenantCommand::Offboard(options) => end::end(&options, TenantStatus::Offboarded, context).await,
        TenantCommand::Roles(RolesCommand::Show { tenant }) => {
            let record = context.reader().await?.tenant(&tenant).await?;
            context.say(&RolesView { tenant: tenant.to_string(), roles: roles_of(&record.tenant) });
            Ok(Found::Nothing)
        }
        TenantCommand::Roles(RolesCommand::Set(options)) => set_role(options, context).await,
        TenantCommand::Roles(RolesCommand::Unset(options)) => {
            let operator = context.writer().await?;
            let record = operator.tenant(&options.tenant).await?;
            let mut roles = record.tenant.roles.clone();
            roles.remove(&options.role);
            let edit = TenantEdit { roles: Some(roles), ..TenantEdit::default() };
            Edit { action: "tenant.roles-unset", wanted: edit, functions: None }
                .apply(&operator, &record, options.write, context)
                .await
        }
    }
}

async fn publish(options: &ResumeOptions, is_listed: bool, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let record = operator.tenant(&options.tenant).await?;
    let change = operator.publish_tenant(&record, is_listed, clock::now()).await?;
    let id = &record.tenant.id;
    let summary = if is_listed {
        format!("Tenant `{id}` is in the public list, as {}", record.tenant.name)
    } else {
        format!("Tenant `{id}` is not in the public list")
    };
    context.write(&operator, change, options.write, &format!("tenant `{id}`"), &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn show(tenant: &TenantId, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    let record = match operator.tenant(tenant).await {
        Err(unknown @ OperatorError::Refused { .. }) => {
            let slug = tenant.as_str().parse();
            let owner = match &slug {
                Ok(slug) => operator.tenant_of_slug(slug).await?,
                Err(_) => None,
            };
            match owner {
                Some(owner) => operator.tenant(&owner).await?,
                None => return Err(unknown.into()),
            }
        }
        read => read?,
    };
    context.say(&TenantView::from(&record));
    Ok(Found::Nothing)
}

async fn list(options: &ListOptions, context: &Context) -> Result<Found, Failure> {
    let wanted = |record: &TenantRecord| {
        let status = match options.status {
            None => true,
            Some(StatusFilter::Active) => record.tenant.status == TenantStatus::Active,
            Some(StatusFilter::Suspended) => record.tenant.status == TenantStatus::Suspended,
            Some(StatusFilter::Offboarded) => record.tenant.status == TenantStatus::Offboarded,
        };
        status && options.tier.as_ref().is_none_or(|tier| *tier == record.tenant.tier)
    };
    let mut listing = Listing::new(context);
    let mut has_cells = false;
    let mut pages = context.reader().await?.tenant_pages();
    while let Some(page) = listing.read(&mut pages).await? {
        if listing.rows() == 0 && !has_cells && page.iter().any(|record| record.place.cell.is_some()) {
            has_cells = true;
            for (place, column) in (4..).zip(TenantView::OF_CELLS) {
                listing.insert_column(place, column);
            }
        }
        listing.add(page.iter().filter(|record| wanted(record)).map(TenantView::from));
    }
    Ok(listing.end())
}

async fn set_role(options: SetRoleOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let record = operator.tenant(&options.tenant).await?;
    for group in &options.groups {
        if let Some(other) = other_tenant_of(group, &record, &operator).await? {
            context.note(&format!("the group `{group}` begins with the id of another tenant, `{other}`"));
        }
    }
    let mut roles = record.tenant.roles.clone();
    // What is not said stays: groups, or the IAM role.
    let before = roles.remove(&options.role).unwrap_or_default();
    let groups = if options.groups.is_empty() && !options.no_groups { before.groups } else { options.groups };
    let given = options.iam_role.map(|arn| arn.to_string());
    let iam_role = if options.no_iam_role { None } else { given.or(before.iam_role) };
    roles.insert(options.role.clone(), RoleGrant { groups, iam_role });
    let wanted = TenantEdit { roles: Some(roles), ..TenantEdit::default() };
    let after = edited(&record.tenant, &wanted);
    let edit = Edit { action: "tenant.roles-set", wanted, functions: Some(&options.functions) };
    let (change, summary) = edit.plan(&operator, &record).await?;
    let role = std::slice::from_ref(&options.role);
    let token = options.functions.check_member(&after, role)?;
    token.note(role, context);
    let what = format!("tenant `{}`", after.id);
    context.write(&operator, change, options.write, &what, &summary, RoleSet { token }).await?;
    Ok(Found::Nothing)
}

/// The other tenant whose id a group's name begins with, if there is one: a back end that takes groups apart would take
/// its users for that tenant's.
async fn other_tenant_of(
    group: &Group,
    record: &TenantRecord,
    operator: &Operator,
) -> Result<Option<TenantId>, Failure> {
    let name = group.as_str();
    for (end, _) in name.match_indices(['-', '_', ':', '.']) {
        let prefix = name.get(..end).and_then(|prefix| prefix.parse::<TenantId>().ok());
        let Some(prefix) = prefix.filter(|prefix| *prefix != record.tenant.id) else { continue };
        if record.tenant.id.as_str().starts_with(&format!("{prefix}-")) {
            continue;
        }
        if operator.tenant(&prefix).await.is_ok() {
            return Ok(Some(prefix));
        }
    }
    Ok(None)
}

/// A change of a tenant.
struct Edit<'a> {
    action: &'static str,
    wanted: TenantEdit,
    functions: Option<&'a FunctionSettings>,
}

impl Edit<'_> {
    async fn run(self, tenant: &TenantId, write: WriteOptions, context: &Context) -> Result<Found, Failure> {
        let operator = context.writer().await?;
        let record = operator.tenant(tenant).await?;
        self.apply(&operator, &record, write, context).await
    }

    async fn apply(
        self,
        operator: &Operator,
        record: &TenantRecord,
        write: WriteOptions,
        context: &Context,
    ) -> Result<Found, Failure> {
        let what = format!("tenant `{}`", record.tenant.id);
        let (change, summary) = self.plan(operator, record).await?;
        context.write(operator, change, write, &what, &summary, NoFacts {}).await?;
        Ok(Found::Nothing)
    }

    /// The change, and what is different afterwards in a sentence.
    async fn plan(self, operator: &Operator, record: &TenantRecord) -> Result<(Change, String), Failure> {
        let after = edited(&record.tenant, &self.wanted);
        let slug = self.wanted.slug.clone();
        if let Some(functions) = self.functions {
            functions.check_tenant(&after)?;
        }
        let id = &after.id;
        let change = operator.edit_tenant(record, self.wanted, self.action, clock::now()).await?;
        let summary = match self.action {
            "tenant.suspend" => format!("Tenant `{id}` is suspended: its users get no token"),
            "tenant.resume" => format!("Tenant `{id}` is active"),
            "tenant.offboard" => format!("Tenant `{id}` is offboarded"),
            "tenant.set-tier" => format!("Tenant `{id}` has the tier `{}`", after.tier),
            "tenant.rename" => match &slug {
                Some(slug) => format!("Tenant `{id}` is called {}, slug `{slug}`", after.name),
                None => format!("Tenant `{id}` is called {}", after.name),
            },
            _ => format!("Tenant `{id}` lists the roles {}", joined(after.roles.keys().map(Role::as_str))),
        };
        Ok((change, summary))
    }
}

fn edited(tenant: &Tenant, edit: &TenantEdit) -> Tenant {
    Tenant {
        id: tenant.id.clone(),
        name: edit.name.clone().unwrap_or_else(|| tenant.name.clone()),
        tier: edit.tier.clone().unwrap_or_else(|| tenant.tier.clone()),
        status: edit.status.unwrap_or(tenant.status),
        roles: edit.roles.clone().unwrap_or_else(|| tenant.roles.clone()),
        pools: tenant.pools.clone(),
    }
}
