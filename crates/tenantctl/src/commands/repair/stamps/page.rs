//! What `repair stamps` says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use tenancy::PoolId;

use super::apply::Outcome;
use super::estimate;
use super::plan::Plan;
use crate::commands::repair::attribute::AttributeName;
use crate::page::{BAD, GOOD, Page, Show, WARN, styled};
use user_pool::words::{counted, short_span};

/// Rows of each kind that people get; JSON has all.
const SHOWN: usize = 20;

/// The plan, and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stamps {
    /// Whether anything was to be written.
    pub(crate) applied: bool,
    /// The pool that was asked for; all pools when there is none.
    pub(crate) user_pool_id: Option<String>,
    /// Users whose stamp was pending.
    pub(crate) users: usize,
    /// Most users that are written in a second.
    pub(crate) rate_per_second: u32,
    /// How long it takes for all of them, in whole seconds.
    pub(crate) estimated_seconds: u64,
    /// What they are stamped with, the most first.
    pub(crate) tenants: Vec<OfTenant>,
    pub(crate) pools: Vec<OfPool>,
    /// Items that could not be read.
    pub(crate) damaged: Vec<DamagedItem>,
    /// What came of it; nothing of a plan.
    pub(crate) result: Option<Outcome>,
}

/// Users of one tenant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfTenant {
    pub(crate) tenant_id: String,
    /// Users who are stamped with it.
    pub(crate) users: usize,
}

/// Users of one pool.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfPool {
    pub(crate) user_pool_id: String,
    pub(crate) users: usize,
}

/// An item that could not be read.
#[derive(Debug, Serialize)]
pub(crate) struct DamagedItem {
    /// Its key.
    pub(crate) item: String,
    /// What is wrong with it.
    pub(crate) problem: String,
}

impl Stamps {
    pub(crate) fn of(plan: &Plan, pool: Option<&PoolId>, rate: u32) -> Self {
        let (mut tenants, mut pools) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
        for pending in &plan.users {
            *tenants.entry(pending.tenant.as_str()).or_default() += 1;
            *pools.entry(pending.user.pool.as_str()).or_default() += 1;
        }
        let mut tenants: Vec<OfTenant> = tenants
            .into_iter()
            .map(|(tenant, users)| OfTenant { tenant_id: tenant.to_owned(), users })
            .collect();
        tenants.sort_by_key(|tenant| std::cmp::Reverse(tenant.users));
        let damaged = plan.damaged.iter();
        Self {
            applied: false,
            user_pool_id: pool.map(ToString::to_string),
            users: plan.users.len(),
            rate_per_second: rate,
            estimated_seconds: estimate(plan.users.len(), rate).as_secs(),
            tenants,
            pools: pools
                .into_iter()
                .map(|(pool, users)| OfPool { user_pool_id: pool.to_owned(), users })
                .collect(),
            damaged: damaged
                .map(|damage| DamagedItem { item: damage.key.clone(), problem: damage.problem.clone() })
                .collect(),
            result: None,
        }
    }

    /// What is asked before it is done.
    pub(crate) fn question(&self, attribute: &AttributeName) -> String {
        format!("Write {attribute} of {}{}, {}?", counted(self.users, "user"), self.scope(), self.pace())
    }

    fn scope(&self) -> String {
        self.user_pool_id.as_ref().map_or(String::new(), |pool| format!(" in pool {pool}"))
    }

    fn pace(&self) -> String {
        let took = short_span(self.estimated_seconds);
        format!("{} a second at most, about {took}", self.rate_per_second)
    }

    fn show_plan(&self, page: &mut Page) {
        if self.users == 0 {
            page.line(format!("No stamp is pending{}.", self.scope()));
            return;
        }
        page.paragraph(
            0,
            &format!(
                "{} to be stamped{}: {}.",
                if self.users == 1 { "1 user is".to_owned() } else { format!("{} users are", self.users) },
                self.scope(),
                self.pace()
            ),
        );
        page.gap();
        let rows = self.tenants.iter().take(SHOWN);
        page.table(
            &["tenant", "users"],
            rows.map(|tenant| [tenant.tenant_id.clone(), tenant.users.to_string()]),
            "",
        );
        more(page, self.tenants.len(), "tenants");
        if self.pools.len() > 1 {
            page.gap();
            page.table(
                &["user pool", "users"],
                self.pools.iter().map(|pool| [pool.user_pool_id.clone(), pool.users.to_string()]),
                "",
            );
        }
    }
}

impl Show for Stamps {
    fn show(&self, page: &mut Page) {
        match &self.result {
            Some(outcome) => outcome.show(page, self.users),
            None => self.show_plan(page),
        }
        if !self.damaged.is_empty() {
            page.gap();
            page.heading("Damaged items (skipped)");
            for item in self.damaged.iter().take(SHOWN) {
                page.line(format!("  {}", item.item));
                page.paragraph(4, &item.problem);
            }
            more(page, self.damaged.len(), "items");
        }
        if self.result.is_none() && self.users > 0 {
            page.gap();
            page.line(format!("{} Add --apply to write.", styled(WARN, "Nothing was written.")));
        }
    }
}

impl Outcome {
    fn show(&self, page: &mut Page, planned: usize) {
        let mut line = format!("{} of {} stamped", self.stamped, counted(planned, "user"));
        if self.already_right > 0 {
            let _ = write!(line, ", {} had the right stamp already", self.already_right);
        }
        if self.settled_meanwhile > 0 {
            let _ = write!(line, ", {} no longer pending", self.settled_meanwhile);
        }
        page.line(format!("{line}."));
        if self.throttled > 0 {
            page.line(format!(
                "Cognito throttled {}; tenantctl reduced the rate.",
                counted(usize::try_from(self.throttled).unwrap_or(usize::MAX), "call")
            ));
        }
        for stopped in &self.stopped {
            let scope = stopped.user_pool_id.as_ref().map_or(String::new(), |pool| format!(" pool {pool}:"));
            page.paragraph(0, &format!("{}{scope} {}.", styled(BAD, "Stopped:"), stopped.detail));
        }
        if self.interrupted {
            page.line(format!("{} before the end.", styled(WARN, "Interrupted")));
        }
        let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        // The one who showed that it makes no sense to go on is no case of their own.
        let stopped: Vec<&str> = self.stopped.iter().map(|stopped| stopped.reason).collect();
        for user in self.failed.iter().filter(|user| !stopped.contains(&user.reason)) {
            by_reason.entry((user.reason, &user.detail)).or_default().push(&user.sub);
        }
        for ((reason, detail), subs) in by_reason {
            page.gap();
            page.paragraph(
                0,
                &format!("{} could not be stamped ({reason}): {detail}", counted(subs.len(), "user")),
            );
            for sub in subs.iter().take(SHOWN) {
                page.line(format!("  {sub}"));
            }
            more(page, subs.len(), "users");
        }
        page.gap();
        if self.left == 0 {
            page.line(styled(GOOD, "No stamp is pending any more."));
            return;
        }
        page.line(format!(
            "{} left: run the same command again to continue.",
            styled(WARN, counted(self.left, "user"))
        ));
        let hints = [
            ("user-missing", "Members who are not in their pool any more: `tenantctl repair drift`."),
            ("attribute-missing", "`tenantctl doctor` says what the pool's schema needs."),
            (
                "access-denied",
                "It needs cognito-idp:ListUsers and cognito-idp:AdminUpdateUserAttributes on the pool.",
            ),
        ];
        for (reason, hint) in hints {
            if self.failed.iter().any(|user| user.reason == reason) {
                page.paragraph(0, hint);
            }
        }
    }
}

fn more(page: &mut Page, count: usize, what: &str) {
    if count > SHOWN {
        page.line(format!("and {} more {what}; --output json has all", count - SHOWN));
    }
}
