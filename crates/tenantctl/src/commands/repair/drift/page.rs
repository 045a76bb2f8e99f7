//! What `repair drift` says.

use std::collections::BTreeMap;

use serde::Serialize;
use tenancy::PoolId;

use super::finding::{Finding, Kind, Mend, Mended, Past, Severity, Stale};
use super::mend::Outcome;
use super::scan::Scan;
use crate::commands::repair::attribute::AttributeName;
use crate::page::{BAD, DIM, GOOD, Page, Show, WARN, styled};
use user_pool::words::counted;

/// Findings of each kind that people get, unless they ask for all; JSON has all.
const SHOWN: usize = 20;

/// What was found, and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Drift {
    /// Whether anything was to be mended.
    pub(crate) applied: bool,
    pub(crate) user_pool_id: String,
    /// The attribute of the stamp.
    pub(crate) tenant_attribute: String,
    /// Users of the pool.
    pub(crate) users: usize,
    /// Users of the pool who are an active member somewhere.
    pub(crate) members: usize,
    /// Findings that `--apply` mends.
    pub(crate) mendable: usize,
    /// Findings that need a person.
    pub(crate) needs_person: usize,
    /// Everything that was found, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// What came of mending; nothing unless it was tried.
    pub(crate) result: Option<Outcome>,
    #[serde(skip)]
    all: bool,
}

impl Drift {
    /// The report; `all` lists everything for people too.
    pub(crate) fn of(scan: Scan, pool: &PoolId, attribute: &AttributeName, all: bool) -> Self {
        let count =
            |is: &dyn Fn(&Finding) -> bool| scan.findings.iter().filter(|finding| is(finding)).count();
        Self {
            applied: false,
            user_pool_id: pool.to_string(),
            tenant_attribute: attribute.to_string(),
            users: scan.users,
            members: scan.members,
            mendable: count(&|finding| finding.mend.is_some()),
            needs_person: count(&|finding| finding.mend.is_none() && finding.severity > Severity::Info),
            findings: scan.findings,
            result: None,
            all,
        }
    }

    /// Findings that are still to be dealt with.
    pub(crate) fn left(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_left()).count()
    }

    /// What is asked before it is done.
    pub(crate) fn question(&self, rate: u32) -> String {
        let mut counts = BTreeMap::<Mend, usize>::new();
        for mend in self.findings.iter().filter_map(|finding| finding.mend) {
            *counts.entry(mend).or_default() += 1;
        }
        let parts: Vec<String> = counts
            .into_iter()
            .map(|(mend, count)| match mend {
                Mend::WriteStamp => format!("write {}", counted(count, "stamp")),
                Mend::DeleteStamp => format!("delete {}", counted(count, "stamp")),
                Mend::RemoveMemberships => {
                    format!("remove the memberships of {}", counted(count, "user"))
                }
                Mend::ClearDefault => format!("forget {}", counted(count, "default")),
            })
            .collect();
        format!("In pool {}: {}, at most {rate} users a second?", self.user_pool_id, parts.join(", "))
    }

    fn show_group(&self, page: &mut Page, findings: &[&Finding], text: &GroupText) {
        page.gap();
        let label = match text.severity {
            Severity::High => styled(BAD, "HIGH  "),
            Severity::Medium => styled(WARN, "DRIFT "),
            Severity::Info => styled(DIM, "INFO  "),
        };
        page.line(format!("{label} {}: {}", text.heading, findings.len()));
        page.paragraph(7, text.advice);
        let shown = if self.all { findings.len() } else { SHOWN };
        for finding in findings.iter().take(shown) {
            // The key of a damaged item holds the sub already.
            let sub = finding.sub.as_deref().filter(|_| !matches!(finding.kind, Kind::Damaged { .. }));
            let sub = sub.map(|sub| format!("{sub}  ")).unwrap_or_default();
            let outcome = match &finding.outcome {
                None => String::new(),
                Some(Mended::Mended) => format!("  {}", styled(GOOD, "mended")),
                Some(Mended::SettledMeanwhile) => format!("  {}", styled(GOOD, "settled meanwhile")),
                Some(Mended::Failed { .. }) => format!("  {}", styled(BAD, "not mended:")),
            };
            page.line(format!("  {sub}{}{outcome}", row(&finding.kind)));
            if let Kind::Damaged { problem, .. } = &finding.kind {
                page.paragraph(4, problem);
            }
            if let Some(Mended::Failed { detail, .. }) = &finding.outcome {
                page.paragraph(4, detail);
            }
        }
        if findings.len() > shown {
            page.line(format!("  and {} more; --all lists them", findings.len() - shown));
        }
    }

    fn show_end(&self, page: &mut Page) {
        let left = self.left();
        page.gap();
        let Some(outcome) = &self.result else {
            if left == 0 {
                page.line(styled(GOOD, "The pool and the table agree."));
                return;
            }
            let rest = needs_person(self.needs_person);
            let apply = match self.mendable {
                0 => "--apply cannot repair any of this".to_owned(),
                mendable => format!("--apply repairs {mendable}"),
            };
            page.line(format!("{} {apply}; {rest}.", styled(WARN, "Nothing was written.")));
            return;
        };
        if outcome.throttled > 0 {
            page.line(format!(
                "Cognito throttled {} {}; tenantctl reduced the rate.",
                outcome.throttled,
                if outcome.throttled == 1 { "call" } else { "calls" }
            ));
        }
        if let Some(detail) = &outcome.stopped_detail {
            page.paragraph(0, &format!("{} {detail}.", styled(BAD, "Stopped:")));
        }
        if outcome.interrupted {
            page.line(format!("{} before the end.", styled(WARN, "Interrupted")));
        }
        let mut line = format!("{} of {} repaired", outcome.mended, self.mendable);
        if outcome.settled_meanwhile > 0 {
            line = format!("{line}, {} settled meanwhile", outcome.settled_meanwhile);
        }
        let untouched = left.saturating_sub(self.needs_person);
        if untouched > 0 {
            line = format!("{line}, {untouched} left: run the same command again to continue");
        }
        page.line(format!("{line}; {}.", needs_person(self.needs_person)));
    }
}

impl Show for Drift {
    fn show(&self, page: &mut Page) {
        page.line(format!(
            "Pool {}: {}, {} of them members of a tenant.",
            self.user_pool_id,
            counted(self.users, "user"),
            self.members
        ));
        let mut groups = BTreeMap::<usize, (GroupText, Vec<&Finding>)>::new();
        for finding in &self.findings {
            let (place, text) = group(finding);
            groups.entry(place).or_insert_with(|| (text, Vec::new())).1.push(finding);
        }
        for (text, findings) in groups.values() {
            self.show_group(page, findings, text);
        }
        self.show_end(page);
    }
}

/// What is said of a kind.
struct GroupText {
    severity: Severity,
    heading: &'static str,
    advice: &'static str,
}

/// The place of a finding's kind on the page, and what is said of it.
fn group(finding: &Finding) -> (usize, GroupText) {
    let (place, heading, advice) = match &finding.kind {
        Kind::StampForeign { .. } => (
            0,
            "possible forgeries: the user was never a member of the stamp's tenant",
            "Tokens do not depend on the stamp, but other readers of the pool may. `tenantctl doctor` reports app clients that \
             can write it.",
        ),
        Kind::AttributeMissing { .. } => (
            1,
            "the pool has no such attribute",
            "No stamps were checked. `tenantctl doctor` says how to add the attribute.",
        ),
        Kind::StampStale { .. } => {
            (2, "stamps of a tenant that the user has left, or that is not the default", "")
        }
        Kind::StampMissing { .. } => (3, "members without a stamp", ""),
        Kind::DefaultStale { reason: Stale::NeverMember, .. } => {
            (4, "defaults in a tenant of which the user was never a member", "")
        }
        Kind::UserMissing { .. } => (5, "members who are not in the pool any more", ""),
        Kind::TenantMissing { .. } => (
            6,
            "memberships of a tenant that does not exist",
            "They lead to no token. Remove them with `tenantctl member remove`.",
        ),
        Kind::Damaged { .. } => {
            (7, "damaged items", "Their users get no token. docs/table.md says what an item must look like.")
        }
        Kind::NoMembership { .. } if finding.severity > Severity::Info => (
            8,
            "users who were never a member of any tenant",
            "A user with an open invite joins at the next sign-in. To add a user without an invite, use `tenantctl member \
             add`.",
        ),
        Kind::DefaultStale { .. } => (
            9,
            "lost defaults: the membership was removed, or the tenant is offboarded or in other user pools",
            "The next sign-in moves the default; until then a refresh is refused (CHOOSE_TENANT). To move it now, with the \
             sessions of the user: `tenantctl member set-default`.",
        ),
        Kind::DefaultSuspended { .. } => (
            10,
            "suspended defaults of users who have another tenant",
            "A sign-in moves the default to the other tenant, and `resume` does not move it back.",
        ),
        Kind::NoMembership { .. } => (
            11,
            "users without an active membership, as expected",
            "Not confirmed yet, removed, or suspended.",
        ),
    };
    (place, GroupText { severity: finding.severity, heading, advice })
}

/// What is said of one finding, after the `sub`.
fn row(kind: &Kind) -> String {
    let tenant = |tenant: &Option<String>| tenant.clone().unwrap_or_else(|| "none".to_owned());
    match kind {
        Kind::StampForeign { found, expected } => {
            format!("{} -> {}", found.as_deref().unwrap_or("no tenant's id"), tenant(expected))
        }
        Kind::StampStale { found, expected } => format!("{found} -> {}", tenant(expected)),
        Kind::StampMissing { expected, pending } => {
            format!("none -> {expected}{}", if *pending { " (pending)" } else { "" })
        }
        Kind::DefaultStale { tenant: default, reason, falls_back_to } => {
            let why = match reason {
                Stale::NeverMember => "",
                Stale::Removed => " (removed)",
                Stale::Offboarded => " (offboarded)",
                Stale::OtherPool => " (in other user pools)",
            };
            format!("{default}{why} -> {}", tenant(falls_back_to))
        }
        Kind::DefaultSuspended { tenant, falls_back_to } => format!("{tenant} -> {falls_back_to}"),
        Kind::TenantMissing { tenant } => tenant.clone(),
        Kind::UserMissing { tenants } => tenants.join(", "),
        Kind::NoMembership { user_status, enabled, past } => {
            let was = match past {
                Past::None => "",
                Past::Removed => ", removed",
                Past::Suspended => ", suspended",
            };
            format!("{user_status}{was}{}", if *enabled { "" } else { ", disabled" })
        }
        Kind::Damaged { item, .. } => item.clone(),
        Kind::AttributeMissing { attribute } => attribute.clone(),
    }
}

fn needs_person(count: usize) -> String {
    match count {
        0 => "nothing needs a person".to_owned(),
        1 => "1 needs a person".to_owned(),
        count => format!("{count} need a person"),
    }
}
