//! `tenantctl invite`: open offers to join a tenant. A code is shown once, when it is made, and never again.

mod codes;
mod import;
mod import_file;
mod view;

use clap::{Args, Subcommand, ValueEnum};
use tenancy::invite::DEFAULT_LIFE_SECONDS;
use tenancy::{EmailAddress, InviteCode, InviteHash, TenantId, Timestamp};
use tenancy_aws::operator::{Change, InviteRecord, InviteState, NewInvite, Operator, OperatorError};

pub(crate) use self::codes::new_code;
use self::import::ImportOptions;
use self::view::InviteView;
pub(crate) use self::view::NewCode;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::issuable::{FunctionSettings, note_unlisted_roles};
use crate::listing::Listing;
use crate::moment::Moment;
use crate::options::{ConfirmedWriteOptions, WriteOptions};
use crate::options::{LinkBase, RolesOption, Span, TenantOption};
use crate::page::role_names;
use crate::written::{NoFacts, Written};
use crate::{clock, console};

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum InviteCommand {
    /// Make an invite, and show its code
    Create(CreateOptions),
    /// List a tenant's invites
    List(ListOptions),
    /// Show one invite, and who has redeemed it
    Show(InviteSelection),
    /// Revoke an invite: nobody can redeem it any more
    Revoke(RevokeOptions),
    /// Replace an invite's code; the old code stops working
    Resend(ResendOptions),
    /// Invite many, from CSV or JSON lines; safe to run again
    Import(ImportOptions),
}

/// A new invite.
#[derive(Args, Debug)]
pub(crate) struct CreateOptions {
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    roles: RolesOption,
    /// Only a user with this verified e-mail address can redeem it: with the code, or without at a sign-up or sign-in
    #[arg(long, value_name = "ADDRESS")]
    email: Option<EmailAddress>,
    #[command(flatten)]
    terms: Terms,
    /// How many users may redeem it
    #[arg(long, value_name = "N", default_value_t = 1)]
    max_uses: u64,
    #[command(flatten)]
    functions: FunctionSettings,
    #[command(flatten)]
    write: WriteOptions,
}

/// What a new code has.
#[derive(Args, Clone, Debug)]
pub(crate) struct Terms {
    /// How long it can be redeemed, such as 36h; at most 30d [default: 7d]
    #[arg(long, value_name = "TIME")]
    expires: Option<Span>,
    /// Also print a link: this URL with the code as the fragment (#..)
    #[arg(long, value_name = "URL")]
    link_base: Option<LinkBase>,
}

impl Terms {
    pub(crate) fn expires_at(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.expires.map_or(DEFAULT_LIFE_SECONDS, |span| span.0.as_secs()))
    }

    fn link(&self, code: &InviteCode) -> Option<String> {
        self.link_base.as_ref().map(|base| base.link(&code.reveal()))
    }
}

/// Which invites.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// The tenant's id; with --email it may be left out
    #[arg(long, value_name = "ID", required_unless_present = "email")]
    tenant: Option<TenantId>,
    /// Only those for this e-mail address; without --tenant, the latest of each tenant
    #[arg(long, value_name = "ADDRESS")]
    email: Option<EmailAddress>,
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<StateFilter>,
}

/// An invite's state on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum StateFilter {
    /// It can be redeemed.
    Open,
    /// All uses are redeemed.
    UsedUp,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
}

/// One invite.
#[derive(Args, Debug)]
pub(crate) struct InviteSelection {
    /// The invite: its reference as `invite list` shows it, or its hash; - reads one of these or a code from standard input
    #[arg(value_name = "INVITE", required_unless_present = "email")]
    invite: Option<String>,
    /// The tenant's id; not needed with a hash or a code
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// The tenant's invite for this e-mail address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "invite", requires = "tenant")]
    email: Option<EmailAddress>,
}

/// An invite to be taken back.
#[derive(Args, Debug)]
pub(crate) struct RevokeOptions {
    #[command(flatten)]
    invite: InviteSelection,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

/// An invite to be replaced.
#[derive(Args, Debug)]
pub(crate) struct ResendOptions {
    #[command(flatten)]
    invite: InviteSelection,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    write: ConfirmedWriteOptions,
}

pub(crate) async fn run(command: InviteCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        InviteCommand::Create(options) => create(options, context).await,
        InviteCommand::List(options) => list(&options, context).await,
        InviteCommand::Show(selection) => show(&selection, context).await,
        InviteCommand::Revoke(options) => revoke(&options, context).await,
        InviteCommand::Resend(options) => resend(&options, context).await,
        InviteCommand::Import(options) => import::run(options, context).await,
    }
}

async fn create(options: CreateOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let tenant = operator.tenant(&options.tenant.tenant).await?;
    let roles = options.roles.distinct();
    options.functions.check_member(&tenant.tenant, &roles)?.note(&roles, context);
    note_unlisted_roles(&tenant, &roles, context);
    let now = clock::now();
    let invite = NewInvite {
        tenant: tenant.tenant.id.clone(),
        email: options.email,
        roles,
        max_uses: options.max_uses,
        expires_at: options.terms.expires_at(now),
    };
    let code = new_code()?;
    let change = operator.create_invite(&tenant, &invite, &code, now).await?;
    let users =
        if invite.max_uses == 1 { "one user".to_owned() } else { format!("{} users", invite.max_uses) };
    let summary = format!(
        "Invite {} to tenant `{}` is made: roles {}, {users}, until {} UTC",
        code.hash().short(),
        invite.tenant,
        role_names(&invite.roles),
        Moment(invite.expires_at).minute()
    );
    let facts = NewCode::of(&code, &options.terms, invite.expires_at, options.write.dry_run);
    let what = "the invite or its tenant";
    finish(&operator, change, options.write, &code, what, &summary, facts, context).await
}

/// Writes an invite, and shows its code.
#[expect(clippy::too_many_arguments, reason = "one call, of two verbs")]
async fn finish(
    operator: &Operator,
    change: Change,
    write: WriteOptions,
    code: &InviteCode,
    what: &str,
    summary: &str,
    facts: NewCode,
    context: &Context,
) -> Result<Found, Failure> {
    if write.dry_run {
        context.write(operator, change, write, what, summary, facts).await?;
        return Ok(Found::Nothing);
    }
    self::write(operator, change, code, what, context).await?;
    context.say(&Written { changed: true, dry_run: false, summary, writes: None, facts });
    if context.is_unheard() {
        let hint = "Resend it: `tenantctl invite resend` makes a new code.";
        let told = format!("the invite {} is made, and its code could not be printed", code.hash().short());
        return Err(Failure::failed(told).hint(hint));
    }
    Ok(Found::Nothing)
}

/// Writes an invite. A write whose answer was lost may have been done: the code must not be lost then.
pub(crate) async fn write(
    operator: &Operator,
    change: Change,
    code: &InviteCode,
    what: &str,
    context: &Context,
) -> Result<(), Failure> {
    let Err(error) = operator.apply(change, what).await else { return Ok(()) };
    let is_lost = matches!(error, OperatorError::Store(_));
    let is_there = is_lost && operator.invite(&code.hash()).await.is_ok_and(|invite| invite.is_some());
    if !is_there {
        return Err(error.into());
    }
    context.note("the table's answer was lost; the invite is there");
    Ok(())
}

async fn list(options: &ListOptions, context: &Context) -> Result<Found, Failure> {
    let now = clock::now();
    let wanted = options.state.map(|state| match state {
        StateFilter::Open => InviteState::Open,
        StateFilter::UsedUp => InviteState::UsedUp,
        StateFilter::Revoked => InviteState::Revoked,
        StateFilter::Expired => InviteState::Expired,
    });
    let operator = context.reader().await?;
    let view = |record: InviteRecord| {
        let is_for = options.email.is_none() || record.invite.email == options.email;
        let is_wanted = is_for && wanted.is_none_or(|state| state == record.state(now));
        is_wanted.then(|| InviteView::of(&record, now))
    };
    let mut listing = Listing::new(context);
    let mut waiting: Vec<InviteView> = Vec::new();
    match (&options.tenant, &options.email) {
        (Some(tenant), _) => {
            operator.tenant(tenant).await?;
            let mut pages = operator.invite_pages(tenant);
            while let Some(page) = listing.read(&mut pages).await? {
                waiting.extend(page.into_iter().filter_map(view));
                // The index has those of one second in no order: the last second waits for the next page.
                waiting.sort_by(InviteView::by_age);
                let complete = waiting
                    .last()
                    .map_or(0, |last| waiting.partition_point(|invite| invite.is_older_than(last)));
                listing.add(waiting.drain(..complete));
            }
        }
        (None, Some(email)) => {
            listing.insert_column(0, InviteView::TENANT);
            for listed in operator.invites_of_address(email).await? {
                match listed {
                    Ok(record) => waiting.extend(view(record)),
                    Err(damage) => listing.add_damage(&damage),
                }
            }
            waiting.sort_by(InviteView::by_age);
        }
        (None, None) => return Err(Failure::usage("give --tenant ID or --email ADDRESS")),
    }
    listing.add(waiting);
    Ok(listing.end())
}

async fn show(selection: &InviteSelection, context: &Context) -> Result<Found, Failure> {
    let operator = context.reader().await?;
    let record = find(selection, &operator).await?;
    let uses = operator.uses(&record.invite.hash).await?;
    context.say(&InviteView::of(&record, clock::now()).with_uses(&uses));
    Ok(Found::Nothing)
}

async fn revoke(options: &RevokeOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let record = find(&options.invite, &operator).await?;
    let name = record.invite.hash.short().to_owned();
    let is_changed = !operator.revoke_invite(&record, clock::now()).await?.is_empty();
    if !options.write.dry_run && is_changed {
        console::confirm(&format!("This cannot be undone. Revoke invite {name}?"), options.write.yes)?;
    }
    // Planned anew: the answer may have taken its time.
    let change = operator.revoke_invite(&record, clock::now()).await?;
    let summary = format!("Invite {name} is revoked");
    context
        .write(&operator, change, options.write.write(), &format!("invite {name}"), &summary, NoFacts {})
        .await?;
    Ok(Found::Nothing)
}

async fn resend(options: &ResendOptions, context: &Context) -> Result<Found, Failure> {
    let operator = context.writer().await?;
    let record = find(&options.invite, &operator).await?;
    let tenant = operator.tenant(&record.invite.tenant).await?;
    let old = record.invite.hash.short().to_owned();
    let code = new_code()?;
    let plan = |now| operator.resend_invite(&tenant, &record, &code, options.terms.expires_at(now), now);
    // What forbids it is told before anything is asked.
    let _ = plan(clock::now()).await?;
    if !options.write.dry_run {
        console::confirm(&format!("The code of invite {old} will stop working. Go on?"), options.write.yes)?;
    }
    // Planned anew: the answer may have taken its time.
    let now = clock::now();
    let change = plan(now).await?;
    let expires_at = options.terms.expires_at(now);
    let summary = format!(
        "Invite {} replaces {old}, whose code no longer works. Valid until {} UTC",
        code.hash().short(),
        Moment(expires_at).minute()
    );
    let facts = NewCode::of(&code, &options.terms, expires_at, options.write.dry_run);
    let (write, what) = (options.write.write(), format!("invite {old}"));
    finish(&operator, change, write, &code, &what, &summary, facts, context).await
}

/// Finds an invite by reference, hash, code or address.
async fn find(selection: &InviteSelection, operator: &Operator) -> Result<InviteRecord, Failure> {
    let unknown = || {
        Failure::refused("invite-unknown", "there is no such invite")
            .hint("`tenantctl invite list --tenant ID` shows a tenant's invites.")
    };
    let record = if let (Some(email), Some(tenant)) = (&selection.email, &selection.tenant) {
        operator.tenant(tenant).await?;
        operator.invite_of_address(tenant, email).await?.ok_or_else(unknown)?
    } else {
        let raw = match selection.invite.as_deref() {
            Some("-") => codes::read_line()?,
            Some(raw) if raw.parse::<InviteCode>().is_ok() => {
                return Err(Failure::usage("a code is a secret, and others can see a command line")
                    .hint("Give - for the invite, and the code on standard input."));
            }
            Some(raw) => raw.trim().to_owned(),
            None => return Err(Failure::usage("which invite?")),
        };
        if let Ok(hash) = raw.parse::<InviteHash>() {
            operator.invite(&hash).await?.ok_or_else(unknown)?
        } else if is_reference(&raw) {
            let tenant = selection.tenant.as_ref().ok_or_else(|| {
                Failure::usage("a reference needs its tenant: --tenant ID").hint("A hash or a code does not.")
            })?;
            by_reference(&raw, tenant, operator).await?.ok_or_else(unknown)?
        } else {
            let code: InviteCode = raw.parse().map_err(|_| {
                Failure::usage(
                    "not an invite: give a reference (8 hex digits or more) or a hash; give a code only on standard input, \
                     with -",
                )
            })?;
            operator.invite(&code.hash()).await?.ok_or_else(unknown)?
        }
    };
    if selection.tenant.as_ref().is_some_and(|tenant| *tenant != record.invite.tenant) {
        return Err(Failure::refused(
            "invite-of-other-tenant",
            format!("the invite is one of tenant `{}`", record.invite.tenant),
        ));
    }
    Ok(record)
}

fn is_reference(raw: &str) -> bool {
    (8..64).contains(&raw.len()) && raw.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

async fn by_reference(
    reference: &str,
    tenant: &TenantId,
    operator: &Operator,
) -> Result<Option<InviteRecord>, Failure> {
    let mut found = Vec::new();
    let is_it = |record: &InviteRecord| record.invite.hash.as_str().starts_with(reference);
    let pages = operator.invite_pages(tenant);
    pages.each(|listed| found.extend(listed.ok().filter(is_it).map(|record| record.invite.hash))).await?;
    match found.as_slice() {
        // The index may be a moment behind: what is decided from is read from the table.
        [only] => Ok(operator.invite(only).await?),
        [] => Ok(None),
        _ => Err(Failure::refused(
            "invite-ambiguous",
            "several invites begin like this; give more digits of the hash",
        )),
    }
}
