//! `tenantctl invite import`: many invites from a list. A second run of the same list makes no doubles, whatever became of
//! the first.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tenancy::operate::Rule;
use tenancy::ports::StoreError;
use tenancy::{TenantStatus, Timestamp};
use tenancy_aws::operator::{InviteRecord, InviteState, NewInvite, Operator, OperatorError, TenantRecord};

use super::super::repair::stop::Stop;
use super::import_file::{CodeFile, Guest, Row, read};
use super::{Terms, codes};
use crate::clock;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::issuable::FunctionSettings;
use crate::issuable::note_unlisted_roles;
use crate::options::{RolesOption, TenantOption};
use crate::page::role_names;
use crate::page::{BAD, DIM, GOOD, Page, Show, WARN, styled};
use crate::progress::Progress;
use user_pool::words::short_span;

/// What to import, and where the codes go.
#[derive(Args, Debug)]
pub(crate) struct ImportOptions {
    /// The list: CSV with the columns email, roles, expires (the first line names them), or JSON lines with these members;
    /// - is standard input
    #[arg(value_name = "FILE")]
    list: PathBuf,
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    roles: RolesOption,
    #[command(flatten)]
    terms: Terms,
    /// With --apply: the file that the codes go to (email,code,link,expires); give the same file to a second run
    #[arg(long, value_name = "FILE", required_if_eq("apply", "true"))]
    codes: Option<PathBuf>,
    #[command(flatten)]
    functions: FunctionSettings,
    /// Write the invites. Without it, only the plan is shown
    #[arg(long)]
    apply: bool,
}

/// What became of a line, or would.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// Invited now, or would be.
    Invited,
    /// An open invite of the tenant is there for the address.
    AlreadyInvited,
    /// An invite of the tenant for the address has been redeemed.
    AlreadyRedeemed,
    /// The address stands in an earlier line.
    Duplicate,
    /// The line cannot be followed.
    Invalid,
    /// A rule forbids it.
    Refused,
    /// It was tried and did not work; run it again.
    Failed,
}

#[derive(Serialize)]
struct RowReport {
    line: u64,
    email: Option<String>,
    outcome: Outcome,
    /// The invite: new, or there before.
    reference: Option<String>,
    detail: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportReport {
    tenant: String,
    applied: bool,
    rows: Vec<RowReport>,
    counts: std::collections::BTreeMap<&'static str, usize>,
    codes_file: Option<String>,
    /// Whether lines were left, because the store gave no answer or because of ctrl-c.
    stopped: bool,
    /// Whether ctrl-c ended it.
    interrupted: bool,
    /// Lines of the list.
    lines: usize,
}

pub(super) async fn run(options: ImportOptions, context: &Context) -> Result<Found, Failure> {
    let rows = read(&options.list)?;
    let operator = if options.apply { context.writer().await? } else { context.reader().await? };
    let tenant = operator.tenant(&options.tenant.tenant).await?;
    if tenant.tenant.status != TenantStatus::Active {
        return Err(Failure::refused(
            "tenant-not-active",
            format!("tenant `{}` is not active, and nobody could redeem an invite to it", tenant.tenant.id),
        ));
    }
    // Of the tenant's invites, which may be very many, those to the guests of the list.
    let mut known: HashMap<String, Vec<InviteRecord>> = HashMap::new();
    for guest in rows.iter().filter_map(|row| row.guest.as_ref().ok()) {
        known.insert(guest.email.as_str().to_owned(), Vec::new());
    }
    let pages = operator.invite_pages(&options.tenant.tenant);
    pages
        .each(|listed| match listed {
            Ok(record) => {
                let email = record.invite.email.as_ref();
                if let Some(records) = email.and_then(|email| known.get_mut(email.as_str())) {
                    records.push(record);
                }
            }
            Err(damage) => context.note(&format!("{damage}; whom it invites is not known")),
        })
        .await?;
    let mut code_file = match (&options.codes, options.apply) {
        (Some(path), true) => Some(CodeFile::open(path)?),
        _ => None,
    };
    let mut import = Import { options: &options, operator: &operator, tenant: &tenant, known, context };
    let given = rows.iter().flat_map(|row| row.guest.iter().flat_map(|guest| guest.roles.iter().cloned()));
    let given: Vec<tenancy::Role> = options.roles.roles.iter().cloned().chain(given).collect();
    note_unlisted_roles(&tenant, &tenancy::role::union(&[], &given), context);
    let lines = rows.len();
    let (reports, interrupted) = import.rows(rows, code_file.as_mut()).await?;
    let report = ImportReport::of(&options, reports, lines, interrupted);
    let found = match (interrupted, report.is_clean()) {
        (true, _) => Found::Interrupted,
        (false, true) => Found::Nothing,
        (false, false) => Found::Problems,
    };
    context.say(&report);
    Ok(found)
}

struct Import<'a> {
    options: &'a ImportOptions,
    operator: &'a Operator,
    tenant: &'a TenantRecord,
    /// The tenant's invites by address, of any state.
    known: HashMap<String, Vec<InviteRecord>>,
    context: &'a Context,
}

impl Import<'_> {
    /// What became of the lines, and whether ctrl-c left some of them out.
    async fn rows(
        &mut self,
        rows: Vec<Row>,
        mut codes: Option<&mut CodeFile>,
    ) -> Result<(Vec<RowReport>, bool), Failure> {
        let mut progress = codes.is_some().then(|| Progress::new("invites", u64::try_from(rows.len()).ok()));
        let stop = if codes.is_some() { Stop::on_ctrl_c() } else { Stop::never() };
        let mut seen: HashMap<String, u64> = HashMap::new();
        let lines = rows.len();
        let mut reports = Vec::with_capacity(lines);
        let mut is_interrupted = false;
        for row in rows {
            // A signal is seen only while the program waits, and lines that need no call do not wait.
            tokio::task::yield_now().await;
            if stop.is_requested() {
                is_interrupted = true;
                self.context.note(&format!(
                    "interrupted after {} of {lines} lines; run the same command again for the rest",
                    reports.len()
                ));
                break;
            }
            if let Some(progress) = &mut progress {
                progress.advance(1);
            }
            let guest = match row.guest {
                Ok(guest) => guest,
                Err(why) => {
                    reports.push(RowReport::of(row.line, None, Outcome::Invalid, None, Some(why)));
                    continue;
                }
            };
            let email = guest.email.as_str().to_owned();
            if let Some(first) = seen.get(&email) {
                let detail = Some(format!("same address as line {first}"));
                reports.push(RowReport::of(row.line, Some(email), Outcome::Duplicate, None, detail));
                continue;
            }
            seen.insert(email.clone(), row.line);
            match self.guest(&guest, codes.as_deref_mut()).await {
                Ok((outcome, reference, detail)) => {
                    reports.push(RowReport::of(row.line, Some(email), outcome, reference, detail));
                }
                Err(End::Row(outcome, why)) => {
                    reports.push(RowReport::of(row.line, Some(email), outcome, None, Some(why)));
                }
                Err(End::All(why)) => {
                    reports.push(RowReport::of(
                        row.line,
                        Some(email),
                        Outcome::Failed,
                        None,
                        Some(why.to_string()),
                    ));
                    self.context.note("stopped here; run the same command again for the rest");
                    break;
                }
            }
        }
        Ok((reports, is_interrupted))
    }

    async fn guest(
        &mut self,
        guest: &Guest,
        codes: Option<&mut CodeFile>,
    ) -> Result<(Outcome, Option<String>, Option<String>), End> {
        let now = clock::now();
        let roles = if guest.roles.is_empty() { self.options.roles.distinct() } else { guest.roles.clone() };
        if let Some((outcome, record)) = self.earlier(guest, now) {
            let noted = codes.as_ref().and_then(|codes| codes.noted(&guest.email));
            let detail = if noted.is_some_and(|noted| noted.code.hash() != record.invite.hash) {
                Some("the code in the file no longer works: the address was invited again later".to_owned())
            } else if record.invite.roles != roles {
                Some(format!("with the roles {}", role_names(&record.invite.roles)))
            } else {
                None
            };
            return Ok((outcome, Some(record.invite.hash.short().to_owned()), detail));
        }
        self.options
            .functions
            .check_member(&self.tenant.tenant, &roles)
            .map_err(|failure| End::refused(&failure))?;
        let expires = guest.expires.or(self.options.terms.expires);
        let terms = Terms { expires, link_base: self.options.terms.link_base.clone() };
        let mut invite = NewInvite {
            tenant: self.tenant.tenant.id.clone(),
            email: Some(guest.email.clone()),
            roles,
            max_uses: 1,
            expires_at: terms.expires_at(now),
        };
        // A code of a run that was killed before its invite was made. One that has been about until its time was over, or
        // that came to an invite, is not used again.
        let noted = codes.as_ref().and_then(|codes| codes.noted(&guest.email)).cloned();
        let unused = match noted.filter(|noted| noted.expires_at > now) {
            Some(noted) if self.operator.invite(&noted.code.hash()).await.map_err(End::of)?.is_none() => {
                invite.expires_at = noted.expires_at;
                Some(noted.code)
            }
            _ => None,
        };
        let code = match &unused {
            Some(code) => code.clone(),
            None => codes::new_code().map_err(End::All)?,
        };
        let change = self.operator.create_invite(self.tenant, &invite, &code, now).await;
        let change = change.map_err(|error| match error {
            // The index was a moment behind.
            OperatorError::Refused(Rule::InviteOpen { .. }) => {
                End::Row(Outcome::AlreadyInvited, "by somebody else, just now".to_owned())
            }
            error => End::of(error),
        })?;
        let life = invite.expires_at.epoch_seconds().saturating_sub(now.epoch_seconds());
        let detail = Some(format!("{}, for {}", role_names(&invite.roles), short_span(life)));
        let Some(codes) = codes else { return Ok((Outcome::Invited, None, detail)) };
        // On the disk first: a code that can be redeemed is never lost.
        if unused.is_none() {
            let link = terms.link(&code);
            codes.note(&guest.email, &code, link.as_deref(), invite.expires_at).map_err(End::All)?;
        }
        self.operator.apply(change, "the invite or its tenant").await.map_err(End::of)?;
        Ok((Outcome::Invited, Some(code.hash().short().to_owned()), detail))
    }

    /// The tenant's invite of the address that keeps a new one from being made: redeemed, or open.
    fn earlier(&self, guest: &Guest, now: Timestamp) -> Option<(Outcome, &InviteRecord)> {
        let records = self.known.get(guest.email.as_str())?;
        let redeemed = records.iter().find(|record| record.state(now) == InviteState::UsedUp);
        let open = records.iter().find(|record| record.state(now) == InviteState::Open);
        match (open, redeemed) {
            (Some(record), _) => Some((Outcome::AlreadyInvited, record)),
            (None, Some(record)) => Some((Outcome::AlreadyRedeemed, record)),
            (None, None) => None,
        }
    }
}

/// Why a line came to nothing.
enum End {
    /// This line only.
    Row(Outcome, String),
    /// The rest would fail the same way.
    All(Failure),
}

impl End {
    fn of(error: OperatorError) -> Self {
        match error {
            OperatorError::Store(StoreError::Damaged(damage)) => {
                Self::Row(Outcome::Failed, damage.to_string())
            }
            OperatorError::Refused(Rule::TenantNotActive(_)) | OperatorError::Store(_) => {
                Self::All(error.into())
            }
            OperatorError::Refused(_) => Self::refused(&error.into()),
            OperatorError::Overtaken(_) | OperatorError::Crowded(_) => {
                Self::Row(Outcome::Failed, error.to_string())
            }
        }
    }

    fn refused(failure: &Failure) -> Self {
        Self::Row(Outcome::Refused, failure.to_string())
    }
}

impl RowReport {
    fn of(
        line: u64,
        email: Option<String>,
        outcome: Outcome,
        reference: Option<String>,
        detail: Option<String>,
    ) -> Self {
        Self { line, email, outcome, reference, detail }
    }
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::AlreadyInvited => "already-invited",
            Self::AlreadyRedeemed => "already-redeemed",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    fn is_problem(self) -> bool {
        matches!(self, Self::Invalid | Self::Refused | Self::Failed)
    }
}

impl ImportReport {
    fn of(options: &ImportOptions, rows: Vec<RowReport>, lines: usize, interrupted: bool) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for row in &rows {
            *counts.entry(row.outcome.name()).or_default() += 1;
        }
        Self {
            tenant: options.tenant.tenant.to_string(),
            applied: options.apply,
            stopped: rows.len() < lines,
            interrupted,
            lines,
            codes_file: options
                .codes
                .as_ref()
                .filter(|_| options.apply)
                .map(|path| path.display().to_string()),
            rows,
            counts,
        }
    }

    fn is_clean(&self) -> bool {
        !self.rows.iter().any(|row| row.outcome.is_problem())
    }
}

impl Show for ImportReport {
    fn show(&self, page: &mut Page) {
        let rows = self.rows.iter().map(|row| {
            let style = match row.outcome {
                Outcome::Invited => GOOD,
                Outcome::AlreadyInvited | Outcome::AlreadyRedeemed | Outcome::Duplicate => DIM,
                Outcome::Invalid | Outcome::Refused | Outcome::Failed => BAD,
            };
            let outcome = match row.outcome {
                Outcome::Invited if !self.applied => "to invite",
                other => other.name(),
            };
            [
                row.line.to_string(),
                row.email.clone().unwrap_or_else(|| "-".to_owned()),
                styled(style, outcome),
                row.reference.clone().unwrap_or_else(|| "-".to_owned()),
                row.detail.clone().unwrap_or_default(),
            ]
        });
        page.table(&["line", "e-mail", "outcome", "invite", "detail"], rows, "The list is empty.");
        page.gap();
        let label = |name| if name == "invited" && !self.applied { "to invite" } else { name };
        let counts: Vec<String> =
            self.counts.iter().map(|(name, count)| format!("{count} {}", label(*name))).collect();
        let counts = counts.join(", ");
        if self.applied {
            page.line(format!("Tenant `{}`: {counts}.", self.tenant));
            if self.stopped {
                let (done, lines) = (self.rows.len(), self.lines);
                page.line(format!("{} {done} of {lines} lines.", styled(WARN, "Stopped after")));
            }
            if let Some(file) = self.codes_file.as_ref().filter(|_| self.counts.contains_key("invited")) {
                page.line(format!(
                    "The codes are in {file}, and nowhere else. Delete it when they are sent."
                ));
            }
        } else {
            page.paragraph(
                0,
                &format!(
                    "{} tenant `{}`: {counts}. Write with --apply --codes FILE.",
                    styled(WARN, "Plan, nothing is written:"),
                    self.tenant
                ),
            );
        }
    }
}
