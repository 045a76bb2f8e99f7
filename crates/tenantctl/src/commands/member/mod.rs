//! `tenantctl member`: who belongs to which tenant.

mod addresses;
pub(crate) mod list;
mod lookup;
mod view;

pub(crate) use lookup::find_user;

use clap::{Args, Subcommand};
use tenancy::ports::Offers;
use tenancy::{EmailAddress, EmailHash, MembershipStatus, PoolId, Sub, TenantId, UserKey};
use tenancy_aws::operator::{InviteState, Operator, OperatorError};

use self::view::{Ended, OpenInvite, TenantStatuses, UserView};
use super::defaults::{Loss, lost_with_membership, one_sentence};
use crate::context::Context;
use crate::failure::{self, Failure, Found};
use crate::issuable::FunctionSettings;
use crate::issuable::note_unlisted_roles;
use crate::options::{ConfirmedWriteOptions, WriteOptions};
use crate::options::{RolesOption, TenantOption, not_empty};
use crate::page::role_names;
use crate::written::{NoFacts, Written};
use crate::{clock, console};
use user_pool::aws_error::AwsError;
use user_pool::users;

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// List a tenant's members
    List(list::ListOptions),
    /// Show a user and all their memberships
    Show(ShowOptions),
    /// Add a user as a member without an invite, or add a removed member again
    Add(AddOptions),
    /// Replace a member's roles
    SetRoles(SetRolesOptions),
    /// Stop a member from getting tokens for the tenant, until `resume`
    Suspend(EndOptions),
    /// Let a suspended member get tokens again
    Resume(ChangeOptions),
    /// End a membership. No invite restores it; `member add` does
    Remove(EndOptions),
    /// Set the tenant of a user's tokens when the app does not ask for one
    SetDefault(ChangeOptions),
}

/// A user.
#[derive(Args, Debug)]
pub(crate) struct UserSelection {
    /// The user: sub, username or e-mail address, looked up in the user pool. With --local: the sub
    #[arg(value_name = "USER")]
    user: String,
    /// The user pool, such as eu-west-1_AbCdEf123
    #[arg(long, value_name = "ID", env = "USER_POOL_ID")]
    user_pool_id: Option<PoolId>,
    /// USER is a sub: do not look it up. For a user who was deleted from the pool, or a pool that you cannot read
    #[arg(long)]
    no_lookup: bool,
}

/// A user to be shown.
#[derive(Args, Debug)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    user: UserSelection,
    /// A tenant of the user. With it, a sub is found without --user-pool-id
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
}

/// A new member.
#[derive(Args, Debug)]
pub(crate) struct AddOptions {
    #[command(flatten)]
    user: UserSelection,
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    roles: RolesOption,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// Other roles.
#[derive(Args, Debug)]
pub(crate) struct SetRolesOptions {
    #[command(flatten)]
    user: UserSelection,
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    roles: RolesOption,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// A membership to be changed.
#[derive(Args, Debug)]
pub(crate) struct ChangeOptions {
    #[command(flatten)]
    user: UserSelection,
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    write: WriteOptions,
}

/// A membership to be ended, for now or for good.
#[derive(Args, Debug)]
pub(crate) struct EndOptions {
    #[command(flatten)]
    user: UserSelection,
    #[command(flatten)]
    tenant: TenantOption,
    /// Also revoke the user's refresh tokens for all tenants. Access tokens stay valid until they expire
    #[arg(long)]
    sign_out: bool,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

pub(crate) async fn run(command: MemberCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        MemberCommand::List(options) => list::run(&options, context).await,
        MemberCommand::Show(options) => show(&options, context).await,
        MemberCommand::Add(options) => add(&options, context).await,
        MemberCommand::SetRoles(options) => set_roles(&options, context).await,
        MemberCommand::Suspend(options) => end(&options, MembershipStatus::Suspended, context).await,
        MemberCommand::Remove(options) => end(&options, MembershipStatus::Removed, context).await,
        MemberCommand::Resume(options) => resume(&options, context).await,
        MemberCommand::SetDefault(options) => set_default(&options, context).await,
    }
}

async fn show(options: &ShowOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    let known = match (&options.user.user_pool_id, &options.tenant) {
        (None, Some(tenant)) => Known::table_only(by_tenant(&options.user, tenant, &operator).await?),
        _ => resolve(&options.user, context).await?,
    };
    let user = operator.user(&known.user).await?;
    let mut tenants = TenantStatuses::new();
    for record in &user.memberships {
        let id = &record.membership.tenant;
        let status = match operator.tenant(id).await {
            Ok(tenant) => Some(tenant.tenant.status.name()),
            Err(OperatorError::Refused { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        tenants.insert(id.clone(), status);
    }
    let invites = match known.directory.as_ref() {
        Some(directory) => Some(open_invites(directory, &operator).await?),
        None => None,
    };
    context.say(&UserView::of(&user, known.directory.as_ref(), &tenants, invites));
    Ok(Found::Nothing)
}

/// The invites that are open for a user's address.
async fn open_invites(user: &users::PoolUser, operator: &Operator) -> Result<Vec<OpenInvite>, Failure> {
    let Some(email) = user.attribute("email").and_then(|email| email.parse::<EmailAddress>().ok()) else {
        return Ok(Vec::new());
    };
    let mut open = Vec::new();
    for pointer in operator.store().pointers(&EmailHash::of(&email)).await? {
        let Ok(pointer) = pointer else { continue };
        if pointer.expires_at.is_some_and(|expires_at| clock::now() >= expires_at) {
            continue;
        }
        let invite = operator.invite(&pointer.hash).await?;
        if invite.is_some_and(|invite| invite.state(clock::now()) == InviteState::Open) {
            let reference = pointer.hash.short().to_owned();
            open.push(OpenInvite { tenant: pointer.tenant.to_string(), reference });
        }
    }
    Ok(open)
}

async fn add(options: &AddOptions, context: &Context) -> Result<Found, Failure> {
    let (operator, tenant_id) = (context.writer().await?, &options.tenant.tenant);
    let tenant = operator.tenant(tenant_id).await?;
    let roles = options.roles.distinct();
    options.functions.check_member(&tenant.tenant, &roles)?.note(&roles, context);
    note_unlisted_roles(&tenant, &roles, context);
    let known = resolve(&options.user, context).await?;
    known.check_verified(&options.user.user)?;
    let user = operator.user(&known.user).await?;
    let username = known.directory.as_ref().map(|user| &user.username);
    let change = operator.add_member(&tenant, &user, &roles, username, clock::now())?;
    let summary =
        format!("User {} is an active member of `{tenant_id}`, roles {}", known.user.sub, role_names(&roles));
    context.write(&operator, change, options.write, "the user or the tenant", &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn set_roles(options: &SetRolesOptions, context: &Context) -> Result<Found, Failure> {
    not_empty(&options.roles.roles, "--role ROLE")?;
    let (operator, tenant_id) = (context.writer().await?, &options.tenant.tenant);
    let tenant = operator.tenant(tenant_id).await?;
    let roles = options.roles.distinct();
    options.functions.check_member(&tenant.tenant, &roles)?.note(&roles, context);
    note_unlisted_roles(&tenant, &roles, context);
    let known = resolve(&options.user, context).await?;
    known.check_verified(&options.user.user)?;
    let user = operator.user(&known.user).await?;
    let change = operator.set_member_roles(&user, &tenant, &roles, clock::now())?;
    let summary = format!("User {} has in `{tenant_id}` the roles {}", known.user.sub, role_names(&roles));
    context.write(&operator, change, options.write, "the membership", &summary, NoFacts {}).await?;
    Ok(Found::Nothing)
}

async fn set_default(options: &ChangeOptions, context: &Context) -> Result<Found, Failure> {
    let (operator, id) = (context.writer().await?, &options.tenant.tenant);
    let tenant = operator.tenant(id).await?;
    let known = resolve(&options.user, context).await?;
    known.check_verified(&options.user.user)?;
    let user = operator.user(&known.user).await?;
    let change = operator.set_default_tenant(&user, &tenant, clock::now())?;
    let is_changed = !change.is_empty();
    let summary =
        format!("Tokens of user {} are for `{id}`, unless the app asks for another tenant", known.user.sub);
    context.write(&operator, change, options.write, "the user or the tenant", &summary, NoFacts {}).await?;
    if is_changed && !options.write.dry_run {
        context.note("to update the attribute custom:tenantId, run `tenantctl repair stamps`");
    }
    Ok(Found::Nothing)
}

async fn resume(options: &ChangeOptions, context: &Context) -> Result<Found, Failure> {
    let (operator, id) = (context.writer().await?, &options.tenant.tenant);
    let tenant = operator.tenant(id).await?;
    let known = resolve(&options.user, context).await?;
    known.check_verified(&options.user.user)?;
    let user = operator.user(&known.user).await?;
    let change = operator.resume_member(&user, &tenant, clock::now())?;
    let summary = format!("User {} is an active member of `{id}`", known.user.sub);
    context
        .write(&operator, change, options.write, "the membership or the tenant", &summary, NoFacts {})
        .await?;
    Ok(Found::Nothing)
}

/// Suspends or removes, and signs out if that was asked for: after the write, so that no new token is issued in between. A
/// sign-out that fails is tried again by the same command.
async fn end(options: &EndOptions, status: MembershipStatus, context: &Context) -> Result<Found, Failure> {
    let (operator, tenant) = (context.writer().await?, &options.tenant.tenant);
    if options.sign_out && !context.has_cognito() {
        return Err(Failure::usage("--sign-out needs the user pool, and with --local there is none"));
    }
    let known = resolve(&options.user, context).await?;
    let sub = &known.user.sub;
    let user = operator.user(&known.user).await?;
    let plan = |now| operator.set_member_status(&user, tenant, status, now);
    let is_changed = !plan(clock::now())?.is_empty();
    let how = Loss::from(status);
    let lost =
        if is_changed { lost_with_membership(&operator, &user, tenant, how).await? } else { Vec::new() };
    let (question, done) = match status {
        MembershipStatus::Removed => ("Remove", "removed from"),
        MembershipStatus::Suspended | MembershipStatus::Active => ("Suspend", "suspended in"),
    };
    let asks = !options.write.dry_run && (is_changed || options.sign_out);
    if asks {
        if let ([lost], false) = (lost.as_slice(), options.write.yes) {
            context.note(&one_sentence(lost, how));
        }
        let also = if options.sign_out { ", and sign them out everywhere" } else { "" };
        console::confirm(&format!("{question} user {sub} in `{tenant}`{also}?"), options.write.yes)?;
    }
    let is = if is_changed || !options.sign_out { "is" } else { "was already" };
    let mut summary = format!("User {sub} {is} {done} `{tenant}`: the next token for it is refused");
    if let [lost] = lost.as_slice() {
        summary = format!("{summary}. {}", one_sentence(lost, how));
    }
    // Planned anew: the answer may have taken its time.
    let change = plan(clock::now())?;
    if !options.sign_out || options.write.dry_run {
        let mut change = change;
        if options.sign_out {
            summary.push_str(", and the user's refresh tokens are revoked");
            change = change.and(operator.record_sign_out(&user, tenant, clock::now()));
        }
        let (write, facts) = (options.write.write(), Ended { signed_out: None, defaults_lost: lost });
        context.write(&operator, change, write, "the membership", &summary, facts).await?;
    } else {
        operator.apply(change, "the membership").await?;
        sign_out(&known, context).await.map_err(|failure| {
            let state = if is_changed { "is now" } else { "was already" };
            Failure::failed(format!(
                "user {sub} {state} {done} `{tenant}`, but was not signed out: {failure}"
            ))
            .hint("Run the same command again to sign the user out.")
        })?;
        let signed_out = operator.record_sign_out(&user, tenant, clock::now());
        operator.apply(signed_out, "the audit").await.map_err(|error| {
            let failure = Failure::from(error);
            Failure::failed(format!(
                "user {sub} was signed out, but the audit item could not be written: {failure}"
            ))
            .hint("Run the same command again to record it.")
        })?;
        let facts = Ended { signed_out: Some(true), defaults_lost: lost };
        let written = Written { changed: true, dry_run: false, summary: &summary, writes: None, facts };
        context.say(&written);
    }
    if is_changed && !options.write.dry_run && status == MembershipStatus::Removed {
        context.note(
            "the attribute custom:tenantId still names the tenant; to remove it, run `tenantctl repair drift \
                      --apply`",
        );
    }
    Ok(Found::Nothing)
}

async fn sign_out(known: &Known, context: &Context) -> Result<(), Failure> {
    let username = match &known.directory {
        Some(user) => user.username.as_str().to_owned(),
        // Admin calls take a sub for the username (API reference, `AdminUserGlobalSignOut`).
        None => known.user.sub.to_string(),
    };
    let call = context
        .cognito_of(&known.user.pool)
        .await?
        .admin_user_global_sign_out()
        .user_pool_id(known.user.pool.as_str());
    let answer = call.username(username).send().await;
    answer.map(|_| ()).map_err(|error| failure::of("sign the user out", &AwsError::of(&error).about_user()))
}

/// A user, and what their pool says of them, if it was asked.
struct Known {
    user: UserKey,
    directory: Option<users::PoolUser>,
}

impl Known {
    /// Refuses to give rights to who only says that the address is theirs: any user may write any address into their own
    /// record, and it stays unverified. The sub says whom the operator means.
    fn check_verified(&self, who: &str) -> Result<(), Failure> {
        let Some(user) = self.directory.as_ref().filter(|_| who.contains('@')) else { return Ok(()) };
        let address = user.attribute("email").and_then(|email| email.parse::<EmailAddress>().ok());
        let is_theirs = address.is_some() && address == who.parse().ok();
        if is_theirs && user.attribute("email_verified") == Some("true") {
            return Ok(());
        }
        let what = if is_theirs {
            "has not verified this address"
        } else {
            "has this text as the username, but another e-mail address"
        };
        Err(Failure::refused(
            "email-unverified",
            format!("user {} ({}) {what}: it may be somebody else's", user.sub, user.status),
        )
        .hint("Give the sub if it is the one you mean."))
    }

    fn table_only(user: UserKey) -> Self {
        Self { user, directory: None }
    }
}

async fn resolve(selection: &UserSelection, context: &Context) -> Result<Known, Failure> {
    let pool = selection.user_pool_id.as_ref().ok_or_else(|| {
        Failure::usage("no user pool is named: give --user-pool-id ID, or set USER_POOL_ID")
    })?;
    if selection.no_lookup || !context.has_cognito() {
        return Ok(Known::table_only(UserKey { pool: pool.clone(), sub: sub_of(&selection.user)? }));
    }
    let keep = ["email", "email_verified"];
    let found = find_user(context, pool, &selection.user, &keep).await?;
    Ok(Known { user: UserKey { pool: pool.clone(), sub: found.sub.clone() }, directory: Some(found) })
}

async fn by_tenant(
    selection: &UserSelection,
    tenant: &TenantId,
    operator: &Operator,
) -> Result<UserKey, Failure> {
    let sub = sub_of(&selection.user)?;
    operator.tenant(tenant).await?;
    let found = operator.members_by_sub(tenant, &sub).await?;
    let mut users = found.into_iter().flatten().map(|record| record.user);
    match (users.next(), users.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => {
            Err(Failure::refused("member-unknown", format!("user {sub} is no member of `{tenant}`")))
        }
        (Some(_), Some(_)) => Err(Failure::refused(
            "user-ambiguous",
            format!("user {sub} is a member of `{tenant}` in several user pools; give --user-pool-id"),
        )),
    }
}

fn sub_of(raw: &str) -> Result<Sub, Failure> {
    if raw.contains('@') {
        return Err(Failure::usage("cannot look up an e-mail address without a user pool; give the sub")
            .hint("Or run the command without --local and with --user-pool-id ID."));
    }
    raw.parse().map_err(|error: tenancy::InvalidText| Failure::usage(error.to_string()))
}
